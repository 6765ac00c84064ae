/** A system's clock is led faster or slower by at most this, in ppb. Source: adjtimex(2). */
const SLEW_PPB_MAX = 500_000;
const MS_US = 1_000;

/**
 * The system's UTC in µs, out of a clock that shows whole milliseconds: each look at it says that UTC lies
 * within one of them, and the looks before say where, as far as the monotonic clock carries them.
 *
 * The error is at most 0.5 ms, with one look a second as with the first; with a hundred a second about 20 µs.
 */
export class SystemUtc {
  readonly #nowUtcMs: () => number;
  readonly #monotonicUs: () => number;
  /** UTC less the monotonic clock lay within. */
  #low = Number.NEGATIVE_INFINITY;
  #high = Number.POSITIVE_INFINITY;
  #atUs = 0;

  constructor(nowUtcMs: () => number, monotonicUs: () => number) {
    this.#nowUtcMs = nowUtcMs;
    this.#monotonicUs = monotonicUs;
  }

  /** Whole µs since 1970. */
  read(): number {
    const beforeUs = this.#monotonicUs();
    const utcUs = this.#nowUtcMs() * MS_US;
    const afterUs = this.#monotonicUs();
    const looseUs = ((afterUs - this.#atUs) * SLEW_PPB_MAX) / 1e9;
    const seen = { low: utcUs - afterUs, high: utcUs + MS_US - beforeUs };
    const low = Math.max(this.#low - looseUs, seen.low);
    const high = Math.min(this.#high + looseUs, seen.high);
    // It has jumped: what was known before is of no use.
    [this.#low, this.#high] = low <= high ? [low, high] : [seen.low, seen.high];
    this.#atUs = afterUs;
    return Math.floor(afterUs + (this.#low + this.#high) / 2);
  }
}
