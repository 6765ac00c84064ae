import type { ClockLine, ClockQuality } from "../core/clock.ts";
import { Belief } from "./belief.ts";
import type { DriftOptions } from "./drift-rule.ts";
import { LeapRule } from "./leap-rule.ts";
import { type Neighbour, Neighbourhood } from "./neighbourhood.ts";
import { ReferenceRule } from "./reference-rule.ts";
import { ServoRule } from "./servo-rule.ts";
import { SourceTable } from "./source-table.ts";
import { halfOf, middleOf, type Span } from "./span.ts";
import { type Claim, rankOf, type TimeFrame } from "./time-frame.ts";
import type { SourceReading, TimeSource } from "./time-source.ts";

/** At first, and after a disturbance, neighbours are asked at every tick, so many times; later in turn. */
const HURRIED_TICKS = 30;
/** Each neighbour is asked every so many ticks. */
export const CALM_TICKS = 4;
/** A board that is not set believes one other that is no root only after so long, in µs. */
const ALONE_US = 10_000_000;
/** Less is no sleep, and a sleep is known as well as this, in µs; see Oscillator.asleepUs. */
const ASLEEP_US_MIN = 20_000;
/** An oscillator may be read in whole µs, and times since 1970 as doubles lie a quarter of a µs apart. */
export const ROUNDING_US = 1.5;

/** What the clock is told with everything else. */
export interface Moment {
  /** Oscillator.monotonicUs. */
  readonly atUs: number;
  readonly systemUtcUs: number;
  readonly asleepUs: number;
}

/** A frame for a neighbour. */
export interface OutgoingFrame {
  readonly boardId: string;
  readonly frame: TimeFrame;
}

/** What follows. */
export interface ClockEffects {
  readonly sends: readonly OutgoingFrame[];
  /** Cluster time from now on; undefined: as before. */
  readonly line: ClockLine | undefined;
}

/** What the clock of one board is made of. */
export interface ClusterClockOptions extends DriftOptions {
  readonly boardId: string;
  /** Where the numbers of frames begin: drawn by chance, so that frames of an earlier life answer nothing. */
  readonly firstSeq: number;
}

/**
 * The cluster clock of one board: told of frames, readings of sources and the passing of time, it gives
 * frames to send and lines to follow. Pure; agent/time/README.md says what its bound means.
 */
export class ClusterClock {
  readonly #rank: number;
  readonly #belief: Belief;
  readonly #reference: ReferenceRule;
  readonly #servo = new ServoRule();
  readonly #neighbours: Neighbourhood;
  readonly #sources: SourceTable;
  readonly #leap = new LeapRule();
  /** Differences between true time and the oscillator are counted from here: small numbers are exact. */
  readonly #baseUs: number;
  readonly #startUs: number;
  #isUtc = false;
  #tickCount = 0;
  #hurriedUntil = HURRIED_TICKS;
  #lastAsleepUs: number;
  #sinceUtcUs = 0;
  /** How often what was believed of the oscillator proved wrong. */
  brokenCount = 0;

  constructor(options: ClusterClockOptions, { atUs, systemUtcUs, asleepUs }: Moment) {
    this.#rank = rankOf(options.boardId);
    this.#belief = new Belief(options);
    this.#reference = new ReferenceRule(this.#rank, atUs);
    this.#baseUs = Math.round(systemUtcUs - atUs);
    this.#startUs = atUs;
    this.#lastAsleepUs = asleepUs;
    this.#neighbours = new Neighbourhood(options.boardId, options.firstSeq, this.#baseUs);
    this.#sources = new SourceTable(this.#baseUs);
  }

  /** This board's oscillator, or its sources, give the time. */
  get isRoot(): boolean {
    return this.#reference.isOwn && this.#belief.thetaAt(this.#startUs) !== undefined;
  }

