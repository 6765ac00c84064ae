// Goal: what one board says of another does not hurt it, and who stood still blames nobody.
// Method: the rules alone, told packets and times; what they send is kept in a list.
// Seed: none.
import assert from "node:assert/strict";
import { SeededRandom } from "../sim/seeded-random.ts";
import { SimIdentity } from "../sim/sim-identity.ts";
import { type SignedAnnouncement, signAnnouncement } from "./announcement.ts";
import type { MembershipEvent } from "./membership-event.ts";
import { OwnRecord } from "./own-record.ts";
import type { Claim, Packet, PacketBody } from "./packet.ts";
import { claimAbout, Protocol } from "./protocol.ts";
import { OBJECTION_MS, WINDOW_MS } from "./timing.ts";

const announcementOf = (boardId: string, revision = 1): SignedAnnouncement => {
  const identity = new SimIdentity(boardId);
  const { publicKey } = identity;
  const facts = { boardId, publicKey, incarnation: 9, revision, isLeaving: false };
  const rest = { addresses: [`${boardId}:1`], meta: new Uint8Array() };
  return signAnnouncement({ ...facts, ...rest }, "c", identity);
};

/** Board "a", which knows "b" and "liar". */
function boardA(): {
  protocol: Protocol;
  own: OwnRecord;
  told: string[];
  sent: { to: string; body: PacketBody }[];
  hear: (from: string, updates: Packet["updates"], nowMs: number, kind?: Packet["kind"]) => void;
} {
  const identity = new SimIdentity("a");
  const facts = { boardId: "a", cluster: "c", addresses: ["a:1"], meta: new Uint8Array() };
  const own = new OwnRecord(facts, { utcUs: 1e15, chance: 0 }, identity);
  const told: string[] = [];
  const sent: { to: string; body: PacketBody }[] = [];
  const trust = { kind: "open", keyOf: new Map<string, string>() } as const;
  const parts = { identity, random: new SeededRandom("p"), trust, cluster: "c", own };
  const tell = (event: MembershipEvent): void => void told.push(`${event.kind} ${event.boardId}`);
  const send = (to: string, body: PacketBody): void => void sent.push({ to, body });
  const protocol = new Protocol(parts, { send, tell }, 0);
  const hear = (
    from: string,
    updates: Packet["updates"],
    nowMs: number,
    kind: Packet["kind"] = "gossip",
  ): void => {
    const { boardId, publicKey, incarnation } = announcementOf(from);
    const sender = { boardId, publicKey, incarnation, sequence: 1, wants: false, nonce: 0 };
    const packet = { kind, ...sender, root: 1, target: "", buckets: [], updates };
    protocol.heard(packet, { from: `${from}:1`, isBroadcast: false, nowMs });
  };
  for (const name of ["b", "liar"]) hear(name, [announcementOf(name)], 0);
  assert.deepEqual(told.splice(0), ["joined b", "joined liar"]);
  return { protocol, own, told, sent, hear };
}

describe("the rules of membership", () => {
  const dead: Claim = claimAbout(announcementOf("b"), "dead");

  it("nobody is lost on another's word alone, however often it is said, before he could object", () => {
    const { told, hear } = boardA();
    for (let nowMs = 1; nowMs < 490; nowMs += 20) hear("liar", [dead], nowMs);
    assert.deepEqual(told, []);
    hear("b", [announcementOf("b", 2)], 495);
    hear("liar", [dead], 1_000);
    assert.deepEqual(told, []);
  });

  it("a suspicion that is old enough, and a report of death, are a loss; an objection brings him back", () => {
    const { told, hear } = boardA();
    hear("liar", [{ ...dead, kind: "suspect" }], 10);
    hear("liar", [dead], 10 + OBJECTION_MS);
    assert.deepEqual(told.splice(0), ["gone b"]);
    hear("liar", [announcementOf("b")], 700);
    assert.deepEqual(told, []);
    hear("liar", [announcementOf("b", 2)], 701);
    assert.deepEqual(told, ["joined b"]);
  });

  it("a board objects to reports about itself, and only to those about its present word", () => {
    const { own, hear, sent } = boardA();
    const { current } = own;
    hear("liar", [{ ...claimAbout(current, "dead"), revision: 4_000_000_000 }], 1);
    hear("liar", [{ ...claimAbout(current, "dead"), incarnation: 2 ** 52 }], 1);
    assert.equal(own.current, current);
    sent.splice(0);
    hear("liar", [claimAbout(current, "suspect")], 2);
    assert.equal(own.current.revision, current.revision + 1);
    assert(sent.some(({ to, body }) => to === "liar:1" && body.updates?.includes(own.current)));
    // Two boards of one key must not feed on each other.
    for (let count = 0; count < 1_000; count += 1)
      hear("liar", [claimAbout(own.current, "dead")], 3);
    assert(own.current.revision < current.revision + 12);
  });

  it("what somebody else signed in a board's name is no news of it", () => {
    const { told, hear, protocol } = boardA();
    const forged = { ...announcementOf("b", 7), bytes: announcementOf("b", 8).bytes };
    forged.bytes[forged.bytes.length - 1]! ^= 1;
    hear("liar", [forged], 1);
    const stolen = { ...announcementOf("liar", 9), boardId: "b" };
    hear("liar", [stolen], 1);
    assert.deepEqual(told, []);
    const { forgedNewsCount, strangeNewsCount } = protocol.counters;
    assert.deepEqual([forgedNewsCount, strangeNewsCount], [1, 1]);
  });

  it("silence is a loss after the window, unless the board itself stood still", () => {
    for (const stoodStillMs of [0, 1_000]) {
      const { protocol, told, hear } = boardA();
      const gone = (): boolean => told.includes("gone b");
      let nowMs = 0;
      const runUntil = (untilMs: number): void => {
        for (; nowMs <= untilMs; nowMs += 5) {
          protocol.tick(nowMs);
          hear("liar", [], nowMs);
        }
      };
      runUntil(400);
      nowMs += stoodStillMs;
      if (stoodStillMs > 0) protocol.stoodStill(stoodStillMs);
      runUntil(nowMs + 400);
      assert(!gone(), String(stoodStillMs));
      runUntil(nowMs + 2 * WINDOW_MS);
      assert(gone());
    }
  });
});
