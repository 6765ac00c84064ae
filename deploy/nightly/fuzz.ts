import type { Datagram, Lan } from "../../agent/core/lan.ts";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { DhtNode } from "../../agent/dht/dht-node.ts";
import { dhtSettings } from "../../agent/dht/dht-options.ts";
import { anyPacket as anyDhtPacket, fuzzPackets, mutated } from "../../agent/dht/fuzz.ts";
import { encodePacket as encodeDhtPacket } from "../../agent/dht/packet-codec.ts";
import { signAnnouncement } from "../../agent/membership/announcement.ts";
import { Gate } from "../../agent/membership/gate.ts";
import { MEMBERSHIP_TAG } from "../../agent/membership/membership.ts";
import {
  decodePacket,
  encodePacket,
  type Packet,
  type PacketKind,
  type Update,
} from "../../agent/membership/packet.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { SimIdentity } from "../../agent/sim/sim-identity.ts";
import { type Part, type Row, say } from "./report.ts";

/** How much of the inputs each parser gets. */
const SHARES = { decode: 0.35, gate: 0.2, dht: 0.25, node: 0.1, switchboard: 0.1 } as const;
/** Memory that may stay after a parser had its inputs, in bytes: tables that are full, and no more. */
const GROWTH_BYTES_MAX = 32 * 1024 * 1024;
/** So many inputs come from one valid packet. */
const MUTATIONS_COUNT = 16;
const CLUSTER = "fuzz";
const KINDS: readonly PacketKind[] = [
  ...(["hello", "ping", "ack", "ask", "nack", "vouch", "gossip", "compare"] as const),
];

/** Inputs in all, by size. */
export const FUZZ_COUNTS = { small: 40_000, full: 10_000_000 } as const;

/** What one parser made of its inputs. */
interface Fuzzed {
  /** Inputs that were taken for packets all the same. */
  readonly wholeCount: number;
}

/** A membership packet of any kind with anything in it that may be in one, encoded and signed. */
export function anyMembershipPacket(random: SeededRandom, identity: SimIdentity): Uint8Array {
  const upTo = (max: number): number => Math.floor(random.next() * (max + 1));
  const boardId = `board${upTo(50)}`;
  const sender = { boardId, publicKey: identity.publicKey, incarnation: upTo(2 ** 52) };
  const update = (): Update => {
    const order = {
      boardId: `board${upTo(50)}`,
      incarnation: upTo(2 ** 52),
      revision: upTo(2 ** 31),
    };
    if (random.next() < 0.5) return { kind: random.next() < 0.5 ? "suspect" : "dead", ...order };
    const addresses = Array.from({ length: 1 + upTo(3) }, (_, index) => `10.0.0.${index}:7`);
    return signAnnouncement(
      {
        ...{ ...order, publicKey: identity.publicKey, isLeaving: random.next() < 0.2 },
        ...{ addresses, meta: random.bytes(upTo(20)) },
      },
      CLUSTER,
      identity,
    );
  };
  const kind = KINDS[upTo(KINDS.length - 1)] ?? "ping";
  const packet: Packet = {
    ...{ ...sender, kind, sequence: upTo(2 ** 31), wants: random.next() < 0.5 },
    ...{ nonce: upTo(2 ** 31), root: upTo(2 ** 31), target: `board${upTo(50)}` },
    buckets: Array.from({ length: 64 }, () => upTo(2 ** 31)),
    updates: Array.from({ length: upTo(3) }, update),
  };
  return encodePacket(packet, CLUSTER, identity);
}

/** Valid packets with things wrong in them, now and then one that is right, and pure chance. */
function* inputs(
  random: SeededRandom,
  count: number,
  valid: () => Uint8Array,
): Iterable<Uint8Array> {
  let seed = valid();
  for (let number = 0; number < count; number += 1) {
    if (number % MUTATIONS_COUNT === 0) yield (seed = valid());
    else if (number % MUTATIONS_COUNT === 1) yield random.bytes(Math.floor(random.next() * 1_500));
    else yield mutated(random, seed);
  }
}

const FUZZERS: Readonly<
  Record<keyof typeof SHARES, (random: SeededRandom, count: number) => Promise<Fuzzed> | Fuzzed>
