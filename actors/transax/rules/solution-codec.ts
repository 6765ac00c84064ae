import type { Trade } from "./market-terms.ts";
import { checkedUint32 } from "./offer-codec.ts";

/** The arguments of `Market.postSolution`. */
export interface PackedSolution {
  /** Offers used, 4 bytes each, strictly ascending. */
  readonly offerList: Uint8Array;
  /**
   * Per interval, ascending: interval 4, prices 2; per price: units per Wh 4, assignments 2;
   * per assignment: index of the seller in the list 2, of the buyer 2, Wh 4.
   */
  readonly chunks: Uint8Array;
}

/** Bytes of one trade in the event `Finalized` and in `Market.finalize`: seller 4, buyer 4, Wh 4, price 4. */
export const TRADE_BYTES = 16;

/** Most offers that one solution can name, and most assignments at one price. */
export const SOLUTION_OFFERS_MAX = 65_535;

/** Most assignments of one interval: finalizing them has to fit into one transaction of 2^24 gas. */
export const ASSIGNMENTS_MAX = 700;

/** The order of trades inside a solution: interval, price, seller's offer, buyer's offer. */
export function compareTrades(a: Trade, b: Trade): number {
  return (
    a.interval - b.interval ||
    a.priceUnits - b.priceUnits ||
    a.sellerOffer - b.sellerOffer ||
    a.buyerOffer - b.buyerOffer
  );
}

/**
 * Packs trades, in whatever order they come.
 * @throws RangeError for a number that does not fit, or too many offers: a bug of the caller.
 */
export function encodeSolution(trades: readonly Trade[]): PackedSolution {
  const ids = [...new Set(trades.flatMap((trade) => [trade.sellerOffer, trade.buyerOffer]))];
  ids.sort((a, b) => a - b);
  if (ids.length > SOLUTION_OFFERS_MAX) throw new RangeError("too many offers in a solution");
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const out = new ByteWriter();
  for (const inInterval of runsOf([...trades].sort(compareTrades), (trade) => trade.interval)) {
    const groups = runsOf(inInterval, (trade) => trade.priceUnits);
    out.uint32(first(inInterval).interval).uint16(groups.length);
    for (const group of groups) {
      out.uint32(first(group).priceUnits).uint16(group.length);
      for (const { sellerOffer, buyerOffer, energyWh } of group)
        out
          .uint16(indexOf.get(sellerOffer) ?? -1)
          .uint16(indexOf.get(buyerOffer) ?? -1)
          .uint32(energyWh);
    }
  }
  const offerList = ids.reduce((list, id) => list.uint32(id), new ByteWriter()).bytes();
  return { offerList, chunks: out.bytes() };
}

/** Unpacks a solution, in its own order; undefined when it is not well formed. */
export function decodeSolution({
  offerList,
  chunks,
}: PackedSolution): readonly Trade[] | undefined {
  if (offerList.length % 4 !== 0) return undefined;
  const idOf = viewOf(offerList);
  const view = viewOf(chunks);
  const trades: Trade[] = [];
  let at = 0;
  while (at < chunks.length) {
    if (at + 6 > chunks.length) return undefined;
    const interval = view.getUint32(at);
    let groupsLeft = view.getUint16(at + 4);
    for (at += 6; groupsLeft > 0; groupsLeft -= 1) {
      if (at + 6 > chunks.length) return undefined;
      const priceUnits = view.getUint32(at);
      const end = at + 6 + 8 * view.getUint16(at + 4);
      if (end > chunks.length) return undefined;
      for (at += 6; at < end; at += 8) {
        const sellerAt = 4 * view.getUint16(at);
        const buyerAt = 4 * view.getUint16(at + 2);
        if (sellerAt >= offerList.length || buyerAt >= offerList.length) return undefined;
        const sellerOffer = idOf.getUint32(sellerAt);
        const buyerOffer = idOf.getUint32(buyerAt);
        const energyWh = view.getUint32(at + 4);
        trades.push({ interval, sellerOffer, buyerOffer, energyWh, priceUnits });
      }
    }
  }
  return trades;
}

/** Packs the trades of one interval as `Market.finalize` takes them, in the order given. */
export function encodeTrades(trades: readonly Trade[]): Uint8Array {
  const out = new ByteWriter();
  for (const { sellerOffer, buyerOffer, energyWh, priceUnits } of trades)
    out.uint32(sellerOffer).uint32(buyerOffer).uint32(energyWh).uint32(priceUnits);
  return out.bytes();
}

/** Unpacks the trades of the event `Finalized`; undefined when `bytes` is not well formed. */
export function decodeTrades(interval: number, bytes: Uint8Array): readonly Trade[] | undefined {
  if (bytes.length % TRADE_BYTES !== 0) return undefined;
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / TRADE_BYTES }, (_, index) => {
    const at = index * TRADE_BYTES;
    return {
      interval,
      sellerOffer: view.getUint32(at),
      buyerOffer: view.getUint32(at + 4),
      energyWh: view.getUint32(at + 8),
      priceUnits: view.getUint32(at + 12),
    };
  });
}

/** The arrays of neighbours with one key. */
export function runsOf<T>(items: readonly T[], keyOf: (item: T) => number): readonly T[][] {
  const runs: T[][] = [];
  let key: number | undefined;
  for (const item of items) {
    if (keyOf(item) === key) runs.at(-1)?.push(item);
    else runs.push([item]);
    key = keyOf(item);
  }
  return runs;
}

function first<T>(run: readonly T[]): T {
  const [item] = run;
  if (item === undefined) throw new RangeError("a run is never empty");
  return item;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

class ByteWriter {
  readonly #bytes: number[] = [];

  uint16(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff)
      throw new RangeError(`not a number of 16 bits: ${String(value)}`);
    this.#bytes.push(value >>> 8, value & 0xff);
    return this;
  }

  uint32(value: number): this {
    checkedUint32(value);
    this.#bytes.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
