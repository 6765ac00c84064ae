import type { ClockQuality } from "../core/clock.ts";

/** One look at a clock outside of the cluster. */
export interface SourceReading {
  /** When it was taken, on Oscillator.monotonicUs. */
  readonly atMonotonicUs: number;
  /** UTC at that moment according to the source. */
  readonly utcUs: number;
  /** UTC is within this of `utcUs`: all of the source's own error, and that of taking the reading. */
  readonly boundUs: number;
  /** Of the source, 1 to 15; see ClockQuality. */
  readonly stratum: number;
  /** Seconds that UTC will insert (1) or leave out (-1) at the end of this day. Default 0. */
  readonly leapSeconds?: -1 | 0 | 1;
}

/**
 * A clock outside of the cluster that this board can read: a disciplined system clock (chrony, adjtimex), a
 * PTP hardware clock, a pulse per second.
 */
export interface TimeSource {
  /** Unique on the board, such as "chrony" or "ptp0". */
  readonly name: string;
  readonly kind: Exclude<ClockQuality["source"], "none" | "logical" | "peers">;
  /** Undefined while it has nothing to say: not synchronised, not there. Never rejects; not called while it runs. */
  read(): Promise<SourceReading | undefined>;
}