> = {
  decode: (random, count) => {
    const identity = new SimIdentity("a");
    let wholeCount = 0;
    for (const input of inputs(random, count, () => anyMembershipPacket(random, identity)))
      if (decodePacket(input) !== undefined) wholeCount += 1;
    return { wholeCount };
  },
  gate: (random, count) => {
    const identities = Array.from({ length: 20 }, (_, index) => new SimIdentity(`k${index}`));
    const one = (): SimIdentity =>
      identities[Math.floor(random.next() * 20)] ?? new SimIdentity("a");
    const own = { boardId: "a", cluster: CLUSTER };
    const gate = new Gate(own, { kind: "open", keyOf: new Map() }, new SimIdentity("a"));
    let nowMs = 0;
    for (const input of inputs(random, count, () => anyMembershipPacket(random, one()))) {
      nowMs += 5;
      gate.judge(input, `10.${Math.floor(random.next() * 60_000)}`, nowMs);
    }
    return { wholeCount: gate.counters.acceptedCount };
  },
  // Those that are whole have to encode to the same bytes again.
  dht: (random, count) => fuzzPackets(random, new SimIdentity("a"), count),
  node: (random, count) => {
    const identity = new SimIdentity("a");
    const settings = dhtSettings({
      ...{ membersOnly: false, recordsMax: 500, leasesMax: 500, hostCostPerSecond: 1_000_000 },
    });
    const secret = random.bytes(32);
    const node = new DhtNode(
      { identity, address: "a:1", random: () => random.next(), secret, send: () => undefined },
      settings,
      { ms: 0, utcMs: 1 },
    );
    let nowMs = 0;
    const { network } = node.board;
    for (const input of inputs(random, count, () => {
      const packet = anyDhtPacket(random, identity);
      const from = "10.0.0.7:1";
      const token = node.board.tokens.grantFor(from, nowMs);
      return encodeDhtPacket(network, { ...packet, token });
    })) {
      nowMs += 1;
      node.receive("10.0.0.7:1", input, nowMs);
      if (node.nextMs <= nowMs) node.tick(nowMs);
    }
    const { receivedCount, malformedCount, foreignCount } = node.board.counters;
    return { wholeCount: receivedCount - malformedCount - foreignCount };
  },
  switchboard: async (random, count) => {
    let receive: (datagram: Datagram) => void = () => undefined;
    const lan: Lan = {
      open: () => Promise.reject(new Error("not here")),
      bind: (receiver) => {
        receive = receiver;
        const close = (): Promise<void> => Promise.resolve();
        return Promise.resolve({
          ...{ address: "a:1", send: () => undefined, [Symbol.asyncDispose]: close },
        });
      },
    };
    const switchboard = await openSwitchboard(lan);
    let wholeCount = 0;
    switchboard.open(MEMBERSHIP_TAG, ({ payload }) => {
      if (decodePacket(payload) !== undefined) wholeCount += 1;
    });
    const [identity, tag] = [new SimIdentity("a"), new TextEncoder().encode(MEMBERSHIP_TAG)];
    const valid = (): Uint8Array =>
      Uint8Array.from([...tag, ...anyMembershipPacket(random, identity)]);
    for (const payload of inputs(random, count, valid))
      receive({ payload, from: "b:1", fromHost: "b", arrivedMs: 0 });
    return { wholeCount };
  },
};

/** Feeds `inputCount` inputs to the parsers of datagrams. @throws whatever a parser throws: a bug. */
export async function nightFuzz(inputCount: number): Promise<Part> {
  const rows: Row[] = [];
  let isGood = true;
  for (const [name, share] of Object.entries(SHARES)) {
    const count = Math.round(inputCount * share);
    say("fuzz", `${count} inputs for ${name}`);
    const before = heapBytes();
    const startCpu = process.cpuUsage();
    const { wholeCount } = await FUZZERS[name as keyof typeof SHARES](
      new SeededRandom(name),
      count,
    );
    const { user, system } = process.cpuUsage(startCpu);
    const grownBytes = heapBytes() - before;
    isGood &&= grownBytes < GROWTH_BYTES_MAX;
    rows.push({
      parser: PARSERS[name as keyof typeof SHARES],
      inputs: count,
      "taken for whole": wholeCount,
      "heap before MB": before / 1e6,
      "after MB": (before + grownBytes) / 1e6,
      "inputs/s cpu": Math.round(count / ((user + system) / 1e6)),
    });
  }
  return {
    title: `fuzz: ${inputCount} inputs, valid packets with things wrong and pure chance`,
    rows,
    isGood,
    goal: "nothing throws, no memory stays but full tables",
  };
}

const PARSERS: Readonly<Record<keyof typeof SHARES, string>> = {
  decode: "membership, decoder",
  gate: "membership, gate",
  dht: "DHT, decoder (exact)",
  node: "DHT, whole node",
  switchboard: "switchboard, then decoder",
};

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
