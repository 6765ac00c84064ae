// Goal: noise, forgeries, replays, strangers and imposters are refused, each by its name, and decoding never throws.
// Method: packets of a second board, whole and damaged, at the gate of a first one; properties over random bytes.
// Seed: fast-check's own, printed on failure.
import assert from "node:assert/strict";
import fc from "fast-check";
import { hexOf } from "../core/hex.ts";
import { SimIdentity } from "../sim/sim-identity.ts";
import { type Announcement, isGenuine, signAnnouncement } from "./announcement.ts";
import { Gate, type GateCounters } from "./gate.ts";
import {
  decodePacket,
  encodePacket,
  PACKET_BYTES_MAX,
  type Packet,
  updateBytes,
  updateBytesMax,
} from "./packet.ts";
import type { Trust } from "./trust-rule.ts";

const [a, b, eve] = [new SimIdentity("a"), new SimIdentity("b"), new SimIdentity("eve")];
const open = (): Trust => ({ kind: "open", keyOf: new Map() });
const gateOfA = (trust = open()): Gate => new Gate({ boardId: "a", cluster: "c" }, trust, a);

function packet(part: Partial<Packet> = {}): Packet {
  return {
    ...{ kind: "ping", boardId: "b", publicKey: b.publicKey, incarnation: 5, sequence: 100 },
    ...{ wants: false, nonce: 1, root: 2, target: "", buckets: [], updates: [] },
    ...part,
  };
}
const sealed = (part: Partial<Packet> = {}, cluster = "c", identity = b): Uint8Array =>
  encodePacket(packet(part), cluster, identity);

/** The counters that are not 0. */
function counted(gate: Gate): Partial<GateCounters> {
  return Object.fromEntries(Object.entries(gate.counters).filter(([, count]) => count !== 0));
}

describe("the gate of membership", () => {
  it("lets a genuine packet in once, and others of its sender in any order of a window", () => {
    const gate = gateOfA();
    for (const sequence of [100, 98, 163, 101, 132, 131, 102])
      assert.equal(gate.judge(sealed({ sequence }), "b", 0)?.kind, "accepted", String(sequence));
    for (const sequence of [100, 163, 132, 131, 102, 99, 98])
      assert.equal(gate.judge(sealed({ sequence }), "b", 0), undefined, String(sequence));
    assert.deepEqual(counted(gate), { acceptedCount: 7, replayedCount: 7 });
    assert.equal(gate.judge(sealed({ sequence: 1, incarnation: 6 }), "b", 0)?.kind, "accepted");
    assert.equal(gate.judge(sealed({ sequence: 500 }), "b", 0)?.kind, "outdated");
  });

  it("replays are refused whatever was received before", () => {
    const sequences = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 80 });
    fc.assert(
      fc.property(sequences, (list) => {
        const gate = gateOfA();
        const accepted = new Set<number>();
        for (const sequence of list) {
          const isNew = !accepted.has(sequence) && sequence > Math.max(-1, ...accepted) - 64;
          const verdict = gate.judge(sealed({ sequence }), "b", 0);
          assert.equal(verdict?.kind === "accepted", isNew);
          if (isNew) accepted.add(sequence);
        }
      }),
    );
  });

  it("names what it refuses", () => {
    const gate = gateOfA();
    const refuse = (payload: Uint8Array): void =>
      assert.equal(gate.judge(payload, "b", 0), undefined);
    const good = sealed();
    refuse(good.subarray(0, 50));
    refuse(new Uint8Array(PACKET_BYTES_MAX + 1));
    refuse(Uint8Array.from(good, (byte, place) => (place === 0 ? 2 : byte)));
    refuse(sealed({}, "other"));
    refuse(Uint8Array.from(good, (byte, place) => (place === good.length - 65 ? 255 : byte)));
    refuse(sealed({}, "c", eve));
    refuse(sealed({ boardId: "a", publicKey: a.publicKey }, "c", a));
    assert.deepEqual(counted(gate), {
      ...{ malformedCount: 2, oversizedCount: 1, versionCount: 1, foreignClusterCount: 1 },
      ...{ forgedCount: 1, ownCount: 1 },
    });
  });

  it("a name belongs to the first key under open trust, and to the listed one under closed trust", () => {
    const imposter = sealed({ publicKey: eve.publicKey, sequence: 7 }, "c", eve);
    const gate = gateOfA();
    assert.equal(gate.judge(sealed(), "b", 0)?.kind, "accepted");
    assert.equal(gate.judge(imposter, "eve", 0)?.kind, "imposter");
    // Not even a claim of the own name.
    const asUs = sealed({ boardId: "a", publicKey: eve.publicKey }, "c", eve);
    assert.equal(gate.judge(asUs, "eve", 0)?.kind, "imposter");
    assert.deepEqual(counted(gate), { acceptedCount: 1, imposterCount: 2 });
    const closed = gateOfA({ kind: "closed", keyOf: new Map([["b", hexOf(b.publicKey)]]) });
    assert.equal(closed.judge(sealed(), "b", 0)?.kind, "accepted");
    assert.equal(closed.judge(imposter, "eve", 0)?.kind, "imposter");
    assert.equal(closed.judge(sealed({ boardId: "x" }), "b", 0), undefined);
    assert.deepEqual(counted(closed), { acceptedCount: 1, imposterCount: 1, strangerCount: 1 });
  });

  it("a forger neither takes a name nor uses up the numbers of its owner", () => {
    const trust = open();
    const gate = gateOfA(trust);
    gate.judge(sealed({ sequence: 1_000 }, "c", eve), "eve", 0);
    assert.equal(trust.keyOf.size, 0);
    assert.equal(gate.judge(sealed({ sequence: 1 }), "b", 0)?.kind, "accepted");
  });

  it("a host that sends forgeries without end is hardly looked at, and others are", () => {
    let verifiedCount = 0;
    const verify = (...each: Parameters<typeof a.verify>): boolean => {
      verifiedCount += 1;
      return a.verify(...each);
    };
    const identity = { publicKey: a.publicKey, sign: (bytes: Uint8Array) => a.sign(bytes), verify };
    const gate = new Gate({ boardId: "a", cluster: "c" }, open(), identity);
    const forged = sealed({}, "c", eve);
    for (let count = 0; count < 10_000; count += 1) gate.judge(forged, "eve", count / 10);
    assert(verifiedCount < 120, String(verifiedCount));
    assert.equal(gate.judge(sealed(), "b", 1_000)?.kind, "accepted");
    // Invented addresses do not help: together they have a share of their own.
    for (let count = 0; count < 20_000; count += 1) gate.judge(forged, `eve${count}`, 1_000);
    assert(verifiedCount < 3_500, String(verifiedCount));
    assert.equal(gate.judge(sealed({ sequence: 101 }), "b", 1_001)?.kind, "accepted");
  });
});

