// Goal: partitions heal, the dead take their values along, copies stay k, a board that forgot its clock is heard.
// Method: boards in the simulator; membership is told to them by the test, as it would be.
// Seed: as in each test's name, else 1.
import assert from "node:assert/strict";
import { openSwitchboard } from "../core/switchboard.ts";
import { Cluster, namesOf, TestBoard } from "./cluster.fixture.ts";
import { History } from "./history.fixture.ts";

describe("the registry under faults", function () {
  this.timeout(120_000);

  it("drops what a dead board said at once, on all boards, when membership tells", async () => {
    const cluster = new Cluster(1);
    const boards = await cluster.start(...namesOf(20));
    for (const board of boards) board.listen("k");
    boards[3]!.dht.publish("k", "mortal");
    boards[4]!.dht.publish("k", "other");
    await cluster.sim.runFor(2_000);
    await cluster.kill("b3");
    for (const { told, name } of boards)
      if (name !== "b3") assert.deepEqual(told.get("k"), ["other"]);
    assert.deepEqual(cluster.copiesOf("mortal"), []);
    // Nobody brings it back.
    await cluster.sim.runFor(60_000);
    assert.deepEqual(cluster.copiesOf("mortal"), []);
  });

  for (const lossRate of [0, 0.3])
    it(`keeps eight copies of every value while boards die and join, with ${100 * lossRate} % loss`, async () => {
      const cluster = new Cluster(2, {}, { lossRate });
      const boards = await cluster.start(...namesOf(24));
      for (let value = 0; value < 20; value += 1) boards[0]!.dht.publish(`k${value}`, `v${value}`);
      await cluster.sim.runFor(3_000);
      for (let round = 1; round < 12; round += 1) {
        await cluster.kill(`b${round}`);
        if (round % 3 === 0) await cluster.start(`new${round}`);
        const whole = (): boolean =>
          Array.from({ length: 20 }, (_, value) => cluster.copiesOf(`v${value}`)).every(
            (names) => names.length >= 8 && names.includes("b0"),
          );
        await cluster.sim.runFor(50);
        let waitedMs = 50;
        for (; !whole() && waitedMs < 3_000; waitedMs += 50) await cluster.sim.runFor(50);
        assert(whole(), `round ${round}: fewer than eight copies after ${waitedMs} ms`);
      }
    });

  it("a newcomer has what it is to keep within 20 ms: owners bring it, and wait for no comparison", async () => {
    const cluster = new Cluster(4);
    const boards = await cluster.start("a", "b", "c");
    for (const { dht, name } of boards) dht.publish("k", name);
    await cluster.sim.runFor(2_000);
    for (const newcomer of ["d", "e", "f"]) {
      await cluster.start(newcomer);
      await cluster.sim.runFor(20);
      for (const { name } of boards) assert(cluster.copiesOf(name).includes(newcomer));
    }
  });

  it("brings values to the right boards: the eight closest, and those who listen", async () => {
    const cluster = new Cluster(3);
    const boards = await cluster.start(...namesOf(40));
    boards[0]!.dht.publish("k", "v");
    boards[1]!.listen("k");
    await cluster.sim.runFor(30_000);
    const keepers = boards.filter(({ dht }) => dht.inspect().keys.some(({ isKeeper }) => isKeeper));
    assert.equal(keepers.length, 8);
    const names = new Set([...keepers.map(({ name }) => name), "b0", "b1"]);
    assert.deepEqual(new Set(cluster.copiesOf("v")), names);
  });

  for (let seed = 1; seed <= 5; seed += 1)
    it(`is whole again within 5 s after a partition (seed ${seed})`, async () => {
      const cluster = new Cluster(seed, {}, { lossRate: 0.1 });
      const history = new History(cluster, seed, {
        ...{ boardCount: 12, keyCount: 4, stepCount: 60, churns: false },
      });
      await history.play();
      const boards = [...cluster.boards.values()];
      const [one, other] = [boards.slice(0, 7), boards.slice(7)];
      const across = (tell: (from: TestBoard, to: TestBoard) => void): void => {
        for (const from of one)
          for (const to of other) {
            tell(from, to);
            tell(to, from);
          }
      };
      cluster.sim.partition(
        one.map(({ name }) => name),
        other.map(({ name }) => name),
      );
      await cluster.sim.runFor(1_500);
      across((from, to) => to.dht.removeContact(from.contact));
      for (const [index, board] of boards.entries()) {
        board.dht.publish("k0", `in the dark ${index}`);
        history.truth.publish(board.name, "k0", `in the dark ${index}`);
        if (index % 2 === 0) board.dht.publish("k1", "gone again")();
      }
      await cluster.sim.runFor(20_000);
      for (const board of one) {
        const told = board.told.get("k0") ?? [];
        assert(!told.includes("in the dark 9"), "heard across the partition");
      }
      cluster.sim.heal();
      across((from, to) => to.dht.addContact(from.contact));
      const tookMs = await cluster.until(() => history.wrong.length === 0, 5_000);
      assert(tookMs !== undefined, history.wrong.join("\n"));
    });

  it("values live on by renewal, for hours, and expire when their owner is silent", async () => {
    const cluster = new Cluster(1, { ttlS: 30 }, { lossRate: 0.3 });
    const [a, b, c] = await cluster.start("a", "b", "c");
    b!.listen("k");
    a!.dht.publish("k", "v");
    c!.dht.publish("k", "w");
    let changeCount = 0;
    b!.dht.listen("k", () => (changeCount += 1));
    await cluster.sim.runFor(5_000);
    changeCount = 0;
    await cluster.sim.runFor(3_600_000);
    assert.deepEqual([b!.told.get("k"), changeCount], [["v", "w"], 0]);
    // Nobody tells of it: expiry does.
    cluster.sim.host("a").powerOff();
    await cluster.sim.runFor(61_000);
    assert.deepEqual(b!.told.get("k"), ["w"]);
  });

  it("a goodbye takes the board's values away and hands on what it kept", async () => {
    const cluster = new Cluster(1);
    const boards = await cluster.start(...namesOf(12));
    boards[0]!.listen("k");
    boards[5]!.dht.publish("k", "leaving");
    boards[6]!.dht.publish("k", "staying");
    await cluster.sim.runFor(2_000);
    const stopped = boards[5]!.stop();
    await cluster.sim.runFor(300);
    await stopped;
    assert.deepEqual(boards[0]!.told.get("k"), ["staying"]);
  });

  it("a board that comes back with its clock in the past is heard, and its old values are gone", async () => {
    const cluster = new Cluster(1);
    const [a, b] = await cluster.start("a", "b", "c");
    for (const key of ["k", "l"]) b!.listen(key);
    a!.dht.publish("k", "old");
    a!.dht.publish("l", "old too");
    await cluster.sim.runFor(2_000);
    cluster.sim.host("a").powerOff();
    const world = cluster.sim.host("a").openWorld("agent");
    const port = await openSwitchboard(world.lan, 4000);
    // 1970, as a board without a battery has it; the rest is the same clock.
    const clock = Object.assign(Object.create(world.clock) as typeof world.clock, {
      monotonicMs: () => world.clock.monotonicMs(),
      utcUs: () => 1_000_000,
      sleep: (durationMs: number, signal: AbortSignal) => world.clock.sleep(durationMs, signal),
    });
    const place = { name: "a", world: { ...world, clock }, port };
    const again = new TestBoard(cluster.sim, place, {});
    for (const name of ["b", "c"]) again.dht.addContact(cluster.board(name).contact);
    again.dht.publish("k", "new");
    await cluster.sim.runFor(1_000);
    assert.deepEqual(b!.told.get("k"), ["new"]);
    await cluster.sim.runFor(30_000);
    assert.deepEqual(b!.told.get("l"), []);
  });

  it("listeners and owners on one board need no network", async () => {
    const cluster = new Cluster(1);
    const [a] = await cluster.start("a", "b");
    cluster.sim.unplug("a");
    const told: string[][] = [];
    const stop = a!.dht.listen("k", (values) => told.push(values.map(({ value }) => value)));
    const withdraw = a!.dht.publish("k", "v");
    a!.dht.publish("k", "w");
    withdraw();
    withdraw();
    stop();
    stop();
    a!.dht.publish("k", "x");
    assert.deepEqual(told, [[], ["v"], ["v", "w"], ["w"]]);
    await cluster.sim.runFor(1_000);
  });
});

