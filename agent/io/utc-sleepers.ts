import { onAbort } from "./sleep.ts";

interface Sleeper {
  readonly dueUtcUs: number;
  readonly wake: () => void;
}

/** Who sleeps until when, by instant, and within an instant in the order in which they came. */
export class UtcSleepers {
  readonly #sleepers: Sleeper[] = [];

  /** The instant of the first to wake. */
  get nextDueUtcUs(): number | undefined {
    return this.#sleepers[0]?.dueUtcUs;
  }

  /** Resolves when `wakeUntil` reaches `dueUtcUs` or `signal` aborts. */
  sleep(dueUtcUs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const sleeper = { dueUtcUs, wake };
      const leave = (): void => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index >= 0) this.#sleepers.splice(index, 1);
        wake();
      };
      onAbort(signal, leave);
      this.#sleepers.splice(this.#placeOf(dueUtcUs), 0, sleeper);
    });
  }

  /** Wakes all that are due at `utcUs`. */
  wakeUntil(utcUs: number): void {
    for (const { wake } of this.#sleepers.splice(0, this.#placeOf(utcUs))) wake();
  }

  /** How many sleepers are due at or before `dueUtcUs`. */
  #placeOf(dueUtcUs: number): number {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sleepers[middle]?.dueUtcUs ?? 0) <= dueUtcUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