const texts = fc.string({ minLength: 1, maxLength: 25, unit: "grapheme" });
const numbers = {
  incarnation: fc.maxSafeNat(),
  revision: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
};
const announcements: fc.Arbitrary<Announcement> = fc.record(
  {
    ...numbers,
    boardId: texts,
    publicKey: fc.constant(b.publicKey),
    isLeaving: fc.boolean(),
    addresses: fc.array(fc.string({ minLength: 1, maxLength: 15 }), { minLength: 1, maxLength: 4 }),
    meta: fc.uint8Array({ maxLength: 200 }),
  },
  { noNullPrototype: true },
);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const packets: fc.Arbitrary<Packet> = fc
  .record({
    kind: fc.constantFrom("hello", "ping", "ack", "ask", "nack", "vouch", "gossip", "compare"),
    sequence: u32,
    wants: fc.boolean(),
    nonce: u32,
    root: u32,
    target: texts,
    buckets: fc.array(u32, { minLength: 64, maxLength: 64 }),
    updates: fc.array(
      fc.oneof(
        announcements.map((each) => signAnnouncement(each, "c", b)),
        fc.record(
          { kind: fc.constantFrom("suspect", "dead"), boardId: texts, ...numbers },
          { noNullPrototype: true },
        ),
      ),
      { maxLength: 2 },
    ),
  })
  .map((part) => {
    const hasTarget = ["ask", "nack", "vouch"].includes(part.kind);
    const isCompare = part.kind === "compare";
    return packet({
      ...(part as Partial<Packet>),
      target: hasTarget ? part.target : "",
      buckets: isCompare ? part.buckets : [],
      updates: isCompare ? [] : part.updates,
    });
  })
  .filter(({ updates, target }) => {
    const bytes = updates.reduce((sum, update) => sum + updateBytes(update), 0);
    return bytes <= updateBytesMax("b", target);
  });

describe("packets of membership", function () {
  this.timeout(20_000);
  it("arrive as they were, and so do the announcements in them", () => {
    fc.assert(
      fc.property(packets, (each) => {
        const payload = encodePacket(each, "c", b);
        assert(payload.byteLength <= PACKET_BYTES_MAX);
        const decoded = decodePacket(payload);
        assert.deepEqual(decoded, each);
        for (const update of decoded.updates)
          if ("bytes" in update) {
            assert(isGenuine(update, "c", a));
            assert(!isGenuine(update, "d", a));
          }
      }),
    );
  });

  it("noise decodes to nothing or to something whole, and never throws", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 1_300 }),
      fc
        .tuple(packets, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(80))
        .map(([each, changes, cut]) => {
          const payload = encodePacket(each, "c", b);
          for (const [place, byte] of changes) payload[place % payload.length] = byte;
          return payload.subarray(0, payload.length - (cut > 60 ? cut - 60 : 0));
        }),
    );
    fc.assert(
      fc.property(noise, (payload) => {
        const decoded = decodePacket(payload);
        if (decoded === undefined) return;
        assert.deepEqual(decodePacket(encodePacket(decoded, "c", b)), decoded);
      }),
      { numRuns: 2_000 },
    );
  });
});
