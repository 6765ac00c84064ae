// Goal: the rules of the registry hold: the metric, the table of contacts, the store, leases, plan, outbox, lookups.
// Method: properties over random histories, beside a naive model where there is one.
// Seed: fast-check's own, printed on failure.
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { SimIdentity } from "../sim/sim-identity.ts";
import { Agenda } from "./agenda.ts";
import { HostLimits } from "./host-limits.ts";
import { commonBits, compareDistance, ID_BITS, idOfKey, idOfPublicKey } from "./ids.ts";
import { LeaseTable } from "./lease-table.ts";
import { Lookup } from "./lookup-rule.ts";
import { Outbox } from "./outbox.ts";
import { OwnRecords } from "./own-records.ts";
import type { Contact } from "./packet.ts";
import { RecordStore } from "./record-store.ts";
import { type PlanChange, ReplicaPlan } from "./replica-plan.ts";
import { RoundTrip } from "./round-trip.ts";
import { RoutingTable, subnetOf } from "./routing-table.ts";
import { isAuthentic, placeOf, type SignedRecord, signRecord } from "./signed-record.ts";
import { Tokens } from "./tokens.ts";

const ids = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const distance = (one: string, other: string): bigint => BigInt(`0x${one}`) ^ BigInt(`0x${other}`);

describe("registry: ids", () => {
  it("the metric is the exclusive or, as a number", () => {
    fc.assert(
      fc.property(ids, ids, ids, (target, one, other) => {
        const difference = distance(target, one) - distance(target, other);
        const expected = difference < 0n ? -1 : difference > 0n ? 1 : 0;
        assert.equal(Math.sign(compareDistance(target, one, other)), expected);
        assert.equal(compareDistance(target, one, one), 0);
      }),
    );
  });

  it("common bits are those before the first difference", () => {
    fc.assert(
      fc.property(
        ids,
        fc.integer({ min: 0, max: ID_BITS - 1 }),
        fc.bigInt(0n, 2n ** 160n),
        (id, bits, low) => {
          const below = BigInt(ID_BITS - bits - 1);
          const other = (((BigInt(`0x${id}`) >> below) ^ 1n) << below) | (low % 2n ** below);
          assert.equal(commonBits(id, other.toString(16).padStart(40, "0")), bits);
          assert.equal(commonBits(id, id), ID_BITS);
        },
      ),
    );
  });

  it("are hashes: of a public key, or of a key's text, and never the same by accident", () => {
    const key = new Uint8Array(32).fill(1);
    assert.match(idOfPublicKey(key), /^[0-9a-f]{40}$/);
    assert.notEqual(idOfKey("a"), idOfKey("b"));
    assert.notEqual(idOfKey(""), idOfPublicKey(new Uint8Array()));
  });
});

function contactOf(number: number, address = `10.0.${number >> 8}.${number & 255}:4000`): Contact {
  const { publicKey } = new SimIdentity(`c${number}`);
  return { id: idOfPublicKey(publicKey), publicKey, address };
}

const SELF = contactOf(0, "10.9.9.9:4000");
const ROUTING = { replicaCount: 8, contactsPerHostMax: 2, contactsPerSubnetMax: 4 };