describe("the registry without membership", function () {
  this.timeout(120_000);

  for (const [count, lossRate] of [
    [2, 0],
    [8, 0.1],
    [32, 0],
    [32, 0.3],
  ] as const)
    it(`${count} boards find each other by one seed, and values by lookups, with ${100 * lossRate} % loss`, async () => {
      const cluster = new Cluster(5, { membersOnly: false }, { lossRate });
      const history = new History(cluster, 5, {
        ...{ boardCount: count, keyCount: 5, stepCount: 60, churns: false },
      });
      await history.play();
      const tookMs = await cluster.until(() => history.wrong.length === 0, 10_000);
      assert(tookMs !== undefined, history.wrong.join("\n"));
    });

  it("get finds what any board has said, over several hops", async () => {
    const cluster = new Cluster(6, { membersOnly: false });
    const boards = await cluster.start(...namesOf(64));
    await cluster.sim.runFor(20_000);
    for (const [index, board] of boards.entries()) board.dht.publish("all", `v${index}`);
    await cluster.sim.runFor(5_000);
    for (const board of [boards[1]!, boards[63]!]) {
      let found: readonly string[] = [];
      void board.dht.get("all").then((values) => (found = values.map(({ value }) => value)));
      await cluster.sim.runFor(5_000);
      assert.deepEqual([...found].sort(), boards.map((_, index) => `v${index}`).sort());
    }
    const { buckets, counters } = boards[63]!.dht.inspect();
    assert(buckets.length > 1 && counters.lookupCount > 0);
  });
});
