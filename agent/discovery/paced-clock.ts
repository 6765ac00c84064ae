import type { Clock } from "../core/clock.ts";

/** `clock` on which monotonic time goes by `pace` times as slowly. Cluster time is the same. */
export function pacedClock(clock: Clock, pace: number): Clock {
  if (pace === 1) return clock;
  return {
    monotonicMs: () => clock.monotonicMs() / pace,
    sleep: (durationMs, signal) => clock.sleep(durationMs * pace, signal),
    utcUs: () => clock.utcUs(),
    sleepUntilUtc: (untilUtcUs, signal) => clock.sleepUntilUtc(untilUtcUs, signal),
    reading: () => clock.reading(),
  };
}
