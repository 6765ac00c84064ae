import type { Clock, ClockReading } from "../core/clock.ts";
import { readingOn } from "../core/clock-line.ts";
import { onAbort } from "./abort-hooks.ts";
import type { HostTime } from "./host-time.ts";
import type { Life } from "./life.ts";
import type { Timeline } from "./timeline.ts";

/** Virtual time for one program, as its host's clocks have it. */
export class SimClock implements Clock {
  readonly #timeline: Timeline;
  readonly #time: HostTime;
  readonly #life: Life;

  constructor(timeline: Timeline, time: HostTime, life: Life) {
    this.#timeline = timeline;
    this.#time = time;
    this.#life = life;
  }

  monotonicMs(): number {
    return (this.#timeline.nowUs - this.#timeline.startUtcUs) / 1000;
  }

  utcUs(): number {
    return this.#time.utcUs();
  }

  reading(): ClockReading {
    return readingOn(this.#time.line, this.#time.monotonicUs(), this.utcUs());
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return this.#sleepUs(durationMs * 1000, signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    // Rounding, or a line that was changed meanwhile, may wake it a little early.
    while (untilUtcUs > this.utcUs() && !signal.aborted)
      await this.#sleepUs(untilUtcUs - this.utcUs(), signal);
  }

  #sleepUs(durationUs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = onAbort(signal, () => {
        forget();
        if (event !== undefined) this.#timeline.cancel(event);
        if (!this.#life.dead) resolve();
      });
      const wake = (): void => {
        forget();
        resolve();
      };
      // Whoever sleeps for ever waits for the abort alone.
      const event = Number.isFinite(durationUs)
        ? this.#timeline.plan(this.#life, durationUs, { kind: "wake" }, wake)
        : undefined;
    });
  }
}
