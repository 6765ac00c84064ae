import type { Clock } from "../core/clock.ts";
import { monotonicSleep } from "./sleep.ts";
import { UtcSleepers } from "./utc-sleepers.ts";

/** A step of the system clock (NTP, a person) is noticed by a sleeper within this time. */
const RECHECK_MS_MAX = 1000;

/** Time of this machine: monotonic from the kernel, cluster time from the system clock. */
export class SystemClock implements Clock {
  readonly #sleepers = new UtcSleepers();
  readonly #nowUtcMs: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** `nowUtcMs` replaces the system clock in tests. */
  constructor(nowUtcMs = (): number => Date.now()) {
    this.#nowUtcMs = nowUtcMs;
  }

  monotonicMs(): number {
    return performance.now();
  }

  utcUs(): number {
    return this.#nowUtcMs() * 1000;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return monotonicSleep(durationMs, signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    if (untilUtcUs <= this.utcUs()) return;
    const slept = this.#sleepers.sleep(untilUtcUs, signal);
    this.#arm();
    await slept;
    // After an abort nobody may be left who needs the timer.
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const dueUtcUs = this.#sleepers.nextDueUtcUs;
    if (dueUtcUs === undefined) return;
    const leftMs = Math.max(0, (dueUtcUs - this.utcUs()) / 1000);
    this.#timer = setTimeout(
      () => {
        this.#sleepers.wakeUntil(this.utcUs());
        this.#arm();
      },
      Math.ceil(Math.min(leftMs, RECHECK_MS_MAX)),
    );
  }
}
