// Goal: whatever a stranger sends, nothing is kept that its owner did not say, nothing grows without end, and others
// are served as before; each refusal is counted.
// Method: mutated packets at the decoder and at a node; a stranger with a key of its own in the simulator.
// Seed: 1 for the fuzzer; 1 for the simulator.
import assert from "node:assert/strict";
import { type Line, openSwitchboard } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { SimIdentity } from "../sim/sim-identity.ts";
import { Cluster, namesOf, type TestBoard } from "./cluster.fixture.ts";
import { DHT_TAG, Dht } from "./dht.ts";
import { DhtNode } from "./dht-node.ts";
import { dhtSettings } from "./dht-options.ts";
import { anyPacket, fuzzPackets, mutated } from "./fuzz.ts";
import { idOfKey, idOfPublicKey } from "./ids.ts";
import { snapshotOf } from "./inspect.ts";
import type { Packet, RequestBody } from "./packet.ts";
import { decodePacket, encodePacket } from "./packet-codec.ts";
import { type RecordFacts, signRecord } from "./signed-record.ts";

describe("registry packets", function () {
  this.timeout(120_000);

  it("arrive as they were", () => {
    const [random, identity] = [new SeededRandom("1"), new SimIdentity("a")];
    for (let count = 0; count < 2_000; count += 1) {
      const packet = anyPacket(random, identity);
      const bytes = encodePacket(1, packet);
      assert.deepEqual(decodePacket(1, bytes), packet);
      assert.equal(decodePacket(2, bytes), "network");
      const newer = Uint8Array.from(bytes);
      newer[0] = 2;
      assert.equal(decodePacket(1, newer), "version");
      assert.equal(decodePacket(1, bytes.subarray(0, -1)), "malformed");
      assert.equal(decodePacket(1, Uint8Array.from([...bytes, 0])), "malformed");
    }
  });

  it("that are damaged are refused, or are other packets, exactly", () => {
    const { inputCount, wholeCount } = fuzzPackets(
      new SeededRandom("1"),
      new SimIdentity("a"),
      30_000,
    );
    assert(wholeCount > 100 && wholeCount < inputCount / 2, `${wholeCount} of ${inputCount}`);
  });

  it("of any kind, damaged or not, do a node no harm, and its tables keep their limits", () => {
    const [random, identity] = [new SeededRandom("1"), new SimIdentity("a")];
    const sent: Uint8Array[] = [];
    const limits = { recordsMax: 50, leasesMax: 50, hostCostPerSecond: 1_000_000, cluster: "" };
    const parts = {
      identity,
      address: "a:1",
      random: () => random.next(),
      secret: random.bytes(32),
    };
    const send = (_: string, payload: Uint8Array): number => sent.push(payload);
    const settings = dhtSettings({ ...limits, membersOnly: false, seeds: ["s:1"] });
    const node = new DhtNode({ ...parts, send }, settings, { ms: 0, utcMs: 1 });
    const { network, tokens } = node.board;
    for (let count = 0; count < 20_000; count += 1) {
      const from = `h${count % 50}:${count % 7}`;
      const token = tokens.grantFor(from, count);
      const bytes = encodePacket(network, { ...anyPacket(random, identity), token });
      node.receive(from, random.next() < 0.5 ? bytes : mutated(random, bytes), count);
      if (count % 10 === 0) node.tick(count);
      sent.length = 0;
    }
    const { counters, keys } = snapshotOf(node, 20_000);
    assert(counters.malformedCount > 1_000 && counters.recordCount <= 50);
    assert(node.board.leases.size <= 50 && keys.length <= 50);
  });
});

/** Somebody with a key of its own whom membership does not know. */
class Stranger {
  readonly world: World;
  readonly line: Line;
  readonly heard: Packet[] = [];
  readonly #cluster: Cluster;
  readonly #network: number;
  #token = new Uint8Array(8);

