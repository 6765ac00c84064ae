import type { Clock } from "../core/clock.ts";
import { AgentError } from "../core/errors.ts";

const US_PER_MS = 1_000;

/**
 * A timer on cluster time. Periodic timers fire at whole multiples of their period since 1970, so
 * that all boards fire together and no period adds to the error of the one before; sporadic ones
 * fire when told to. Ticks that a slow or suspended board missed are counted, not made up for.
 */
export class TimerPort implements Disposable {
  readonly #clock: Clock;
  readonly #deliver: (dueUtcUs: number) => void;
  readonly #forget: () => void;
  #periodUs: number | undefined;
  #armed: AbortController | undefined;
  #isClosed = false;
  /** Ticks that came to nothing. */
  missedCount = 0;

  /**
   * `forget`: a tick that was delivered and not handled yet is not wanted any more.
   * @throws AgentError TIMER_PERIOD_INVALID unless `periodMs` is at least 1 µs.
   */
  constructor(
    clock: Clock,
    periodMs: number | undefined,
    deliver: (dueUtcUs: number) => void,
    forget: () => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#periodUs = periodMs === undefined ? undefined : periodUsOf(periodMs);
    this.#deliver = deliver;
    this.#forget = forget;
  }

  /** Undefined for a sporadic timer. */
  get periodMs(): number | undefined {
    return this.#periodUs === undefined ? undefined : this.#periodUs / US_PER_MS;
  }

  /** Whether it will fire. */
  get isRunning(): boolean {
    return this.#armed !== undefined;
  }

  /** Starts a periodic timer; a sporadic one waits for `fireAtUtc` or `fireIn`. */
  start(): void {
    if (this.#periodUs !== undefined)
      this.fireAtUtc(nextTickUtcUs(this.#clock.utcUs(), this.#periodUs));
  }

  /**
   * Starts a periodic timer anew, with `periodMs` from now on if given; a sporadic one becomes periodic
   * then, and otherwise ignores it.
   * @throws AgentError TIMER_PERIOD_INVALID unless `periodMs` is at least 1 µs.
   */
  restart(periodMs?: number): void {
    if (periodMs !== undefined) this.#periodUs = periodUsOf(periodMs);
    this.start();
  }

  /** Fires when cluster time reaches `utcUs`, and replaces what was set before; a periodic one goes on from there. */
  fireAtUtc(utcUs: number): void {
    this.cancel();
    if (this.#isClosed) return;
    const armed = new AbortController();
    this.#armed = armed;
    void this.#wait(utcUs, armed.signal);
  }

  /** Fires after `delayMs` of cluster time; see fireAtUtc. */
  fireIn(delayMs: number): void {
    this.fireAtUtc(this.#clock.utcUs() + Math.round(delayMs * US_PER_MS));
  }

  /** Forgets what was set, and a tick that is not handled yet. */
  cancel(): void {
    this.#armed?.abort();
    this.#armed = undefined;
    this.#forget();
  }

  async #wait(firstUtcUs: number, signal: AbortSignal): Promise<void> {
    const periodUs = this.#periodUs;
    for (let dueUtcUs = firstUtcUs; ; ) {
      await this.#clock.sleepUntilUtc(dueUtcUs, signal);
      if (signal.aborted) return;
      if (periodUs === undefined) this.#armed = undefined;
      this.#deliver(dueUtcUs);
      if (periodUs === undefined) return;
      const nextUtcUs = nextTickUtcUs(Math.max(dueUtcUs, this.#clock.utcUs()), periodUs);
      this.missedCount += (nextUtcUs - nextTickUtcUs(dueUtcUs, periodUs)) / periodUs;
      dueUtcUs = nextUtcUs;
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.cancel();
  }
}

/** The first whole multiple of the period after `nowUtcUs`. */
export function nextTickUtcUs(nowUtcUs: number, periodUs: number): number {
  return (Math.floor(nowUtcUs / periodUs) + 1) * periodUs;
}

function periodUsOf(periodMs: number): number {
  const periodUs = Math.round(periodMs * US_PER_MS);
  if (!Number.isSafeInteger(periodUs) || periodUs < 1)
    throw new AgentError("TIMER_PERIOD_INVALID", { periodMs });
  return periodUs;
}
