import type { TimeFrame } from "./time-frame.ts";

/** A root of which nothing is heard for so long is taken for lost, in µs. */
export const ROOT_SILENT_US = 20_000_000;
/** A board that hears of no cluster for so long begins one, if its rank is the lowest it has heard of, in µs, ... */
const FOUNDING_US = 5_000_000;
/** ... and whatever its rank after so long. */
const FOUNDING_ALONE_US = 25_000_000;
/** A root that was found out is not believed for so long, in µs. */
const SUSPECT_US = 600_000_000;
const SUSPECTS_MAX = 16;
/** So many have to say it, for one of them may lie. */
const VOICES_MIN = 2;

/** Whose time the cluster goes by. */
export interface Root {
  readonly rank: number;
  readonly source: TimeFrame["source"];
  readonly stratum: number;
  /** When its last word left it, on this board's oscillator. */
  readonly wordUs: number;
  /** See TimeFrame. */
  readonly ratePpb: number;
  readonly leapSeconds: TimeFrame["leapSeconds"];
}

/** What this board itself has to offer. */
export interface OwnState {
  readonly nowUs: number;
  /** It knows the time of a cluster. */
  readonly isSet: boolean;
  /** That time is UTC. */
  readonly isUtc: boolean;
  /** Its sources of UTC; undefined: they have nothing to say. */
  readonly source: Pick<Root, "source" | "stratum" | "leapSeconds"> | undefined;
}

interface Voice {
  readonly rank: number;
  readonly frame: TimeFrame;
  readonly atUs: number;
}

/**
 * Whose time this board goes by: of a root with a source of UTC, else of the board with the lowest rank.
 *
 * Word of the root passes from board to board with its age. It counts when it comes from the root or from two
 * others. A root without word is lost: the lowest rank among neighbours takes its place, until word of a
 * lower one comes. Who was caught in a lie, by this board or by two others, is no root. Pure.
 */
export class ReferenceRule {
  readonly #ownRank: number;
  readonly #startUs: number;
  readonly #voices = new Map<string, Voice>();
  readonly #suspects = new Map<number, number>();
  #root: Root | undefined;
  #isOwn = false;

  constructor(ownRank: number, startUs: number) {
    this.#ownRank = ownRank;
    this.#startUs = startUs;
  }

  /** The root that this board follows, or is; it may be lost by now. */
  get root(): Root | undefined {
    return this.#root;
  }

  /** This board is the root. */
  get isOwn(): boolean {
    return this.#isOwn;
  }

