import type { Trade } from "./market-terms.ts";
import { encodeTrades, runsOf } from "./solution-codec.ts";

/** What `Market.finalize` needs for one interval of the candidate. */
export interface FinalizeCall {
  readonly interval: number;
  /** The trades as `encodeTrades` packs them; empty when the candidate has none there. */
  readonly trades: Uint8Array;
  /** The candidate's next interval; 0 when this is its last. */
  readonly nextInterval: number;
  /** Hash of the rest of the chain, 32 bytes; zeros when this is the last interval. */
  readonly tail: Uint8Array;
}

/**
 * Rebuilds the contract's chain of links over a solution and tells how to finalize each of its intervals.
 *
 * A link is keccak256(interval * 2^32 + next interval, keccak256(trades), tail), 32 bytes each.
 * `trades`: all of one solution in the order of `decodeSolution`. `keccak256` is the chain's hash.
 */
export function finalizeCalls(
  trades: readonly Trade[],
  keccak256: (bytes: Uint8Array) => Uint8Array,
): readonly FinalizeCall[] {
  const calls: FinalizeCall[] = [];
  let tail: Uint8Array = new Uint8Array(32);
  let nextInterval = 0;
  for (const run of [...runsOf(trades, (trade) => trade.interval)].reverse()) {
    const interval = run[0]?.interval ?? 0;
    const packed = encodeTrades(run);
    calls.push({ interval, trades: packed, nextInterval, tail });
    const link = new Uint8Array(96);
    const view = new DataView(link.buffer);
    view.setUint32(24, interval);
    view.setUint32(28, nextInterval);
    link.set(keccak256(packed), 32);
    link.set(tail, 64);
    tail = keccak256(link);
    nextInterval = interval;
  }
  return calls.reverse();
}

/** The call for an interval in which the candidate, if there is one, has no trades. */
export function emptyFinalizeCall(interval: number): FinalizeCall {
  return { interval, trades: new Uint8Array(0), nextInterval: 0, tail: new Uint8Array(32) };
}
