import type { LanSocket } from "../core/lan.ts";
import { type Line, type Switchboard, TAG_BYTES } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import { ADDRESSES_MAX, type Announcement, META_BYTES_MAX } from "./announcement.ts";
import { Gate, type GateCounters, type Verdict } from "./gate.ts";
import { isPresent } from "./member-table.ts";
import type { Member, MembershipEvent } from "./membership-event.ts";
import { OwnRecord } from "./own-record.ts";
import { encodePacket, type PacketBody, updateBytes, updateBytesMax } from "./packet.ts";
import { Protocol, type ProtocolCounters } from "./protocol.ts";
import { CALLING_MS, helloIntervalMs, LATE_MS } from "./timing.ts";
import type { Trust } from "./trust-rule.ts";

/** What the room may touch. */
export type MembershipWorld = Pick<World, "clock" | "random" | "identity" | "lan" | "log"> &
  Partial<Pick<World, "nics">>;

/** Who this board is, and where it looks for others. */
export interface MembershipOptions {
  /** Up to 100 bytes; unique in its cluster. */
  readonly boardId: string;
  /** Only boards of one cluster hear each other; up to 100 bytes. */
  readonly cluster: string;
  /** All boards of a segment broadcast on it. */
  readonly beaconUdpPort: number;
  readonly trust: Trust;
  /** host:port of boards to try where no broadcast reaches; default none. Up to CONTACTS_MAX. */
  readonly seeds?: readonly string[];
  /** Further addresses of this board's socket; default none. */
  readonly alternativeAddresses?: readonly string[];
  /** The board's one socket; its line "HGM1" is this room's. */
  readonly switchboard: Switchboard;
}

/** Most addresses that are tried without a board being known there. */
export const CONTACTS_MAX = 64;
/** Letters in front of this room's packets, on the line as in broadcasts. */
export const MEMBERSHIP_TAG = "HGM1";
const TAG = new TextEncoder().encode(MEMBERSHIP_TAG);
/** The first hellos ask for the list; later ones are compared by fingerprint. */
const LIST_HELLOS_COUNT = 2;
/** A member gets the goodbye directly, so many of them: a broadcast may be lost, or reach nobody. */
const GOODBYE_FANOUT = 8;
const IMPOSTER_INTERVAL_MS = 60_000;
const NAMES_MAX = 1_024;

/** Somebody whose word does not count. */
export interface Refusal {
  readonly boardId: string;
  /** Where it speaks from. */
  readonly from: string;
  readonly kind: "imposter" | "stranger";
}

/** All that is counted. */
export type MembershipCounters = Readonly<GateCounters & ProtocolCounters> & {
  readonly healthScore: number;
  /** Times that this board stood still, by its own clock. */
  readonly stoodStillCount: number;
  /** Broadcasts sent, and their bytes with the tag. */
  readonly helloCount: number;
  readonly helloBytes: number;
};

/**
 * Who is there: finds boards by broadcast, by seeds and by hearsay, watches over them, and tells who joins,
 * changes and goes. The rules are in Protocol and what it is made of; this owns the loop and the sockets.
 */
export class Membership {
  readonly #world: MembershipWorld;
  readonly #options: MembershipOptions;
  readonly #tell: (event: MembershipEvent) => void;
  readonly #own: OwnRecord;
  readonly #protocol: Protocol;
  readonly #gate: Gate;
  readonly #contacts = new Set<string>();
  readonly #imposters = new Map<string, { readonly toldMs: number; readonly from: string }>();
  #line: Line | undefined;
  #lan: LanSocket | undefined;
  #sequence = 0;
  #callsUntilMs = 0;
  #helloAtMs = 0;
  #helloNumber = 0;
  readonly #sent = { stoodStillCount: 0, helloCount: 0, helloBytes: 0 };

  /** @throws RangeError for names, addresses or seeds out of their range. */
  constructor(
    world: MembershipWorld,
    options: MembershipOptions,
    tell: (event: MembershipEvent) => void,
  ) {
    const { boardId, cluster, switchboard, trust, alternativeAddresses = [] } = options;
    check(boardId, cluster, alternativeAddresses);
    this.#world = world;
    this.#options = options;
    this.#tell = tell;
    const { clock, random, identity } = world;
    const addresses = [switchboard.address, ...alternativeAddresses];
    const start = { utcUs: clock.utcUs(), chance: random.next() };
    this.#own = new OwnRecord(
      { boardId, cluster, addresses, meta: new Uint8Array() },
      start,
      identity,
    );
    this.#gate = new Gate({ boardId, cluster }, trust, identity);
    this.#protocol = new Protocol(
      { identity, random, trust, cluster, own: this.#own },
      { send: (to, body) => this.#send(to, body), tell },
      clock.monotonicMs(),
    );
    for (const seed of options.seeds ?? []) this.heardOf(seed);
  }

