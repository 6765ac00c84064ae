import type { Clock } from "../core/clock.ts";
import { sleepMs } from "./sleep.ts";

/** A step of the system clock (NTP, a person) is noticed by a sleeper within this time. */
const RECHECK_MS_MAX = 1000;
/** Node takes no longer timer. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Time of this machine: monotonic from the kernel, cluster time from the system clock. */
export class SystemClock implements Clock {
  monotonicMs(): number {
    return performance.now();
  }

  utcUs(): number {
    return Date.now() * 1000;
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    const untilMs = performance.now() + durationMs;
    for (
      let leftMs = durationMs;
      leftMs > 0 && !signal.aborted;
      leftMs = untilMs - performance.now()
    )
      await sleepMs(Math.min(leftMs, TIMER_MS_MAX), signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = (untilUtcUs - this.utcUs()) / 1000;
      if (leftMs <= 0 || signal.aborted) return;
      await sleepMs(Math.min(leftMs, RECHECK_MS_MAX), signal);
    }
  }
}
