import type { Clock, ClockLine, ClockQuality, Oscillator } from "../core/clock.ts";
import type { Datagram } from "../core/lan.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import { type ClockEffects, ClusterClock, type Moment } from "./cluster-clock.ts";
import type { DriftOptions } from "./drift-rule.ts";
import { decodeTimeFrame, encodeTimeFrame } from "./time-frame.ts";
import type { TimeSource } from "./time-source.ts";

/** The manager's line on the board's switchboard. */
export const TIME_TAG = "TIME";
const TICK_MS = 1_000;
/** Sources are read every so many ticks. */
const READ_TICKS = 4;
/** What crystals of boards keep to, with room to spare; see DriftOptions. */
const DRIFT: DriftOptions = { ratePpbMax: 1_000_000, wanderPpb: 2_000 };

/** A board to exchange the time with. */
export interface TimePeer {
  readonly boardId: string;
  /** host:port of its socket. */
  readonly address: string;
}

/** What the manager works with: the board's World, and the sending side of its line. */
export interface TimeParts {
  readonly clock: Clock;
  readonly oscillator: Oscillator;
  readonly random: Random;
  readonly log: Log;
  readonly send: (to: string, payload: Uint8Array) => void;
}

/** How a board keeps the time of its cluster. */
export interface TimeOptions extends Partial<DriftOptions> {
  readonly boardId: string;
  /** Clocks outside of the cluster that this board can read; default: none. */
  readonly sources?: readonly TimeSource[];
}

/** What passed, and what did not. */
export interface TimeCounters {
  readonly sentBytes: number;
  /** Datagrams that were no frames, or came from nobody known. */
  readonly strayCount: number;
  /** How often what was believed of the board's oscillator proved wrong. */
  readonly brokenCount: number;
}

/**
 * Keeps the time of the cluster on one board: runs the rules of ClusterClock with its oscillator, its
 * sources and its peers, and steers cluster time by what they say.
 */
export class TimeManager {
  readonly #parts: TimeParts;
  readonly #options: TimeOptions;
  readonly #rules: ClusterClock;
  readonly #reading = new Set<string>();
  #addresses: ReadonlyMap<string, string> = new Map();
  #boards: ReadonlyMap<string, string> = new Map();
  #sentBytes = 0;
  #strayCount = 0;
  #line: ClockLine | undefined;
  #onSet: (() => void)[] = [];

  constructor(parts: TimeParts, options: TimeOptions) {
    this.#parts = parts;
    this.#options = options;
    const { boardId, ratePpbMax = DRIFT.ratePpbMax, wanderPpb = DRIFT.wanderPpb } = options;
    // Not 0, which names no frame.
    const firstSeq = 1 + Math.floor(parts.random.next() * 0xffff_fff0);
    this.#rules = new ClusterClock({ boardId, ratePpbMax, wanderPpb, firstSeq }, this.#now());
  }

  /** Where cluster time comes from; undefined: this board knows of none. */
  get quality(): ClockQuality | undefined {
    return this.#line?.quality;
  }

  get counters(): TimeCounters {
    const { brokenCount } = this.#rules;
    return { sentBytes: this.#sentBytes, strayCount: this.#strayCount, brokenCount };
  }

  /** The other boards of the cluster; frames of others are dropped. */
  setPeers(peers: readonly TimePeer[]): void {
    const others = peers.filter(({ boardId }) => boardId !== this.#options.boardId);
    this.#addresses = new Map(others.map(({ boardId, address }) => [boardId, address]));
    this.#boards = new Map(others.map(({ boardId, address }) => [address, boardId]));
    this.#rules.setPeers([...this.#addresses.keys()]);
  }

  /** Takes in a datagram of its line. */
  take({ from, payload }: Datagram): void {
    const now = this.#now();
    const boardId = this.#boards.get(from);
    const frame = decodeTimeFrame(payload);
    if (boardId === undefined || frame === undefined) this.#strayCount += 1;
    else this.#do(this.#rules.heard(boardId, frame, now));
  }

  /** Keeps the time until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    // Boards powered together do not speak at one moment.
    await clock.sleep(random.next() * TICK_MS, signal);
    let dueMs = clock.monotonicMs();
    for (let tick = 0; !signal.aborted; tick += 1) {
      this.#do(this.#rules.tick(this.#now()));
      if (tick % READ_TICKS === 0) this.#readSources(signal);
      // Ticks that were slept through are not made up for.
      dueMs = Math.max(dueMs + TICK_MS, clock.monotonicMs());
      await clock.sleep(dueMs - clock.monotonicMs(), signal);
    }
  }

  /** Resolves when this board knows the time of a cluster, or when `signal` aborts. */
  untilSet(signal: AbortSignal): Promise<void> {
    if (this.#line !== undefined || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSet.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #now(): Moment {
    const { oscillator } = this.#parts;
    const [atUs, systemUtcUs] = [oscillator.monotonicUs(), oscillator.systemUtcUs()];
    return { atUs, systemUtcUs, asleepUs: oscillator.asleepUs() };
  }

  #readSources(signal: AbortSignal): void {
    for (const source of this.#options.sources ?? []) {
      if (this.#reading.has(source.name)) continue;
      this.#reading.add(source.name);
      void source.read().then((reading) => {
        this.#reading.delete(source.name);
        if (reading !== undefined && !signal.aborted)
          this.#do(this.#rules.read(source, reading, this.#now()));
      });
    }
  }

  #do({ sends, line }: ClockEffects): void {
    if (line !== undefined) this.#steer(line);
    for (const { boardId, frame } of sends) {
      const address = this.#addresses.get(boardId);
      if (address === undefined) continue;
      const payload = encodeTimeFrame(frame);
      this.#sentBytes += payload.byteLength;
      this.#parts.send(address, payload);
    }
  }

  #steer(line: ClockLine): void {
    const before = this.#line?.quality;
    const { source, stratum, isHoldover, systemOffsetUs } = line.quality;
    this.#line = line;
    this.#parts.oscillator.steer(line);
    for (const tell of this.#onSet.splice(0)) tell();
    if (before?.source === source && before.isHoldover === isHoldover) return;
    const facts = { source, stratum, systemOffsetUs, boundUs: Math.ceil(line.boundUs) };
    const event = isHoldover ? "time-holdover" : "time-source";
    this.#parts.log.write(isHoldover ? "warn" : "info", event, facts);
  }
}
