import type { Json, RpcOutcome } from "../core/rpc.ts";
import { RPC_DISCONNECTED } from "../core/rpc.ts";
import { bytesOf, isHex } from "./hex.ts";

/** What an answer to eth_sendRawTransaction means. */
export type SendVerdict =
  /** The node has it, now or since an earlier try. */
  | "taken"
  /** The account's transaction with this nonce is in a block: this one, or another. */
  | "nonce-used"
  /** Nobody knows whether it arrived. */
  | "unknown"
  /** Not taken as things are; may be taken later. */
  | "not-now";

/** Reads the answer to eth_sendRawTransaction; the texts are those of geth, Besu and ethereumjs. */
export function judgeSend(outcome: RpcOutcome): SendVerdict {
  if (outcome.ok) return "taken";
  if (outcome.code === RPC_DISCONNECTED) return "unknown";
  if (
    /already known|known transaction|already imported|already in|alreadyknown/i.test(
      outcome.message,
    )
  )
    return "taken";
  if (
    /nonce (?:is )?too low|nonce_too_low|noncetoolow|nonce already used|oldnonce/i.test(
      outcome.message,
    )
  )
    return "nonce-used";
  return "not-now";
}

/** What an answer to eth_estimateGas or eth_call means. */
export type CallVerdict =
  | { readonly kind: "result"; readonly result: Json }
  /** The contract, or the chain's rules, say no; with the bytes that the contract gave. */
  | { readonly kind: "refused"; readonly revertData: Uint8Array; readonly message: string }
  /** The node could not answer; the question may be put again. */
  | { readonly kind: "again" };

/** "Reverted", as geth answers. */
const REVERTED = 3;
/** Internal error, limit exceeded, resource unavailable: the node's trouble, not the call's. Source: EIP-1474. */
const NODE_TROUBLE: readonly number[] = [RPC_DISCONNECTED, -32_603, -32_005, -32_002];

/** Reads the answer to eth_estimateGas or eth_call. */
export function judgeCall(outcome: RpcOutcome): CallVerdict {
  if (outcome.ok) return { kind: "result", result: outcome.result };
  const { code, message } = outcome;
  const data = revertDataOf(outcome.data);
  const reverted = code === REVERTED || data !== undefined || /revert/i.test(message);
  if (!reverted && NODE_TROUBLE.includes(code)) return { kind: "again" };
  return { kind: "refused", revertData: data ?? new Uint8Array(), message };
}

/** Revert data stands in `data` itself (geth) or one level down (others). */
function revertDataOf(data: Json | undefined): Uint8Array | undefined {
  if (isHex(data)) return bytesOf(data);
  if (typeof data === "object" && data !== null && "data" in data) {
    const { data: inner } = data as Readonly<Record<"data", Json>>;
    if (isHex(inner)) return bytesOf(inner);
  }
  return undefined;
}

/** Gas to sign for: the estimate and a margin, where the margin alone never leads beyond `gasLimitMax`. */
export function gasLimitOf(
  estimate: number,
  { gasMarginPercent, gasLimitMax }: { gasMarginPercent: number; gasLimitMax: number },
): number {
  const wanted = estimate + Math.ceil((estimate * gasMarginPercent) / 100);
  return Math.min(wanted, Math.max(estimate, gasLimitMax));
}