describe("registry: routing table", () => {
  it("buckets hold at most k contacts, of a host and a subnet at most a few, each in its place", () => {
    const steps = fc.array(
      fc.record({
        do: fc.constantFrom("seen", "failed", "member", "remove"),
        number: fc.integer({ min: 1, max: 60 }),
        host: fc.integer({ min: 0, max: 9 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (plan) => {
        const table = new RoutingTable(SELF, ROUTING);
        const members = new Set<string>();
        for (const step of plan) {
          const contact = contactOf(
            step.number,
            `10.${step.host >> 2}.0.${step.host}:${step.number}`,
          );
          if (step.do === "seen") table.seen(contact);
          else if (step.do === "failed") table.failed(contact.id);
          else if (step.do === "member") {
            assert(table.addMember(contact));
            members.add(contact.id);
          } else {
            table.remove(contact.id);
            members.delete(contact.id);
            assert.equal(table.get(contact.id), undefined);
          }
          for (const { bits, contacts } of table.buckets) {
            assert(contacts.length <= ROUTING.replicaCount);
            for (const each of contacts) {
              assert.equal(commonBits(SELF.id, each.id), bits);
              assert(!members.has(each.id));
              const host = each.address.split(":")[0];
              const sameHost = contacts.filter(({ address }) => address.split(":")[0] === host);
              assert(sameHost.length <= ROUTING.contactsPerHostMax);
              const subnet = subnetOf(each.address);
              const sameNet = contacts.filter(({ address }) => subnetOf(address) === subnet);
              assert(sameNet.length <= ROUTING.contactsPerSubnetMax);
            }
          }
          const all = [...table.all()].map(({ id }) => id);
          assert.equal(new Set(all).size, all.length);
          for (const id of members) assert(all.includes(id));
          const target = contact.id;
          const sorted = [...all].sort((one, other) => compareDistance(target, one, other));
          assert.deepEqual(
            table.closest(target, 5).map(({ id }) => id),
            sorted.slice(0, 5),
          );
        }
      }),
    );
  });

  it("asks the one silent for longest before a newcomer takes its place, and only then lets it go", () => {
    // On this board's own subnet, whose boards are not limited.
    const near = Array.from({ length: 60 }, (_, index) =>
      contactOf(index + 1, `10.9.9.${index}:4000`),
    ).filter(({ id }) => commonBits(SELF.id, id) === 0);
    const table = new RoutingTable(SELF, ROUTING);
    const [first, second] = near;
    for (const each of near.slice(0, 8)) assert.equal(table.seen(each), undefined);
    const newcomer = near[8]!;
    assert.equal(table.seen(newcomer), first);
    // It answered: it stays, and the next in line is asked.
    table.seen(first!);
    assert.equal(table.seen(newcomer), second);
    assert.equal(table.get(newcomer.id), undefined);
    assert.equal(table.failed(second!.id), second);
    assert.equal(table.get(newcomer.id), newcomer);
    assert.equal(table.get(second!.id), undefined);
  });

  it("a contact nobody waits for may be silent twice", () => {
    const table = new RoutingTable(SELF, ROUTING);
    const contact = contactOf(1);
    table.seen(contact);
    assert.equal(table.failed(contact.id), undefined);
    assert.equal(table.failed(contact.id), undefined);
    assert.equal(table.failed(contact.id), contact);
    assert.equal(table.get(contact.id), undefined);
  });

  it("knows subnets of IPv4, IPv6 and names", () => {
    assert.equal(subnetOf("10.1.2.3:4"), "10.1.2");
    assert.equal(subnetOf("[fd00:1:2:3::9]:4"), "fd00:1:2:3");
    assert.equal(subnetOf("[fd00::9]:4"), "fd00:0:0:0");
    assert.equal(subnetOf("board-7:4"), "board-7");
  });
});

describe("registry: replica plan", () => {
  it("is at all times what a search of the table would say, and tells who has come", () => {
    const steps = fc.array(
      fc.record({
        do: fc.constantFrom("add", "add", "remove", "move"),
        number: fc.integer({ min: 1, max: 30 }),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (history, count) => {
        const table = new RoutingTable(SELF, ROUTING);
        const plan = new ReplicaPlan(SELF, table, count);
        const keys = Array.from({ length: 10 }, (_, index) => idOfKey(`k${index}`));
        for (const key of keys) plan.track(key);
        for (const step of history) {
          const before = new Map(keys.map((key) => [key, plan.boardsOf(key)]));
          const address = step.do === "move" ? `10.7.7.7:${step.number}` : undefined;
          const contact = contactOf(step.number, address);
          let changes: readonly PlanChange[];
          if (step.do === "remove") {
            table.remove(contact.id);
            changes = plan.removed(contact.id);
          } else {
            table.addMember(contact);
            changes = plan.added(contact);
          }
          for (const key of keys) {
            const expected = [...table.all(), SELF]
              .sort((one, other) => compareDistance(key, one.id, other.id))
              .slice(0, count);
            assert.deepEqual(plan.boardsOf(key), expected);
            const had = new Set(before.get(key)?.map(({ id, address: at }) => `${id} ${at}`));
            const come = expected.filter(({ id, address: at }) => !had.has(`${id} ${at}`));
            const told: readonly Contact[] = changes
              .filter((each) => each.key === key)
              .map((each) => each.contact);
            assert.deepEqual(new Set(told), new Set(come));
          }
        }
      }),
    );
  });
});

const OWNERS = ["o0", "o1", "o2"].map((name) => new SimIdentity(name));
const record = (owner: number, sequence: number, more: Partial<SignedRecord> = {}): SignedRecord =>
  signRecord(OWNERS[owner]!, 1, {
    ...{ key: idOfKey("k"), slot: 0, floor: 0, ttlS: 10, isTombstone: false },
    ...{ value: `v${sequence}`, sequence, ...more },
  });
const LIMITS = { recordsMax: 1_000, recordsPerOwnerMax: 1_000, recordsPerKeyMax: 1_000 };

function putAll(store: RecordStore, records: readonly SignedRecord[]): void {
  for (const each of records) if (store.judge(each) === "fresh") store.put(each, 1_000);
}

describe("registry: record store", () => {
  const records = fc
    .uniqueArray(
      fc.record({
        owner: fc.integer({ min: 0, max: 2 }),
        key: fc.constantFrom("k", "l"),
        slot: fc.integer({ min: 0, max: 2 }),
        sequence: fc.integer({ min: 1, max: 30 }),
        below: fc.integer({ min: 0, max: 40 }),
        isTombstone: fc.boolean(),
      }),
      { maxLength: 30, selector: ({ owner, sequence }) => `${owner} ${sequence}` },
    )
    .map((all) =>
      all.map(({ owner, key, slot, sequence, below, isTombstone }) => {
        const value = isTombstone ? "" : `v${sequence}`;
        const floor = Math.max(0, sequence - below);
        return record(owner, sequence, { key: idOfKey(key), slot, isTombstone, value, floor });
      }),
    );

  it("keeps the newest of each slot above its owner's floor, in any order of arrival, repeated or not", () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (all, lots) => {
        const store = new RecordStore(LIMITS);
        const shuffled = [...all, ...all]
          .map((each) => ({ each, lot: lots.next().value as number }))
          .sort((one, other) => one.lot - other.lot)
          .map(({ each }) => each);
        putAll(store, shuffled);
        for (const key of [idOfKey("k"), idOfKey("l")]) {
          const floors = new Map<string, number>();
          // A floor is learnt only with a record that is the newest of its slot when it comes.
          for (const each of store.recordsOf(key))
            floors.set(each.ownerId, Math.max(each.floor, floors.get(each.ownerId) ?? 0));
          const newest = new Map<string, SignedRecord>();
          for (const each of all.filter((one) => one.key === key))
            if ((newest.get(placeOf(each))?.sequence ?? -1) < each.sequence)
              newest.set(placeOf(each), each);
          for (const kept of store.recordsOf(key)) {
            assert.equal(newest.get(placeOf(kept)), kept);
            assert(kept.sequence >= (floors.get(kept.ownerId) ?? 0));
          }
          for (const [place, each] of newest) {
            const isVoid = all.some(
              ({ ownerId, floor }) => ownerId === each.ownerId && floor > each.sequence,
            );
            if (!isVoid) assert.equal(store.get(key, place), each);
          }
        }
      }),
    );
  });

  it("digests are equal for equal records, in whatever order they came, and zero for none", () => {
    fc.assert(
      fc.property(records, (all) => {
        const floorless = all.map((each) => ({ ...each, floor: 0 }));
        const [one, other] = [new RecordStore(LIMITS), new RecordStore(LIMITS)];
        putAll(one, floorless);
        putAll(other, [...floorless].reverse());
        for (const key of [idOfKey("k"), idOfKey("l")]) {
          assert.equal(one.digestOf(key), other.digestOf(key));
          assert.deepEqual(one.placesOf(key, "", "g"), other.placesOf(key, "", "g"));
        }
        one.expire(1_000);
        assert.equal(one.digestOf(idOfKey("k")), "0".repeat(16));
        assert.equal(one.size, 0);
        assert.deepEqual([...one.keys], []);
      }),
    );
  });

  it("a tombstone is not overtaken by the value it ends, nor by one below the floor", () => {
    const store = new RecordStore(LIMITS);
    putAll(store, [record(0, 5), record(0, 6, { isTombstone: true, value: "" })]);
    assert.equal(store.judge(record(0, 5)), "stale");
    store.expire(1_000);
    assert.equal(store.size, 0);
    // The tombstone is forgotten; the owner's next record, of whatever key, says that 5 is void.
    putAll(store, [record(0, 9, { key: idOfKey("l"), floor: 9 })]);
    assert.equal(store.judge(record(0, 5)), "stale");
    assert.equal(store.judge(record(0, 10)), "fresh");
  });

  it("never keeps more than its limits, and always has room for what replaces", () => {
    const limits = { recordsMax: 4, recordsPerOwnerMax: 3, recordsPerKeyMax: 2 };
    const store = new RecordStore(limits);
    putAll(store, [record(0, 1), record(0, 2, { slot: 1 })]);
    assert.equal(store.judge(record(1, 1)), "full");
    const other = { key: idOfKey("l") };
    putAll(store, [record(0, 3, { ...other, slot: 2 })]);
    assert.equal(store.judge(record(0, 4, { ...other, slot: 3 })), "full");
    putAll(store, [record(1, 1, other)]);
    assert.equal(store.judge(record(2, 1, { key: idOfKey("m") })), "full");
    assert.equal(store.judge(record(0, 9)), "fresh");
    store.dropOwner(record(0, 1).ownerId);
    assert.equal(store.size, 1);
  });

  it("a record expires when it is due, however often it was renewed, and leaves nothing behind", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
        (gaps) => {
          const store = new RecordStore(LIMITS);
          let nowMs = 0;
          for (const [index, gapMs] of gaps.entries()) {
            nowMs += gapMs;
            store.put(record(0, index + 1), nowMs + 101);
            assert.deepEqual([...store.expire(nowMs + 100)], []);
          }
          assert.deepEqual([...store.expire(nowMs + 101)], [idOfKey("k")]);
          assert.equal(store.nextMs, Number.POSITIVE_INFINITY);
        },
      ),
    );
  });
});