  /** A root that this board itself does not believe; 0: none. */
  get suspectRank(): number {
    return [...this.#suspects.keys()].at(-1) ?? 0;
  }

  /** Of a board that is not set: the lowest rank that it knows of. */
  get lowestRank(): number {
    let lowest = this.#ownRank;
    for (const { rank, frame } of this.#voices.values())
      lowest = Math.min(lowest, rank, frame.isSet ? rank : frame.rootRank);
    return lowest;
  }

  isAlive(nowUs: number): boolean {
    return this.#root !== undefined && nowUs - this.#root.wordUs < ROOT_SILENT_US;
  }

  isSuspect(rank: number): boolean {
    if (this.#suspects.has(rank)) return true;
    let accuserCount = 0;
    for (const { frame } of this.#voices.values())
      if (frame.suspectRank === rank) accuserCount += 1;
    return accuserCount >= VOICES_MIN;
  }

  /** A neighbour said `frame`. */
  heard(boardId: string, rank: number, frame: TimeFrame, atUs: number): void {
    this.#voices.set(boardId, { rank, frame, atUs });
  }

  /** Does not believe the root of this rank any more. */
  suspect(rank: number, nowUs: number): void {
    if (rank === this.#ownRank) return;
    this.#suspects.delete(rank);
    this.#suspects.set(rank, nowUs + SUSPECT_US);
    const [oldest] = this.#suspects.keys();
    if (this.#suspects.size > SUSPECTS_MAX && oldest !== undefined) this.#suspects.delete(oldest);
  }

  /** Those that are no neighbours any more have no voice. */
  keep(boardIds: ReadonlySet<string>): void {
    for (const boardId of this.#voices.keys())
      if (!boardIds.has(boardId)) this.#voices.delete(boardId);
  }

  /** Decides anew; true when another root counts than before. */
  decide(own: OwnState): boolean {
    const { nowUs } = own;
    for (const [rank, untilUs] of this.#suspects) if (untilUs < nowUs) this.#suspects.delete(rank);
    const before = this.#root?.rank;
    const ownBefore = this.#isOwn;
    const told = this.#best(nowUs);
    if (own.source !== undefined) this.#be({ ...own.source, nowUs });
    else if (told !== undefined && this.#yields(told)) this.#follow(told, own.isSet);
    else if (this.#isOwn && this.#root?.source === "peers") this.#be({ ...PEERS, nowUs });
    else if (this.#root !== undefined && this.isSuspect(this.#root.rank)) this.#lose(nowUs);
    if (!this.isAlive(nowUs) && this.#mayBegin(own)) this.#be({ ...PEERS, nowUs });
    return this.#root?.rank !== before || this.#isOwn !== ownBefore;
  }

  #be({
    nowUs,
    ...own
  }: Pick<Root, "source" | "stratum" | "leapSeconds"> & { readonly nowUs: number }): void {
    this.#root = { rank: this.#ownRank, wordUs: nowUs, ratePpb: 0, ...own };
    this.#isOwn = true;
  }

  #follow(told: Root, isSet: boolean): void {
    this.#root = told;
    // It was the root before it started anew, and others keep its time.
    this.#isOwn = told.rank === this.#ownRank && isSet && told.source === "peers";
  }

  #lose(nowUs: number): void {
    this.#isOwn = false;
    if (this.#root !== undefined) this.#root = { ...this.#root, wordUs: nowUs - ROOT_SILENT_US };
  }

  /** Whether `told` takes the place of the root that is known. */
  #yields(told: Root): boolean {
    if (!this.#isOwn || this.#root?.source !== "peers") return true;
    return told.source !== "peers" || told.rank < this.#ownRank;
  }

  #mayBegin({ nowUs, isSet, isUtc }: OwnState): boolean {
    // Who knows UTC keeps it as long as he can: another root could only tell the time of day wrongly.
    if (isUtc && isSet) return false;
    const sinceUs = nowUs - this.#startUs;
    if (sinceUs < FOUNDING_US) return false;
    if (isSet) return this.#isLowestHere(nowUs);
    // Others have a cluster, and will tell of it.
    if ([...this.#voices.values()].some(({ frame, atUs }) => frame.isSet && isFresh(atUs, nowUs)))
      return sinceUs > FOUNDING_ALONE_US && this.#isLowestHere(nowUs);
    return this.lowestRank === this.#ownRank || sinceUs > FOUNDING_ALONE_US;
  }

  #isLowestHere(nowUs: number): boolean {
    return [...this.#voices.values()].every(
      ({ rank, atUs }) => rank > this.#ownRank || !isFresh(atUs, nowUs) || this.isSuspect(rank),
    );
  }

  /** The best root that is vouched for. */
  #best(nowUs: number): Root | undefined {
    const words = new Map<number, Root[]>();
    for (const { rank, frame, atUs } of this.#voices.values()) {
      const wordUs = atUs - frame.rootAgeUs;
      if (!frame.isSet || nowUs - wordUs >= ROOT_SILENT_US) continue;
      const { rootRank, source, leapSeconds, rootRatePpb: ratePpb } = frame;
      if (this.isSuspect(rootRank)) continue;
      // All that know UTC know the same.
      const key = source === "peers" ? rootRank : 0;
      const root: Root = {
        ...{ rank: rootRank, source, stratum: frame.stratum + 1, wordUs, leapSeconds, ratePpb },
      };
      const ofKey = words.get(key) ?? [];
      words.set(key, ofKey);
      // The root's own word is worth two.
      const isDirect = frame.isRoot && rank === rootRank;
      for (let voice = 0; voice < (isDirect ? VOICES_MIN : 1); voice += 1) ofKey.push(root);
    }
    // 0, for UTC, before all ranks.
    for (const key of [...words.keys()].sort((one, other) => one - other)) {
      const roots = (words.get(key) ?? []).sort((one, other) => other.wordUs - one.wordUs);
      const vouched = roots[VOICES_MIN - 1];
      if (vouched === undefined) continue;
      const stratum = Math.min(...roots.map((each) => each.stratum));
      return { ...vouched, stratum };
    }
    return undefined;
  }
}

const PEERS = { source: "peers", stratum: 1, leapSeconds: 0 } as const;

function isFresh(atUs: number, nowUs: number): boolean {
  return nowUs - atUs < ROOT_SILENT_US;
}
