/**
 * Time, as every room of the runtime sees it.
 *
 * Two readings that are never mixed: `monotonicMs` measures how long, `utcUs` says when.
 * Cluster time may be held, driven from outside or sped up (logical time); monotonic time never is.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back; meaningless in another process. */
  monotonicMs(): number;
  /** Cluster time: whole microseconds since 1970-01-01 UTC. Exact as a number until 2255. */
  utcUs(): number;
  /** Resolves after `durationMs` of monotonic time, or at once when `signal` aborts; never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when cluster time reaches `untilUtcUs`, or at once when `signal` aborts; never rejects.
   * Sleepers that are due at one instant wake in the order in which they went to sleep.
   */
  sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void>;
  /** Cluster time with its error. Its bound is never smaller than the true error; see ClockQuality. */
  reading(): ClockReading;
}

/** Cluster time at one moment. Source: Corbett et al., "Spanner", OSDI 2012, section 3 (TrueTime). */
export interface ClockReading {
  readonly utcUs: number;
  /** True time is at or after this. Minus infinity when nothing is known of the error. */
  readonly earliestUtcUs: number;
  /** True time is at or before this. Infinity when nothing is known of the error. */
  readonly latestUtcUs: number;
  readonly quality: ClockQuality;
}

/** Where cluster time comes from, and how good it is. */
export interface ClockQuality {
  /** none: the system's clock, of which nothing is known. logical: driven from outside, exact by agreement. */
  readonly source: "none" | "logical" | "system" | "ptp" | "pps" | "peers";
  /** Steps from a reference clock, 1 to 15 as in NTP; 16: unsynchronised. Source: RFC 5905, figure 11. */
  readonly stratum: number;
  /** Cluster time minus the system's UTC, in µs, when it was last looked at. */
  readonly systemOffsetUs: number;
  /** Since when cluster time follows this source, in cluster time. */
  readonly sinceUtcUs: number;
  /** The source is lost, and the clock runs on by what it has learnt; the bound grows. */
  readonly isHoldover: boolean;
}

/** Of a clock that nobody disciplines. */
export const UNKNOWN_QUALITY: ClockQuality = {
  source: "none",
  stratum: 16,
  systemOffsetUs: 0,
  sinceUtcUs: 0,
  isHoldover: false,
};

/** Cluster time as a straight line over the board's monotonic time, from one moment on. */
export interface ClockLine {
  /** On Oscillator.monotonicUs. */
  readonly atMonotonicUs: number;
  /** Cluster time at that moment. */
  readonly utcUs: number;
  /** How much faster than the oscillator cluster time runs, in parts per 10^9. */
  readonly ratePpb: number;
  /** Half the width of the interval that holds true time at that moment, in µs. */
  readonly boundUs: number;
  /** How fast the bound grows, in parts per 10^9 of elapsed time. */
  readonly growthPpb: number;
  readonly quality: ClockQuality;
}

/**
 * What a board has of time before anybody disciplines it, and the one thing that may be set. For the time
 * manager alone: everybody else asks Clock. Bodies: agent/io and agent/sim (with offset, drift and jumps).
 */
export interface Oscillator {
  /** The board's monotonic clock in µs: one for all of its processes; another after a restart of the board. */
  monotonicUs(): number;
  /**
   * How long the board has slept (suspend) since some moment, in µs: time that its monotonic clock left out.
   * To a hundredth of a second; 0 where nobody can know.
   */
  asleepUs(): number;
  /** The system's UTC in µs as it is: it may be wrong by years, and jump. */
  systemUtcUs(): number;
  /**
   * Cluster time of this program, and of all that it has started or will start, follows `line` from now on.
   * It never goes back for that: a line that is behind is waited for. Without effect under logical time.
   */
  steer(line: ClockLine): void;
}
