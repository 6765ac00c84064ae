// Goal: boards find each other, know what each provides, and notice who leaves, falls silent or comes back.
// Method: boards in the simulator, with loss, cuts and kills; two boards on real UDP.
// Seed: 1 to 20 for loss, else 1.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, utf8 } from "../core/run-in-world.contract.ts";
import { openSwitchboard, type Switchboard } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import { BoardIdentity } from "../io/board-identity.ts";
import { NodeRandom } from "../io/node-random.ts";
import { SystemClock } from "../io/system-clock.ts";
import { UdpLan } from "../io/udp-lan.ts";
import { Simulation } from "../sim/simulation.ts";
import { Discovery, type DiscoveryOptions } from "./discovery.ts";

/** The longest that a loss takes to be known, in ms. */
const LOST_MS = 2000;

class Board {
  readonly told: string[] = [];
  readonly discovery: Discovery;
  readonly running: Promise<void>;
  readonly #stop = new AbortController();
  readonly #switchboard: Switchboard;

  constructor(
    world: World,
    name: string,
    switchboard: Switchboard,
    options: Partial<DiscoveryOptions>,
  ) {
    this.#switchboard = switchboard;
    const all = { boardId: name, cluster: "c", beaconUdpPort: 7, switchboard, ...options };
    this.discovery = new Discovery(world, all, (event) => {
      if (event.kind === "joined") this.told.push(`joined ${event.boardId}`);
      if (event.kind === "gone") this.told.push(`${event.why} ${event.boardId}`);
    });
    this.discovery.registry.provide("p", { key: "k", endpoint: `at ${name}` });
    this.running = this.discovery.run(this.#stop.signal);
  }

  static async start(
    world: World,
    name: string,
    options: Partial<DiscoveryOptions> = {},
  ): Promise<Board> {
    return new Board(world, name, await openSwitchboard(world.lan), options);
  }

  /** Every list that this board was told of key `key` so far. */
  follow(key = "k"): (readonly string[])[] {
    const told: (readonly string[])[] = [];
    this.discovery.registry.require(key, (endpoints) => told.push(endpoints));
    return told;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.running;
    await this.#switchboard[Symbol.asyncDispose]();
  }
}

const on = (sim: Simulation, name: string, options?: Partial<DiscoveryOptions>): Promise<Board> =>
  Board.start(sim.host(name).openWorld("agent"), name, options);

/** What a board is told last of `key`, asked now; a fresh requirer needs a way to the keepers and back. */
async function knows(sim: Simulation, board: Board, key = "k"): Promise<string[]> {
  const told: (readonly string[])[] = [];
  const undo = board.discovery.registry.require(key, (endpoints) => told.push(endpoints));
  await sim.runFor(50);
  undo();
  return [...(told.at(-1) ?? [])];
}

describe("discovery in the simulator", function () {
  this.timeout(30_000);
  for (const gapMs of [0, 3, 700, 5000])
    it(`two boards find each other at once, started ${gapMs} ms apart in any order`, async () => {
      for (const [first, second] of [
        ["a", "b"],
        ["b", "a"],
      ] as const) {
        const sim = new Simulation({ seed: 1 });
        const one = await on(sim, first);
        const told = one.follow();
        await sim.runFor(gapMs);
        const two = await on(sim, second);
        const alsoTold = two.follow();
        await sim.runFor(50);
        for (const each of [told, alsoTold]) assert.deepEqual(each.at(-1), ["at a", "at b"]);
        assert.deepEqual(one.told, [`joined ${second}`]);
      }
    });

  for (let seed = 1; seed <= 20; seed += 1)
    it(`all know all in spite of loss, repetition and reordering (seed ${seed})`, async () => {
      const network = { lossRate: 0.2, duplicateRate: 0.1, reorderRate: 0.1 };
      const sim = new Simulation({ seed, network });
      const names = ["a", "b", "c", "d", "e"];
      const boards = await Promise.all(names.map((name) => on(sim, name)));
      const told = boards.map((board) => board.follow());
      await sim.runFor(1500);
      boards[1]?.discovery.registry.provide("q", { key: "k", endpoint: "late" });
      const all = [...names.map((name) => `at ${name}`), "late"].sort().join();
      const know = (): boolean => told.every((each) => each.at(-1)?.join() === all);
      const endUtcUs = sim.utcUs + 60_000_000;
      await sim.runWhile(() => !know() && sim.utcUs < endUtcUs);
      assert(know(), "some board never knew");
    });

  it("a change on one board is known everywhere within 50 ms, also when something is withdrawn", async () => {
    const sim = new Simulation({ seed: 1 });
    const boards = await Promise.all(["a", "b", "c"].map((name) => on(sim, name)));
    const { registry } = boards[0]!.discovery;
    const told = boards.map((board) => board.follow("new"));
    const alsoTold = boards.map((board) => board.follow());
    await sim.runFor(2000);
    registry.provide("q", { key: "new", endpoint: "here" });
    await sim.runFor(50);
    for (const each of told) assert.deepEqual(each.at(-1), ["here"]);
    registry.withdraw("q");
    await sim.runFor(50);
    for (const each of told) assert.deepEqual(each.at(-1), []);
    registry.withdraw("p");
    await sim.runFor(50);
    for (const each of alsoTold) assert.deepEqual(each.at(-1), ["at b", "at c"]);
  });

  it("a goodbye is heard at once, and what the board provided is gone", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [await on(sim, "a"), await on(sim, "b")];
    const told = a.follow();
    await sim.runFor(2000);
    let isClosed = false;
    void b.stop().then(() => (isClosed = true));
    await sim.runFor(400);
    assert.deepEqual(a.told, ["joined b", "left b"]);
    assert.deepEqual(told.at(-1), ["at a"]);
    assert(isClosed);
  });

  for (let seed = 1; seed <= 5; seed += 1)
    it(`silence is loss within 2 s, and a second of it is none (seed ${seed})`, async () => {
      const sim = new Simulation({ seed });
      const [a] = [await on(sim, "a"), await on(sim, "b")];
      const told = a.follow();
      await sim.runFor(10_000);
      sim.unplug("b");
      await sim.runFor(1000);
      assert.deepEqual(a.told, ["joined b"]);
      await sim.runFor(LOST_MS - 1000);
      assert.deepEqual(a.told, ["joined b", "lost b"]);
      assert.deepEqual(told.at(-1), ["at a"]);
      sim.plug("b");
      await sim.runFor(5000);
      assert.deepEqual(a.told, ["joined b", "lost b", "joined b"]);
      assert.deepEqual(told.at(-1), ["at a", "at b"]);
    });

  for (let seed = 1; seed <= 2; seed += 1)
    it(`who was asleep, and was taken for dead, is heard and hears again at once (seed ${seed})`, async () => {
      // More boards than keep a key: some own what they do not keep, and would notice nothing by themselves.
      const names = Array.from({ length: 12 }, (_, index) => `b${index}`);
      const sim = new Simulation({ seed });
      const boards = await Promise.all(names.map((name) => on(sim, name)));
      const told = boards.map((board) => board.follow());
      await sim.runFor(5_000);
      const all = names.map((name) => `at ${name}`).sort();
      for (const name of names) {
        sim.host(name).suspend();
        await sim.runFor(1_700);
        sim.host(name).wake();
        await sim.runFor(1_500);
        for (const each of told) assert.deepEqual(each.at(-1), all, name);
        boards[0]!.discovery.registry.provide(name, { key: "k", endpoint: `new ${name}` });
        await sim.runFor(20);
        for (const each of told) assert(each.at(-1)?.includes(`new ${name}`), name);
        boards[0]!.discovery.registry.withdraw(name);
      }
    });

  it("a new incarnation replaces the one that was killed", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = await on(sim, "a");
    const b = await on(sim, "b");
    b.discovery.registry.provide("q", { key: "k", endpoint: "only before" });
    const told = a.follow();
    await sim.runFor(2000);
    assert.deepEqual(told.at(-1), ["at a", "at b", "only before"]);
    sim.host("b").powerOff();
    await on(sim, "b");
    await sim.runFor(500);
    assert.deepEqual(a.told, ["joined b", "replaced b", "joined b"]);
    assert.deepEqual(told.at(-1), ["at a", "at b"]);
  });

