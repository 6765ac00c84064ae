// Goal: the crash of an agent is no crash of its actors: they work on, and the next agent takes them over
// whole; never are there two programs for one actor, and none stays for ever.
// Method: agents of a tiny application in the simulator are killed and started again.
// Seed: named in each test, else 1.
import assert from "node:assert/strict";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import type { Child } from "../core/spawner.ts";
import { Cluster } from "./cluster.contract.ts";

const LASTING = { lasting: true } as const;
const pair = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");

/** The numbers that the sink of `r` has heard, in order. */
function heard({ journal }: Cluster): number[] {
  return journal
    .filter((line) => line.startsWith("r/sink"))
    .map((line) => Number(line.split(" ")[1]));
}

function assertNoGap(numbers: readonly number[]): void {
  const [first = 0] = numbers;
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => first + index),
  );
}

async function stopped(cluster: Cluster, agent: Child): Promise<void> {
  agent.stop();
  assert.equal(await cluster.exitOf(agent), "stopped asked to stop");
}

describe("adoption", function () {
  this.timeout(30_000);

  for (let seed = 1; seed <= 5; seed += 1)
    for (const outageMs of [50 * seed, 1000 * seed, 30_000])
      it(`messages go on without a gap while an agent is away for ${outageMs} ms (seed ${seed})`, async () => {
        const cluster = new Cluster(pair, seed);
        const { sim } = cluster;
        const dying = cluster.start("a", LASTING);
        const b = cluster.start("b", LASTING);
        await sim.runFor(5000 + 37 * seed);
        const pid = sim.host("a").pidOf("a/s");
        assert(pid !== undefined && heard(cluster).length >= 2);
        dying.kill();
        await sim.runFor(outageMs);
        const a = cluster.start("a", LASTING);
        await sim.runFor(60_000);
        assert.equal(sim.host("a").pidOf("a/s"), pid);
        assert.equal(cluster.count("a", "actor-started s"), 1);
        const adopted = cluster.messages("a").find(({ kind }) => kind === "actor-adopted");
        assert.deepEqual(adopted, { kind: "actor-adopted", actor: "s", pid });
        assert.equal(cluster.count("a", "actor-active s"), 2);
        const numbers = heard(cluster);
        assertNoGap(numbers);
        // One a second; the last one may be under way.
        assert(numbers.length >= (65_000 + outageMs) / 1000 - 4, `only ${numbers.length}`);
        // What it provides is complete again: a newcomer finds it, and its end is seen.
        await stopped(cluster, a);
        assert(cluster.journal.includes("source inactive"));
        const last = heard(cluster).at(-1);
        await sim.runFor(3000);
        assert.equal(heard(cluster).at(-1), last);
        await stopped(cluster, b);
        const { programCount, listenerCount, lanSocketCount } = sim.openCounts;
        assert.deepEqual([programCount, listenerCount, lanSocketCount], [0, 0, 0]);
      });

  it("the agent of the hearing side may die too: its actors keep their peers", async () => {
    const cluster = new Cluster(pair);
    cluster.start("a", LASTING);
    let b = cluster.start("b", LASTING);
    await cluster.sim.runFor(5000);
    for (let round = 0; round < 5; round += 1) {
      b.kill();
      await cluster.sim.runFor(700 * round);
      b = cluster.start("b", LASTING);
      await cluster.sim.runFor(8000);
    }
    assert.equal(cluster.count("b", "actor-adopted r"), 5);
    assertNoGap(heard(cluster));
    assert(heard(cluster).length >= 45);
  });

  it("peers that ended while nobody was there to say so are forgotten after the expiry", async () => {
    const cluster = new Cluster(pair);
    const a = cluster.start("a", LASTING);
    const b = cluster.start("b", LASTING);
    await cluster.sim.runFor(5000);
    b.kill();
    await stopped(cluster, a);
    cluster.start("b", LASTING);
    await cluster.sim.runFor(500);
    assert(cluster.sim.openCounts["connectorCount"]! > 0, "it kept nothing");
    await cluster.sim.runFor(5000);
    assert.equal(cluster.sim.openCounts["connectorCount"], 0);
  });

  it("an actor dies as ever under its new agent, and is started again", async () => {
    const cluster = new Cluster(pair);
    cluster.start("a", LASTING).kill();
    const { sim } = cluster;
    cluster.start("b", LASTING);
    cluster.start("a", LASTING);
    await sim.runFor(5000);
    assert(sim.host("a").kill("a/s"));
    await sim.runFor(5000);
    assert.equal(cluster.count("a", "actor-ended s"), 1);
    const since = heard(cluster).slice(-3);
    assertNoGap(since);
    assert.equal(since.length, 3);
  });

  it("a survivor that runs something else is stopped before the new one starts; one not wanted just ends", async () => {
    const cluster = new Cluster(pair);
    const { sim, journal } = cluster;
    cluster.start("b", LASTING);
    let a = cluster.start("a", LASTING);
    await sim.runFor(3000);
    a.kill();
    const changed = tinyTexts("on (a) Sender(failAt = 1000) as s;", "on (b) Receiver as r;");
    a = cluster.start("a", { ...LASTING, application: changed });
    await sim.runFor(3000);
    assert.deepEqual(
      journal.filter((line) => line.startsWith("source")),
      ["source active", "source inactive", "source active"],
    );
    assert.equal(cluster.count("a", "actor-started s"), 2);
    assert.equal(cluster.count("a", "actor-adopted s"), 0);
    a.kill();
    const without = tinyTexts("on (c) Sender as s;", "on (b) Receiver as r;");
    a = cluster.start("a", { ...LASTING, application: without });
    await sim.runFor(1000);
    assert.equal(sim.host("a").programCount, 1);
    assert.equal(journal.filter((line) => line === "source inactive").length, 2);
    await stopped(cluster, a);
  });

  it("a second agent of a board is refused, and harms nobody", async () => {
    const cluster = new Cluster(pair);
    cluster.start("a", LASTING);
    await cluster.sim.runFor(3000);
    assert.match(await cluster.exitOf(cluster.start("a", LASTING)), /^failed .*SPAWNER_IN_USE/);
    assert.equal(cluster.count("a", "actor-ended s"), 0);
  });

  it("actors that no agent takes over within ten minutes stop themselves, in order", async () => {
    const cluster = new Cluster(pair);
    const { sim } = cluster;
    cluster.start("a", LASTING).kill();
    const a = cluster.start("a", LASTING);
    await sim.runFor(1000);
    a.kill();
    await sim.runFor(599_000);
    assert.equal(sim.host("a").programCount, 1);
    await sim.runFor(2_000);
    assert.equal(sim.host("a").programCount, 0);
    assert.equal(cluster.journal.at(-1), "source inactive");
  });

  it("actors that do not last end with their agent", async () => {
    const cluster = new Cluster(pair);
    cluster.start("a").kill();
    const a = cluster.start("a");
    await cluster.sim.runFor(1000);
    a.kill();
    await cluster.sim.runFor(100);
    assert.equal(cluster.sim.host("a").programCount, 0);
  });

  it("what waits for the ledger is asked again: done once, and no event handled twice", async () => {
    const texts = tinyTexts("on (a) Keeper as k;", "on (b) Receiver as r, Sender as s;");
    const cluster = new Cluster(texts);
    const { sim, ledger, journal } = cluster;
    const options = { ...LASTING, hasLedger: true };
    const submit = ledger.submit.bind(ledger);
    const never = new Promise<never>(() => undefined);
    // Its agent dies before the first answer comes.
    ledger.submit = async (...call) => {
      const outcome = await submit(...call);
      return ledger.calls.length === 2 ? never : outcome;
    };
    const a = cluster.start("a", options);
    await sim.runWhile(() => ledger.calls.length < 2);
    assert.deepEqual(ledger.calls, ["open k", "submit k add(5) 0xc0"]);
    a.kill();
    await sim.runFor(1500);
    assert.equal(journal.includes("accepted by 0xaa"), false);
    const next = cluster.start("a", options);
    await sim.runFor(3000);
    assert.deepEqual(journal.slice(0, 4), [
      "book active",
      "accepted by 0xaa",
      "total 5",
      "signed 65 accepted",
    ]);
    assert.equal(ledger.calls[2], "submit k add(5) 0xc0");
    ledger.emit(7);
    await sim.runWhile(() => !journal.includes("end 7"));
    // The word that it has ended is under way.
    next.kill();
    cluster.start("a", options);
    await sim.runFor(3000);
    ledger.emit(8);
    await sim.runFor(1000);
    assert.deepEqual(
      journal.filter((line) => line.startsWith("end")),
      ["end 7", "end 8"],
    );
    // Handed over again it was; its second coming was not handled.
    assert(ledger.delivered.filter((value) => value === 7).length >= 2);
  });
});
