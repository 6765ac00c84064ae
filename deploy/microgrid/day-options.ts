/** What a person can choose about the microgrid's day. */
export interface DayOptions {
  /** First and last interval that are traded, 0 to 95; 15 minutes each. */
  readonly firstInterval: number;
  readonly lastInterval: number;
  /** So many of the community's members take part, all of them at most; producers first. */
  readonly prosumerCount: number;
  /** Limits of every feeder in Wh per interval; 0: none. */
  readonly externalLimitWh: number;
  readonly internalLimitWh: number;
  /** Of the forecasts' errors, and of everything that a simulation draws. */
  readonly seed: number;
  readonly forecastErrorPercent: number;
  /** Size and power of every producer's battery; 0: none. */
  readonly batteryWh: number;
  readonly batteryW: number;
  /** Cluster seconds per real second; undefined: as fast as the work allows. */
  readonly speed: number | undefined;
  /** Programs to kill, and when. */
  readonly kills: readonly Kill[];
}

/** Ends a program at an instant of the day as kill -9 does. */
export interface Kill {
  /** An actor such as "solver1" or "prosumer101", or "ledger". */
  readonly program: string;
  /** Minutes since midnight. */
  readonly atMinute: number;
}

/** Midnight of the day that is traded: 2026-03-24 00:00 UTC, in seconds since 1970. */
export const DAY_START_S = 1_774_310_400;
/** Length of an interval. */
export const INTERVAL_S = 900;
/** Time before the first interval in which everybody registers and offers. */
const LEAD_S = 7_200;
/** Time after the last one in which the last readings come in. */
const TRAIL_S = 600;

/** When the run begins and ends, on the cluster's clock. */
export function spanOf(options: DayOptions): {
  readonly startUtcUs: number;
  readonly endUtcUs: number;
} {
  const { firstInterval, lastInterval } = options;
  return {
    startUtcUs: (DAY_START_S + firstInterval * INTERVAL_S - LEAD_S) * 1_000_000,
    endUtcUs: (DAY_START_S + (lastInterval + 1) * INTERVAL_S + TRAIL_S) * 1_000_000,
  };
}
