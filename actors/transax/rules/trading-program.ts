import type { LinearProgram, LinearRow } from "./linear-solver.ts";
import { type LimitsOf, type Offer, offerIntervals } from "./market-terms.ts";

/** What a solver is asked: the best trades of the next intervals. */
export interface TradingProblem {
  readonly offers: readonly Offer[];
  readonly limits: LimitsOf;
  /** The interval that is finalized next (tf). */
  readonly firstInterval: number;
  /** How many intervals beyond it may be traded (Th). */
  readonly horizonIntervals: number;
}

/** A part of a problem that shares no offer with the rest: it can be solved alone. */
export interface Component {
  /** Ascending. */
  readonly intervals: readonly number[];
  readonly slots: readonly Slot[];
}

/** One variable: the energy that one offer trades in one interval. */
export interface Slot {
  readonly offer: Offer;
  readonly interval: number;
}

/**
 * Splits a problem into parts, by interval, leaving out offers that no other can match there.
 * Two intervals belong together when one offer may trade in both.
 */
export function componentsOf(problem: TradingProblem): readonly Component[] {
  const byInterval = matchableSlots(problem);
  const parts = new Map<number, number>();
  const root = (interval: number): number => {
    let at = interval;
    for (let up = parts.get(at); up !== undefined; up = parts.get(at)) at = up;
    return at;
  };
  const seenAt = new Map<Offer, number>();
  for (const [interval, slots] of byInterval)
    for (const { offer } of slots) {
      const [low, high] = [root(seenAt.get(offer) ?? interval), root(interval)].sort(
        (a, b) => a - b,
      );
      if (low !== undefined && high !== undefined && low !== high) parts.set(high, low);
      seenAt.set(offer, interval);
    }
  const components = new Map<number, { intervals: number[]; slots: Slot[] }>();
  for (const [interval, slots] of byInterval) {
    const key = root(interval);
    const component = components.get(key) ?? { intervals: [], slots: [] };
    components.set(key, component);
    component.intervals.push(interval);
    component.slots.push(...slots);
  }
  return [...components.values()];
}

/** By interval, ascending: sellers that ask no more than the highest bid there, buyers alike; by number. */
function matchableSlots(problem: TradingProblem): ReadonlyMap<number, readonly Slot[]> {
  const last = problem.firstInterval + problem.horizonIntervals;
  const all = new Map<number, Slot[]>();
  for (const offer of [...problem.offers].sort((a, b) => a.offerId - b.offerId)) {
    if (offer.usedWh >= offer.energyWh) continue;
    for (const interval of offerIntervals(offer)) {
      if (interval < problem.firstInterval || interval > last) continue;
      const slots = all.get(interval) ?? [];
      all.set(interval, slots);
      slots.push({ offer, interval });
    }
  }
  const matchable = new Map<number, readonly Slot[]>();
  for (const interval of [...all.keys()].sort((a, b) => a - b)) {
    const slots = all.get(interval) ?? [];
    const pricesOf = (kind: Offer["kind"]): number[] =>
      slots.filter(({ offer }) => offer.kind === kind).map(({ offer }) => offer.priceUnits);
    const lowestAsk = pricesOf("sell").reduce((a, b) => Math.min(a, b), Infinity);
    const highestBid = pricesOf("buy").reduce((a, b) => Math.max(a, b), -Infinity);
    const kept = slots.filter(({ offer }) =>
      offer.kind === "sell" ? offer.priceUnits <= highestBid : offer.priceUnits >= lowestAsk,
    );
    if (kept.length > 0) matchable.set(interval, kept);
  }
  return matchable;
}

/**
 * The linear program of a component: column i is slots[i]; columns behind are carries.
 *
 * It has one variable per offer and interval, not one per pair: who may trade with whom depends on prices
 * alone, so amounts can be paired up exactly when, for every bid p, buyers who bid at most p take no more
 * than sellers who ask at most p give, and all is taken in the end (Hall's condition for nested sets).
 * A carry is what sellers have given and buyers have not taken yet, going up the bids.
 *
 * Objectives: most energy; then, of equals, earlier intervals, and within one interval lower numbers of
 * offers (for each Wh, one place in the order of intervals outweighs all places in the order of offers).
 */
