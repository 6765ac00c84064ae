/** At most about so many readings are kept, however long the window. */
const READINGS_MAX = 64;

interface Reading {
  readonly atMs: number;
  readonly total: number;
}

/**
 * The mean rate of a growing total over the last `windowMs`; pure, told the time.
 *
 * Keeps a bounded number of readings, so that the time measured over may be longer than the window by
 * a sixty-fourth and one reading; it is never shorter.
 */
export class RateWindow {
  readonly #windowMs: number;
  readonly #readings: Reading[] = [];
  #highest = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** How many readings are kept. */
  get readingCount(): number {
    return this.#readings.length;
  }

  /**
   * Takes the total at `atMs` and returns its growth per millisecond; undefined until a whole window
   * has been seen. A total that falls counts as one that stands still.
   */
  told(atMs: number, total: number): number | undefined {
    const readings = this.#readings;
    const fromMs = atMs - this.#windowMs;
    this.#highest = Math.max(total, this.#highest);
    while ((readings[1]?.atMs ?? Infinity) <= fromMs) readings.shift();
    const [first] = readings;
    const newestMs = readings.at(-1)?.atMs ?? -Infinity;
    if (atMs - newestMs >= this.#windowMs / READINGS_MAX)
      readings.push({ atMs, total: this.#highest });
    if (first === undefined || first.atMs > fromMs || first.atMs >= atMs) return undefined;
    return (this.#highest - first.total) / (atMs - first.atMs);
  }
}
