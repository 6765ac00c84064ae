import type { Json } from "../core/rpc.ts";

/** Codes of JSON-RPC 2.0, section 5.1, and of Ethereum nodes (EIP-1474). */
export const RPC_CODE = {
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  serverError: -32_000,
  limitExceeded: -32_005,
  /** A contract refused; `data` is what it said. */
  reverted: 3,
} as const;

/** Ends the answering of one request with an error; caught by the dispatcher alone. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: Json | undefined;

  constructor(code: number, message: string, data?: Json) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** An error that names the parameter at fault. */
export function badParameter(name: string, expected: string): RpcError {
  return new RpcError(RPC_CODE.invalidParams, `parameter ${name}: expected ${expected}`);
}