  private constructor(
    cluster: Cluster,
    world: World,
    open: (receive: (payload: Uint8Array) => void) => Line,
  ) {
    this.#cluster = cluster;
    this.world = world;
    this.#network = networkOf(cluster);
    this.line = open((payload) => {
      const packet = decodePacket(this.#network, payload);
      if (typeof packet === "string") return;
      this.heard.push(packet);
      this.#token = Uint8Array.from(packet.grant);
    });
  }

  static async in(cluster: Cluster, host = "evil", udpPort = 4000): Promise<Stranger> {
    const world = cluster.sim.host(host).openWorld(`agent ${udpPort}`);
    const port = await openSwitchboard(world.lan, udpPort);
    return new Stranger(cluster, world, (receive) =>
      port.open(DHT_TAG, ({ payload }) => receive(payload)),
    );
  }

  send(to: TestBoard, body: Packet["body"], token = this.#token): void {
    const grant = new Uint8Array(8);
    const packet = { requestId: 1, attempt: 0, token, grant, body };
    this.line.send(to.port.address, encodePacket(this.#network, packet));
  }

  /** Sends twice: the first time for the token. */
  async ask(to: TestBoard, body: RequestBody): Promise<Packet["body"] | undefined> {
    for (let count = 0; count < 2; count += 1) {
      this.send(to, body);
      await this.#cluster.sim.runFor(5);
    }
    return this.heard.at(-1)?.body;
  }

  sign(facts: Partial<RecordFacts>, identity = this.world.identity): ReturnType<typeof signRecord> {
    return signRecord(identity, this.#network, {
      ...{ key: idOfKey("k"), slot: 0, sequence: 2 ** 47, floor: 0, ttlS: 300 },
      ...{ isTombstone: false, value: "evil", ...facts },
    });
  }
}

function networkOf(cluster: Cluster): number {
  const [board] = [...cluster.boards.values()];
  const parts = { identity: board!.world.identity, address: "x:1", random: () => 0 };
  const rest = { send: () => undefined, secret: new Uint8Array(32) };
  return new DhtNode({ ...parts, ...rest }, dhtSettings({}), { ms: 0, utcMs: 0 }).board.network;
}

describe("the registry and a stranger", function () {
  this.timeout(120_000);

  async function scene(): Promise<{ cluster: Cluster; boards: TestBoard[]; evil: Stranger }> {
    const cluster = new Cluster(1);
    const boards = await cluster.start(...namesOf(4));
    for (const board of boards) board.listen("k");
    boards[0]!.dht.publish("k", "good");
    await cluster.sim.runFor(1_000);
    return { cluster, boards, evil: await Stranger.in(cluster) };
  }

  const store = (record: ReturnType<typeof signRecord>): RequestBody => ({
    kind: "store",
    records: [{ record, remainingMs: 300_000 }],
  });

  it("without a token gets one, and nothing else: no longer than what it sent", async () => {
    const { cluster, boards, evil } = await scene();
    for (const body of [
      store(evil.sign({})),
      { kind: "get", key: idOfKey("k"), from: "0".repeat(24) },
      { kind: "listen", mode: "lease", keys: [{ key: idOfKey("k"), digest: "0".repeat(16) }] },
      {
        kind: "find",
        target: idOfKey("k"),
        publicKey: new Uint8Array(32),
        to: boards[1]!.port.address,
      },
    ] as const) {
      evil.send(boards[1]!, body, new Uint8Array(8));
      await cluster.sim.runFor(5);
      assert.deepEqual(evil.heard.at(-1)?.body, { kind: "denied" });
    }
    const { deniedCount, leaseCount } = boards[1]!.dht.inspect().counters;
    // Four of ours, besides those of boards that met.
    assert(deniedCount >= 4 && leaseCount === 3);
  });

  it("cannot own a value while membership does not know it, nor speak for another", async () => {
    const { cluster, boards, evil } = await scene();
    const [target] = boards;
    const before = target!.dht.inspect().counters;
    assert.deepEqual(await evil.ask(target!, store(evil.sign({}))), {
      ...{ kind: "stored", results: ["foreign"], newer: [] },
    });
    const forged = evil.sign({}, boards[1]!.world.identity);
    forged.bytes[forged.bytes.length - 1]! ^= 1;
    assert.deepEqual(await evil.ask(target!, store(forged)), {
      ...{ kind: "stored", results: ["foreign"], newer: [] },
    });
    const after = target!.dht.inspect().counters;
    assert.equal(after.unwantedCount - before.unwantedCount, 1);
    assert(after.forgedCount - before.forgedCount >= 1);
    await cluster.sim.runFor(30_000);
    for (const { told } of boards) assert.deepEqual(told.get("k"), ["good"]);
  });

  it("cannot bring back what an owner has withdrawn, not even when the tombstone is forgotten", async () => {
    const cluster = new Cluster(1, { ttlS: 20 });
    const boards = await cluster.start(...namesOf(3));
    for (const board of boards) board.listen("k");
    const withdraw = boards[0]!.dht.publish("k", "old");
    boards[0]!.dht.publish("other", "stays");
    await cluster.sim.runFor(1_000);
    const evil = await Stranger.in(cluster);
    const answer = await evil.ask(boards[1]!, {
      kind: "get",
      key: idOfKey("k"),
      from: "0".repeat(24),
    });
    assert(answer?.kind === "values");
    const recorded = answer.records[0]!.record;
    assert.equal(recorded.value, "old");
    withdraw();
    await cluster.sim.runFor(1_000);
    const results: unknown[] = [];
    for (const waitMs of [0, 10_000, 60_000, 600_000]) {
      await cluster.sim.runFor(waitMs);
      for (const board of boards.slice(1)) {
        const said = await evil.ask(board, store(recorded));
        results.push(said?.kind === "stored" ? said.results[0] : undefined);
        assert.deepEqual(board.told.get("k"), []);
      }
    }
    assert.deepEqual(results, new Array(8).fill("stale"));
    assert(boards[1]!.dht.inspect().counters.staleCount >= 4);
  });

  it("that floods is not heard any more, while others are served in the same milliseconds", async () => {
    const { cluster, boards, evil } = await scene();
    const noise = new Uint8Array(600).fill(1);
    const request = encodePacket(networkOf(cluster), {
      ...{ requestId: 1, attempt: 0, token: new Uint8Array(8), grant: new Uint8Array(8) },
      body: { kind: "get", key: idOfKey("k"), from: "0".repeat(24) },
    });
    const sentBytes = boards[1]!.dht.inspect().counters.sentBytes;
    for (let millisecond = 0; millisecond < 1_000; millisecond += 1) {
      for (let count = 0; count < 20; count += 1)
        evil.line.send(boards[1]!.port.address, count % 2 === 0 ? noise : request);
      await cluster.sim.runFor(1);
      if (millisecond === 500) boards[2]!.dht.publish("k", "during");
      if (millisecond === 510) assert.deepEqual(boards[1]!.told.get("k"), ["during", "good"]);
    }
    const { counters } = boards[1]!.dht.inspect();
    // Twice the second's worth at once, and then a second's worth.
    assert(counters.limitedCount > 5_000, String(counters.limitedCount));
    assert(counters.malformedCount + counters.foreignCount > 1_000);
    // Denials alone, and what goes to the other boards.
    assert(counters.sentBytes - sentBytes < 400_000, String(counters.sentBytes - sentBytes));
  });

  it("fills no board: owners, keys, leases and hosts have their limits", async () => {
    const cluster = new Cluster(1, {
      membersOnly: false,
      recordsPerOwnerMax: 20,
      recordsPerKeyMax: 30,
      recordsMax: 100,
      leasesPerAddressMax: 40,
    });
    const [board] = await cluster.start("a");
    const evil = await Stranger.in(cluster);
    await evil.ask(board!, store(evil.sign({ sequence: 1 })));
    for (let owner = 0; owner < 20; owner += 1)
      for (let slot = 0; slot < 30; slot += 1) {
        const identity = new SimIdentity(`evil ${owner}`);
        const key = idOfKey(`${owner % 7}`);
        evil.send(board!, store(evil.sign({ key, slot, sequence: 1 }, identity)));
        const keys = [{ key: idOfKey(`${owner} ${slot}`), digest: "0".repeat(16) }];
        evil.send(board!, { kind: "listen", mode: "lease", keys });
        await cluster.sim.runFor(2);
      }
    const { keys, counters } = board!.dht.inspect();
    assert(counters.recordCount <= 100 && counters.leaseCount <= 40);
    for (const { records } of keys) {
      assert(records.length <= 30);
      for (const { ownerId } of records)
        assert(records.filter((each) => each.ownerId === ownerId).length <= 20);
    }
    assert(counters.fullCount > 400);
  });

  it("with many keys on one host comes into no bucket more than twice", async () => {
    const cluster = new Cluster(1, { membersOnly: false });
    const [board] = await cluster.start("a", "b", "c");
    const names = Array.from({ length: 30 }, (_, index) => index);
    for (const index of names) {
      // A board of the same program, with a key of its own, beside the others on its host.
      const world = cluster.sim.host("evil").openWorld(`agent ${index}`);
      const port = await openSwitchboard(world.lan, 5000 + index);
      const identity = new SimIdentity(`sybil ${index}`);
      const options = { membersOnly: false, seeds: [board!.port.address] };
      void new Dht({ ...world, identity, port }, options).run(new AbortController().signal);
    }
    await cluster.sim.runFor(20_000);
    const { buckets, counters } = board!.dht.inspect();
    const sybils = buckets.map(
      ({ contacts }) => contacts.filter(({ address }) => address.startsWith("evil:")).length,
    );
    assert(sybils.some((count) => count > 0) && sybils.every((count) => count <= 2), sybils.join());
    assert(counters.refusedContactCount > 0);
  });

  it("cannot claim a key that it does not have, nor relay somebody else's proof", async () => {
    const cluster = new Cluster(1, { membersOnly: false });
    const boards = await cluster.start("a", "b");
    await cluster.sim.runFor(2_000);
    const evil = await Stranger.in(cluster);
    const { publicKey } = boards[1]!.world.identity;
    const [a, b] = boards;
    const find = {
      kind: "find",
      target: idOfKey("k"),
      publicKey: new SimIdentity("x").publicKey,
    } as const;
    // It is asked to prove itself, and has nothing to prove with.
    await evil.ask(a!, { ...find, to: a!.port.address });
    assert(evil.heard.some(({ body }) => body.kind === "find"));
    await cluster.sim.runFor(5_000);
    assert.equal(a!.dht.inspect().buckets.flatMap(({ contacts }) => contacts).length, 1);
    // A proof of b for another address than its own: b gives none.
    const strayCount = b!.dht.inspect().counters.strayCount;
    const heardCount = evil.heard.length;
    await evil.ask(b!, { ...find, to: "evil:4000" });
    assert.equal(b!.dht.inspect().counters.strayCount, strayCount + 1);
    assert(evil.heard.slice(heardCount).every(({ body }) => body.kind !== "nodes"));
    assert.equal(a!.dht.inspect().buckets[0]?.contacts[0]?.id, idOfPublicKey(publicKey));
  });
});
