import type { Json, RpcOutcome } from "../core/rpc.ts";
import type { ControlMethod, MethodTable, Params } from "./control-method.ts";
import { ControlSession, type SessionParts } from "./control-session.ts";
import type { PeerAgents } from "./peer-agents.ts";
import { invalidParam, isRecord, textParam, wholeParam } from "./read-params.ts";

/** Boards asked at a time. */
const BOARDS_MAX = 256;

/** What `everywhere` works with. */
export interface EverywhereParts {
  readonly board: string;
  /** Other boards that are there. */
  readonly boards: () => readonly string[];
  readonly peers: PeerAgents;
  readonly methods: MethodTable;
  readonly log: SessionParts["log"];
}

/**
 * The method that asks one read-only method of this board and of the others, and gives what each answered:
 * parameters `method`, `params`, `boards` (default: all that are there), `timeoutMs`.
 */
export function everywhere(parts: EverywhereParts): ControlMethod {
  const own = new ControlSession({ ...parts, access: "read" });
  const askOwn = async (method: string, params: Params): Promise<Json> => {
    const answer = await own.answer({ jsonrpc: "2.0", id: 1, method, params });
    const { result, error } = answer as { readonly result?: Json; readonly error?: Json };
    return error === undefined ? { ok: true, result: result ?? null } : { ok: false, error };
  };
  return {
    // Of this board's socket alone: else one question could go round for ever.
    access: "write",
    async run(params: Params) {
      const method = textParam(params, "method") ?? "";
      const given = params["params"] ?? {};
      if (!isRecord(given)) throw invalidParam("params", "a record");
      const timeoutMs = wholeParam(params, "timeoutMs", { min: 1, max: 60_000, fallback: 2_000 });
      const boards = boardsOf(params) ?? [parts.board, ...parts.boards()].sort();
      const question = { method, params: given, timeoutMs };
      const answers = boards.map(async (board) =>
        board === parts.board
          ? { board, ...((await askOwn(method, given)) as Params) }
          : { board, ...outcomeJson(await parts.peers.ask(board, question)) },
      );
      return Promise.all(answers);
    },
  };
}

function boardsOf(params: Params): readonly string[] | undefined {
  const boards = params["boards"];
  if (boards === undefined || boards === null) return undefined;
  const isList = Array.isArray(boards) && boards.length <= BOARDS_MAX;
  if (!isList || !(boards as readonly Json[]).every((board) => typeof board === "string"))
    throw invalidParam("boards", `a list of at most ${BOARDS_MAX} names`);
  return boards as readonly string[];
}

function outcomeJson(outcome: RpcOutcome): Params {
  if (outcome.ok) return { ok: true, result: outcome.result };
  const { code, message } = outcome;
  return { ok: false, error: { code, message } };
}
