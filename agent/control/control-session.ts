import { AgentError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Json, RpcSession } from "../core/rpc.ts";
import {
  CONTROL_CODE,
  type ControlMethod,
  type MethodTable,
  type Params,
} from "./control-method.ts";
import { isRecord } from "./read-params.ts";

/** Most calls in one batch. */
export const BATCH_CALLS_MAX = 100;
/** Longest answer to one call, in characters of JSON. */
export const ANSWER_CHARS_MAX = 2 * 1024 * 1024;
const NAME_LENGTH_MAX = 100;

/** What a session answers from. */
export interface SessionParts {
  readonly methods: MethodTable;
  readonly log: Log;
  /** Which methods may be asked here; default: all. */
  readonly access?: "read";
  /** Default: ANSWER_CHARS_MAX. */
  readonly answerCharsMax?: number;
}

/** Answers one client: calls by JSON-RPC 2.0, single or in batches, which run together. */
export class ControlSession implements RpcSession {
  readonly #parts: SessionParts;
  readonly #gone = new AbortController();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async answer(message: Json): Promise<Json | undefined> {
    if (!Array.isArray(message)) return this.#answerOne(message);
    const calls = message as readonly Json[];
    const { invalidRequest, limitExceeded } = CONTROL_CODE;
    if (calls.length === 0) return failure(null, invalidRequest, "an empty batch");
    if (calls.length > BATCH_CALLS_MAX)
      return failure(null, limitExceeded, `a batch has at most ${BATCH_CALLS_MAX} calls`);
    const answers = await Promise.all(calls.map((call) => this.#answerOne(call)));
    const told = answers.filter((answer) => answer !== undefined);
    return told.length === 0 ? undefined : told;
  }

  [Symbol.dispose](): void {
    this.#gone.abort();
  }

  async #answerOne(message: Json): Promise<Json | undefined> {
    if (!isRecord(message)) return failure(null, CONTROL_CODE.invalidRequest, "not a call");
    const { id = null, method, params } = message;
    const isId = id === null || typeof id === "string" || typeof id === "number";
    const given = paramsOf(params);
    if (typeof method !== "string" || !isId)
      return failure(null, CONTROL_CODE.invalidRequest, "not a call");
    const answer =
      given === undefined
        ? failure(id, CONTROL_CODE.invalidParams, "parameters go by name")
        : await this.#run(id, method, given);
    return "id" in message ? answer : undefined;
  }

  async #run(id: Json, name: string, params: Params): Promise<Json> {
    const method = this.#method(name);
    if (method === undefined)
      return failure(
        id,
        CONTROL_CODE.methodNotFound,
        `no method ${name.slice(0, NAME_LENGTH_MAX)}`,
      );
    let result: Json;
    try {
      result = await method.run(params, { signal: this.#gone.signal });
    } catch (error) {
      // Who asks must not end the agent of a board: told, logged, and over.
      return this.#refusal(id, name, error);
    }
    const charCount = JSON.stringify(result).length;
    const { answerCharsMax = ANSWER_CHARS_MAX } = this.#parts;
    if (charCount <= answerCharsMax) return { jsonrpc: "2.0", id, result };
    const most = `the answer has ${charCount} characters, the most are ${answerCharsMax}`;
    return failure(id, CONTROL_CODE.limitExceeded, most);
  }

  #method(name: string): ControlMethod | undefined {
    const { methods, access } = this.#parts;
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    return access === undefined || method?.access === access ? method : undefined;
  }

  #refusal(id: Json, method: string, error: unknown): Json {
    if (error instanceof AgentError) {
      const { code, facts, message } = error;
      const { invalidParams, refused } = CONTROL_CODE;
      const number = code === "CONTROL_PARAMS_INVALID" ? invalidParams : refused;
      return failure(id, number, message, { code, facts });
    }
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#parts.log.write("error", "control-fault", { method, reason });
    return failure(id, CONTROL_CODE.internal, "internal error");
  }
}

/** Parameters by name: a record, or a list that holds one; undefined for others. */
function paramsOf(params: Json | undefined): Params | undefined {
  if (params === undefined) return {};
  if (isRecord(params)) return params;
  if (!Array.isArray(params) || params.length > 1) return undefined;
  const [first = {}] = params as readonly Json[];
  return isRecord(first) ? first : undefined;
}

function failure(id: Json, code: number, message: string, data?: Json): Json {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return { jsonrpc: "2.0", id, error };
}
