import type { Clock } from "../core/clock.ts";

/** One sleeper for any number of things to watch; with nothing to watch it sleeps not at all. */
export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #ring: (nowMs: number) => number;
  #dueMs = Infinity;
  #asleep: AbortController | undefined;
  #closed = false;

  /** `ring` returns the next instant of monotonic time at which it wants to be called; Infinity: none. */
  constructor(clock: Clock, ring: (nowMs: number) => number) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `dueMs` of monotonic time at the latest; earlier when that was asked for before. */
  at(dueMs: number): void {
    if (dueMs >= this.#dueMs || this.#closed) return;
    this.#asleep?.abort();
    this.#dueMs = dueMs;
    this.#asleep = new AbortController();
    void this.#sleep(this.#asleep.signal);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#asleep?.abort();
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(Math.max(0, this.#dueMs - this.#clock.monotonicMs()), signal);
    if (signal.aborted) return;
    this.#dueMs = Infinity;
    this.at(this.#ring(this.#clock.monotonicMs()));
  }
}
