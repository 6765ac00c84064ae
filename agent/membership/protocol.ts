import type { Identity } from "../core/identity.ts";
import type { Random } from "../core/random.ts";
import { addressOf, ageOrder, isGenuine, type SignedAnnouncement } from "./announcement.ts";
import type { Arrival, ProtocolEffects } from "./effects.ts";
import { HelperDesk } from "./helper-desk.ts";
import { ANSWERERS_COUNT, isOfList, ListExchange } from "./list-exchange.ts";
import { isPresent, type MemberEvent, MemberTable } from "./member-table.ts";
import { NewsQueue } from "./news-queue.ts";
import type { OwnRecord } from "./own-record.ts";
import type { Claim, Packet, PacketBody, Update } from "./packet.ts";
import { type ProbeAction, ProbeRule } from "./probe-rule.ts";
import {
  DEAD_TRY_INTERVAL_MS,
  ISOLATION_MS,
  OBJECTION_MS,
  SUSPICION_MS_MAX,
  WATCHED_COUNT,
} from "./timing.ts";
import { judge, keep, type Trust } from "./trust-rule.ts";

/** Members that get urgent news at once. Each passes it on once: in a few hops of a millisecond most have it. */
const URGENT_FANOUT = 3;
/** How often an announcement is passed on that came by broadcast: most have heard it as well. */
const COMMON_NEWS_TIMES_MAX = 3;
/**
 * With more boards, what came by broadcast or in a list is not passed on at all: whoever has it not will
 * compare. A thousand boards that start together have no time to tell each of them of each.
 */
const COMMON_NEWS_BOARDS_MAX = 64;
/** Suspicions that nobody resolves are looked for so often, in ms. */
const SWEEP_INTERVAL_MS = 500;

/** Counts of what happened. */
export interface ProtocolCounters {
  /** Probes that came to nothing. */
  lostCount: number;
  /** Suspicions that this board raised. */
  suspectedCount: number;
  /** Reports about this board that it objected to. */
  objectedCount: number;
  /** Announcements with a signature that is not their owner's. */
  forgedNewsCount: number;
  /** Announcements of boards that are not trusted. */
  strangeNewsCount: number;
  /** Times that this board found itself cut off from all. */
  isolatedCount: number;
}

/** The parts of the world that it decides with: no clock, and no socket. */
export interface ProtocolParts {
  readonly identity: Identity;
  readonly random: Random;
  readonly trust: Trust;
  readonly cluster: string;
  readonly own: OwnRecord;
}

/**
 * Membership without loops and sockets: told each packet and the time, it tells what to send.
 * Invariants: nobody is lost who answered within the window, or objected; the dead come back by a newer
 * word of their own alone; news about a board that its owner did not sign is never more than a suspicion
 * until the owner has had OBJECTION_MS to object.
 */
export class Protocol {
  readonly table: MemberTable;
  readonly news = new NewsQueue();
  readonly counters: ProtocolCounters = {
    ...{ lostCount: 0, suspectedCount: 0, objectedCount: 0 },
    ...{ forgedNewsCount: 0, strangeNewsCount: 0, isolatedCount: 0 },
  };
  readonly #parts: ProtocolParts;
  readonly #effects: ProtocolEffects;
  readonly #probes: ProbeRule;
  readonly #desk: HelperDesk;
  readonly #lists: ListExchange;
  #heardAtMs: number;
  #deadTryAtMs: number;
  #sweepAtMs: number;
  #isUrgent = false;

  constructor(parts: ProtocolParts, effects: ProtocolEffects, nowMs: number) {
    this.#parts = parts;
    this.#effects = effects;
    const { own, random } = parts;
    this.table = new MemberTable(own.current.boardId);
    this.table.setOwn(own.current);
    this.#probes = new ProbeRule(nowMs, random);
    this.#desk = new HelperDesk();
    this.#lists = new ListExchange(this.table, own, random, effects);
    this.#heardAtMs = nowMs;
    this.#deadTryAtMs = nowMs;
    this.#sweepAtMs = nowMs;
  }

