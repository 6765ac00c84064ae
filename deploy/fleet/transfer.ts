import type { Bundle } from "../../agent/bundle/bundle-file.ts";
import { type BoardClient, complaintOf } from "./board-client.ts";

/** How the chunks of a bundle came to a board. */
export interface ChunkCounts {
  /** That other boards gave. */
  readonly gatheredCount: number;
  /** That the controller sent. */
  readonly sentCount: number;
  readonly sentBytes: number;
}

/** Brings what a board misses of an offered bundle: from `peers` first. Why not, otherwise. */
export async function transfer(
  client: BoardClient,
  { bundle, peers }: { readonly bundle: Bundle; readonly peers: readonly string[] },
  signal: AbortSignal,
): Promise<ChunkCounts | string> {
  const { app } = bundle.manifest;
  let missing: readonly string[] | undefined;
  let first: number | undefined;
  let before = Number.POSITIVE_INFINITY;
  // Each time it asks for a few seconds; as long as that brings something, it asks again.
  while (missing === undefined || (missing.length > 0 && missing.length < before)) {
    before = missing?.length ?? before;
    const endpoints = missing === undefined ? [] : peers;
    const answer = await client.command({ op: "gather", app, endpoints });
    if (answer.kind !== "missing") return complaintOf(answer);
    missing = answer.hashes;
    first ??= missing.length;
    if (peers.length === 0) break;
  }
  const gatheredCount = (first ?? 0) - missing.length;
  let sentBytes = 0;
  let sentCount = 0;
  for (const hash of missing) {
    if (signal.aborted) break;
    const bytes = bundle.chunks.get(hash);
    if (bytes === undefined) return "it misses a chunk that is not of the bundle";
    const answer = await client.put(bytes);
    if (answer.kind !== "done") return complaintOf(answer);
    sentBytes += bytes.byteLength;
    sentCount += 1;
  }
  return { gatheredCount, sentCount, sentBytes };
}
