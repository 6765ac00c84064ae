import type { ClockLine } from "../../agent/core/clock.ts";
import { readingOn, utcUsOn } from "../../agent/core/clock-line.ts";
import { ClusterClock, type Moment, type OutgoingFrame } from "../../agent/time/cluster-clock.ts";

/** How the oscillator and the system's clock of a board are wrong. */
export interface BoardClocks {
  /** The oscillator is faster than true time by this, in ppb. */
  readonly driftPpb: number;
  /** The system's clock less UTC at the start, in µs. */
  readonly systemOffsetUs: number;
  /** The rate swings by this about `driftPpb`, in ppb, ... */
  readonly wanderPpb: number;
  /** ... once in this time, in µs, beginning somewhere (0 to 1) in it. */
  readonly wanderUs: number;
  readonly wanderPhase: number;
}

interface Halt {
  readonly fromUs: number;
  readonly forUs: number;
  readonly isSleep: boolean;
}

/** A board of a trial: its clock's rules, over an oscillator of which the truth is known. */
export class TrialBoard {
  readonly boardId: string;
  readonly clocks: BoardClocks;
  readonly #startUtcUs: number;
  clock: ClusterClock;
  isUp = true;
  /** It changes what it says; see TimeTrial. */
  lie: ((sent: OutgoingFrame, nowUs: number) => OutgoingFrame) | undefined;
  /** How far somebody has set its system's clock, in µs. */
  #systemShiftUs = 0;
  readonly #halts: Halt[] = [];
  #peers: readonly string[] = [];
  /** The rate was changed: from when on, and by how much. */
  #changed: { readonly fromUs: number; readonly ppb: number } | undefined;
  line: ClockLine | undefined;
  #lastUtcUs = -Infinity;
  isBackward = false;

  constructor(boardId: string, clocks: BoardClocks, startUtcUs: number, firstSeq: number) {
    this.boardId = boardId;
    this.clocks = clocks;
    this.#startUtcUs = startUtcUs;
    this.clock = this.#newClock(0, firstSeq);
  }

  /** What it reads when true time is `nowUs` from the start. */
  momentAt(nowUs: number): Moment {
    return {
      atUs: this.monotonicUs(nowUs),
      systemUtcUs: this.systemUtcUs(nowUs),
      asleepUs: Math.floor(this.#haltedUs(nowUs, true) / 10_000) * 10_000,
    };
  }

  monotonicUs(nowUs: number): number {
    const { driftPpb, wanderPpb, wanderUs, wanderPhase } = this.clocks;
    const turn = 2 * Math.PI;
    const swing =
      ((wanderPpb / 1e9) *
        wanderUs *
        (Math.cos(turn * wanderPhase) - Math.cos(turn * (nowUs / wanderUs + wanderPhase)))) /
      turn;
    const changed = this.#changed;
    const changedUs =
      changed === undefined ? 0 : (Math.max(0, nowUs - changed.fromUs) * changed.ppb) / 1e9;
    return nowUs + (nowUs * driftPpb) / 1e9 + swing + changedUs - this.missedUs(nowUs);
  }

  systemUtcUs(nowUs: number): number {
    const awakeUs = this.monotonicUs(nowUs) + this.#startUtcUs;
    const asleepUs = this.#haltedUs(nowUs, true);
    return awakeUs + asleepUs + this.clocks.systemOffsetUs + this.#systemShiftUs;
  }

  /** The other boards. */
  setPeers(boardIds: readonly string[]): void {
    this.#peers = boardIds;
    this.clock.setPeers(boardIds);
  }

  /** What its monotonic clock has left out, in µs. */
  missedUs(nowUs: number): number {
    return this.#haltedUs(nowUs, true) + this.#haltedUs(nowUs, false);
  }

  /** It does nothing now. */
  isHalted(nowUs: number): boolean {
    return this.#halts.some(({ fromUs, forUs }) => fromUs <= nowUs && nowUs < fromUs + forUs);
  }

  /** Somebody sets the system's clock. */
  jump(byUs: number): void {
    this.#systemShiftUs += byUs;
  }

  /** It sleeps: CLOCK_MONOTONIC does not go on, the system's clock does. */
  sleep(nowUs: number, forUs: number): void {
    this.#halts.push({ fromUs: nowUs, forUs, isSleep: true });
  }

  /** It is stopped whole, as a virtual machine is: nothing goes on. */
  stop(nowUs: number, forUs: number): void {
    this.#halts.push({ fromUs: nowUs, forUs, isSleep: false });
  }

  /** Its oscillator runs faster by `ppb` from now on. */
  speedUp(nowUs: number, ppb: number): void {
    this.#changed = { fromUs: nowUs, ppb };
  }

  /** It starts anew and has forgotten all; a program of it has read no clock yet. */
  restart(nowUs: number, firstSeq: number): void {
    this.clock = this.#newClock(nowUs, firstSeq);
    this.setPeers(this.#peers);
    this.line = undefined;
    this.#lastUtcUs = -Infinity;
    this.isUp = true;
  }

  /** What a program on it reads. */
  reading(nowUs: number): ReturnType<typeof readingOn> {
    const monotonicUs = this.monotonicUs(nowUs);
    if (this.line === undefined) return readingOn(undefined, monotonicUs, this.systemUtcUs(nowUs));
    const utcUs = Math.max(this.#lastUtcUs, Math.round(utcUsOn(this.line, monotonicUs)));
    if (utcUs < this.#lastUtcUs) this.isBackward = true;
    this.#lastUtcUs = utcUs;
    return readingOn(this.line, monotonicUs, utcUs);
  }

  #haltedUs(nowUs: number, isSleep: boolean): number {
    return this.#halts
      .filter((halt) => halt.isSleep === isSleep)
      .reduce((sum, { fromUs, forUs }) => sum + Math.min(forUs, Math.max(0, nowUs - fromUs)), 0);
  }

  #newClock(nowUs: number, firstSeq: number): ClusterClock {
    const { boardId } = this;
    const options = { boardId, firstSeq, ratePpbMax: 1_000_000, wanderPpb: 2_000 };
    return new ClusterClock(options, this.momentAt(nowUs));
  }
}
