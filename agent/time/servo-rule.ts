import type { ClockLine, ClockQuality } from "../core/clock.ts";
import { utcUsOn } from "../core/clock-line.ts";
import { middleOf, type Span } from "./span.ts";

/** Cluster time is made to run faster or slower by this much at most, in ppb: 0.5 ms in a second. */
export const SLEW_PPB_MAX = 500_000;
/** A clock that is behind by more is put forward, in µs; it is never put back. Source: RFC 5905, STEPT. */
export const STEP_US_MIN = 128_000;
/** An error is worked off within about this time, in µs. */
const SLEW_US = 4_000_000;
/** A new line is given when it differs from the old one by more than this, in µs, ... */
const NEWS_US = 1;
/** ... or within this time, in µs, ... */
const NEWS_AHEAD_US = 4_000_000;
/** ... or its bound is so much smaller. */
const NEWS_BOUND_SHARE = 0.9;

/** What is known of true time at one moment. */
export interface Knowledge {
  /** On the oscillator. */
  readonly atUs: number;
  /** True time less the oscillator's, in µs. */
  readonly theta: Span;
  /** True time is about to leap by so much, in µs: the bound allows for it. */
  readonly slackUs: number;
  /** How that changes: surely, and most likely; in ppb. */
  readonly rates: Span;
  readonly ratePpb: number;
}

/**
 * Leads the virtual clock to where true time most likely is: by running faster or slower, or, when it is far
 * behind, by a step ahead. The bound of each line holds what is known, whatever the clock still has to
 * catch up. Pure.
 */
export class ServoRule {
  #line: ClockLine | undefined;

  /** The line that is followed now. */
  get line(): ClockLine | undefined {
    return this.#line;
  }

  /** The line to follow from now on; undefined: the one that is followed will do. */
  lead(known: Knowledge, quality: ClockQuality): ClockLine | undefined {
    const { atUs, theta, slackUs, rates, ratePpb } = known;
    const targetUs = atUs + middleOf(theta);
    const before = this.#line;
    const nowUs = before === undefined ? targetUs : utcUsOn(before, atUs);
    const errorUs = targetUs - nowUs;
    const isStep = errorUs > STEP_US_MIN;
    const utcUs = isStep ? targetUs : nowUs;
    const slewPpb = isStep ? 0 : (errorUs / SLEW_US) * 1e9;
    const leadPpb = ratePpb + Math.min(SLEW_PPB_MAX, Math.max(-SLEW_PPB_MAX, slewPpb));
    const boundUs = slackUs + Math.max(atUs + theta.high - utcUs, utcUs - atUs - theta.low);
    const growthPpb = Math.max(0, rates.high - leadPpb, leadPpb - rates.low);
    const line = { atMonotonicUs: atUs, utcUs, ratePpb: leadPpb, boundUs, growthPpb, quality };
    if (before !== undefined && isLike(before, line)) return undefined;
    this.#line = line;
    return line;
  }
}

function isLike(before: ClockLine, line: ClockLine): boolean {
  const atUs = line.atMonotonicUs;
  const aheadUs = atUs + NEWS_AHEAD_US;
  const { source, stratum, isHoldover } = line.quality;
  if (before.quality.source !== source || before.quality.stratum !== stratum) return false;
  if (before.quality.isHoldover !== isHoldover) return false;
  if (Math.abs(utcUsOn(before, atUs) - line.utcUs) > NEWS_US) return false;
  if (Math.abs(utcUsOn(before, aheadUs) - utcUsOn(line, aheadUs)) > NEWS_US) return false;
  const [now, ahead] = [boundAt(before, atUs), boundAt(before, aheadUs)];
  // Nobody may be told less than is true.
  if (now < line.boundUs || ahead < boundAt(line, aheadUs)) return false;
  return NEWS_BOUND_SHARE * ahead <= boundAt(line, aheadUs);
}

function boundAt({ boundUs, growthPpb, atMonotonicUs }: ClockLine, atUs: number): number {
  return boundUs + ((atUs - atMonotonicUs) * growthPpb) / 1e9;
}
