import { ageOrder, type SignedAnnouncement } from "./announcement.ts";
import { hashOfText, hashWith, isSameBytes } from "./hash.ts";
import { BUCKET_COUNT, type Claim } from "./packet.ts";
import { DEAD_KEPT_MS, OBJECTION_MS } from "./timing.ts";

/** Most boards remembered, the dead among them. */
export const MEMBERS_MAX = 4_096;

/** What follows for others from something heard. */
export type MemberEvent =
  | { readonly kind: "joined"; readonly boardId: string }
  /** Its addresses or its meta have changed. */
  | { readonly kind: "changed"; readonly boardId: string }
  /** It said goodbye, was lost, or its next incarnation is there. */
  | { readonly kind: "gone"; readonly boardId: string; readonly why: "left" | "lost" | "replaced" };

/** One board as this table has it. */
export interface Entry {
  announcement: SignedAnnouncement;
  state: "alive" | "suspect" | "dead" | "left";
  /** When it came into this state. */
  sinceMs: number;
}

/** Who is there. Pure: told the time, never asks. The own board stands in no table of its own. */
export class MemberTable {
  readonly #ownId: string;
  readonly #entries = new Map<string, Entry>();
  readonly #buckets = new Uint32Array(BUCKET_COUNT);
  #ring: readonly string[] | undefined;
  /** Those after the own board, while the ring is as it was. */
  #successors: readonly string[] | undefined;
  /** Undefined when a bucket has changed. */
  #root: number | undefined;
  #presentCount = 0;
  #own = 0;
  /** Announcements of new boards dropped because the table is full of living ones. */
  fullCount = 0;
  /** When the set of those present last changed. */
  changedAtMs = Number.NEGATIVE_INFINITY;

  constructor(ownId: string) {
    this.#ownId = ownId;
  }

  get(boardId: string): Entry | undefined {
    return this.#entries.get(boardId);
  }

  /** All remembered, the dead and gone among them. */
  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** How many others are there. */
  get presentCount(): number {
    return this.#presentCount;
  }

