import { sha256 } from "@noble/hashes/sha2.js";
import type { Identity } from "../core/identity.ts";
import { Caller } from "./caller.ts";
import type { DhtSettings } from "./dht-options.ts";
import { CHECK_COST, FORGERY_COST, HostLimits } from "./host-limits.ts";
import { type Id, idOfPublicKey } from "./ids.ts";
import { LeaseTable } from "./lease-table.ts";
import { type DhtValue, LocalListeners } from "./local-listeners.ts";
import { Outbox } from "./outbox.ts";
import { OwnRecords } from "./own-records.ts";
import type { Body, Contact, Packet, SentRecord, StoreResult } from "./packet.ts";
import { encodePacket } from "./packet-codec.ts";
import { RecordStore } from "./record-store.ts";
import { ReplicaPlan } from "./replica-plan.ts";
import { hostOf, RoutingTable } from "./routing-table.ts";
import { isAuthentic, placeOf, type RecordFacts, signRecord } from "./signed-record.ts";
import { Tokens } from "./tokens.ts";

/** What a board's share of the registry is made of. */
export interface BoardParts {
  readonly identity: Identity;
  /** host:port of this board. */
  readonly address: string;
  readonly send: (to: string, payload: Uint8Array) => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
}

/** What happened so far; refusals by reason. */
export interface DhtCounters {
  sentCount: number;
  sentBytes: number;
  receivedCount: number;
  receivedBytes: number;
  /** Packets that are none: cut, mixed up or too long. */
  malformedCount: number;
  /** Packets of another layout, or of another cluster. */
  foreignCount: number;
  /** Packets of hosts that make too much work. */
  limitedCount: number;
  /** Requests without a good token. */
  deniedCount: number;
  /** Answers that nobody waits for, or with a wrong proof. */
  strayCount: number;
  /** Records with a signature that does not hold. */
  forgedCount: number;
  /** Records older than what is known: repeated, or overtaken. */
  staleCount: number;
  /** Records without room. */
  fullCount: number;
  /** Records of boards that are no members, or under keys that are not for this board. */
  unwantedCount: number;
}

/** Most records that wait for other boards. */
const WAITING_MAX = 65_536;

/**
 * The state of a board's share of the registry, and what all parts of it do: take in a record, sign one,
 * send a packet. Pure but for `send`: `nowMs` is set by whoever calls, before anything else.
 */
export class Board {
  readonly self: Contact;
  readonly settings: DhtSettings;
  readonly identity: Identity;
  readonly random: () => number;
  /** Names the cluster in every packet and signature. */
  readonly network: number;
  readonly table: RoutingTable;
  readonly plan: ReplicaPlan;
  readonly store: RecordStore;
  readonly leases: LeaseTable;
  readonly own: OwnRecords;
  readonly listeners = new LocalListeners();
  readonly outbox = new Outbox(WAITING_MAX);
  readonly caller: Caller;
  readonly limits: HostLimits;
  readonly tokens: Tokens;
  readonly counters: DhtCounters = {
    ...{ sentCount: 0, sentBytes: 0, receivedCount: 0, receivedBytes: 0 },
    ...{ malformedCount: 0, foreignCount: 0, limitedCount: 0, deniedCount: 0, strayCount: 0 },
    ...{ forgedCount: 0, staleCount: 0, fullCount: 0, unwantedCount: 0 },
  };
  nowMs = 0;
  readonly #send: BoardParts["send"];
  /** Keys under which something changed that listeners here do not know yet. */
  readonly #changed = new Set<Id>();

  constructor(parts: BoardParts, settings: DhtSettings) {
    const { identity, address, random } = parts;
    const { publicKey } = identity;
    this.self = { id: idOfPublicKey(publicKey), publicKey, address };
    this.settings = settings;
    this.identity = identity;
    this.random = random;
    this.#send = parts.send;
    const name = sha256(new TextEncoder().encode(`hedgerow dht ${settings.cluster}`));
    this.network = new DataView(name.buffer, name.byteOffset).getUint32(0);
    this.table = new RoutingTable(this.self, settings);
    this.plan = new ReplicaPlan(this.self, this.table, settings.replicaCount);
    this.store = new RecordStore(settings);
    this.leases = new LeaseTable(settings);
    this.own = new OwnRecords(settings.ttlS);
    this.limits = new HostLimits(settings.hostCostPerSecond);
    this.tokens = new Tokens(parts.secret);
    this.caller = new Caller({
      send: (to, packet) => this.transmit(to, packet),
      nextRequestId: () =>
        Math.floor(random() * 2 ** 32) * 2 ** 16 + Math.floor(random() * 2 ** 16),
    });
  }

  transmit(to: string, packet: Omit<Packet, "grant">): void {
    const grant = this.tokens.grantFor(to, this.nowMs);
    const payload = encodePacket(this.network, { ...packet, grant });
    this.counters.sentCount += 1;
    this.counters.sentBytes += payload.byteLength;
    this.#send(to, payload);
  }