  it("what a new incarnation provides too is never missing in between", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = await on(sim, "a");
    await on(sim, "b");
    const told = a.follow();
    await sim.runFor(2000);
    const before = told.length;
    sim.host("b").powerOff();
    await on(sim, "b");
    await sim.runFor(5000);
    assert.deepEqual(a.told, ["joined b", "replaced b", "joined b"]);
    assert.deepEqual(told.slice(before - 1), [["at a", "at b"]]);
  });

  it("what a new incarnation provides no more is gone within 2.5 s", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = await on(sim, "a");
    const b = await on(sim, "b");
    b.discovery.registry.provide("q", { key: "old", endpoint: "only before" });
    const told = a.follow("old");
    await sim.runFor(2000);
    assert.deepEqual(told.at(-1), ["only before"]);
    sim.host("b").powerOff();
    await on(sim, "b");
    await sim.runFor(2500);
    assert.deepEqual(told.at(-1), []);
  });

  it("what lingers stays after a loss, for its time and no longer; a goodbye takes it at once", async () => {
    const linger = { keeps: (key: string) => key === "k", durationMs: 20_000 };
    const sim = new Simulation({ seed: 1 });
    const a = await on(sim, "a", { linger });
    const b = await on(sim, "b");
    b.discovery.registry.provide("q", { key: "other", endpoint: "other b" });
    const [told, others] = [a.follow(), a.follow("other")];
    await sim.runFor(2000);
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(others.at(-1), ["other b"]);
      sim.unplug("b");
      await sim.runFor(15_000);
      assert.equal(a.told.at(-1), "lost b");
      assert.deepEqual([told.at(-1), others.at(-1)], [["at a", "at b"], []]);
      sim.plug("b");
      await sim.runFor(10_000);
      assert.deepEqual(told.at(-1), ["at a", "at b"]);
    }
    sim.unplug("b");
    await sim.runFor(LOST_MS + 20_000);
    assert.deepEqual(told.at(-1), ["at a"]);
    sim.plug("b");
    await sim.runFor(5000);
    assert.deepEqual(told.at(-1), ["at a", "at b"]);
    void b.stop();
    await sim.runFor(400);
    assert.deepEqual(told.at(-1), ["at a"]);
  });

  it("boards of another cluster are not heard", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a] = [await on(sim, "a"), await on(sim, "b", { cluster: "other" })];
    await sim.runFor(5000);
    assert.deepEqual(a.told, []);
    assert.deepEqual(await knows(sim, a), ["at a"]);
  });

  it("ports whose variants differ hear of each other and do not connect; local ones are never said", async () => {
    const placeOf = (key: string) => {
      const [topic = "", variant = ""] = key.split(":");
      return { topic, variant, isLocal: key.startsWith("@") };
    };
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [await on(sim, "a", { placeOf }), await on(sim, "b", { placeOf })];
    for (const key of ["t:1", "t:2", "@here:1"])
      a.discovery.registry.provide("q", { key, endpoint: `a ${key}` });
    const told = ["t:1", "t:2", "t:3", "@here:1"].map((key) => b.follow(key));
    await sim.runFor(2000);
    assert.deepEqual(
      told.map((each) => each.at(-1)),
      [["a t:1"], ["a t:2"], [], []],
    );
    assert.deepEqual(await knows(sim, a, "@here:1"), ["a @here:1"]);
  });

  it("boards that no broadcast reaches are found by one seed", async () => {
    const sim = new Simulation({ seed: 1 });
    const a = await on(sim, "a");
    const seeds = [a.discovery.inspect().address];
    // Another port is as good as another segment.
    const [b, c] = await Promise.all(
      ["b", "c"].map((name, index) => on(sim, name, { seeds, beaconUdpPort: 8 + index })),
    );
    const told = [a, b!, c!].map((board) => board.follow());
    await sim.runFor(2000);
    for (const each of told) assert.deepEqual(each.at(-1), ["at a", "at b", "at c"]);
  });

  it("noise on the beacons' port and on the board's socket harms nobody", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [await on(sim, "a"), await on(sim, "b")];
    const { lan } = sim.host("z").openWorld("w");
    const [broadcast, single] = [await lan.open(7), await lan.bind(() => undefined)];
    for (let count = 0; count < 50; count += 1)
      for (const tag of ["", "HGM1", "HGD1", "none"]) {
        const noise = utf8(`${tag}${count % 2 === 0 ? "nonsense" : ""}`);
        broadcast.broadcast(noise);
        single.send(a.discovery.inspect().address, noise);
      }
    await sim.runFor(2000);
    for (const board of [a, b]) assert.deepEqual(await knows(sim, board), ["at a", "at b"]);
  });
});

