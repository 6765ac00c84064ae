import type { Random } from "../core/random.ts";
import { addressOf, type SignedAnnouncement } from "./announcement.ts";
import type { Arrival, ProtocolEffects } from "./effects.ts";
import { hashOfText } from "./hash.ts";
import { type Entry, isPresent, type MemberTable } from "./member-table.ts";
import type { OwnRecord } from "./own-record.ts";
import { type Claim, type Packet, type Update, updateBytes, updateBytesMax } from "./packet.ts";
import { COMPARE_INTERVAL_MS, SETTLED_MS } from "./timing.ts";

/** Members that answer a newcomer: those nearest to it by hash, so that a thousand do not answer at once. */
export const ANSWERERS_COUNT = 3;
/** Up to so many members, each of them sends the whole list, else its share. */
const WHOLE_LIST_MAX = 64;
/** Lists that this board sends at once, and how long one more takes, in ms. */
const LISTS_MAX = 20;
const LIST_INTERVAL_MS = 100;
/** Shortest and longest wait between two comparisons that bring nothing new, in ms. */
const COMPARE_WAIT_MS_MIN = 300;
const COMPARE_WAIT_MS_MAX = 30_000;
/** Askers of whom it is known when they were answered. */
const ASKERS_MAX = 1_024;

/** Packets that carry a list have no fingerprint: the table is in motion. */
const LIST_ROOT = 0;

/** Whether the packet is a piece of a list, and its news known to many. */
export function isOfList({ kind, root }: Packet): boolean {
  return kind === "gossip" && root === LIST_ROOT;
}

/**
 * Brings two tables together: newcomers get the list, and tables whose fingerprints differ for longer than
 * news takes are compared bucket by bucket (anti-entropy). Nothing is sent while all agree, but a
 * fingerprint of four bytes in each packet.
 * Source: Demers et al., "Epidemic Algorithms", PODC 1987, section 1.3 (checksums before tables).
 */