  /** When `tick` has something to do next. */
  get nextMs(): number {
    return Math.min(this.#probes.nextMs, this.#desk.nextMs, this.#lists.nextMs);
  }

  get healthScore(): number {
    return this.#probes.healthScore;
  }

  /** Takes in a packet of a trusted sender. */
  heard(packet: Packet, arrival: Arrival): void {
    const { nowMs } = arrival;
    this.#heardAtMs = nowMs;
    for (const update of packet.updates)
      if ("bytes" in update) this.#learn(update, packet, arrival);
      else this.#claimed(update, arrival);
    if (this.#isKnown(packet, arrival)) this.#answer(packet, arrival);
    this.#flush(packet.boardId);
  }

  /** A genuine packet of an earlier life: its sender may not know that it had a later one. */
  heardOutdated(packet: Packet, arrival: Arrival): void {
    const known = this.table.get(packet.boardId);
    if (known === undefined) return;
    // Of those who hear a broadcast, a few are enough to answer it.
    const isOurs = this.#parts.random.next() * this.table.presentCount < ANSWERERS_COUNT;
    if ((arrival.isBroadcast && !isOurs) || !this.#lists.mayAsk(packet.boardId, arrival.nowMs))
      return;
    this.#send(answerTo(packet, arrival), { kind: "gossip", updates: [known.announcement] });
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    const watched = this.table.successors(WATCHED_COUNT);
    for (const action of this.#probes.due(nowMs, watched)) this.#act(action, nowMs);
    for (const { asker, target, nonce } of this.#desk.due(nowMs))
      this.#send(asker, { kind: "nack", target, nonce });
    this.#lists.tick(nowMs);
    if (nowMs - this.#deadTryAtMs >= DEAD_TRY_INTERVAL_MS) this.#tryOneOfTheDead(nowMs);
    if (nowMs - this.#sweepAtMs >= SWEEP_INTERVAL_MS) this.#sweep(nowMs);
    if (this.table.presentCount > 0 && nowMs - this.#heardAtMs >= ISOLATION_MS)
      this.#isolated(nowMs);
    this.#flush("");
  }

  /** This board stood still: what it did not hear meanwhile says nothing. */
  stoodStill(durationMs: number): void {
    this.#heardAtMs += durationMs;
    this.#probes.stoodStill(durationMs);
    this.table.stoodStill(durationMs);
  }

  /** The network may be another one: all doubts are looked into at once. */
  networkChanged(nowMs: number): void {
    this.#probes.hurry(nowMs);
    this.#deadTryAtMs = nowMs - DEAD_TRY_INTERVAL_MS;
    for (const { state, announcement } of this.table.entries)
      if (state === "suspect") this.#actAll(this.#probes.look(announcement.boardId, nowMs), nowMs);
  }

  /** What this board says of itself has changed: tells everybody. */
  ownChanged(): void {
    const { current } = this.#parts.own;
    this.table.setOwn(current);
    this.#add(current);
    this.#flush("");
  }

  /** Up to `count` present members, by chance. */
  sample(count: number, except: readonly string[] = []): SignedAnnouncement[] {
    return this.#lists.sample(count, except);
  }

  #isKnown(packet: Packet, arrival: Arrival): boolean {
    const known = this.table.get(packet.boardId);
    if (known === undefined || packet.incarnation > known.announcement.incarnation) {
      // Who are you?
      if (packet.kind !== "gossip" || this.#lists.mayAsk(packet.boardId, arrival.nowMs))
        this.#send(answerTo(packet, arrival), {
          kind: "gossip",
          wants: true,
          updates: [this.#parts.own.current],
        });
      return packet.kind === "ping" || packet.kind === "ack";
    }
    const { state, announcement } = known;
    if (packet.incarnation < announcement.incarnation || state === "left") return false;
    if (state === "dead") {
      // It lives, and must say so in a word newer than its death.
      const claim = claimAbout(announcement, "dead");
      this.#send(addressOf(announcement), { kind: "gossip", updates: [claim] });
    }
    return true;
  }

  #answer(packet: Packet, arrival: Arrival): void {
    const { kind, boardId, nonce, target, wants } = packet;
    const { from, nowMs } = arrival;
    const { own } = this.#parts;
    if (wants && (kind === "ping" || kind === "ack" || kind === "gossip"))
      this.#send(from, { kind: "gossip", updates: [own.current] });
    if (kind === "ping") this.#send(from, { kind: "ack", nonce });
    else if (kind === "ack") {
      this.#answered(boardId, nonce, nowMs);
      const asked = this.#desk.answered(boardId, nonce);
      if (asked !== undefined)
        this.#send(asked.asker, { kind: "vouch", target: boardId, nonce: asked.nonce });
    } else if (kind === "vouch") this.#answered(target, nonce, nowMs);
    else if (kind === "nack") this.#probes.refused(target, nonce);
    else if (kind === "ask") this.#help(packet, from, nowMs);
    else this.#lists.heard(packet, arrival);
    if (kind !== "hello") this.#lists.compareWith(packet, nowMs);
  }

  #answered(boardId: string, nonce: number, nowMs: number): void {
    if (this.#probes.answered(boardId, nonce)) this.table.clear(boardId, nowMs);
  }

  #help({ target, nonce }: Packet, asker: string, nowMs: number): void {
    const entry = this.table.get(target);
    if (entry === undefined) return;
    const ownNonce = this.#desk.take({ asker, target, nonce }, nowMs);
    if (ownNonce === undefined) return;
    this.#send(addressOf(entry.announcement), { kind: "ping", nonce: ownNonce });
  }

  #learn(announcement: SignedAnnouncement, packet: Packet, { isBroadcast, nowMs }: Arrival): void {
    const { own, trust, cluster, identity } = this.#parts;
    const { boardId, publicKey } = announcement;
    if (boardId === own.current.boardId) {
      this.#heardOfItself(announcement);
      return;
    }
    if (!this.table.isNews(announcement)) return;
    if (judge(trust, boardId, publicKey) !== "trusted") {
      this.counters.strangeNewsCount += 1;
      return;
    }
    if (!isGenuine(announcement, cluster, identity)) {
      this.counters.forgedNewsCount += 1;
      return;
    }
    keep(trust, boardId, publicKey);
    const before = this.table.get(boardId);
    const events = this.table.announced(announcement, nowMs);
    const isNew = before?.announcement.incarnation !== announcement.incarnation;
    if (isNew || announcement.isLeaving) this.#probes.forget(boardId);
    this.#passOn(announcement, packet, isBroadcast);
    if (before?.state === "dead" && boardId === packet.boardId)
      this.#lists.compareNow(addressOf(announcement), nowMs);
    for (const event of events) this.#effects.tell(event);
  }

  #passOn(announcement: SignedAnnouncement, packet: Packet, isBroadcast: boolean): void {
    const isHeard = isBroadcast && announcement.boardId === packet.boardId;
    const { presentCount } = this.table;
    if (presentCount > COMMON_NEWS_BOARDS_MAX && (isHeard || isOfList(packet))) return;
    if (isHeard) this.news.add(announcement, presentCount, COMMON_NEWS_TIMES_MAX);
    else this.#add(announcement);
  }

  /** Something that this board has signed, in a later life than it thought, or in an equal one. */
  #heardOfItself(announcement: SignedAnnouncement): void {
    const { own, cluster, identity } = this.#parts;
    const isEarlier = ageOrder(announcement, own.current) <= 0;
    if (isEarlier || !identity.publicKey.every((byte, at) => byte === announcement.publicKey[at]))
      return;
    if (announcement.incarnation >= Number.MAX_SAFE_INTEGER) return;
    if (!isGenuine(announcement, cluster, identity)) return;
    own.outlive(announcement);
    this.ownChanged();
  }

  #claimed(claim: Claim, { from, nowMs }: Arrival): void {
    const { own } = this.#parts;
    if (claim.boardId === own.current.boardId) {
      const { boardId, incarnation } = claim;
      // Also of an earlier revision: whoever believed it has forgotten what this board had said.
      if (claim.kind === "dead" && incarnation === own.current.incarnation)
        this.#effects.tell({ kind: "mistaken", boardId });
      // About an earlier state: has been objected to. About a later one: nobody but we could know it.
      if (ageOrder(claim, own.current) !== 0 || own.current.isLeaving) return;
      if (!own.object(nowMs)) return;
      this.counters.objectedCount += 1;
      if (claim.kind === "suspect") this.#probes.feelsIll();
      this.ownChanged();
      this.#send(from, { kind: "gossip", updates: [own.current] });
      return;
    }
    const outcome = this.table.claimed(claim, nowMs);
    if (outcome === "stale") this.#correct(claim, from);
    if (outcome === "suspected" || outcome === "lost")
      this.#add({ ...claim, kind: outcome === "lost" ? "dead" : "suspect" });
    if (outcome === "suspected" && claim.kind === "dead") {
      // We missed the suspicion: the board has the same time to object, and we look ourselves.
      const startedMs = nowMs - this.#probes.windowMs + OBJECTION_MS;
      this.#actAll(this.#probes.look(claim.boardId, nowMs, startedMs), nowMs);
    }
    if (outcome === "lost") {
      this.#probes.forget(claim.boardId);
      this.#effects.tell({ kind: "gone", boardId: claim.boardId, why: "lost" });
    }
  }

  #correct(claim: Claim, from: string): void {
    const known = this.table.get(claim.boardId);
    if (known !== undefined && ageOrder(claim, known.announcement) < 0)
      this.#send(from, { kind: "gossip", updates: [known.announcement] });
  }