describe("discovery on real UDP", function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-discovery-"));
  after(() => rmSync(folder, { recursive: true }));
  const realWorld = (name: string): World => {
    // The parts that discovery uses.
    const parts = {
      clock: new SystemClock(),
      random: new NodeRandom(),
      lan: new UdpLan("127.255.255.255"),
      identity: new BoardIdentity(join(folder, name)),
      log: { write: () => undefined },
    };
    return parts as unknown as World;
  };

  it("two boards find each other, follow changes, and hear a goodbye", async () => {
    const cluster = randomBytes(6).toString("hex");
    const options = { cluster, beaconUdpPort: 25_670 };
    const clock = new SystemClock();
    const a = await Board.start(realWorld("a"), "a", options);
    const b = await Board.start(realWorld("b"), "b", options);
    const [told, alsoTold, changes] = [a.follow(), b.follow(), a.follow("new")];
    await eventually(clock, () => told.at(-1)?.length === 2 && alsoTold.at(-1)?.length === 2);
    b.discovery.registry.provide("q", { key: "new", endpoint: "here" });
    await eventually(clock, () => changes.at(-1)?.length === 1);
    b.discovery.registry.withdraw("q");
    await eventually(clock, () => changes.at(-1)?.length === 0);
    await b.stop();
    await eventually(clock, () => a.told.length === 2);
    assert.deepEqual(a.told, ["joined b", "left b"]);
    assert.deepEqual(told.at(-1), ["at a"]);
    await a.stop();
  });
});
