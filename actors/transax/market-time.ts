/** How a market's time runs; see the contract's MarketOptions. */
export interface MarketTime {
  /** Begin of interval 0, in seconds since 1970. */
  readonly startS: number;
  readonly intervalS: number;
  /** Whole intervals between the end of trading for an interval and its begin. */
  readonly clearIntervals: number;
}

const US_PER_S = 1_000_000;

/** Intervals that one plan of a trader covers. */
export const PLAN_INTERVALS = 4;

/** Intervals between a plan's posting and its first interval: trading for it must still be open. */
const PLAN_LEAD_INTERVALS = 4;

/** Begin of `interval`, in µs since 1970. */
export function beginUtcUs({ startS, intervalS }: MarketTime, interval: number): number {
  return (startS + interval * intervalS) * US_PER_S;
}

/** From this instant on `interval` may be finalized, and takes no new offers. */
export function finalizableUtcUs(time: MarketTime, interval: number): number {
  return beginUtcUs(time, interval - time.clearIntervals);
}

/** When plan `plan` (1, 2, …) is posted: an hour of quarter hours before it begins. */
export function planUtcUs(time: MarketTime, plan: number): number {
  return beginUtcUs(time, firstOfPlan(plan) - PLAN_LEAD_INTERVALS);
}

/** First interval of plan `plan`. */
export function firstOfPlan(plan: number): number {
  return (plan - 1) * PLAN_INTERVALS;
}

/** The first plan from `planMin` on that has an interval which still takes offers. */
export function nextPlan(time: MarketTime, nowUtcUs: number, planMin: number): number {
  const open = firstOpen(time, nowUtcUs);
  return Math.max(planMin, Math.floor(open / PLAN_INTERVALS) + 1);
}

/** The first interval that still takes offers at `nowUtcUs`; the contract's openFrom. */
export function firstOpen(
  { startS, intervalS, clearIntervals }: MarketTime,
  nowUtcUs: number,
): number {
  const aheadS = Math.floor(nowUtcUs / US_PER_S) + clearIntervals * intervalS;
  return aheadS < startS ? 0 : Math.floor((aheadS - startS) / intervalS) + 1;
}
