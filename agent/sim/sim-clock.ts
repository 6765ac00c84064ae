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
    return this.#wait("monotonic", durationMs * 1000, signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    if (untilUtcUs > this.utcUs()) await this.#wait("utc", untilUtcUs, signal);
  }

  #wait(clock: Timer["clock"], us: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const time = this.#time;
      const life = this.#life;
      const forget = onAbort(signal, () => {
        forget();
        if (timer !== undefined) time.cancel(timer);
        if (!life.dead) resolve();
      });
      const wake = (): void => {
        forget();
        resolve();
      };
      const start = (): Timer =>
        clock === "utc" ? time.atUtc(life, us, WAKE, wake) : time.after(life, us, WAKE, wake);
      // Whoever sleeps for ever waits for the abort alone.
      const timer = Number.isFinite(us) ? start() : undefined;
    });
  }
}

const WAKE = { kind: "wake" };
