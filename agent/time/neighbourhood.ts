import { EdgeFilter } from "./edge-filter.ts";
import { askedBy } from "./neighbours.ts";
import { type Claim, rankOf, type TimeFrame } from "./time-frame.ts";

/** Boards of which something is kept in mind: those that this one asks, and those that ask it. */
const NEIGHBOURS_MAX = 16;
/** Frames to one board whose echo is waited for. */
const SENT_MAX = 4;
/** A neighbour that says nothing for so long is forgotten, in µs. */
const SILENT_US_MAX = 60_000_000;
const SEQ_MAX = 0xffff_ffff;
/** From so many boards on, one of them may be wrong about the time of day without anybody following it. */
const FOUNDERS_MIN = 4;

/** A board that this one exchanges frames with. */
export interface Neighbour {
  readonly boardId: string;
  readonly rank: number;
  readonly filter: EdgeFilter;
  /** When each frame left, by its number. */
  readonly sent: Map<number, number>;
  /** The last frame that came from it, and when. */
  frame: TimeFrame | undefined;
  heardUs: number;
  /** True time when that frame came, as it was believed to be then. */
  arrived: Claim;
}

/** The boards around this one, and what each of them says of the time. Pure. */
export class Neighbourhood {
  readonly #self: string;
  readonly #baseUs: number;
  readonly #known = new Map<string, Neighbour>();
  #peers: ReadonlySet<string> = new Set();
  #asked: readonly Neighbour[] = [];
  #seq: number;

  /** `baseUs`: differences between true time and the oscillator are counted from there. */
  constructor(self: string, firstSeq: number, baseUs: number) {
    this.#self = self;
    this.#seq = firstSeq;
    this.#baseUs = baseUs;
  }

  /** All neighbours. */
  get all(): Iterable<Neighbour> {
    return this.#known.values();
  }

  /** Those that this board asks. */
  get asked(): readonly Neighbour[] {
    return this.#asked;
  }

  /** There are enough boards to find out one that lies. */
  get isLarge(): boolean {
    return this.#peers.size + 1 >= FOUNDERS_MIN;
  }

  set(boardIds: readonly string[]): void {
    this.#peers = new Set(boardIds);
    for (const boardId of this.#known.keys())
      if (!this.#peers.has(boardId)) this.#known.delete(boardId);
    const asked = askedBy(this.#self, boardIds);
    this.#asked = asked.map((boardId) => this.#known.get(boardId) ?? this.#add(boardId));
  }

  /** Takes in a frame; undefined when its sender is none of this board's business. */
  heard(
    boardId: string,
    frame: TimeFrame,
    atUs: number,
    own: { readonly isUtc: boolean; readonly arrived: Claim },
  ): Neighbour | undefined {
    if (!this.#peers.has(boardId) || boardId === this.#self) return undefined;
    const neighbour = this.#known.get(boardId) ?? this.#newcomer(boardId, atUs);
    if (neighbour === undefined) return undefined;
    const before = neighbour.frame;
    // Another clock than before: what it said does not fit what it says.
    if (before !== undefined && isUtc(before) !== isUtc(frame)) neighbour.filter.forget();
    neighbour.frame = frame;
    neighbour.heardUs = atUs;
    neighbour.arrived = own.arrived;
    const leftUs = neighbour.sent.get(frame.echoSeq);
    neighbour.sent.delete(frame.echoSeq);
    if (!frame.isSet) return neighbour;
    const { sent, arrived } = frame;
    const { filter } = neighbour;
    if (Number.isFinite(sent.halfUs))
      filter.low(atUs, sent.utcUs - sent.halfUs - this.#baseUs - atUs);
    if (leftUs !== undefined && Number.isFinite(arrived.halfUs))
      filter.high(leftUs, arrived.utcUs + arrived.halfUs - this.#baseUs - leftUs);
    return neighbour;
  }

  /** The parts of the next frame to `neighbour` that say which frame it is, and which one it answers. */
  echoFor(
    neighbour: Neighbour,
    atUs: number,
    unknown: Claim,
  ): Pick<TimeFrame, "seq" | "echoSeq" | "arrived"> {
    // 0 says that there is none.
    this.#seq = this.#seq >= SEQ_MAX ? 1 : this.#seq + 1;
    const { sent, frame, arrived } = neighbour;
    sent.set(this.#seq, atUs);
    const [oldest] = sent.keys();
    if (sent.size > SENT_MAX && oldest !== undefined) sent.delete(oldest);
    if (frame === undefined) return { seq: this.#seq, echoSeq: 0, arrived: unknown };
    return { seq: this.#seq, echoSeq: frame.seq, arrived };
  }

  /** Nothing that neighbours have said of the time counts any more. */
  forget(): void {
    for (const { filter, sent } of this.#known.values()) {
      filter.forget();
      sent.clear();
    }
  }

  /** The time of day with which a cluster begins: the latest of all, of four and more the latest but one. */
  foundingUtcUs({ atUs, systemUtcUs }: { atUs: number; systemUtcUs: number }): number {
    const told = [...this.#known.values()].flatMap(({ frame, heardUs }) =>
      frame === undefined || frame.isSet ? [] : [frame.sent.utcUs + atUs - heardUs],
    );
    const latest = [...told, systemUtcUs].sort((one, other) => other - one);
    return latest[latest.length >= FOUNDERS_MIN ? 1 : 0] ?? systemUtcUs;
  }

  #newcomer(boardId: string, atUs: number): Neighbour | undefined {
    if (this.#known.size >= NEIGHBOURS_MAX)
      for (const { boardId: other, heardUs } of this.#known.values())
        if (atUs - heardUs > SILENT_US_MAX && !this.#asked.some((each) => each.boardId === other))
          this.#known.delete(other);
    return this.#known.size < NEIGHBOURS_MAX ? this.#add(boardId) : undefined;
  }

  #add(boardId: string): Neighbour {
    const neighbour: Neighbour = {
      ...{ boardId, rank: rankOf(boardId), filter: new EdgeFilter(), sent: new Map() },
      ...{ frame: undefined, heardUs: -Infinity, arrived: { utcUs: 0, halfUs: Infinity } },
    };
    this.#known.set(boardId, neighbour);
    return neighbour;
  }
}

function isUtc({ source }: TimeFrame): boolean {
  return source !== "peers" && source !== "none";
}