export function programOf(component: Component, limits: LimitsOf): LinearProgram {
  const { slots, intervals } = component;
  const upper = slots.map(({ offer }) => offer.energyWh - offer.usedWh);
  const rows: LinearRow[] = [...offerRows(slots)];
  const columnsIn = groupColumns(slots, ({ interval }) => interval);
  for (const columns of columnsIn.values()) {
    rows.push(...feederRows(slots, columns, limits));
    rows.push(...carryRows(slots, columns, upper));
  }
  const blank = upper.slice(slots.length).map(() => 0);
  const ids = [...new Set(slots.map(({ offer }) => offer.offerId))].sort((a, b) => a - b);
  const rankOfId = new Map(ids.map((id, rank) => [id, rank]));
  const rankOf = new Map(intervals.map((interval, rank) => [interval, rank]));
  const tie = slots.map(({ offer, interval }) => {
    const early = offer.kind === "sell" ? (rankOf.get(interval) ?? 0) * 2 * ids.length : 0;
    return -(early + (rankOfId.get(offer.offerId) ?? 0));
  });
  const sold = slots.map(({ offer }) => (offer.kind === "sell" ? 1 : 0));
  return {
    upper,
    rows,
    objectives: [
      [...sold, ...blank],
      [...tie, ...blank],
    ],
    whole: false,
  };
}

/** An offer with several intervals trades no more than it has left. One with a single one is bounded already. */
function offerRows(slots: readonly Slot[]): readonly LinearRow[] {
  return [...groupColumns(slots, ({ offer }) => offer.offerId).values()]
    .filter((columns) => columns.length > 1)
    .map((columns) => {
      const [first] = columns.map((column) => slots[column]?.offer);
      const left = first === undefined ? 0 : first.energyWh - first.usedWh;
      return { lower: -Infinity, upper: left, columns, values: columns.map(() => 1) };
    });
}

function feederRows(
  slots: readonly Slot[],
  columns: readonly number[],
  limits: LimitsOf,
): readonly LinearRow[] {
  const rows: LinearRow[] = [];
  const inInterval = columns.map((column) => slots[column]).filter((slot) => slot !== undefined);
  const byFeeder = groupColumns(inInterval, ({ offer }) => offer.feeder);
  for (const [feeder, places] of byFeeder) {
    const { externalLimitWh, internalLimitWh } = limits.get(feeder) ?? {};
    const own = places.map((place) => columns[place] ?? -1);
    const sells = own.filter((column) => slots[column]?.offer.kind === "sell");
    const buys = own.filter((column) => slots[column]?.offer.kind === "buy");
    if (internalLimitWh !== undefined)
      for (const side of [sells, buys])
        if (side.length > 0) {
          const values = side.map(() => 1);
          rows.push({ lower: -Infinity, upper: internalLimitWh, columns: side, values });
        }
    if (externalLimitWh !== undefined) {
      const values = [...sells.map(() => 1), ...buys.map(() => -1)];
      const both = [...sells, ...buys];
      rows.push({ lower: -externalLimitWh, upper: externalLimitWh, columns: both, values });
    }
  }
  return rows;
}

/** The carries of one interval; appends their columns to `upper`. */
function carryRows(
  slots: readonly Slot[],
  columns: readonly number[],
  upper: number[],
): readonly LinearRow[] {
  const priceAt = (column: number): number => slots[column]?.offer.priceUnits ?? 0;
  const ofKind = (kind: Offer["kind"]): readonly number[] =>
    columns.filter((column) => slots[column]?.offer.kind === kind);
  const [sellers, buyers] = [ofKind("sell"), ofKind("buy")];
  const bids = [...new Set(buyers.map(priceAt))].sort((a, b) => a - b);
  const rows: LinearRow[] = [];
  let before: readonly number[] = [];
  let low = -Infinity;
  bids.forEach((bid, index) => {
    const next = bids[index + 1];
    // Unless the next bid brings further sellers, its row says all that this one's would.
    if (next !== undefined && !sellers.some((one) => priceAt(one) > bid && priceAt(one) <= next))
      return;
    const isNew = (column: number): boolean => priceAt(column) > low && priceAt(column) <= bid;
    const plus = [...before, ...sellers.filter(isNew)];
    const after = next === undefined ? [] : [upper.push(Infinity) - 1];
    const minus = [...buyers.filter(isNew), ...after];
    const values = [...plus.map(() => 1), ...minus.map(() => -1)];
    rows.push({ lower: 0, upper: 0, columns: [...plus, ...minus], values });
    before = after;
    low = bid;
  });
  return rows;
}

function groupColumns<T>(
  items: readonly T[],
  keyOf: (item: T) => number,
): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  items.forEach((item, column) => {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  });
  return groups;
}