export class ListExchange {
  readonly #table: MemberTable;
  readonly #own: OwnRecord;
  readonly #random: Random;
  readonly #effects: Pick<ProtocolEffects, "send">;
  readonly #answeredAtMs = new Map<string, number>();
  #listsLeft = LISTS_MAX;
  #listsAtMs = 0;
  #comparedAtMs = Number.NEGATIVE_INFINITY;
  #waitMs = COMPARE_WAIT_MS_MIN;
  #gossipAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    table: MemberTable,
    own: OwnRecord,
    random: Random,
    effects: Pick<ProtocolEffects, "send">,
  ) {
    this.#table = table;
    this.#own = own;
    this.#random = random;
    this.#effects = effects;
  }

  /** When `tick` has something to do next. */
  get nextMs(): number {
    return this.#gossipAtMs + COMPARE_INTERVAL_MS;
  }

  /** Lets a random member see our fingerprint: neighbours on the ring see it all the time. */
  tick(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    this.#gossipAtMs = nowMs;
    for (const member of this.sample(1, []))
      this.#effects.send(addressOf(member), { kind: "gossip", root: this.#table.root });
  }

  /** Takes in a hello or a compare of a member. */
  heard(packet: Packet, arrival: Arrival): void {
    const to = this.#table.get(packet.boardId)?.announcement.addresses[0];
    if (to === undefined) return;
    if (packet.kind === "hello") this.#greeted(packet, to, arrival);
    if (packet.kind === "compare") this.#compared(packet, to, arrival.nowMs);
  }

  /** Compares with the sender of `packet` when its table differs from ours, and neither is in motion. */
  compareWith({ boardId, root }: Packet, nowMs: number): void {
    const table = this.#table;
    if (root === LIST_ROOT || root === table.root || nowMs - table.changedAtMs < SETTLED_MS) return;
    if (table.changedAtMs > this.#comparedAtMs) this.#waitMs = COMPARE_WAIT_MS_MIN;
    if (nowMs - this.#comparedAtMs < this.#waitMs) return;
    const to = table.get(boardId)?.announcement.addresses[0];
    if (to === undefined) return;
    this.#waitMs = Math.min(COMPARE_WAIT_MS_MAX, this.#waitMs * 2);
    this.compareNow(to, nowMs);
  }

  compareNow(to: string, nowMs: number): void {
    this.#comparedAtMs = nowMs;
    const { buckets, root } = this.#table;
    this.#effects.send(to, { kind: "compare", wants: true, root, buckets });
  }

  /** Whether `boardId` may be asked who it is, or answered with a list: five times a second at most. */
  mayAsk(boardId: string, nowMs: number): boolean {
    const lastMs = this.#answeredAtMs.get(boardId) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - lastMs < 200) return false;
    if (this.#answeredAtMs.size >= ASKERS_MAX) this.#answeredAtMs.clear();
    this.#answeredAtMs.set(boardId, nowMs);
    return true;
  }

  /** Up to `count` present members, by chance, without `except`. */
  sample(count: number, except: readonly string[]): SignedAnnouncement[] {
    const { ring } = this.#table;
    const without = new Set([...except, this.#own.current.boardId]);
    const chosen: SignedAnnouncement[] = [];
    for (let tries = 0; chosen.length < count && tries < 4 * count + 4; tries += 1) {
      const boardId = ring[Math.floor(this.#random.next() * ring.length)] ?? "";
      const entry = without.has(boardId) ? undefined : this.#table.get(boardId);
      if (entry === undefined) continue;
      without.add(boardId);
      chosen.push(entry.announcement);
    }
    return chosen;
  }

  #greeted(packet: Packet, to: string, arrival: Arrival): void {
    const { boardId, wants } = packet;
    const { isBroadcast, nowMs } = arrival;
    const rank = this.#rankFor(boardId);
    const isForUs = !isBroadcast || rank < ANSWERERS_COUNT;
    if (!wants) {
      if (isForUs) this.compareWith(packet, nowMs);
      return;
    }
    if (!isForUs || !this.#takeList(nowMs) || !this.mayAsk(boardId, nowMs)) return;
    const isWhole = !isBroadcast || this.#table.presentCount <= WHOLE_LIST_MAX;
    const isOurs = (other: string): boolean =>
      isWhole || hashOfText(other) % ANSWERERS_COUNT === rank;
    const updates = this.#updatesOf(
      [...this.#table.entries].filter(({ announcement }) => isOurs(announcement.boardId)),
      boardId,
    );
    this.#sendAll(to, [this.#own.current, ...updates]);
  }

  #compared({ boardId, buckets, wants, nonce }: Packet, to: string, nowMs: number): void {
    const own = this.#table.buckets;
    if (own.every((fingerprint, bucket) => fingerprint === buckets[bucket])) return;
    if (wants && (!this.#takeList(nowMs) || !this.mayAsk(boardId, nowMs))) return;
    // First the question: what we send next changes the other's buckets.
    if (wants)
      this.#effects.send(to, { kind: "compare", nonce, root: this.#table.root, buckets: own });
    const entries = this.#table.inBuckets((bucket) => own[bucket] !== buckets[bucket]);
    this.#sendAll(to, [this.#own.current, ...this.#updatesOf(entries, boardId)]);
  }

  /** How many members are nearer to `boardId` than this board; ANSWERERS_COUNT for "too many". */
  #rankFor(boardId: string): number {
    const distance = hashOfText(this.#own.current.boardId + boardId);
    let rank = 0;
    for (const other of this.#table.ring) {
      if (other !== boardId && hashOfText(other + boardId) < distance) rank += 1;
      if (rank >= ANSWERERS_COUNT) break;
    }
    return rank;
  }

  #updatesOf(entries: readonly Entry[], without: string): Update[] {
    return entries
      .filter(({ announcement }) => announcement.boardId !== without)
      .map((entry) => {
        const { announcement, state } = entry;
        if (isPresent(entry) || state === "left") return announcement;
        const { boardId, incarnation, revision } = announcement;
        const claim: Claim = { kind: "dead", boardId, incarnation, revision };
        return claim;
      });
  }

  #sendAll(to: string, all: readonly Update[]): void {
    const bytesMax = updateBytesMax(this.#own.current.boardId);
    let updates: Update[] = [];
    let leftBytes = bytesMax;
    for (const update of all) {
      const bytes = updateBytes(update);
      if (bytes > leftBytes || updates.length >= 60) {
        this.#effects.send(to, { kind: "gossip", root: LIST_ROOT, updates });
        updates = [];
        leftBytes = bytesMax;
      }
      updates.push(update);
      leftBytes -= bytes;
    }
    if (updates.length > 0) this.#effects.send(to, { kind: "gossip", root: LIST_ROOT, updates });
  }

  #takeList(nowMs: number): boolean {
    const gained = Math.floor((nowMs - this.#listsAtMs) / LIST_INTERVAL_MS);
    if (gained > 0) {
      this.#listsLeft = Math.min(LISTS_MAX, this.#listsLeft + gained);
      this.#listsAtMs = nowMs;
    }
    if (this.#listsLeft <= 0) return false;
    this.#listsLeft -= 1;
    return true;
  }
}