  /** Says something that needs no answer. */
  say(to: string, body: Body): void {
    this.transmit(to, { requestId: 0, attempt: 0, token: this.caller.tokenFor(to), body });
  }

  /** Takes in a record that came from `from`; its signature is looked at last, as it costs most. */
  accept({ record, remainingMs }: SentRecord, from: string): StoreResult {
    const { store, table, plan, counters, settings } = this;
    const judgement = store.judge(record);
    if (judgement === "known") return "kept";
    if (record.ownerId === this.self.id) return this.#acceptOwn(record, from);
    if (judgement === "stale" || remainingMs === 0) {
      counters.staleCount += 1;
      return "stale";
    }
    const isOurs =
      plan.isTracked(record.key) || this.listeners.has(record.key) || plan.isNear(record.key);
    const isMember = !settings.membersOnly || table.isMember(record.ownerId);
    if (!isMember || (!isOurs && !store.wouldRaise(record))) {
      counters.unwantedCount += 1;
      return "foreign";
    }
    if (isOurs && judgement === "full") {
      counters.fullCount += 1;
      return "full";
    }
    if (!this.#isAuthentic(record, from)) return "foreign";
    if (!isOurs) {
      this.changed(store.raiseFloor(record), record, from);
      return "foreign";
    }
    const livesMs = Math.min(remainingMs, 1000 * record.ttlS, 3_600_000);
    plan.track(record.key);
    this.changed(store.put(record, this.nowMs + livesMs), record, from);
    return "kept";
  }

  /** Whether a record that somebody was asked for counts: it is kept here, or its owner has signed it. */
  counts(record: SentRecord["record"], from: string): boolean {
    if (this.store.judge(record) === "known") return true;
    if (this.settings.membersOnly && !this.table.isMember(record.ownerId)) return false;
    return this.#isAuthentic(record, from);
  }

  /** Signs and keeps what this board says. */
  keepOwn(facts: RecordFacts): void {
    const record = signRecord(this.identity, this.network, facts);
    this.plan.track(record.key);
    const changed = this.store.put(record, this.nowMs + 1000 * record.ttlS);
    const parcel = { key: record.key, place: placeOf(record), attempt: 0 };
    for (const { address } of this.plan.othersOf(record.key)) this.outbox.add(address, parcel);
    this.changed(changed, record, this.self.address);
  }

  /** Something changed under `keys`, because of `record`, which `from` has: whoever has a lease gets it. */
  changed(
    keys: ReadonlySet<Id>,
    record: { readonly key: Id; readonly ownerId: Id; readonly slot: number },
    from: string,
  ): void {
    const parcel = { key: record.key, place: placeOf(record), attempt: 0 };
    for (const key of keys) {
      this.#changed.add(key);
      for (const address of this.leases.addressesOf(key))
        if (address !== from) this.outbox.add(address, parcel);
    }
  }

  /** Records under `keys` are gone; everybody notices that alone. */
  dropped(keys: ReadonlySet<Id>): void {
    for (const key of keys) this.#changed.add(key);
  }

  /** The values of a key, in a fixed order. */
  valuesOf(key: Id): DhtValue[] {
    return valuesOf(this.store.recordsOf(key));
  }

  /** Tells the listeners of this board what has changed. */
  tell(): void {
    for (const key of this.#changed) {
      this.#changed.delete(key);
      if (this.listeners.has(key)) this.listeners.tell(key, this.valuesOf(key));
      else if (!this.store.has(key)) this.plan.untrack(key);
    }
  }

  /** Somebody still has what an earlier life of this board said, or somebody forged it. */
  #acceptOwn(record: SentRecord["record"], from: string): StoreResult {
    const known = this.own.has(record.slot)
      ? this.store.get(record.key, placeOf(record))
      : undefined;
    if (known !== undefined && known.sequence > record.sequence) return "stale";
    if (!this.#isAuthentic(record, from)) return "foreign";
    for (const facts of this.own.overtake(record.sequence)) this.keepOwn(facts);
    if (!this.own.has(record.slot) && !record.isTombstone)
      this.keepOwn(this.own.bury(record, this.nowMs));
    return "stale";
  }

  #isAuthentic(record: SentRecord["record"], from: string): boolean {
    const host = hostOf(from);
    if (!this.limits.allows(host, CHECK_COST, this.nowMs)) {
      this.counters.limitedCount += 1;
      return false;
    }
    if (isAuthentic(this.identity, this.network, record)) return true;
    this.counters.forgedCount += 1;
    this.limits.charge(host, FORGERY_COST, this.nowMs);
    return false;
  }
}

/** What counts of `records`, in a fixed order. */
export function valuesOf(records: readonly SentRecord["record"][]): DhtValue[] {
  const values = new Map<string, DhtValue>();
  for (const { isTombstone, ownerId, value } of records)
    if (!isTombstone) values.set(`${ownerId} ${value}`, { value, ownerId });
  return [...values].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
}
