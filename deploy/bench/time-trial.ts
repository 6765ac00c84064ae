import { Agenda } from "../../agent/group/attack-network.ts";
import type { ClockEffects } from "../../agent/time/cluster-clock.ts";
import { decodeTimeFrame, encodeTimeFrame } from "../../agent/time/time-frame.ts";
import type { SourceReading, TimeSource } from "../../agent/time/time-source.ts";
import { TrialBoard } from "./trial-board.ts";
import { TrueTime } from "./true-time.ts";

const US_PER_MS = 1_000;
const TICK_US = 1_000_000;

/** A LAN, and how wrong the clocks on it are. */
export interface TrialOptions {
  readonly boardCount: number;
  /** Chance: 0 up to, not including, 1. */
  readonly random: () => number;
  /** Shortest and longest way of a frame, in µs. */
  readonly delayUs: readonly [number, number];
  /** Every way from a board of lower number to one of higher number takes so much longer, in µs. Default 0. */
  readonly asymmetryUs?: number;
  /** Share of frames that are lost. Default 0. */
  readonly lossRate?: number;
  /** Oscillators are off by at most this, in ppb. Default 100,000. */
  readonly driftPpbMax?: number;
  /** Rates swing by at most this, in ppb. Default 200. */
  readonly wanderPpbMax?: number;
  /** Systems' clocks are off by at most this, in µs. Default 5 s. */
  readonly systemOffsetUsMax?: number;
  readonly startUtcUs?: number;
}

/** One look at all clocks. */
export interface TrialSample {
  readonly atUs: number;
  readonly boardId: string;
  /** Cluster time less true time. */
  readonly errorUs: number;
  /** Half of what its reading says it may be off by; Infinity: it does not know. */
  readonly boundUs: number;
  readonly isTrue: boolean;
}

/** Boards that keep common time by their rules alone, on oscillators and a network of which the truth is known. */
export class TimeTrial {
  readonly boards: readonly TrialBoard[];
  readonly truth: TrueTime;
  readonly #options: Required<TrialOptions>;
  readonly #agenda = new Agenda();
  /** Bytes that left boards, with the headers of UDP and IPv4 and the switchboard's tag. */
  sentBytes = 0;

  constructor(options: TrialOptions) {
    this.#options = {
      ...{ asymmetryUs: 0, lossRate: 0, driftPpbMax: 100_000, wanderPpbMax: 200 },
      ...{ systemOffsetUsMax: 5_000_000, startUtcUs: 1_800_000_000_000_000 },
      ...options,
    };
    const { boardCount, startUtcUs } = this.#options;
    const both = (most: number): number => (2 * random() - 1) * most;
    const { random } = this.#options;
    this.boards = Array.from({ length: boardCount }, (_, index) => {
      const clocks = {
        driftPpb: both(this.#options.driftPpbMax),
        systemOffsetUs: both(this.#options.systemOffsetUsMax),
        wanderPpb: both(this.#options.wanderPpbMax),
        wanderUs: (600 + 3_000 * random()) * 1e6,
        wanderPhase: random(),
      };
      return new TrialBoard(
        `board-${index}`,
        clocks,
        startUtcUs,
        1 + Math.floor(random() * 2 ** 32 - 2),
      );
    });
    this.truth = new TrueTime(this.boards, startUtcUs);
    for (const board of this.boards) {
      board.setPeers(this.#namesBut(board));
      this.#agenda.plan((random() * TICK_US) / US_PER_MS, () => this.#tick(board));
    }
  }

  /** True time since the start, in µs. */
  get nowUs(): number {
    return this.#agenda.nowMs * US_PER_MS;
  }

  board(index: number): TrialBoard {
    const board = this.boards[index];
    if (board === undefined) throw new Error(`the trial has no board ${index}`);
    return board;
  }

  runFor(seconds: number): void {
    this.#agenda.runUntil(this.#agenda.nowMs + seconds * 1_000);
  }

  /** Looks at all boards that are up and tell the truth. */
  sample(): TrialSample[] {
    const { nowUs } = this;
    const trueUtcUs = this.truth.utcUsAt(nowUs);
    return this.boards
      .filter((board) => board.isUp && board.lie === undefined && !board.isHalted(nowUs))
      .map((board) => {
        const { utcUs, earliestUtcUs, latestUtcUs } = board.reading(nowUs);
        return {
          ...{ atUs: nowUs, boardId: board.boardId },
          errorUs: utcUs - trueUtcUs,
          boundUs: Math.max(latestUtcUs - utcUs, utcUs - earliestUtcUs),
          isTrue: earliestUtcUs <= trueUtcUs && trueUtcUs <= latestUtcUs,
        };
      });
  }

  /** Looks once in every `everySeconds` for so many `seconds`. */
  watch(seconds: number, everySeconds = 1): TrialSample[] {
    const samples: TrialSample[] = [];
    for (let passed = 0; passed < seconds; passed += everySeconds) {
      this.runFor(everySeconds);
      samples.push(...this.sample());
    }
    return samples;
  }

  /** A source of `board` was read. */
  read(board: TrialBoard, source: Pick<TimeSource, "name" | "kind">, reading: SourceReading): void {
    this.#do(board, board.clock.read(source, reading, board.momentAt(this.nowUs)));
  }

  #namesBut({ boardId }: TrialBoard): string[] {
    return this.boards.map((each) => each.boardId).filter((each) => each !== boardId);
  }

  #tick(board: TrialBoard): void {
    if (board.isUp && !board.isHalted(this.nowUs))
      this.#do(board, board.clock.tick(board.momentAt(this.nowUs)));
    this.#agenda.plan(this.#agenda.nowMs + TICK_US / US_PER_MS, () => this.#tick(board));
  }

  #do(board: TrialBoard, { sends, line }: ClockEffects): void {
    if (line !== undefined) {
      board.reading(this.nowUs);
      board.line = line;
    }
    for (const sent of sends) {
      const { boardId, frame } = board.lie?.(sent, this.nowUs) ?? sent;
      const bytes = encodeTimeFrame(frame);
      this.sentBytes += bytes.byteLength + 4 + 28;
      const to = this.boards.findIndex((each) => each.boardId === boardId);
      const { random, lossRate } = this.#options;
      if (random() < lossRate) continue;
      const delayUs = this.#delayUs(this.boards.indexOf(board), to);
      this.#agenda.plan(this.#agenda.nowMs + delayUs / US_PER_MS, () =>
        this.#arrive(board, this.board(to), bytes),
      );
    }
  }

  #delayUs(from: number, to: number): number {
    const [least, most] = this.#options.delayUs;
    const longer = from < to ? this.#options.asymmetryUs : 0;
    return least + this.#options.random() * (most - least) + longer;
  }

  #arrive(from: TrialBoard, to: TrialBoard, bytes: Uint8Array): void {
    const frame = decodeTimeFrame(bytes);
    if (frame === undefined) throw new Error("a frame cannot be read");
    if (to.isUp && !to.isHalted(this.nowUs))
      this.#do(to, to.clock.heard(from.boardId, frame, to.momentAt(this.nowUs)));
  }
}
