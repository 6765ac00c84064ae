import type { Clock } from "../core/clock.ts";

const US_PER_MS = 1_000;

/**
 * A timer on cluster time. Periodic timers fire at whole multiples of their period since 1970, so
 * that all boards fire together and no period adds to the error of the one before; sporadic ones
 * fire when told to. Ticks that a slow or suspended board missed are counted, not made up for.
 */
export class TimerPort implements Disposable {
  readonly #clock: Clock;
  readonly #periodUs: number | undefined;
  readonly #deliver: (dueUtcUs: number) => void;
  #armed: AbortController | undefined;
  /** Periods that passed without a tick. */
  missedCount = 0;

  constructor(clock: Clock, periodMs: number | undefined, deliver: (dueUtcUs: number) => void) {
    this.#clock = clock;
    this.#periodUs = periodMs === undefined ? undefined : periodMs * US_PER_MS;
    this.#deliver = deliver;
  }

  /** Starts a periodic timer; a sporadic one waits for `fireAtUtc`. */
  start(): void {
    if (this.#periodUs !== undefined)
      this.fireAtUtc(nextTickUtcUs(this.#clock.utcUs(), this.#periodUs));
  }

  /** Fires when cluster time reaches `utcUs`, and replaces what was set before. */
  fireAtUtc(utcUs: number): void {
    this.cancel();
    const armed = new AbortController();
    this.#armed = armed;
    void this.#wait(utcUs, armed.signal);
  }

  /** Forgets what was set. */
  cancel(): void {
    this.#armed?.abort();
    this.#armed = undefined;
  }

  async #wait(firstUtcUs: number, signal: AbortSignal): Promise<void> {
    const periodUs = this.#periodUs;
    for (let dueUtcUs = firstUtcUs; ; ) {
      await this.#clock.sleepUntilUtc(dueUtcUs, signal);
      if (signal.aborted) return;
      this.#deliver(dueUtcUs);
      if (periodUs === undefined) return;
      const nextUtcUs = nextTickUtcUs(Math.max(dueUtcUs, this.#clock.utcUs()), periodUs);
      this.missedCount += (nextUtcUs - nextTickUtcUs(dueUtcUs, periodUs)) / periodUs;
      dueUtcUs = nextUtcUs;
    }
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** The first whole multiple of the period after `nowUtcUs`. */
export function nextTickUtcUs(nowUtcUs: number, periodUs: number): number {
  return (Math.floor(nowUtcUs / periodUs) + 1) * periodUs;
}
