import { intersection, middleOf, type Span } from "./span.ts";

const PARTS_PER_UNIT = 1e9;
/** Moments that are kept; when there are more, every other one goes, and the rest lie further apart. */
const MOMENTS_MAX = 32;
const APART_US_MIN = 1_000_000;
const APART_US_MAX = 64_000_000;
/** What was known of the rate is believed this much less with time, in ppb for each second. */
const RELAX_PPB_PER_S = 1;

/** What is assumed of the board's oscillator. */
export interface DriftOptions {
  /** True time runs at most so much faster or slower than the oscillator, in ppb. */
  readonly ratePpbMax: number;
  /** Its rate stays within so much of its mean rate over the moments that are kept, in ppb. */
  readonly wanderPpb: number;
}

interface Moment {
  readonly atUs: number;
  readonly theta: Span;
}

/**
 * How fast true time runs against the oscillator, from what is known of their difference at several
 * moments. `rates` is certain, as far as the spans are and the oscillator keeps to DriftOptions; `ratePpb` is
 * the likeliest. Pure.
 *
 * Certain: two spans a time apart bound the mean rate in between. Likeliest: the median of slopes between
 * moments half of the window apart. Source: Theil, "A rank-invariant method of linear and polynomial
 * regression analysis" (1950), incomplete method.
 */
export class DriftRule {
  readonly #options: DriftOptions;
  #moments: Moment[] = [];
  #apartUs = APART_US_MIN;
  #rates: Span;
  #rateAtUs = 0;
  #ratePpb = 0;

  constructor(options: DriftOptions) {
    this.#options = options;
    this.#rates = this.#widest;
  }

  /** What the rate surely is, in ppb. */
  get rates(): Span {
    return this.#rates;
  }

  /** What the rate most likely is, in ppb. */
  get ratePpb(): number {
    return Math.min(this.#rates.high, Math.max(this.#rates.low, this.#ratePpb));
  }

  /** True time less the oscillator's lies within `theta` at `atUs`. False: it contradicts what was known. */
  told(atUs: number, theta: Span): boolean {
    const last = this.#moments.at(-1);
    if (last !== undefined && atUs - last.atUs < this.#apartUs) return true;
    const relaxed = (RELAX_PPB_PER_S * (atUs - this.#rateAtUs)) / 1e6;
    let rates: Span | undefined = intersection(
      { low: this.#rates.low - relaxed, high: this.#rates.high + relaxed },
      this.#widest,
    );
    for (const moment of this.#moments) {
      if (rates === undefined) break;
      rates = intersection(rates, this.#between(moment, { atUs, theta }));
    }
    this.#rateAtUs = atUs;
    if (rates === undefined) {
      this.forget();
      return false;
    }
    this.#rates = rates;
    this.#keep({ atUs, theta });
    this.#ratePpb = this.#medianSlope() ?? middleOf(rates);
    return true;
  }

  /** True time will run differently from now on, by up to `changePpb`. */
  changes(changePpb: number): void {
    const { low, high } = this.#rates;
    const changed = { low: low - changePpb, high: high + changePpb };
    this.#rates = intersection(changed, this.#widest) ?? this.#widest;
    this.#moments = [];
    this.#apartUs = APART_US_MIN;
  }

  /** The oscillator was not what it was thought to be. */
  forget(): void {
    this.#moments = [];
    this.#apartUs = APART_US_MIN;
    this.#rates = this.#widest;
  }

  get #widest(): Span {
    const { ratePpbMax } = this.#options;
    return { low: -ratePpbMax, high: ratePpbMax };
  }

  #between(one: Moment, other: Moment): Span {
    const spanUs = other.atUs - one.atUs;
    const { wanderPpb } = this.#options;
    return {
      low: ((other.theta.low - one.theta.high) / spanUs) * PARTS_PER_UNIT - wanderPpb,
      high: ((other.theta.high - one.theta.low) / spanUs) * PARTS_PER_UNIT + wanderPpb,
    };
  }

  #keep(moment: Moment): void {
    this.#moments.push(moment);
    if (this.#moments.length <= MOMENTS_MAX) return;
    if (this.#apartUs >= APART_US_MAX) this.#moments.shift();
    else {
      this.#apartUs *= 2;
      // The newest stays.
      this.#moments = this.#moments.filter((_, index) => index % 2 === 0);
    }
  }

  #medianSlope(): number | undefined {
    const count = this.#moments.length;
    const half = count >> 1;
    if (half < 2) return undefined;
    const slopes: number[] = [];
    for (let index = 0; index + half < count; index += 1) {
      const [one, other] = [this.#moments[index], this.#moments[index + half]];
      if (one === undefined || other === undefined) continue;
      const movedUs = middleOf(other.theta) - middleOf(one.theta);
      slopes.push((movedUs / (other.atUs - one.atUs)) * PARTS_PER_UNIT);
    }
    slopes.sort((one, other) => one - other);
    return slopes[slopes.length >> 1];
  }
}

/** `theta` some time later: what is not known of the rate makes it wider. */
export function aged(theta: Span, elapsedUs: number, rates: Span): Span {
  return {
    low: theta.low + (elapsedUs * rates.low) / PARTS_PER_UNIT,
    high: theta.high + (elapsedUs * rates.high) / PARTS_PER_UNIT,
  };
}
