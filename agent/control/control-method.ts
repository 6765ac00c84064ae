import type { Json } from "../core/rpc.ts";

/** What a method is asked with, by name. */
export type Params = Readonly<Record<string, Json>>;

/** One call, as its method sees it. */
export interface Call {
  /** Aborts when whoever asked has gone: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** One thing that an agent can be asked. */
export interface ControlMethod {
  /** read: it changes nothing, and other boards may ask it too; write: only this board's socket may. */
  readonly access: "read" | "write";
  /**
   * Answers a call. An AgentError is told to whoever asked, with its code and facts; anything else that it
   * throws is a fault of ours, which is logged.
   */
  readonly run: (params: Params, call: Call) => Json | Promise<Json>;
}

/** What an agent can be asked, by name. */
export type MethodTable = Readonly<Record<string, ControlMethod>>;

/** Codes of refused calls. Source: JSON-RPC 2.0, section 5.1; -32000 and below are ours. */
export const CONTROL_CODE = {
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  /** The method refused; `data` has the AgentError's code and facts. */
  refused: -32_000,
  /** The answer would be longer than ANSWER_CHARS_MAX, or a batch longer than BATCH_CALLS_MAX. */
  limitExceeded: -32_005,
} as const;