describe("registry: own records", () => {
  it("sequences grow, the floor is never above what is in force, and renewals and tombstones are due in time", () => {
    const steps = fc.array(
      fc.record({
        do: fc.constantFrom("add", "end", "renew", "overtake"),
        number: fc.nat(5),
        gapMs: fc.nat(4_000),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (plan) => {
        const own = new OwnRecords(10);
        own.begin(1_000);
        let [nowMs, last] = [0, 1_000];
        const inForce = new Map<number, number>();
        for (const step of plan) {
          nowMs += step.gapMs;
          const facts = [];
          if (step.do === "add") facts.push(own.add(idOfKey("k"), "v", nowMs + 3_000));
          else if (step.do === "end") facts.push(own.end(step.number, nowMs));
          else if (step.do === "renew") facts.push(...own.due(nowMs, () => nowMs + 3_000));
          else facts.push(...own.overtake(last + step.number));
          for (const each of facts) {
            if (each === undefined) continue;
            assert(each.sequence > last);
            last = each.sequence;
            inForce.set(each.slot, each.sequence);
            if (each.isTombstone) inForce.delete(each.slot);
            for (const sequence of inForce.values()) assert(each.floor <= sequence);
          }
        }
      }),
    );
  });

  it("what an earlier life said is buried", () => {
    const own = new OwnRecords(10);
    own.begin(1);
    const facts = own.bury({ key: idOfKey("k"), slot: 7, sequence: 99 }, 0);
    assert.deepEqual([facts.isTombstone, facts.slot, facts.sequence > 99], [true, 7, true]);
    assert.equal(own.add(idOfKey("k"), "v", 1).slot, 8);
  });
});

describe("registry: signed records", () => {
  it("hold for their network and their bytes alone", () => {
    const [owner] = OWNERS;
    const signed = record(0, 1);
    assert(isAuthentic(owner!, 1, signed));
    assert(!isAuthentic(owner!, 2, signed));
    for (let place = 0; place < signed.bytes.length; place += 1) {
      const bytes = Uint8Array.from(signed.bytes);
      bytes[place]! ^= 1;
      assert(!isAuthentic(owner!, 1, { ...signed, bytes }), `byte ${place}`);
    }
  });
});

describe("registry: leases, outbox, agenda, limits, tokens, round trips", () => {
  it("leases end in time, are bounded, and leave nothing behind", () => {
    const leases = new LeaseTable({ leasesMax: 3, leasesPerAddressMax: 2 });
    assert(leases.grant("k", "a", 10) && leases.grant("l", "a", 10) && leases.grant("k", "b", 20));
    assert(!leases.grant("m", "a", 10) && !leases.grant("m", "c", 10));
    assert(leases.grant("k", "a", 30));
    leases.expire(10);
    assert.deepEqual([leases.size, leases.has("l", "a"), leases.has("k", "a")], [2, false, true]);
    leases.drop("a");
    assert.deepEqual([...leases.addressesOf("k")], ["b"]);
    for (let round = 0; round < 1_000; round += 1) {
      leases.grant("z", "z", 1_000_000 + round);
      leases.release("z", "z");
    }
    leases.expire(1_000_000);
    assert.deepEqual([leases.size, leases.counts], [0, []]);
  });

  it("the outbox brings each parcel once, a changed one again, never more than its window", () => {
    const outbox = new Outbox(10);
    const parcel = (place: string) => ({ key: "k", place, attempt: 0 });
    for (const place of ["1", "2", "3", "2"]) outbox.add("a", parcel(place));
    assert.equal(outbox.waitingCount, 3);
    let taken = 0;
    const two = () => ((taken += 1) <= 2 ? "yes" : "no");
    assert.deepEqual(
      outbox.take("a", two).map(({ place }) => place),
      ["1", "2"],
    );
    outbox.add("a", parcel("1"));
    assert.deepEqual(
      outbox.take("a", () => "yes").map(({ place }) => place),
      ["3", "1"],
    );
    for (let round = 0; round < 4; round += 1) {
      outbox.add("a", parcel("9"));
      if (outbox.nextReady !== undefined) outbox.take("a", () => "yes");
    }
    assert.equal(outbox.nextReady, undefined);
    assert.equal(outbox.waitingCount, 1);
    outbox.landed("a");
    assert.equal(outbox.nextReady, "a");
    outbox.take("a", () => "void");
    for (let round = 0; round < 4; round += 1) outbox.landed("a");
    assert(outbox.isEmpty);
    for (let count = 0; count < 20; count += 1) outbox.add("b", parcel(String(count)));
    assert.deepEqual([outbox.waitingCount, outbox.droppedCount], [10, 10]);
    outbox.drop("b");
    assert.deepEqual([outbox.isEmpty, outbox.waitingCount], [true, 0]);
  });

  it("the agenda hands things out in the order in which they are due", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), (dues) => {
        const agenda = new Agenda<number>();
        for (const [index, dueMs] of dues.entries()) agenda.add(dueMs, index);
        const expected = dues
          .map((dueMs, index) => ({ dueMs, index }))
          .sort((one, other) => one.dueMs - other.dueMs || one.index - other.index);
        for (const { dueMs, index } of expected) {
          assert.equal(agenda.nextMs, dueMs);
          assert.equal(agenda.take(dueMs - 1), undefined);
          assert.equal(agenda.take(50), index);
        }
        assert.equal(agenda.size, 0);
      }),
    );
  });

  it("a host makes as much work as it may, and no more; others are not touched by it", () => {
    const limits = new HostLimits(10);
    let allowed = 0;
    for (let count = 0; count < 100; count += 1) if (limits.allows("a", 1, 0)) allowed += 1;
    assert.equal(allowed, 20);
    assert(limits.allows("b", 1, 0));
    assert(!limits.allows("a", 1, 50));
    assert(limits.allows("a", 1, 150));
    limits.charge("a", 1_000, 150);
    assert(!limits.allows("a", 1, 1_500));
    assert(limits.allows("a", 1, 2_500));
  });

  it("a token is good for its address, for one period at least and two at most", () => {
    const tokens = new Tokens(new Uint8Array(32).fill(7));
    const token = tokens.grantFor("a:1", 299_999);
    assert(tokens.isGood("a:1", token, 300_000));
    assert(tokens.isGood("a:1", token, 599_999));
    assert(!tokens.isGood("a:1", token, 600_000));
    assert(!tokens.isGood("a:2", token, 300_000));
    assert(!tokens.isGood("a:1", new Uint8Array(8), 300_000));
    assert(!new Tokens(new Uint8Array(32)).isGood("a:1", token, 300_000));
  });

  it("timeouts follow the round trips and grow with each attempt", () => {
    const trip = new RoundTrip();
    assert.equal(trip.timeoutMs(0), 50);
    for (let count = 0; count < 50; count += 1) trip.measured(2);
    assert.equal(trip.timeoutMs(0), 20);
    assert.equal(trip.timeoutMs(1), 30);
    for (let count = 0; count < 50; count += 1) trip.measured(200);
    assert(trip.timeoutMs(0) >= 200 && trip.timeoutMs(9) === 500);
  });
});

