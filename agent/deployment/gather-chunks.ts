import { type Chunk, hashOf } from "../bundle/chunks.ts";
import type { WireClient } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import { decodeReply, encode } from "./protocol.ts";

const TAKE_TIMEOUT_MS = 2_000;
/** So long at most; whoever asked for it asks again for the rest. */
const GATHER_MS_MAX = 3_000;

/**
 * Asks other boards for chunks, each until one has it; `keep` gets those that are what they should be.
 * A board that does not answer is not asked again.
 */
export async function gatherChunks(
  { wire, clock }: Pick<World, "wire" | "clock">,
  {
    wanted,
    endpoints,
  }: { readonly wanted: readonly Chunk[]; readonly endpoints: readonly string[] },
  keep: (hash: string, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const untilMs = clock.monotonicMs() + GATHER_MS_MAX;
  let missing = wanted;
  for (const endpoint of endpoints) {
    if (missing.length === 0) return;
    await using client = wire.client(endpoint);
    const still: Chunk[] = [];
    let isThere = true;
    for (const chunk of missing) {
      const { hash } = chunk;
      isThere &&= clock.monotonicMs() < untilMs;
      const reply = isThere ? await taken(client, hash) : undefined;
      if (reply === "silent") isThere = false;
      if (reply instanceof Uint8Array) await keep(hash, reply);
      else still.push(chunk);
    }
    missing = still;
  }
}

/** A chunk of another board; undefined when it has none that fits. */
async function taken(client: WireClient, hash: string): Promise<Uint8Array | "silent" | undefined> {
  const answer = await client.request(encode({ kind: "take", hash }), TAKE_TIMEOUT_MS);
  if (answer.kind === "none") return "silent";
  const reply = decodeReply(answer.frame);
  return reply?.kind === "chunk" && hashOf(reply.bytes) === hash ? reply.bytes : undefined;
}
