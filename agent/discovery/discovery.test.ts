// Goal: boards find each other, know what each provides, and notice who leaves, falls silent or comes back.
// Method: boards in the simulator, with loss, cuts and kills; two boards on real UDP and ZeroMQ.
// Seed: 1 to 20 for loss, else 1.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { eventually, utf8 } from "../core/run-in-world.contract.ts";
import { hasCode } from "../core/store.contract.ts";
import type { World } from "../core/world.ts";
import { NodeRandom } from "../io/node-random.ts";
import { SystemClock } from "../io/system-clock.ts";
import { UdpLan } from "../io/udp-lan.ts";
import { ZmqWire } from "../io/zmq-wire.ts";
import { Simulation } from "../sim/simulation.ts";
import { encodeBeacon } from "./beacon-wire.ts";
import { Discovery, type DiscoveryOptions } from "./discovery.ts";
import { encodeInventory } from "./exchange.ts";

const INTERVAL_MS = 300;
const EXPIRY_MS = 1050;

class Board {
  readonly told: string[] = [];
  readonly discovery: Discovery;
  readonly running: Promise<void>;
  readonly #stop = new AbortController();

  constructor(world: World, name: string, options: Partial<DiscoveryOptions> = {}) {
    const all = { boardId: name, cluster: "c", beaconUdpPort: 7, ...options };
    this.discovery = new Discovery(world, all, (event) => {
      if (event.kind === "joined") this.told.push(`joined ${event.boardId}`);
      if (event.kind === "gone") this.told.push(`${event.why} ${event.boardId}`);
    });
    this.discovery.registry.provide("p", { key: "k", endpoint: `at ${name}` });
    this.running = this.discovery.run(this.#stop.signal);
  }

  /** What this board knows of key `key`. */
  knows(key = "k"): string[] {
    let known: readonly string[] = [];
    this.discovery.registry.require(key, (endpoints) => {
      known = endpoints;
    })();
    return [...known];
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.running;
  }
}

const on = (sim: Simulation, name: string, options?: Partial<DiscoveryOptions>): Board =>
  new Board(sim.host(name).openWorld("agent"), name, options);

describe("discovery in the simulator", function () {
  this.timeout(30_000);
  for (const gapMs of [0, 3, 700, 5000])
    it(`two boards find each other within 2 s, started ${gapMs} ms apart in any order`, async () => {
      for (const [first, second] of [
        ["a", "b"],
        ["b", "a"],
      ] as const) {
        const sim = new Simulation({ seed: 1 });
        const one = on(sim, first);
        await sim.runFor(gapMs);
        const two = on(sim, second);
        await sim.runFor(2000);
        for (const board of [one, two]) assert.deepEqual(board.knows(), ["at a", "at b"]);
        assert.deepEqual(one.told, [`joined ${second}`]);
      }
    });

  it("a newcomer does not wait for an interval: both know within 100 ms", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = on(sim, "a", { intervalMs: 30_000 });
    await sim.runFor(1000);
    const b = on(sim, "b", { intervalMs: 30_000 });
    await sim.runFor(100);
    for (const board of [a, b]) assert.deepEqual(board.knows(), ["at a", "at b"]);
  });

  for (let seed = 1; seed <= 20; seed += 1)
    it(`all know all in spite of loss, repetition and reordering (seed ${seed})`, async () => {
      const network = { lossRate: 0.2, duplicateRate: 0.1, reorderRate: 0.1 };
      const sim = new Simulation({ seed, network });
      const names = ["a", "b", "c", "d", "e"];
      const boards = names.map((name) => on(sim, name));
      await sim.runFor(1500);
      boards[1]?.discovery.registry.provide("q", { key: "k", endpoint: "late" });
      const all = [...names.map((name) => `at ${name}`), "late"].sort().join();
      const know = (): boolean => boards.every((board) => board.knows().join() === all);
      const endUtcUs = sim.utcUs + 60_000_000;
      await sim.runWhile(() => !know() && sim.utcUs < endUtcUs);
      assert(know(), "some board never knew");
    });

  it("a change on one board is known everywhere within 100 ms, also when something is withdrawn", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b, c] = ["a", "b", "c"].map((name) => on(sim, name)) as [Board, Board, Board];
    await sim.runFor(2000);
    a.discovery.registry.provide("q", { key: "new", endpoint: "here" });
    await sim.runFor(100);
    for (const board of [a, b, c]) assert.deepEqual(board.knows("new"), ["here"]);
    a.discovery.registry.withdraw("q");
    await sim.runFor(100);
    for (const board of [a, b, c]) assert.deepEqual(board.knows("new"), []);
    a.discovery.registry.withdraw("p");
    await sim.runFor(100);
    for (const board of [a, b, c]) assert.deepEqual(board.knows(), ["at b", "at c"]);
  });

  it("a goodbye is heard at once, and what the board provided is gone", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [on(sim, "a"), on(sim, "b")];
    await sim.runFor(2000);
    let isClosed = false;
    void b.stop().then(() => (isClosed = true));
    await sim.runFor(100);
    assert.deepEqual(a.told, ["joined b", "left b"]);
    assert.deepEqual(a.knows(), ["at a"]);
    assert(isClosed);
  });

  for (let seed = 1; seed <= 5; seed += 1)
    it(`silence is loss after the expiry and never sooner (seed ${seed})`, async () => {
      const sim = new Simulation({ seed });
      const [a] = [on(sim, "a"), on(sim, "b")];
      await sim.runFor(10_000);
      sim.unplug("b");
      // The last beacon came at most one longest interval ago.
      await sim.runFor(EXPIRY_MS - 1.06 * INTERVAL_MS);
      assert.deepEqual(a.told, ["joined b"]);
      await sim.runFor(2.2 * INTERVAL_MS);
      assert.deepEqual(a.told, ["joined b", "lost b"]);
      assert.deepEqual(a.knows(), ["at a"]);
      sim.plug("b");
      await sim.runFor(2000);
      assert.deepEqual(a.told, ["joined b", "lost b", "joined b"]);
      assert.deepEqual(a.knows(), ["at a", "at b"]);
    });

  it("a new incarnation replaces the one that was killed", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = on(sim, "a");
    const b = on(sim, "b");
    b.discovery.registry.provide("q", { key: "k", endpoint: "only before" });
    await sim.runFor(2000);
    assert.deepEqual(a.knows(), ["at a", "at b", "only before"]);
    sim.host("b").powerOff();
    on(sim, "b");
    await sim.runFor(500);
    assert.deepEqual(a.told, ["joined b", "replaced b", "joined b"]);
    assert.deepEqual(a.knows(), ["at a", "at b"]);
  });

  it("what a new incarnation provides too is never missing in between", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = on(sim, "a");
    on(sim, "b");
    await sim.runFor(2000);
    const told: (readonly string[])[] = [];
    a.discovery.registry.require("k", (endpoints) => told.push(endpoints));
    sim.host("b").powerOff();
    on(sim, "b");
    await sim.runFor(2000);
    assert.deepEqual(a.told, ["joined b", "replaced b", "joined b"]);
    assert.deepEqual(told, [["at a", "at b"]]);
  });

  it("what lingers stays after a loss, for its time and no longer; a goodbye takes it at once", async () => {
    const linger = { keeps: (key: string) => key === "k", durationMs: 20_000 };
    const sim = new Simulation({ seed: 1 });
    const a = on(sim, "a", { linger });
    const b = on(sim, "b");
    b.discovery.registry.provide("q", { key: "other", endpoint: "other b" });
    await sim.runFor(2000);
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(a.knows("other"), ["other b"]);
      sim.unplug("b");
      await sim.runFor(EXPIRY_MS + 15_000);
      assert.equal(a.told.at(-1), "lost b");
      assert.deepEqual([a.knows(), a.knows("other")], [["at a", "at b"], []]);
      sim.plug("b");
      await sim.runFor(10_000);
      assert.deepEqual(a.knows(), ["at a", "at b"]);
    }
    sim.unplug("b");
    await sim.runFor(EXPIRY_MS + 22_000);
    assert.deepEqual(a.knows(), ["at a"]);
    sim.plug("b");
    await sim.runFor(2000);
    assert.deepEqual(a.knows(), ["at a", "at b"]);
    void b.stop();
    await sim.runFor(100);
    assert.deepEqual(a.knows(), ["at a"]);
    sim.unplug("a");
    void a.stop();
    await sim.runFor(100);
  });

  it("boards of another cluster are not heard", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a] = [on(sim, "a"), on(sim, "b", { cluster: "other" })];
    await sim.runFor(5000);
    assert.deepEqual(a.told, []);
    assert.deepEqual(a.knows(), ["at a"]);
  });

  it("a board that beacons but does not answer is asked again, until it does", async () => {
    const sim = new Simulation({ seed: 1 });
    // An expiry longer than all attempts together: the board is never lost in between.
    const options = { expiryMs: 120_000 };
    const a = on(sim, "a", options);
    const b = on(sim, "b", options);
    await sim.runFor(2000);
    b.discovery.registry.provide("q", { key: "new", endpoint: "here" });
    // Cut as soon as its own echo and the other board have the beacon, before anything was asked.
    const heardCount = (): number => sim.counters["datagramsDelivered"] ?? 0;
    const before = heardCount();
    await sim.runWhile(() => heardCount() < before + 2);
    sim.unplug("b");
    await sim.runFor(20_000);
    assert.deepEqual(a.knows("new"), []);
    sim.plug("b");
    await sim.runFor(10_000);
    assert.deepEqual(a.told, ["joined b"]);
    assert.deepEqual(a.knows("new"), ["here"]);
  });

  it("an answer in the name of another board or incarnation is not taken", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = on(sim, "a");
    const world = sim.host("z").openWorld("w");
    let answer = { boardId: "z", incarnation: "old" };
    const server = await world.wire.server(({ reply }) => {
      const providers = [{ key: "k", endpoint: "at z" }];
      reply(encodeInventory({ ...answer, version: 1, providers }));
    });
    const socket = await world.lan.open(7);
    const { endpoint } = server;
    const beacon = { cluster: "c", boardId: "z", incarnation: "new", endpoint, version: 1 };
    const speak = async (): Promise<void> => {
      socket.broadcast(encodeBeacon({ ...beacon, leaving: false }));
      await sim.runFor(1000);
    };
    await speak();
    assert.deepEqual(a.told, ["joined z"]);
    assert.deepEqual(a.knows(), ["at a"]);
    answer = { boardId: "y", incarnation: "new" };
    await speak();
    assert.deepEqual(a.knows(), ["at a"]);
    answer = { boardId: "z", incarnation: "new" };
    await speak();
    assert.deepEqual(a.knows(), ["at a", "at z"]);
  });

  it("a board that answers nonsense, or not at all, costs nobody else anything: nothing begins anew", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [on(sim, "a"), on(sim, "b")];
    let endCount = 0;
    for (const { running } of [a, b]) void running.finally(() => (endCount += 1));
    const { lan, wire } = sim.host("z").openWorld("w");
    const server = await wire.server(({ reply }) => reply(utf8("nonsense")));
    const socket = await lan.open(7);
    const z = { cluster: "c", boardId: "z", incarnation: "one", version: 1, leaving: false };
    for (const endpoint of [server.endpoint, "nowhere", "nowhere"]) {
      socket.broadcast(encodeBeacon({ ...z, endpoint }));
      await sim.runFor(500);
    }
    await server[Symbol.asyncDispose]();
    await sim.runFor(5000);
    assert.equal(endCount, 0);
    assert.deepEqual(
      b.told.filter((line) => !line.endsWith("z")),
      ["joined a"],
    );
    assert.deepEqual(
      a.told.filter((line) => !line.endsWith("z")),
      ["joined b"],
    );
    for (const board of [a, b]) assert.deepEqual(board.knows(), ["at a", "at b"]);
    a.discovery.registry.provide("q", { key: "new", endpoint: "here" });
    await sim.runFor(100);
    assert.deepEqual(b.knows("new"), ["here"], "they go on as before");
  });

  it("noise on the beacons' port harms nobody", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [on(sim, "a"), on(sim, "b")];
    const stranger = await sim.host("z").openWorld("w").lan.open(7);
    for (let count = 0; count < 50; count += 1)
      stranger.broadcast(utf8(count % 2 === 0 ? "HGB1 nonsense" : ""));
    await sim.runFor(2000);
    for (const board of [a, b]) assert.deepEqual(board.knows(), ["at a", "at b"]);
  });

  it("an expiry under three intervals is refused", () => {
    const world = new Simulation({ seed: 1 }).host("a").openWorld("w");
    const options = { boardId: "a", cluster: "c", beaconUdpPort: 7, expiryMs: 899 };
    assert.throws(
      () => new Discovery(world, options, () => undefined),
      hasCode("BEACON_EXPIRY_TOO_SHORT"),
    );
  });
});