  /** This board's oscillator alone is the time of the cluster, and how it is corrected. */
  givesTimeAt(atUs: number): { readonly ratePpb: number } | undefined {
    const isGiving = this.isRoot && !this.#isUtc && this.#belief.isSliding(atUs);
    return isGiving ? { ratePpb: this.#belief.ratePpb } : undefined;
  }

  /** What is known of true time; undefined: nothing. */
  knownAt(atUs: number): Claim | undefined {
    const theta = this.#belief.thetaAt(atUs);
    if (theta === undefined) return undefined;
    const utcUs = this.#baseUs + atUs + middleOf(theta);
    return { utcUs, halfUs: halfOf(theta) + ROUNDING_US };
  }

  /** The boards of the cluster; who is not among them is not heard. */
  setPeers(boardIds: readonly string[]): void {
    this.#neighbours.set(boardIds);
    this.#reference.keep(new Set(boardIds));
  }

  /** A frame came from `boardId`. */
  heard(boardId: string, frame: TimeFrame, now: Moment): ClockEffects {
    this.#lookForSleep(now);
    const known = this.knownAt(now.atUs);
    if (frame.leapSeconds !== 0 && known !== undefined && this.#leap.isOver(known)) return NOTHING;
    const neighbour = this.#neighbours.heard(boardId, frame, now.atUs, {
      isUtc: this.#isUtc,
      arrived: this.#claimAt(now),
    });
    if (neighbour === undefined) return NOTHING;
    this.#reference.heard(boardId, neighbour.rank, frame, now.atUs);
    const sends = frame.kind === "ask" ? [this.#frameFor(neighbour, "answer", now)] : [];
    return { sends, line: this.#follow(now) };
  }

  /** A source was read. */
  read(
    source: Pick<TimeSource, "name" | "kind">,
    reading: SourceReading,
    now: Moment,
  ): ClockEffects {
    this.#sources.read(source, reading);
    return { sends: [], line: this.#follow(now) };
  }

  /** To be called once a second. */
  tick(now: Moment): ClockEffects {
    this.#lookForSleep(now);
    this.#belief.tick(now.atUs);
    const line = this.#follow(now);
    const isHurried = this.#tickCount < this.#hurriedUntil;
    const turn = this.#tickCount % CALM_TICKS;
    const asked = this.#neighbours.asked.filter(
      (_, index) => isHurried || index % CALM_TICKS === turn,
    );
    this.#tickCount += 1;
    return { sends: asked.map((each) => this.#frameFor(each, "ask", now)), line };
  }

  /** Decides whom to believe, takes in what they say, and leads the clock there. */
  #follow(now: Moment): ClockLine | undefined {
    const { atUs } = now;
    const sources = this.#sources.spansAt(atUs, this.#belief.rates);
    if (sources.length > 0) this.#turnToUtc();
    const isSet = this.#belief.thetaAt(atUs) !== undefined;
    const source = this.#sources.best(sources);
    const before = this.#reference.isOwn;
    const isChanged = this.#reference.decide({ nowUs: atUs, isSet, isUtc: this.#isUtc, source });
    const { root } = this.#reference;
    if (isChanged) this.#rootChanged(now, before);
    if (root !== undefined && root.source !== "peers") this.#turnToUtc();
    if (root !== undefined) this.#watchLeap(now, root.leapSeconds);
    this.#listen(atUs);
    return this.#lead(now);
  }

  #listen(atUs: number): void {
    const own = this.#sources.spansAt(atUs, this.#belief.rates).map(({ span }) => span);
    const roots = [...own, ...this.#spansOf(true, atUs)];
    const relayed = this.#spansOf(false, atUs);
    if (roots.length + relayed.length === 0) return;
    // At first nothing is known that a single liar would contradict.
    const isNew = this.#belief.thetaAt(atUs) === undefined && atUs - this.#startUs < ALONE_US;
    if (isNew && this.#neighbours.isLarge && roots.length === 0 && relayed.length < 2) return;
    const { isRootFalse, isBroken } = this.#belief.told({ atUs, roots, relayed });
    const { root, isOwn } = this.#reference;
    if (isRootFalse && root !== undefined && !isOwn) this.#reference.suspect(root.rank, atUs);
    if (!isBroken) return;
    this.brokenCount += 1;
    this.#hurry();
  }

  /** What neighbours say: roots themselves, or those that relay. */
  #spansOf(isRoot: boolean, atUs: number): Span[] {
    const { root } = this.#reference;
    if (root === undefined) return [];
    const spans: Span[] = [];
    for (const neighbour of this.#neighbours.all) {
      const { frame, filter } = neighbour;
      if (frame?.isSet !== true || frame.isRoot !== isRoot) continue;
      if ((frame.source !== "peers") !== this.#isUtc) continue;
      if (!this.#isUtc && frame.rootRank !== root.rank) continue;
      // Of roots without UTC there is one.
      if (isRoot && !this.#isUtc && neighbour.rank !== root.rank) continue;
      if (isRoot && this.#reference.isSuspect(neighbour.rank)) continue;
      const span = filter.spanAt(atUs, this.#belief.rates);
      if (span !== undefined) spans.push(span);
    }
    return spans;
  }

  #rootChanged(now: Moment, wasOwn: boolean): void {
    const { root, isOwn } = this.#reference;
    const { atUs } = now;
    this.#sinceUtcUs = Math.round(this.#baseUs + atUs);
    if (root?.source !== "peers") {
      if (wasOwn) this.#belief.unpin(atUs, 0);
    } else if (!isOwn) this.#belief.unpin(atUs, root.ratePpb);
    else if (this.#belief.thetaAt(atUs) !== undefined) this.#belief.pin(atUs);
    else {
      const theta = this.#neighbours.foundingUtcUs(now) - this.#baseUs - atUs;
      this.#belief.pin(atUs, { low: theta, high: theta });
    }
  }

  #turnToUtc(): void {
    if (this.#isUtc) return;
    this.#isUtc = true;
    this.#belief.forget();
    this.#neighbours.forget();
    this.#hurry();
  }

  #watchLeap({ atUs }: Moment, leapSeconds: -1 | 0 | 1): void {
    const known = this.knownAt(atUs);
    if (known === undefined) return;
    const crossed = this.#leap.crossed(known, leapSeconds);
    if (crossed === 0) return;
    // UTC repeats a second, or leaves one out: from now on everybody may be a second off.
    this.#belief.widen(atUs, crossed > 0 ? 1e6 : 0, crossed > 0 ? 0 : 1e6);
    this.#neighbours.forget();
    this.#sources.forget(atUs);
    this.#hurry();
  }

  #lookForSleep({ atUs, asleepUs }: Moment): void {
    const sleptUs = asleepUs - this.#lastAsleepUs;
    if (sleptUs < ASLEEP_US_MIN) return;
    this.#lastAsleepUs = asleepUs;
    this.#belief.widen(atUs, ASLEEP_US_MIN - sleptUs, sleptUs + ASLEEP_US_MIN);
    this.#neighbours.forget();
    this.#sources.forget(atUs);
    this.#hurry();
  }

  #hurry(): void {
    this.#hurriedUntil = this.#tickCount + HURRIED_TICKS;
  }

  #lead(now: Moment): ClockLine | undefined {
    const { atUs, systemUtcUs } = now;
    const theta = this.#belief.thetaAt(atUs);
    if (theta === undefined) return undefined;
    const { root } = this.#reference;
    const known = this.knownAt(atUs);
    const slackUs = known !== undefined && this.#leap.isClose(known) ? 1e6 : 0;
    const absolute = {
      low: theta.low + this.#baseUs - ROUNDING_US,
      high: theta.high + this.#baseUs + ROUNDING_US,
    };
    const { rates, ratePpb } = this.#belief;
    const quality: ClockQuality = {
      source: root?.source ?? "peers",
      stratum: root?.stratum ?? 16,
      systemOffsetUs: Math.round(this.#baseUs + middleOf(theta) + atUs - systemUtcUs),
      sinceUtcUs: this.#sinceUtcUs,
      isHoldover: !this.#reference.isAlive(atUs),
    };
    return this.#servo.lead({ atUs, theta: absolute, slackUs, rates, ratePpb }, quality);
  }

  #claimAt({ atUs, systemUtcUs }: Moment): Claim {
    return this.knownAt(atUs) ?? { utcUs: systemUtcUs, halfUs: Infinity };
  }

  #frameFor(neighbour: Neighbour, kind: TimeFrame["kind"], now: Moment): OutgoingFrame {
    const { root, isOwn, suspectRank, lowestRank } = this.#reference;
    const sent = this.#claimAt(now);
    const isSet = Number.isFinite(sent.halfUs) && root !== undefined;
    const frame: TimeFrame = {
      ...{ kind, isSet, sent, suspectRank },
      ...this.#neighbours.echoFor(neighbour, now.atUs, sent),
      isRoot: isSet && isOwn,
      source: root?.source ?? "none",
      stratum: Math.min(16, root?.stratum ?? 16),
      rootRank: isSet ? root.rank : lowestRank,
      rootAgeUs: root === undefined ? 0 : Math.max(0, now.atUs - root.wordUs),
      rootRatePpb: isOwn ? this.#belief.pinnedChangePpb : (root?.ratePpb ?? 0),
      leapSeconds: this.#leap.pendingSeconds,
    };
    return { boardId: neighbour.boardId, frame };
  }
}

const NOTHING: ClockEffects = { sends: [], line: undefined };
