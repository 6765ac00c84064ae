import { type Json, RPC_DISCONNECTED, type RpcOutcome } from "../core/rpc.ts";
import type { WireAnswer, WireClient } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import type { Params } from "./control-method.ts";
import { controlKey, type PeerDirectory } from "./peer-directory.ts";
import { isRecord } from "./read-params.ts";

/** A connection that nobody has used for so long is closed, in ms. */
const IDLE_MS_MAX = 60_000;

/** What is asked of another board's agent. */
export interface PeerQuestion {
  readonly method: string;
  readonly params: Params;
  /** How long its answer may take, in ms. */
  readonly timeoutMs: number;
}

interface Connection {
  readonly endpoint: string;
  readonly client: WireClient;
  usedMs: number;
}

/**
 * Asks the agents of other boards. A connection is kept while somebody watches.
 * Invariant: one connection a board at most, and none to a board that nobody asks.
 */
export class PeerAgents implements AsyncDisposable {
  readonly #world: Pick<World, "wire" | "clock">;
  readonly #directory: PeerDirectory;
  readonly #connections = new Map<string, Connection>();

  constructor(world: Pick<World, "wire" | "clock">, directory: PeerDirectory) {
    this.#world = world;
    this.#directory = directory;
  }

  /** Asks one board; outcome with RPC_DISCONNECTED when it has no agent that can be asked, or no answer came. */
  async ask(board: string, { method, params, timeoutMs }: PeerQuestion): Promise<RpcOutcome> {
    await this.#closeIdle();
    const endpoint = this.#endpointOf(board);
    if (endpoint === undefined) return lost(`no agent of ${board} can be asked`);
    const { client } = await this.#connection(board, endpoint);
    const question = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const answer = await client.request(new TextEncoder().encode(question), timeoutMs);
    return outcomeOf(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#connections.values()];
    this.#connections.clear();
    for (const { client } of all) await client[Symbol.asyncDispose]();
  }

  #endpointOf(board: string): string | undefined {
    let found: string | undefined;
    this.#directory.require(controlKey(board), ([first]) => (found = first))();
    return found;
  }

  async #connection(board: string, endpoint: string): Promise<Connection> {
    const usedMs = this.#world.clock.monotonicMs();
    const kept = this.#connections.get(board);
    if (kept?.endpoint === endpoint) {
      kept.usedMs = usedMs;
      return kept;
    }
    const made = { endpoint, client: this.#world.wire.client(endpoint), usedMs };
    this.#connections.set(board, made);
    await kept?.client[Symbol.asyncDispose]();
    return made;
  }

  async #closeIdle(): Promise<void> {
    const nowMs = this.#world.clock.monotonicMs();
    for (const [board, { client, usedMs }] of [...this.#connections])
      if (nowMs - usedMs > IDLE_MS_MAX) {
        this.#connections.delete(board);
        await client[Symbol.asyncDispose]();
      }
  }
}

function lost(message: string): RpcOutcome {
  return { ok: false, code: RPC_DISCONNECTED, message };
}

function outcomeOf(answer: WireAnswer): RpcOutcome {
  if (answer.kind === "none") return lost(`no answer: ${answer.reason}`);
  const said = parse(answer.frame);
  if (!isRecord(said)) return lost("an answer that is none");
  const { result, error } = said;
  if (!isRecord(error)) return { ok: true, result: result ?? null };
  const { code, message } = error;
  return {
    ok: false,
    code: typeof code === "number" ? code : RPC_DISCONNECTED,
    message: typeof message === "string" ? message : "",
  };
}

function parse(frame: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(frame)) as Json;
  } catch {
    return undefined;
  }
}
