import { RLP } from "@ethereumjs/rlp";
import { concatBytes } from "@ethereumjs/util";
import type { Hash } from "./crypto.ts";

/** One changed entry of the state: its key (table tag first) and its new value; empty when deleted. */
export type StateChange = readonly [key: Uint8Array, value: Uint8Array];

/** The commitment before the first block. */
export const STATE_ROOT_ZERO: Uint8Array = new Uint8Array(32);

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const lengthMin = Math.min(a.length, b.length);
  for (let i = 0; i < lengthMin; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The same changes in the one order that every replica agrees on: by key. */
export function inKeyOrder(changes: readonly StateChange[]): StateChange[] {
  return [...changes].sort(([a], [b]) => compareBytes(a, b));
}

/**
 * keccak256(previous root, RLP of the changes in key order): two replicas that ever differed differ for
 * ever, and whoever replays the blocks can check each root. It proves no single entry (no eth_getProof).
 */
export function nextStateRoot(
  keccak256: Hash,
  previousRoot: Uint8Array,
  changes: readonly StateChange[],
): Uint8Array {
  const delta = RLP.encode(inKeyOrder(changes).map(([key, value]) => [key, value]));
  return keccak256(concatBytes(previousRoot, delta));
}
