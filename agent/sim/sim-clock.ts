import type { Clock, ClockReading } from "../core/clock.ts";
import { readingOn } from "../core/clock-line.ts";
import { onAbort } from "./abort-hooks.ts";
import type { HostTime } from "./host-time.ts";
import type { Life, Timer } from "./life.ts";

/** Virtual time for one program, as its host's clocks have it. */
export class SimClock implements Clock {
  readonly #time: HostTime;
  readonly #life: Life;

  constructor(time: HostTime, life: Life) {
    this.#time = time;
    this.#life = life;
  }

  monotonicMs(): number {
    return this.#time.monotonicUs() / 1000;
  }

  utcUs(): number {
    return this.#time.utcUs();
  }

  reading(): ClockReading {
    return readingOn(this.#time.line, this.#time.monotonicUs(), this.utcUs());
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return this.#wait(signal, (wake) =>
      // Whoever sleeps for ever waits for the abort alone.
      Number.isFinite(durationMs)
        ? this.#time.after(this.#life, durationMs * 1000, WAKE, wake)
        : undefined,
    );
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    if (untilUtcUs <= this.utcUs()) return;
    await this.#wait(signal, (wake) =>
      Number.isFinite(untilUtcUs)
        ? this.#time.atUtc(this.#life, untilUtcUs, WAKE, wake)
        : undefined,
    );
  }

  #wait(signal: AbortSignal, start: (wake: () => void) => Timer | undefined): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = onAbort(signal, () => {
        forget();
        if (timer !== undefined) this.#time.cancel(timer);
        if (!this.#life.dead) resolve();
      });
      const timer = start(() => {
        forget();
        resolve();
      });
    });
  }
}

const WAKE = { kind: "wake" };