  get counters(): MembershipCounters {
    const { healthScore, counters } = this.#protocol;
    return { ...this.#gate.counters, ...counters, ...this.#sent, healthScore };
  }

  /** All others that are there, suspects among them, in the order of their names. */
  members(): readonly Member[] {
    return [...this.#protocol.table.entries]
      .filter(isPresent)
      .map(({ announcement }) => memberOf(announcement))
      .sort((a, b) => (a.boardId < b.boardId ? -1 : 1));
  }

  /**
   * Who speaks as a board and is not believed: imposters, with another key than the board's, and strangers, who
   * are not on the list. Bounded; anybody may give any name.
   */
  get refused(): readonly Refusal[] {
    return [
      ...Array.from(
        this.#imposters,
        ([boardId, { from }]) => ({ boardId, from, kind: "imposter" }) as const,
      ),
      ...Array.from(
        this.#gate.strangers,
        ([boardId, from]) => ({ boardId, from, kind: "stranger" }) as const,
      ),
    ];
  }

  /** The other board of this name; undefined when it is not there. */
  member(boardId: string): Member | undefined {
    const entry = this.#protocol.table.get(boardId);
    return entry === undefined || !isPresent(entry) ? undefined : memberOf(entry.announcement);
  }

  /** How many others are there. */
  get memberCount(): number {
    return this.#protocol.table.presentCount;
  }

  /** Sets what travels with this board's membership. @throws RangeError beyond META_BYTES_MAX bytes. */
  setMeta(meta: Uint8Array): void {
    if (meta.byteLength > META_BYTES_MAX)
      throw new RangeError(`meta has ${meta.byteLength} bytes, ${META_BYTES_MAX} at most`);
    this.#own.change({ meta: meta.slice() });
    this.#protocol.ownChanged();
  }

  /** A board may be at `address` (host:port): it is tried now and then until one answers. Bounded; the first stay. */
  heardOf(address: string): void {
    if (this.#contacts.size < CONTACTS_MAX && address !== this.#options.switchboard.address)
      this.#contacts.add(address);
  }

  /** Takes part until `signal` aborts; then says goodbye. Once. */
  async run(signal: AbortSignal): Promise<void> {
    const { lan, nics, clock } = this.#world;
    const { switchboard, beaconUdpPort } = this.#options;
    const socket = await lan.open(beaconUdpPort);
    const line = switchboard.open(MEMBERSHIP_TAG, (datagram) => {
      this.#arrived(datagram.payload, datagram, false);
    });
    this.#lan = socket;
    this.#line = line;
    try {
      this.#call(clock.monotonicMs());
      nics?.watch(() => this.#networkChanged(), signal);
      await Promise.all([this.#keepTime(signal), this.#listen(socket, signal)]);
      this.#sayGoodbye();
    } finally {
      line.close();
      this.#line = undefined;
      this.#lan = undefined;
      await socket[Symbol.asyncDispose]();
    }
  }

  async #keepTime(signal: AbortSignal): Promise<void> {
    const { clock } = this.#world;
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      if (nowMs >= this.#helloAtMs) this.#sayHello(nowMs);
      this.#protocol.tick(nowMs);
      const dueMs = Math.min(this.#protocol.nextMs, this.#helloAtMs);
      // At least a millisecond: rounding must not make a loop without rest.
      await clock.sleep(Math.max(1, dueMs - nowMs), signal);
      const lateMs = clock.monotonicMs() - Math.max(dueMs, nowMs + 1);
      if (lateMs < LATE_MS) continue;
      this.#sent.stoodStillCount += 1;
      this.#protocol.stoodStill(lateMs);
    }
  }

  async #listen(socket: LanSocket, signal: AbortSignal): Promise<void> {
    for await (const datagram of socket.received(signal)) {
      const { payload } = datagram;
      if (TAG.every((letter, place) => payload[place] === letter))
        this.#arrived(payload.subarray(TAG_BYTES), datagram, true);
    }
  }

  #arrived(
    payload: Uint8Array,
    { from, fromHost }: { readonly from: string; readonly fromHost: string },
    isBroadcast: boolean,
  ): void {
    const nowMs = this.#world.clock.monotonicMs();
    const verdict = this.#gate.judge(payload, fromHost, nowMs);
    const arrival = { from, isBroadcast, nowMs };
    if (verdict?.kind === "accepted") this.#protocol.heard(verdict.packet, arrival);
    else if (verdict?.kind === "outdated") this.#protocol.heardOutdated(verdict.packet, arrival);
    else if (verdict?.kind === "imposter") this.#tellImposter(verdict, from, nowMs);
  }

  #tellImposter({ packet }: NonNullable<Verdict>, from: string, nowMs: number): void {
    const { boardId, publicKey } = packet;
    if (
      nowMs - (this.#imposters.get(boardId)?.toldMs ?? Number.NEGATIVE_INFINITY) <
      IMPOSTER_INTERVAL_MS
    )
      return;
    if (this.#imposters.size >= NAMES_MAX) this.#imposters.clear();
    this.#imposters.set(boardId, { toldMs: nowMs, from });
    this.#world.log.write("warn", "imposter", { boardId, from });
    this.#tell({ kind: "imposter", boardId, publicKey, from });
  }

  #networkChanged(): void {
    const nowMs = this.#world.clock.monotonicMs();
    this.#call(nowMs);
    this.#protocol.networkChanged(nowMs);
  }

  /** Says hello often for a while, beginning now. */
  #call(nowMs: number): void {
    this.#callsUntilMs = nowMs + CALLING_MS;
    this.#helloNumber = 0;
    this.#sayHello(nowMs);
  }

  #sayHello(nowMs: number): void {
    const { random } = this.#world;
    const isCalling = nowMs < this.#callsUntilMs;
    const wants = this.#helloNumber < LIST_HELLOS_COUNT;
    this.#helloNumber += 1;
    const { presentCount, root } = this.#protocol.table;
    const port = Number(this.#options.switchboard.address.split(":").at(-1));
    const updates = isCalling ? [this.#own.current] : [];
    this.#broadcast({ kind: "hello", wants, nonce: port, root, updates });
    const known =
      this.#contacts.size === 0
        ? new Set<string>()
        : new Set(this.members().map(({ address }) => address));
    for (const contact of this.#contacts)
      if (!known.has(contact))
        this.#send(contact, { kind: "hello", wants: true, root, updates: [this.#own.current] });
    const intervalMs = helloIntervalMs(presentCount + 1, isCalling);
    this.#helloAtMs = nowMs + intervalMs * (0.9 + 0.2 * random.next());
  }

  #sayGoodbye(): void {
    this.#own.change({ isLeaving: true });
    const updates = [this.#own.current];
    this.#broadcast({ kind: "hello", updates });
    for (const { addresses } of this.#protocol.sample(GOODBYE_FANOUT))
      this.#send(addresses[0] ?? "", { kind: "gossip", updates });
  }

  #broadcast(body: PacketBody): void {
    const packet = this.#seal(body);
    const whole = new Uint8Array(TAG_BYTES + packet.byteLength);
    whole.set(TAG);
    whole.set(packet, TAG_BYTES);
    this.#lan?.broadcast(whole);
    this.#sent.helloCount += 1;
    this.#sent.helloBytes += whole.byteLength;
  }

  #send(to: string, body: PacketBody): void {
    if (this.#line === undefined) return;
    const own = body.updates ?? [];
    if (this.#protocol.news.size === 0) {
      this.#line.send(to, this.#seal(body));
      return;
    }
    const usedBytes = own.reduce((sum, update) => sum + updateBytes(update), 0);
    const isFull = body.kind === "compare";
    const leftBytes = updateBytesMax(this.#own.current.boardId, body.target) - usedBytes;
    const news = isFull ? [] : this.#protocol.news.take(leftBytes);
    this.#line.send(to, this.#seal({ ...body, updates: [...own, ...news] }));
  }

  #seal(body: PacketBody): Uint8Array {
    const { boardId, publicKey, incarnation } = this.#own.current;
    this.#sequence += 1;
    return encodePacket(
      {
        kind: body.kind,
        ...{ boardId, publicKey, incarnation, sequence: this.#sequence },
        wants: body.wants ?? false,
        nonce: body.nonce ?? 0,
        root: body.root ?? 0,
        target: body.target ?? "",
        buckets: body.buckets ?? [],
        updates: body.updates ?? [],
      },
      this.#options.cluster,
      this.#world.identity,
    );
  }
}

function memberOf(announcement: Announcement): Member {
  const { boardId, publicKey, incarnation, addresses, meta } = announcement;
  const [address = "", ...alternativeAddresses] = addresses;
  return { boardId, publicKey, incarnation, address, alternativeAddresses, meta };
}

function check(boardId: string, cluster: string, alternativeAddresses: readonly string[]): void {
  for (const name of [boardId, cluster]) {
    const { byteLength } = new TextEncoder().encode(name);
    if (byteLength < 1 || byteLength > 100)
      throw new RangeError(`a name of 1 to 100 bytes, not "${name}"`);
  }
  if (alternativeAddresses.length >= ADDRESSES_MAX)
    throw new RangeError(`${ADDRESSES_MAX} addresses at most`);
}