  #actAll(actions: readonly ProbeAction[], nowMs: number): void {
    for (const action of actions) this.#act(action, nowMs);
  }

  #act(action: ProbeAction, nowMs: number): void {
    const { target } = action;
    const entry = this.table.get(target);
    if (entry === undefined || !isPresent(entry)) {
      this.#probes.forget(target);
      return;
    }
    const { announcement, state } = entry;
    if (action.kind === "ping") {
      const updates = state === "suspect" ? [claimAbout(announcement, "suspect")] : [];
      const to = addressOf(announcement, action.attempt);
      this.#send(to, { kind: "ping", nonce: action.nonce, updates });
    } else if (action.kind === "ask")
      for (const helper of this.sample(action.helperCount, [target]))
        this.#send(addressOf(helper), { kind: "ask", target, nonce: action.nonce });
    else if (action.kind === "suspect") {
      this.counters.suspectedCount += 1;
      this.table.suspect(target, nowMs);
      this.#add(claimAbout(announcement, "suspect"));
    } else {
      this.counters.lostCount += 1;
      this.#add(claimAbout(announcement, "dead"));
      this.#tellAll(this.table.lost(target, nowMs));
    }
  }

  #tryOneOfTheDead(nowMs: number): void {
    this.#deadTryAtMs = nowMs;
    const dead = [...this.table.entries].filter(({ state }) => state === "dead");
    const one = dead[Math.floor(this.#parts.random.next() * dead.length)];
    if (one === undefined) return;
    const to = addressOf(one.announcement, Math.floor(this.#parts.random.next() * 4));
    const updates = [this.#parts.own.current, claimAbout(one.announcement, "dead")];
    this.#send(to, { kind: "gossip", updates });
  }

  #sweep(nowMs: number): void {
    this.#sweepAtMs = nowMs;
    this.table.expire(nowMs);
    for (const { state, sinceMs, announcement } of this.table.entries)
      if (state === "suspect" && nowMs - sinceMs >= SUSPICION_MS_MAX)
        this.#actAll(this.#probes.look(announcement.boardId, nowMs), nowMs);
  }

  /** Not the others are gone: this board is. For it, that is the same. */
  #isolated(nowMs: number): void {
    this.counters.isolatedCount += 1;
    for (const { announcement } of [...this.table.entries]) {
      this.#probes.forget(announcement.boardId);
      this.#tellAll(this.table.lost(announcement.boardId, nowMs));
    }
  }

  #tellAll(events: readonly MemberEvent[]): void {
    for (const event of events) this.#effects.tell(event);
  }

  #add(update: Update): void {
    this.news.add(update, this.table.presentCount);
    this.#isUrgent = true;
  }

  /** Passes urgent news on, to others than the one it came from. */
  #flush(except: string): void {
    if (!this.#isUrgent) return;
    this.#isUrgent = false;
    for (const member of this.sample(URGENT_FANOUT, [except]))
      this.#send(addressOf(member), { kind: "gossip" });
  }

  #send(to: string, body: PacketBody): void {
    this.#effects.send(to, { root: this.table.root, ...body });
  }
}

/** An answer to a broadcast goes to the port that the hello names. */
function answerTo({ nonce }: Packet, { from, isBroadcast }: Arrival): string {
  return isBroadcast ? `${from.slice(0, from.lastIndexOf(":"))}:${nonce % 65_536}` : from;
}

/** A report about the board of `announcement`, as it stood there. */
export function claimAbout(
  { boardId, incarnation, revision }: SignedAnnouncement,
  kind: Claim["kind"],
): Claim {
  return { kind, boardId, incarnation, revision };
}
