import { SLIDE_PPB } from "../../agent/time/belief.ts";
import { ROUNDING_US } from "../../agent/time/cluster-clock.ts";
import type { TrialBoard } from "./trial-board.ts";

/** Whoever's time the cluster goes by. */
interface Anchor {
  readonly board: TrialBoard;
  /** What it had missed of time by then: when it misses more, its own word is no more the time. */
  readonly missedUs: number;
}

/** True time at one moment, and how it went on then. */
interface Instant {
  readonly utcUs: number;
  /** On the anchor's oscillator, had it never stood still. */
  readonly wholeUs: number;
  readonly ratePpb: number;
}

/**
 * What cluster time is in a trial. With a source of UTC it is UTC. Without, it is the time of the board that
 * the others go by; when that is lost, its oscillator is taken to go on, until the next such board lets the
 * cluster slide onto its own. See agent/time/README.md.
 */
export class TrueTime {
  /** UTC: whether some board has a source of it. */
  isUtc = false;
  /** Seconds that UTC has inserted so far. */
  leapSeconds = 0;
  readonly #boards: readonly TrialBoard[];
  readonly #startUtcUs: number;
  #anchor: Anchor | undefined;
  #last: Instant | undefined;

  constructor(boards: readonly TrialBoard[], startUtcUs: number) {
    this.#boards = boards;
    this.#startUtcUs = startUtcUs;
  }

  /** To be asked at least once a second. NaN while no cluster has begun. */
  utcUsAt(nowUs: number): number {
    if (this.isUtc) return this.#startUtcUs + nowUs - this.leapSeconds * 1e6;
    const anchor = this.#anchor;
    if (anchor === undefined) {
      const founder = this.#giving(nowUs);
      if (founder === undefined) return Number.NaN;
      this.#anchor = { board: founder, missedUs: founder.missedUs(nowUs) };
      return this.utcUsAt(nowUs);
    }
    return this.#given(anchor, nowUs) ?? this.#goneOn(anchor, nowUs);
  }

  /** What the anchor itself says; undefined when it is not the one to ask any more. */
  #given({ board, missedUs }: Anchor, nowUs: number): number | undefined {
    const atUs = board.monotonicUs(nowUs);
    if (!board.isUp || board.lie !== undefined || board.missedUs(nowUs) !== missedUs)
      return undefined;
    const [given, known] = [board.clock.givesTimeAt(atUs), board.clock.knownAt(atUs)];
    if (given === undefined || known === undefined) return undefined;
    const wholeUs = atUs + missedUs;
    const halfUs = Math.max(0, known.halfUs - ROUNDING_US);
    const last = this.#last ?? { utcUs: known.utcUs, wholeUs, ...given };
    const elapsedUs = wholeUs - last.wholeUs;
    const wouldUs = last.utcUs + elapsedUs + (elapsedUs * given.ratePpb) / 1e9;
    // It is pushed along by the ends of what the board knows, as they close in on each other.
    const withinUs = Math.min(known.utcUs + halfUs, Math.max(known.utcUs - halfUs, wouldUs));
    const pushedUsMax = (elapsedUs * SLIDE_PPB) / 1e9 + ROUNDING_US;
    const pushedUs = Math.min(pushedUsMax, Math.max(-pushedUsMax, withinUs - wouldUs));
    this.#last = { utcUs: wouldUs + pushedUs, wholeUs, ...given };
    return this.#last.utcUs;
  }

  /** The anchor's oscillator goes on, until somebody leads the cluster on from there. */
  #goneOn({ board }: Anchor, nowUs: number): number {
    const { utcUs, wholeUs, ratePpb } = this.#last ?? { utcUs: Number.NaN, wholeUs: 0, ratePpb: 0 };
    const elapsedUs = board.monotonicUs(nowUs) + board.missedUs(nowUs) - wholeUs;
    const trueUtcUs = utcUs + elapsedUs + (elapsedUs * ratePpb) / 1e9;
    const next = this.#giving(nowUs);
    const known = next?.clock.knownAt(next.monotonicUs(nowUs));
    if (next === undefined || known === undefined) return trueUtcUs;
    if (Math.abs(trueUtcUs - known.utcUs) > known.halfUs) return trueUtcUs;
    const missedUs = next.missedUs(nowUs);
    this.#anchor = { board: next, missedUs };
    this.#last = { utcUs: trueUtcUs, wholeUs: next.monotonicUs(nowUs) + missedUs, ratePpb };
    return trueUtcUs;
  }

  #giving(nowUs: number): TrialBoard | undefined {
    return this.#boards.find(
      (board) =>
        board.isUp &&
        board.lie === undefined &&
        board.clock.givesTimeAt(board.monotonicUs(nowUs)) !== undefined,
    );
  }
}