describe("registry: lookups", () => {
  it("find the k closest of all, with at most alpha requests at a time, although some are silent", () => {
    const networks = fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      silent: fc.uniqueArray(fc.integer({ min: 2, max: 60 }), { maxLength: 15 }),
      target: ids,
      lots: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(networks, ({ count, silent, target, lots }) => {
        const all = Array.from({ length: count }, (_, index) => contactOf(index + 1));
        const isSilent = (id: string): boolean =>
          silent.some((number) => all[number - 1]?.id === id);
        const nearest = (to: string, many: number): Contact[] =>
          [...all].sort((one, other) => compareDistance(to, one.id, other.id)).slice(0, many);
        const lookup = new Lookup(target, all.slice(0, 1), 8, 3);
        const open: Contact[] = [];
        while (!lookup.isDone) {
          open.push(...lookup.next());
          assert(open.length > 0 && open.length <= 3);
          const [answering]: (Contact | undefined)[] = open.splice(
            lots.next().value % open.length,
            1,
          );
          if (isSilent(answering!.id)) lookup.failed(answering!.id);
          else lookup.answered(answering!.id, nearest(target, 8 + silent.length));
        }
        const expected = nearest(target, 60)
          .filter(({ id }) => !isSilent(id))
          .slice(0, 8);
        assert.deepEqual(lookup.result, expected);
      }),
    );
  });
});