  /** Takes the own announcement into the fingerprints: others have it in theirs. */
  setOwn(announcement: SignedAnnouncement): void {
    const bucket = bucketOf(this.#ownId);
    const fingerprint = fingerprintOf(announcement);
    this.#mix(this.#own ^ fingerprint, bucket);
    this.#own = fingerprint;
  }

  /** Fingerprints of those present, by bucket; equal in two tables that agree. */
  get buckets(): readonly number[] {
    return [...this.#buckets];
  }

  /** All of them in one number. */
  get root(): number {
    if (this.#root === undefined) {
      this.#root = 0;
      for (const bucket of this.#buckets) this.#root = hashWith(this.#root, bucket);
    }
    return this.#root;
  }

  /** Whether `announcement` is newer than what is known. */
  isNews(announcement: SignedAnnouncement): boolean {
    const known = this.#entries.get(announcement.boardId);
    return known === undefined || ageOrder(announcement, known.announcement) > 0;
  }

  /** Takes in a genuine announcement of another board, with the key that is its own. */
  announced(announcement: SignedAnnouncement, nowMs: number): MemberEvent[] {
    const { boardId, incarnation } = announcement;
    if (boardId === this.#ownId || !this.isNews(announcement)) return [];
    const known = this.#entries.get(boardId);
    if (known === undefined && !this.#hasRoom()) {
      this.fullCount += 1;
      return [];
    }
    const before = known !== undefined && isPresent(known) ? known.announcement : undefined;
    const state = announcement.isLeaving ? "left" : "alive";
    this.#put({ announcement, state, sinceMs: nowMs }, nowMs);
    if (state === "left")
      return before === undefined ? [] : [{ kind: "gone", boardId, why: "left" }];
    if (before === undefined) return [{ kind: "joined", boardId }];
    if (before.incarnation !== incarnation)
      return [
        { kind: "gone", boardId, why: "replaced" },
        { kind: "joined", boardId },
      ];
    const isSame =
      isSameBytes(before.meta, announcement.meta) &&
      before.addresses.join() === announcement.addresses.join();
    return isSame ? [] : [{ kind: "changed", boardId }];
  }

  /**
   * Takes in another board's word about a third one. stale: it is about an earlier state, and tells nothing.
   * suspected: it is suspect from now on. lost: see `events`.
   */
  claimed(claim: Claim, nowMs: number): "stale" | "known" | "suspected" | "lost" {
    const known = this.#entries.get(claim.boardId);
    if (known === undefined || ageOrder(claim, known.announcement) !== 0) return "stale";
    if (!isPresent(known)) return "known";
    if (known.state === "alive") {
      this.suspect(claim.boardId, nowMs);
      return "suspected";
    }
    if (claim.kind === "suspect" || nowMs - known.sinceMs < OBJECTION_MS) return "known";
    this.lost(claim.boardId, nowMs);
    return "lost";
  }

  /** It did not answer, so far. */
  suspect(boardId: string, nowMs: number): void {
    const known = this.#entries.get(boardId);
    if (known?.state !== "alive") return;
    known.state = "suspect";
    known.sinceMs = nowMs;
  }

  /** It answered. */
  clear(boardId: string, nowMs: number): void {
    const known = this.#entries.get(boardId);
    if (known?.state !== "suspect") return;
    known.state = "alive";
    known.sinceMs = nowMs;
  }

  /** It did not answer within the window. */
  lost(boardId: string, nowMs: number): MemberEvent[] {
    const known = this.#entries.get(boardId);
    if (known === undefined || !isPresent(known)) return [];
    this.#put({ ...known, state: "dead", sinceMs: nowMs }, nowMs);
    return [{ kind: "gone", boardId, why: "lost" }];
  }

  /** This board stood still for `durationMs`: for its suspicions no time has passed. */
  stoodStill(durationMs: number): void {
    for (const entry of this.#entries.values())
      if (entry.state === "suspect") entry.sinceMs += durationMs;
  }

  /** Forgets those who are gone for long. */
  expire(nowMs: number): void {
    for (const [boardId, entry] of this.#entries)
      if (!isPresent(entry) && nowMs - entry.sinceMs >= DEAD_KEPT_MS) this.#entries.delete(boardId);
  }

  /** Those present, the own board among them, in the order of the ring. */
  get ring(): readonly string[] {
    if (this.#ring === undefined) {
      const places = [{ boardId: this.#ownId, place: placeOf(this.#ownId) }];
      for (const entry of this.#entries.values())
        if (isPresent(entry)) {
          const { boardId } = entry.announcement;
          places.push({ boardId, place: placeOf(boardId) });
        }
      places.sort((a, b) => a.place - b.place || (a.boardId < b.boardId ? -1 : 1));
      this.#ring = places.map(({ boardId }) => boardId);
    }
    return this.#ring;
  }

  /** The next `count` present boards after the own one on the ring, without it; `count` is always the same. */
  successors(count: number): readonly string[] {
    if (this.#successors !== undefined) return this.#successors;
    const { ring } = this;
    const from = ring.indexOf(this.#ownId) + 1;
    this.#successors = Array.from(
      { length: Math.min(count, ring.length - 1) },
      (_, index) => ring[(from + index) % ring.length] ?? this.#ownId,
    );
    return this.#successors;
  }

  /** Those of a bucket that this table would tell others of: the present ones, and claims about the dead. */
  inBuckets(wanted: (bucket: number) => boolean): Entry[] {
    return [...this.#entries.values()].filter((entry) =>
      wanted(bucketOf(entry.announcement.boardId)),
    );
  }

  #put(entry: Entry, nowMs: number): void {
    const { boardId } = entry.announcement;
    const before = this.#entries.get(boardId);
    const bucket = bucketOf(boardId);
    if (before !== undefined && isPresent(before)) {
      this.#mix(fingerprintOf(before.announcement), bucket);
      this.#presentCount -= 1;
    }
    if (isPresent(entry)) {
      this.#mix(fingerprintOf(entry.announcement), bucket);
      this.#presentCount += 1;
    }
    if (before === undefined || isPresent(before) !== isPresent(entry)) {
      this.#ring = undefined;
      this.#successors = undefined;
    }
    this.#entries.set(boardId, entry);
    this.changedAtMs = nowMs;
  }

  #mix(fingerprint: number, bucket: number): void {
    this.#root = undefined;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) ^ fingerprint;
  }

  /** Makes room by forgetting one who is gone. */
  #hasRoom(): boolean {
    if (this.#entries.size < MEMBERS_MAX) return true;
    for (const [boardId, entry] of this.#entries)
      if (!isPresent(entry)) return this.#entries.delete(boardId);
    return false;
  }
}

/** Whether a board in this state is a member. */
export function isPresent({ state }: Pick<Entry, "state">): boolean {
  return state === "alive" || state === "suspect";
}

/** The part of the table that a board belongs to, 0 to BUCKET_COUNT - 1. */
export function bucketOf(boardId: string): number {
  return hashOfText(boardId, 7) % BUCKET_COUNT;
}

function placeOf(boardId: string): number {
  return hashOfText(boardId);
}

function fingerprintOf({ boardId, incarnation, revision }: SignedAnnouncement): number {
  return hashWith(hashWith(hashOfText(boardId), incarnation), revision);
}
