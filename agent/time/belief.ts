import { aged, type DriftOptions, DriftRule } from "./drift-rule.ts";
import { halfOf, intersection, narrowed, type Span, selection } from "./span.ts";

/** A root that knows of no UTC makes what it does not know of the former root's time smaller so fast, in ppb, ... */
export const SLIDE_PPB = 500;
/** ... once it has been the only one for so long, in µs. */
const SLIDE_AFTER_US = 40_000_000;

/** What is said of true time at one moment: its difference from the oscillator, each from another mouth. */
export interface Testimony {
  readonly atUs: number;
  /** Of roots themselves, this board's own sources among them. */
  readonly roots: readonly Span[];
  /** Of boards that have it from others. */
  readonly relayed: readonly Span[];
}

/** What follows from a testimony beside a better belief. */
export interface Judgement {
  /** The only root contradicts all others, or what was known from it: it lies. */
  readonly isRootFalse: boolean;
  /** What was believed contradicts the others: the oscillator was not what it was thought to be. */
  readonly isBroken: boolean;
}

/** This board's oscillator is the time of the cluster. */
interface Pinned {
  readonly ratePpb: number;
  readonly sinceUs: number;
  /** How far its rate may be from that of the time before, in ppb. */
  readonly changePpb: number;
}

const WELL: Judgement = { isRootFalse: false, isBroken: false };

/**
 * What a board knows of true time: a span that is certain. What is known already is made wider as it ages,
 * and narrower by what others say, of whom one in four may lie. Pure.
 *
 * A root is believed when it stands alone, for then its time is what the cluster goes by; of several, or
 * of boards that only relay, one may lie, and no edge counts that only one of them vouches for.
 */
export class Belief {
  readonly drift: DriftRule;
  #theta: Span | undefined;
  #atUs = 0;
  readonly #options: DriftOptions;
  #pinned: Pinned | undefined;

  constructor(options: DriftOptions) {
    this.#options = options;
    this.drift = new DriftRule(options);
  }

  /** True time less the oscillator's at `nowUs`; undefined: nothing is known. */
  thetaAt(nowUs: number): Span | undefined {
    const theta = this.#theta;
    if (theta === undefined) return undefined;
    const elapsedUs = nowUs - this.#atUs;
    const pinned = this.#pinned;
    if (pinned === undefined || !this.#isSliding(this.#atUs))
      return aged(theta, elapsedUs, this.rates);
    const movedUs = (elapsedUs * pinned.ratePpb) / 1e9;
    const slidUs = Math.min(halfOf(theta), (elapsedUs * SLIDE_PPB) / 1e9);
    return { low: theta.low + movedUs + slidUs, high: theta.high + movedUs - slidUs };
  }

  /** How true time runs against the oscillator, surely; in ppb. */
  get rates(): Span {
    const pinned = this.#pinned;
    if (pinned === undefined || !this.#isSliding(this.#atUs)) return this.drift.rates;
    return { low: pinned.ratePpb, high: pinned.ratePpb };
  }

  /** The same, most likely. */
  get ratePpb(): number {
    return this.#pinned?.ratePpb ?? this.drift.ratePpb;
  }

  /** This board gives the time from now on: of `theta`, or as it believes it to be. */
  pin(nowUs: number, theta?: Span): void {
    const ratePpb = theta === undefined ? this.drift.ratePpb : 0;
    // A founder's word is the time: there is nothing to slide away from.
    const sinceUs = theta === undefined ? nowUs : nowUs - SLIDE_AFTER_US;
    const { low, high } = this.drift.rates;
    const changePpb =
      theta === undefined ? Math.max(high - ratePpb, ratePpb - low) : this.#options.ratePpbMax;
    this.#move(nowUs, theta ?? this.thetaAt(nowUs));
    this.#pinned = { ratePpb, sinceUs, changePpb };
  }

  /** While this board gives the time: see TimeFrame.rootRatePpb. */
  get pinnedChangePpb(): number {
    return this.#pinned?.changePpb ?? 0;
  }

  /** This board gives the time, and nothing of an earlier root's is left to slide away from. */
  isSliding(nowUs: number): boolean {
    return this.#isSliding(nowUs);
  }

  /** Time passes. */
  tick(nowUs: number): void {
    this.#move(nowUs, this.thetaAt(nowUs));
  }

  /** Another gives the time from now on; its rate may differ by `changePpb` from the last one's. */
  unpin(nowUs: number, changePpb: number): void {
    const pinned = this.#pinned;
    this.#move(nowUs, this.thetaAt(nowUs));
    this.#pinned = undefined;
    if (pinned !== undefined) this.drift.forget();
    else if (changePpb > 0) this.drift.changes(changePpb);
  }

  /** Another time counts from now on: what was known is of no use. */
  forget(): void {
    this.#theta = undefined;
    this.#pinned = undefined;
    this.drift.forget();
  }

  /** True time may have gone on by `aheadUs` more than the oscillator, or back by `backUs`. */
  widen(nowUs: number, backUs: number, aheadUs: number): void {
    const theta = this.thetaAt(nowUs);
    if (theta === undefined) return;
    this.#move(nowUs, { low: theta.low - backUs, high: theta.high + aheadUs });
    this.drift.forget();
  }

  /** Takes in what is said. */
  told({ atUs, roots, relayed }: Testimony): Judgement {
    const known = this.thetaAt(atUs);
    const ofRoots = selection(roots, roots.length > 3 ? 1 : 0);
    // Two that contradict each other tell nothing to whom knows nothing.
    const isSplit = relayed.length < 2 || (relayed.length === 2 && known === undefined);
    const ofOthers = selection(relayed, isSplit ? 0 : 1);
    const both = narrowed(ofRoots, ofOthers);
    if (ofRoots !== undefined && ofOthers !== undefined && both === undefined)
      return this.#contradiction(atUs, ofRoots, ofOthers);
    if (both === undefined) return WELL;
    const agreed = known === undefined ? both : intersection(known, both);
    if (agreed !== undefined) {
      this.#learn(atUs, agreed);
      return WELL;
    }
    // The root goes by itself, unless two others say that it cannot.
    if (this.#pinned !== undefined && relayed.length < 2) return WELL;
    return this.#relearn(atUs, both);
  }

  /** The only root, and all others, say what cannot both be. */
  #contradiction(atUs: number, ofRoots: Span, ofOthers: Span): Judgement {
    const known = this.thetaAt(atUs);
    const withOthers = known === undefined ? undefined : intersection(known, ofOthers);
    if (withOthers !== undefined) {
      this.#learn(atUs, withOthers);
      return { isRootFalse: true, isBroken: false };
    }
    const withRoots = known === undefined ? ofRoots : intersection(known, ofRoots);
    if (withRoots === undefined) return this.#relearn(atUs, ofRoots);
    this.#learn(atUs, withRoots);
    return WELL;
  }

  #learn(atUs: number, theta: Span): void {
    this.#move(atUs, theta);
    if (this.#pinned !== undefined) return;
    if (!this.drift.told(atUs, theta)) this.drift.told(atUs, theta);
  }

  #relearn(atUs: number, theta: Span): Judgement {
    this.drift.forget();
    this.#learn(atUs, theta);
    return { isRootFalse: false, isBroken: true };
  }

  #move(atUs: number, theta: Span | undefined): void {
    this.#theta = theta;
    this.#atUs = atUs;
  }

  #isSliding(atUs: number): boolean {
    return this.#pinned !== undefined && atUs - this.#pinned.sinceUs >= SLIDE_AFTER_US;
  }
}
