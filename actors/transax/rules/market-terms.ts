/** The two sides of a market. */
export type OfferKind = "sell" | "buy";

/** What a prosumer asks the market for; the market adds the account, its feeder and a number. */
export interface NewOffer {
  readonly kind: OfferKind;
  /** Energy in all intervals together, 1 to 2^32 - 1 Wh. */
  readonly energyWh: number;
  /** Reservation price: least (sell) or most (buy) units per Wh, 0 to 2^32 - 1; 1 unit is 10^-6 of the currency. */
  readonly priceUnits: number;
  /** The earliest interval, 0 to 2^32 - 1. */
  readonly firstInterval: number;
  /** Bit i stands for interval firstInterval + i; 64 bits; bit 0 must be set. */
  readonly intervalMask: bigint;
}

/** An offer as the market keeps it. */
export interface Offer extends NewOffer {
  /** Number that the market gave it, from 1 on. */
  readonly offerId: number;
  /** Feeder that the account's meter is on. */
  readonly feeder: number;
  /** Energy of it that is final, Wh. */
  readonly usedWh: number;
}

/** Energy from one offer to another in one interval. */
export interface Assignment {
  readonly interval: number;
  readonly sellerOffer: number;
  readonly buyerOffer: number;
  /** At least 1. */
  readonly energyWh: number;
}

/** An assignment with its price. */
export interface Trade extends Assignment {
  /** Units per Wh. */
  readonly priceUnits: number;
}

/** Most of a feeder per interval; undefined: no limit. */
export interface FeederLimits {
  /** Net flow in either direction, Wh (Ce). */
  readonly externalLimitWh?: number | undefined;
  /** Sold, and bought, each, Wh (Ci). */
  readonly internalLimitWh?: number | undefined;
}

/** Limits by feeder; a feeder that is missing has none. */
export type LimitsOf = ReadonlyMap<number, FeederLimits>;

/** Whether `offer` names `interval`. */
export function offerCovers(offer: NewOffer, interval: number): boolean {
  const bit = interval - offer.firstInterval;
  return bit >= 0 && bit < 64 && ((offer.intervalMask >> BigInt(bit)) & 1n) === 1n;
}

/** The intervals that `offer` names, ascending. */
export function offerIntervals(offer: NewOffer): readonly number[] {
  const intervals: number[] = [];
  for (let mask = offer.intervalMask, bit = 0; mask > 0n; mask >>= 1n, bit += 1)
    if ((mask & 1n) === 1n) intervals.push(offer.firstInterval + bit);
  return intervals;
}

/** The mask that names `intervals` when the first of them is `firstInterval`. */
export function maskOf(firstInterval: number, intervals: Iterable<number>): bigint {
  let mask = 0n;
  for (const interval of intervals) mask |= 1n << BigInt(interval - firstInterval);
  return mask;
}
