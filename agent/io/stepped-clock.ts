import assert from "node:assert/strict";
import type { Clock, ClockQuality, ClockReading } from "../core/clock.ts";
import { monotonicSleep } from "./sleep.ts";
import { UtcSleepers } from "./utc-sleepers.ts";

const LOGICAL: ClockQuality = {
  ...{ source: "logical", stratum: 1, systemOffsetUs: 0, sinceUtcUs: 0, isHoldover: false },
};

/** Logical time: cluster time stands still until it is advanced; monotonic time is real. */
export class SteppedClock implements Clock {
  readonly #sleepers = new UtcSleepers();
  #utcUs: number;

  /** Stands at `startUtcUs`. */
  constructor(startUtcUs: number) {
    this.#utcUs = startUtcUs;
  }

  monotonicMs(): number {
    return performance.now();
  }

  utcUs(): number {
    return this.#utcUs;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return monotonicSleep(durationMs, signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    if (untilUtcUs <= this.#utcUs) return;
    await this.#sleepers.sleep(untilUtcUs, signal);
  }

  reading(): ClockReading {
    const utcUs = this.#utcUs;
    return { utcUs, earliestUtcUs: utcUs, latestUtcUs: utcUs, quality: LOGICAL };
  }

  /** Moves cluster time on to `utcUs`, never back, and wakes who is due, in order. */
  advanceTo(utcUs: number): void {
    assert(utcUs >= this.#utcUs, "cluster time never goes back");
    this.#utcUs = utcUs;
    this.#sleepers.wakeUntil(utcUs);
  }

  /** The instant at which the first sleeper is due; undefined when nobody sleeps until an instant. */
  nextDueUtcUs(): number | undefined {
    return this.#sleepers.nextDueUtcUs;
  }
}
