import { Agenda } from "./agenda.ts";
import type { Id } from "./ids.ts";
import type { Place } from "./packet.ts";
import { markOf, placeOf, type SignedRecord } from "./signed-record.ts";

/** How much a board keeps for others. */
export interface StoreLimits {
  /** Most records in all, tombstones too. */
  readonly recordsMax: number;
  /** Most records of one owner. */
  readonly recordsPerOwnerMax: number;
  /** Most records under one key. */
  readonly recordsPerKeyMax: number;
}

/** What a record that arrived is, before anybody checks its signature. */
export type Judgement = "fresh" | "known" | "stale" | "full";

interface Kept {
  readonly record: SignedRecord;
  readonly expiresMs: number;
}

interface KeyRecords {
  readonly records: Map<string, Kept>;
  digestHigh: number;
  digestLow: number;
}

interface Owner {
  floor: number;
  /** The record with the greatest sequence seen. */
  latest: SignedRecord;
  readonly records: Map<string, SignedRecord>;
}

/** Owners remembered in all: those without records too, for their floors. */
const OWNERS_MAX = 4_096;

/**
 * The records of all keys that this board keeps. Pure: told the time.
 *
 * Invariants: of each owner's slot under a key only the record with the greatest sequence ever seen is
 * kept, whatever order they come in; none below its owner's floor; never more than the limits.
 */
export class RecordStore {
  readonly #limits: StoreLimits;
  readonly #keys = new Map<Id, KeyRecords>();
  readonly #owners = new Map<Id, Owner>();
  /** One entry for each record that is kept, due when it expired as it was first put. */
  readonly #agenda = new Agenda<{ readonly key: Id; readonly place: string }>();
  #size = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  /** Records kept. */
  get size(): number {
    return this.#size;
  }

  /** When a record may expire next. */
  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  /** Keys that have records. */
  get keys(): Iterable<Id> {
    return this.#keys.keys();
  }

  /** What `record` would be to this store. */
  judge(record: SignedRecord): Judgement {
    const before = this.get(record.key, placeOf(record));
    if (before !== undefined && before.ownerId !== record.ownerId) return "full";
    if (before?.sequence === record.sequence)
      return isSameRecord(before, record) ? "known" : "stale";
    const owner = this.#owners.get(record.ownerId);
    if (record.sequence < Math.max(before?.sequence ?? 0, owner?.floor ?? 0)) return "stale";
    if (before !== undefined) return "fresh";
    const { recordsMax, recordsPerOwnerMax, recordsPerKeyMax } = this.#limits;
    const ofKey = this.#keys.get(record.key)?.records.size ?? 0;
    const isFull =
      this.#size >= recordsMax ||
      ofKey >= recordsPerKeyMax ||
      (owner?.records.size ?? 0) >= recordsPerOwnerMax ||
      (owner === undefined && !this.#hasRoomForOwner());
    return isFull ? "full" : "fresh";
  }

  /**
   * Keeps a record that was judged fresh and is authentic, until `expiresMs`. Returns the keys under
   * which what counts has changed: its own, unless it only renews; and those of records that its floor made void.
   */
  put(record: SignedRecord, expiresMs: number): ReadonlySet<Id> {
    const place = placeOf(record);
    const changed = new Set<Id>();
    const before = this.get(record.key, place);
    const isRenewal = before?.value === record.value && before.isTombstone === record.isTombstone;
    if (!isRenewal) changed.add(record.key);
    const owner = this.#ownerOf(record);
    if (before === undefined) {
      this.#size += 1;
      this.#plan(expiresMs, { key: record.key, place });
    } else this.#toggleDigest(before);
    this.#recordsOf(record.key).records.set(place, { record, expiresMs });
    this.#toggleDigest(record);
    owner.records.set(record.key + place, record);
    if (record.sequence >= owner.latest.sequence) owner.latest = record;
    this.#raise(owner, record.floor, changed);
    return changed;
  }

  /** Whether the floor of `record`, which has no place here, would make records void that are here. */
  wouldRaise({ ownerId, floor }: SignedRecord): boolean {
    const owner = this.#owners.get(ownerId);
    return owner !== undefined && owner.records.size > 0 && floor > owner.floor;
  }

  /** Takes in the floor of an authentic record alone. Returns as `put`. */
  raiseFloor({ ownerId, floor }: SignedRecord): ReadonlySet<Id> {
    const changed = new Set<Id>();
    const owner = this.#owners.get(ownerId);
    if (owner !== undefined) this.#raise(owner, floor, changed);
    return changed;
  }

  get(key: Id, place: string): SignedRecord | undefined {
    return this.#keys.get(key)?.records.get(place)?.record;
  }

  /** For how long a record is kept yet, in ms; 0 when it is not. */
  remainingMs(key: Id, place: string, nowMs: number): number {
    const kept = this.#keys.get(key)?.records.get(place);
    return kept === undefined ? 0 : Math.max(0, Math.ceil(kept.expiresMs - nowMs));
  }

  /** The newest record of `ownerId` that was ever here. */
  latestOf(ownerId: Id): SignedRecord | undefined {
    return this.#owners.get(ownerId)?.latest;
  }

  /** All records of a key, tombstones too. */
  recordsOf(key: Id): SignedRecord[] {
    const all = this.#keys.get(key)?.records.values() ?? [];
    return Array.from(all, ({ record }) => record);
  }

  has(key: Id): boolean {
    return this.#keys.has(key);
  }

  /** Equal on two boards when they keep the same records of `key`: 16 hexadecimal digits, zeros for none. */
  digestOf(key: Id): string {
    const { digestHigh = 0, digestLow = 0 } = this.#keys.get(key) ?? {};
    return hex32(digestHigh) + hex32(digestLow);
  }

  /** The places from `from` to `to` that have records, in order. */
  placesOf(key: Id, from: string, to: string): Place[] {
    const records = this.#keys.get(key)?.records ?? new Map<string, Kept>();
    return [...records]
      .filter(([place]) => place >= from && place <= to)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([place, { record }]) => ({ place, sequence: record.sequence }));
  }

