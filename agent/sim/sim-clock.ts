import type { Clock } from "../core/clock.ts";
import { onAbort } from "./abort-hooks.ts";
import type { Life } from "./life.ts";
import type { Timeline } from "./timeline.ts";

/** Virtual time for one program: monotonic and cluster time are one timeline. */
export class SimClock implements Clock {
  readonly #timeline: Timeline;
  readonly #life: Life;

  constructor(timeline: Timeline, life: Life) {
    this.#timeline = timeline;
    this.#life = life;
  }

  monotonicMs(): number {
    return (this.#timeline.nowUs - this.#timeline.startUtcUs) / 1000;
  }

  utcUs(): number {
    return this.#timeline.nowUs;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return this.#sleepUs(durationMs * 1000, signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    if (untilUtcUs > this.#timeline.nowUs)
      await this.#sleepUs(untilUtcUs - this.#timeline.nowUs, signal);
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
