import type { Hex, SubmitOutcome } from "../component/ledger-service.ts";
import type { Json } from "../core/rpc.ts";
import { isHex, numberOf } from "./hex.ts";

/** What a receipt says. */
export interface Receipt {
  readonly transactionHash: Hex;
  readonly succeeded: boolean;
  readonly blockNumber: number;
  readonly gasUsed: number;
  readonly contractAddress?: Hex;
}

/** Reads a receipt of eth_getTransactionReceipt or eth_getBlockReceipts; undefined when it is none. */
export function readReceipt(value: Json | undefined): Receipt | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = value as Readonly<Record<string, Json>>;
  const { transactionHash, contractAddress } = fields as Readonly<
    Record<"transactionHash" | "contractAddress", Json>
  >;
  const blockNumber = numberOf(fields["blockNumber"]);
  const gasUsed = numberOf(fields["gasUsed"]);
  if (!isHex(transactionHash) || blockNumber === undefined || gasUsed === undefined)
    return undefined;
  return {
    transactionHash: lowerHex(transactionHash),
    succeeded: fields["status"] === "0x1",
    blockNumber,
    gasUsed,
    ...(isHex(contractAddress) ? { contractAddress: lowerHex(contractAddress) } : {}),
  };
}

/** The same 0x text in lower case. */
export function lowerHex(text: Hex): Hex {
  return text.toLowerCase() as Hex;
}

/** The outcome that a receipt of success stands for. */
export function acceptedOutcome(receipt: Receipt): SubmitOutcome {
  const { transactionHash, blockNumber, gasUsed, contractAddress } = receipt;
  return {
    kind: "accepted",
    transactionHash,
    blockNumber,
    gasUsed,
    ...(contractAddress === undefined ? {} : { contractAddress }),
  };
}
