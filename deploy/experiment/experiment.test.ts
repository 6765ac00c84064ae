// Goal: the discovery experiment at five hosts runs through and every subscriber is connected; after a loss of power all four
// connections of two boards are there again; a registry pushes to listeners and is looked up, ours and OpenDHT.
// Method: the experiments themselves, small, on hosts of a testbed; that they end well is asserted, times are not.
// Seed: of the choice of nodes, 1.
import assert from "node:assert/strict";
import { testbedObstacle } from "../testbed/tools.ts";
import { runDiscovery } from "./discovery.ts";
import { measureRegistry } from "./registry.ts";
import { runRejoin } from "./rejoin.ts";
import { YARDSTICKS } from "./yardstick.ts";

const obstacle = testbedObstacle();
const quiet = (): void => undefined;

(obstacle === undefined ? describe : describe.skip)(
  `experiments on hosts of a testbed${obstacle === undefined ? "" : ` (${obstacle})`}`,
  function () {
    this.timeout(120_000);

    it("discovery: every subscriber is notified and connected", async () => {
      const { times, lost } = await runDiscovery(5, "publisher-last", quiet);
      assert.deepEqual(lost, []);
      assert.deepEqual(times.map(({ board }) => board).sort(), ["h1", "h2", "h3", "h4"]);
      for (const each of times)
        assert(each.registeredToNotifiedMs > 0 && each.notifiedToConnectedMs > 0);
    });

    it("rejoin: all are connected again", async () => {
      const { steps } = await runRejoin(quiet);
      const connected = steps.filter(({ kind }) => kind === "connected");
      assert.deepEqual(connected.map(({ board, of }) => `${board} to ${of}`).sort(), [
        "h1 to h2",
        "h2 to h1",
        "h2 to h2",
      ]);
    });

    for (const yardstick of YARDSTICKS) {
      const missing = yardstick.obstacle();
      const title = `registry: ${yardstick.name} pushes, finds and keeps`;
      (missing === undefined ? it : it.skip)(
        missing === undefined ? title : `${title} (${missing})`,
        async () => {
          const sizes = { hostCount: 3, keyCount: 3, killedShare: 0, seed: 1, laterMs: 0 };
          const run = await measureRegistry(yardstick, sizes, quiet);
          assert.deepEqual([run.unheardCount, run.missedCount, run.crashedCount], [0, 0, 0]);
          assert.equal(Math.round(100 * run.foundLater.living), 100);
        },
      );
    }
  },
);
