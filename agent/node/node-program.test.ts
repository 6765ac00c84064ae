// Goal: an agent runs the actors of its board, brings them back when they die, and loses no event doing so.
// Method: agents and actors of a tiny application in the simulator; actors are killed or fail by themselves.
// Seed: 1 to 5 where chance matters, else 1.
import assert from "node:assert/strict";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import { Cluster } from "./cluster.contract.ts";

const pair = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");

describe("node program", function () {
  this.timeout(30_000);
  it("starts the actors of its board; those of two boards find each other", async () => {
    const cluster = new Cluster(pair);
    cluster.start("a");
    cluster.start("b");
    await cluster.sim.runFor(4000);
    assert.deepEqual(cluster.told("a"), [
      "actor-started s",
      "ready 1",
      "actor-active s",
      "board-joined b",
    ]);
    assert(cluster.journal.filter((line) => line.startsWith("r/sink")).length >= 2);
  });

  for (let seed = 1; seed <= 5; seed += 1)
    it(`an actor that is killed comes back, and its new ports replace the old (seed ${seed})`, async () => {
      const cluster = new Cluster(pair, seed);
      cluster.start("a");
      cluster.start("b");
      await cluster.sim.runFor(4000 + 137 * seed);
      for (const [board, actor] of [
        ["a", "s"],
        ["b", "r"],
      ] as const) {
        const before = cluster.journal.length;
        assert(cluster.sim.host(board).kill(`${board}/${actor}`));
        await cluster.sim.runFor(4000);
        assert.equal(cluster.count(board, `actor-ended ${actor}`), 1);
        assert.equal(cluster.count(board, `actor-active ${actor}`), 2);
        const since = cluster.journal.slice(before).filter((line) => line.startsWith("r/sink"));
        assert(since.length >= 2, "they did not find each other again");
        assert(
          since.every((line) => Number.isInteger(Number(line.split(" ")[2]))),
          since.join(),
        );
      }
    });

  it("an actor that dies too often is given up; the agent goes on without it", async () => {
    const cluster = new Cluster(
      tinyTexts("on (a) Sender(failAt = 1) as s;", "on (a) Receiver as r;"),
    );
    const child = cluster.start("a");
    await cluster.sim.runFor(120_000);
    assert.equal(cluster.count("a", "actor-ended s"), 11);
    assert.equal(cluster.logged("actor-given-up"), 1);
    assert.equal(cluster.count("a", "actor-ended r"), 0);
    child.stop();
    assert.equal(await cluster.exitOf(child), "stopped asked to stop");
    assert.equal(cluster.count("a", "actor-ended s"), 11);
    assert(cluster.journal.includes("sink inactive"));
  });

  it("stop ends actors in order, then the ledger, and says goodbye", async () => {
    const cluster = new Cluster(pair);
    const a = cluster.start("a", { hasLedger: true });
    cluster.start("b");
    await cluster.sim.runFor(4000);
    a.stop();
    assert.equal(await cluster.exitOf(a), "stopped asked to stop");
    await cluster.sim.runFor(100);
    assert(cluster.journal.includes("source inactive"));
    assert.deepEqual(cluster.ledger.calls, ["disposed"]);
    assert.equal(cluster.told("a").at(-1), "actor-ended s");
    assert.equal(cluster.told("b").at(-1), "board-gone a");
  });

  it("a stop while an actor waits for its restart ends at once", async () => {
    const cluster = new Cluster(
      tinyTexts("on (a) Sender(failAt = 1) as s;", "on (b) Receiver as r;"),
    );
    const child = cluster.start("a");
    await cluster.sim.runFor(25_000);
    const endedCount = cluster.count("a", "actor-ended s");
    await cluster.sim.runWhile(() => cluster.count("a", "actor-ended s") === endedCount);
    child.stop();
    const { utcUs } = cluster.sim;
    assert.equal(await cluster.exitOf(child), "stopped asked to stop");
    assert(cluster.sim.utcUs - utcUs < 100_000);
  });

  it("an event whose handler did not end is handed to the next incarnation, and none is lost", async () => {
    const cluster = new Cluster(
      tinyTexts(`on (a) Keeper(what = "events") as k;`, "on (b) Receiver as r, Sender as s;"),
    );
    cluster.start("a", { hasLedger: true });
    await cluster.sim.runFor(1000);
    for (const value of [1, 13, 2]) cluster.ledger.emit(value);
    await cluster.sim.runFor(3000);
    assert.deepEqual(
      cluster.journal.filter((line) => line.startsWith("end")),
      ["end 1", "end 13", "end 2"],
    );
    assert.deepEqual(cluster.ledger.delivered, [1, 13, 13, 2]);
    assert.equal(cluster.ledger.followerCount, 1);
    assert.equal(cluster.count("a", "actor-active k"), 2);
  });

  it("a component that asks for an event that does not exist takes its actor down, not the agent", async () => {
    const cluster = new Cluster(
      tinyTexts(`on (a) Keeper(what = "misnamed") as k;`, "on (a) Receiver as r, Sender as s;"),
    );
    const child = cluster.start("a", { hasLedger: true });
    await cluster.sim.runFor(60_000);
    assert.equal(cluster.count("a", "actor-ended k"), 11);
    assert.equal(cluster.count("a", "actor-ended s"), 0);
    child.stop();
    assert.equal(await cluster.exitOf(child), "stopped asked to stop");
  });

  it("components with contracts on a board without a ledger fail, and say why", async () => {
    const cluster = new Cluster(
      tinyTexts("on (a) Keeper as k;", "on (a) Receiver as r, Sender as s;"),
    );
    cluster.start("a");
    await cluster.sim.runFor(1000);
    assert(cluster.logged("LEDGER_ABSENT") > 0);
    assert.equal(cluster.count("a", "actor-active k"), 0);
    assert.equal(cluster.count("a", "actor-active s"), 1);
  });

  it("a model with errors, or a manager that fails, fails the agent with the reason", async () => {
    const cluster = new Cluster(tinyTexts("on (a) Nobody;"));
    assert.match(
      await cluster.exitOf(cluster.start("a")),
      /^failed AgentError: MODEL_INVALID.*tiny\.depl:3:/s,
    );
    const other = new Cluster(pair);
    const child = other.start("a", { hasLedger: true, program: "broken" });
    assert.match(await other.exitOf(child), /^failed Error: no disk/);
  });
});
