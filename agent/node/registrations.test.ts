// Goal: when a program ends, in whatever way, nothing of it stays: not in the registry, not on other boards,
// not as a socket.
// Method: 200 kills of actors of two boards in the simulator; ports that come and go by themselves.
// Seed: 1.
import assert from "node:assert/strict";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import type { Program } from "../core/program.ts";
import type { Child } from "../core/spawner.ts";
import { aborted } from "../core/waiting.ts";
import { Cluster } from "./cluster.contract.ts";

const pair = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r, Sender as t;");
const LASTING = { lasting: true } as const;

/** What an agent says that it has in mind. */
async function sizesOf(cluster: Cluster, board: string, agent: Child): Promise<unknown> {
  agent.channel.send({ kind: "report" });
  await cluster.sim.runFor(10);
  const last = cluster.messages(board).at(-1);
  assert(last?.kind === "report");
  return last.sizes;
}

describe("registrations", function () {
  this.timeout(60_000);

  for (const options of [{}, LASTING])
    it(`200 kills later everything is as it was (${JSON.stringify(options)})`, async () => {
      const cluster = new Cluster(pair);
      const { sim } = cluster;
      const agents = { a: cluster.start("a", options), b: cluster.start("b", options) };
      await sim.runFor(10_000);
      const before = {
        a: await sizesOf(cluster, "a", agents.a),
        b: await sizesOf(cluster, "b", agents.b),
        open: sim.openCounts,
      };
      const victims = ["a/s", "b/r", "b/t"] as const;
      for (let count = 0; count < 200; count += 1) {
        const victim = victims[count % victims.length] ?? "a/s";
        const [board = ""] = victim.split("/");
        assert(sim.host(board).kill(victim), victim);
        // Under way, just started, and long there: whatever the program was doing.
        await sim.runFor([7000, 2500, 6100][count % 3] ?? 0);
      }
      await sim.runFor(120_000 - ((sim.utcUs / 1000) % 60_000));
      assert.equal(cluster.logged("actor-given-up"), 0);
      const after = {
        a: await sizesOf(cluster, "a", agents.a),
        b: await sizesOf(cluster, "b", agents.b),
        open: sim.openCounts,
      };
      assert.deepEqual(after, before);
    });

  it("agents that are killed and come back leave nothing either", async () => {
    const cluster = new Cluster(pair);
    const { sim } = cluster;
    let a = cluster.start("a", LASTING);
    const b = cluster.start("b", LASTING);
    await sim.runFor(10_000);
    const before = [await sizesOf(cluster, "b", b), sim.openCounts];
    for (let count = 0; count < 30; count += 1) {
      a.kill();
      await sim.runFor(300 * (count % 20));
      a = cluster.start("a", LASTING);
      await sim.runFor(5_000);
    }
    await sim.runFor(120_000 - ((sim.utcUs / 1000) % 60_000));
    assert.deepEqual([await sizesOf(cluster, "b", b), sim.openCounts], before);
    assert.equal(cluster.count("a", "actor-adopted s"), 30);
  });

  it("what an actor withdraws or releases is gone at once, and nothing else", async () => {
    const actor: Program = async (world, _options, parent, signal) => {
      const say = (message: object): void => parent.send({ actor: "s", message });
      for (const endpoint of ["one", "two"]) say({ kind: "provide", key: "k", endpoint });
      for (const port of ["p", "q"]) say({ kind: "require", port, key: "k" });
      await world.clock.sleep(1000, signal);
      say({ kind: "withdraw", key: "k", endpoint: "one" });
      say({ kind: "withdraw", key: "k", endpoint: "three" });
      say({ kind: "release", port: "p", key: "k" });
      say({ kind: "release", port: "x", key: "k" });
      await aborted(signal);
    };
    const cluster = new Cluster(pair, 1, { actor });
    const agent = cluster.start("a");
    await cluster.sim.runFor(500);
    const sizes = { ownerCount: 1, topicCount: 1, toldCount: 1, followerCount: 1 };
    assert.deepEqual(await sizesOf(cluster, "a", agent), {
      ...{ ...sizes, providerCount: 2, listenerCount: 2 },
    });
    await cluster.sim.runFor(1000);
    assert.deepEqual(await sizesOf(cluster, "a", agent), {
      ...{ ...sizes, providerCount: 1, listenerCount: 1 },
    });
  });
});
