import { bytesToBigInt, bytesToHex } from "@ethereumjs/util";

/** Selectors of Error(string) and Panic(uint256). Source: Solidity documentation, "Control Structures". */
const ERROR_SELECTOR = "0x08c379a0";
const PANIC_SELECTOR = "0x4e487b71";
const REASON_BYTES_MAX = 1_024;

/** The sentence in what a contract gave when it refused; undefined when it gave something else. */
export function revertReason(data: Uint8Array): string | undefined {
  const selector = bytesToHex(data.subarray(0, 4));
  if (selector === PANIC_SELECTOR && data.length === 36)
    return `panic code 0x${bytesToBigInt(data.subarray(4)).toString(16)}`;
  if (selector !== ERROR_SELECTOR || data.length < 68) return undefined;
  // Selector, place of the text (always 32), its length, its bytes.
  const byteCount = bytesToBigInt(data.subarray(36, 68));
  if (byteCount > BigInt(Math.min(data.length - 68, REASON_BYTES_MAX))) return undefined;
  return new TextDecoder().decode(data.subarray(68, 68 + Number(byteCount)));
}