describe("discovery on real UDP and ZeroMQ", function () {
  this.timeout(30_000);
  const realWorld = (): World => {
    const clock = new SystemClock();
    const lines = { write: () => undefined };
    const lan = new UdpLan("127.255.255.255");
    // The parts that discovery uses.
    const parts = {
      clock,
      random: new NodeRandom(),
      lan,
      wire: new ZmqWire({ host: "127.0.0.1" }),
    };
    return { ...parts, log: lines } as unknown as World;
  };

  it("two boards find each other, follow changes, and hear a goodbye", async () => {
    const cluster = randomBytes(6).toString("hex");
    const options = { cluster, beaconUdpPort: 25_670, intervalMs: 200 };
    const clock = new SystemClock();
    const a = new Board(realWorld(), "a", options);
    const b = new Board(realWorld(), "b", options);
    await eventually(clock, () => a.knows().length === 2 && b.knows().length === 2);
    b.discovery.registry.provide("q", { key: "new", endpoint: "here" });
    await eventually(clock, () => a.knows("new").length === 1);
    b.discovery.registry.withdraw("q");
    await eventually(clock, () => a.knows("new").length === 0);
    await b.stop();
    await eventually(clock, () => a.told.length === 2);
    assert.deepEqual(a.told, ["joined b", "left b"]);
    assert.deepEqual(a.knows(), ["at a"]);
    await a.stop();
  });
});
