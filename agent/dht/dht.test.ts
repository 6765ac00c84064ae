// Goal: every listener ends with exactly the live values of its key, whatever the network does; who is gone
// is gone at once; values keep their number of copies.
// Method: boards in the simulator beside a naive registry in one place that says what they should know.
// Seed: as in each test's name.
import assert from "node:assert/strict";
import { hasCode } from "../core/store.contract.ts";
import { Cluster, namesOf } from "./cluster.fixture.ts";
import { Dht } from "./dht.ts";
import { History } from "./history.fixture.ts";

describe("the registry in the simulator", function () {
  this.timeout(120_000);

  it("refuses options, keys and values that are out of range", async () => {
    const [board] = await new Cluster(1).start("a");
    const { dht, world, port } = board!;
    const parts = { ...world, port };
    for (const option of [{ replicaCount: 9 }, { ttlS: 2 }, { parallelCount: 0.5 }])
      assert.throws(() => new Dht(parts, option), hasCode("DHT_OPTION_INVALID"));
    const refused = hasCode("DHT_VALUE_INVALID");
    for (const value of ["", "v".repeat(401), "\u20ac".repeat(134)])
      assert.throws(() => dht.publish("k", value), refused);
    assert.throws(() => dht.publish("k".repeat(1_001), "v"), refused);
    assert.throws(() => dht.listen("k".repeat(1_001), () => undefined), refused);
    for (let count = 0; count < 1_024; count += 1) dht.publish("k", `v${count}`);
    assert.throws(() => dht.publish("k", "one more"), refused);
  });

  for (const count of [1, 2, 8, 32])
    it(`tells ${count} boards of a new value and of its end within 10 ms`, async () => {
      const cluster = new Cluster(1);
      const boards = await cluster.start(...namesOf(count));
      for (const board of boards) board.listen("k");
      await cluster.sim.runFor(1_000);
      const withdraw = boards[0]!.dht.publish("k", "here");
      const all = (text: string) => () =>
        boards.every(({ told }) => told.get("k")?.join() === text);
      const tookMs = await cluster.until(all("here"), 10);
      assert(tookMs !== undefined, "not everybody knew");
      withdraw();
      assert((await cluster.until(all(""), 10)) !== undefined, "not everybody forgot");
    });

  for (const [boardCount, lossRate, churns, seeds] of [
    [1, 0, false, 1],
    [2, 0.3, true, 5],
    [8, 0, true, 5],
    [8, 0.1, true, 5],
    [8, 0.3, true, 5],
    [32, 0, true, 1],
    [32, 0.3, true, 3],
  ] as const)
    for (let seed = 1; seed <= seeds; seed += 1)
      it(`${boardCount} boards with ${100 * lossRate} % loss know what is true within 5 s (seed ${seed})`, async () => {
        const network = { lossRate, duplicateRate: lossRate / 3, reorderRate: lossRate / 3 };
        const cluster = new Cluster(seed, {}, network);
        const stepCount = 20 + 4 * boardCount;
        const history = new History(cluster, seed, { boardCount, keyCount: 6, stepCount, churns });
        await history.play();
        const tookMs = await cluster.until(() => history.wrong.length === 0, 5_000);
        assert(tookMs !== undefined, history.wrong.join("\n"));
        assert(history.listenCount > 0);
        // It stays true: what is renewed, compared and expires changes nothing.
        await cluster.sim.runFor(20_000);
        assert.deepEqual(history.wrong, []);
      });
});
