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
}