  /** Drops what has expired. Returns the keys of which something is gone. */
  expire(nowMs: number): ReadonlySet<Id> {
    const changed = new Set<Id>();
    for (let due = this.#agenda.take(nowMs); due !== undefined; due = this.#agenda.take(nowMs)) {
      const kept = this.#keys.get(due.key)?.records.get(due.place);
      if (kept === undefined) continue;
      if (kept.expiresMs > nowMs) this.#agenda.add(kept.expiresMs, due);
      else this.#delete(kept.record, changed);
    }
    return changed;
  }

  /** Drops all records of an owner that is gone. Its floor stays known. */
  dropOwner(ownerId: Id): ReadonlySet<Id> {
    const changed = new Set<Id>();
    for (const record of [...(this.#owners.get(ownerId)?.records.values() ?? [])])
      this.#delete(record, changed);
    return changed;
  }

  #raise(owner: Owner, floor: number, changed: Set<Id>): void {
    if (floor <= owner.floor) return;
    owner.floor = floor;
    for (const each of [...owner.records.values()])
      if (each.sequence < floor) this.#delete(each, changed);
  }

  #delete(record: SignedRecord, changed: Set<Id>): void {
    const { key } = record;
    const place = placeOf(record);
    const ofKey = this.#keys.get(key);
    if (!ofKey?.records.delete(place)) return;
    this.#toggleDigest(record);
    if (ofKey.records.size === 0) this.#keys.delete(key);
    this.#owners.get(record.ownerId)?.records.delete(key + place);
    this.#size -= 1;
    changed.add(key);
  }

  /** What was dropped before its time leaves entries behind: when they are many, the list is made anew. */
  #plan(expiresMs: number, entry: { readonly key: Id; readonly place: string }): void {
    if (this.#agenda.size > 2 * this.#size + 64) {
      this.#agenda.clear();
      for (const [key, { records }] of this.#keys)
        for (const [place, kept] of records) this.#agenda.add(kept.expiresMs, { key, place });
    }
    this.#agenda.add(expiresMs, entry);
  }

  #recordsOf(key: Id): KeyRecords {
    let records = this.#keys.get(key);
    if (records === undefined)
      this.#keys.set(key, (records = { records: new Map(), digestHigh: 0, digestLow: 0 }));
    return records;
  }

  #ownerOf(record: SignedRecord): Owner {
    let owner = this.#owners.get(record.ownerId);
    if (owner === undefined) {
      owner = { floor: 0, latest: record, records: new Map() };
      this.#owners.set(record.ownerId, owner);
    }
    return owner;
  }

  /** Whether one more owner may be remembered; for that the oldest one without records is forgotten. */
  #hasRoomForOwner(): boolean {
    if (this.#owners.size < OWNERS_MAX) return true;
    for (const [id, { records }] of this.#owners)
      if (records.size === 0) return this.#owners.delete(id);
    return false;
  }

  /** Exclusive or: adds a record to the digest of its key, or takes it out. */
  #toggleDigest(record: SignedRecord): void {
    const ofKey = this.#recordsOf(record.key);
    const mark = markOf(record);
    ofKey.digestHigh ^= Number.parseInt(mark.slice(0, 8), 16);
    ofKey.digestLow ^= Number.parseInt(mark.slice(8), 16);
  }
}

function isSameRecord(one: SignedRecord, other: SignedRecord): boolean {
  return (
    one.bytes.byteLength === other.bytes.byteLength &&
    one.bytes.every((byte, place) => byte === other.bytes[place])
  );
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
