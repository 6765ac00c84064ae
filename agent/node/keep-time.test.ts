// Goal: agents keep common time with whoever is there, and their actors begin with a clock that is set.
// Method: simulated agents whose clocks are off by seconds and drift; boards come, lose their power, come back.
// Seed: in each test's name.
import assert from "node:assert/strict";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import type { ClockReading } from "../core/clock.ts";
import { Cluster } from "./cluster.contract.ts";

const NAMES = ["a", "b", "c", "d"];
const texts = tinyTexts("on (a) Sender as s;", "on (d) Receiver as r;");

function readingsOf(cluster: Cluster, names: readonly string[]): readonly ClockReading[] {
  return names.map((name) => cluster.sim.host(name).openWorld("look").clock.reading());
}

/** One instant is within what all of them say, and they are no further apart than that. */
function assertOneTime(readings: readonly ClockReading[], apartUsMax: number): void {
  const utcUs = readings.map((each) => each.utcUs);
  assert.ok(Math.max(...utcUs) - Math.min(...utcUs) <= apartUsMax, utcUs.join(" "));
  const earliest = Math.max(...readings.map(({ earliestUtcUs }) => earliestUtcUs));
  assert.ok(earliest <= Math.min(...readings.map(({ latestUtcUs }) => latestUtcUs)));
}

function wrong(cluster: Cluster, name: string, index: number): void {
  cluster.sim.host(name).time.set({ offsetUs: (index - 1) * 3_000_000, driftPpb: index * 30_000 });
}

describe("common time of agents", function () {
  this.timeout(60_000);

  for (const seed of [1, 2])
    it(`boards that find each other agree, before their actors start; who comes later too (seed ${seed})`, async () => {
      const cluster = new Cluster(texts, seed);
      for (const [index, name] of NAMES.slice(0, 3).entries()) {
        wrong(cluster, name, index);
        cluster.start(name, { time: {} });
      }
      await cluster.sim.runWhile(() => cluster.count("a", "actor-started s") === 0, 1_000_000);
      assert.ok(cluster.lines.some((line) => line.includes("a:a time-set")));
      await cluster.sim.runFor(40_000);
      assertOneTime(readingsOf(cluster, NAMES.slice(0, 3)), 2_000);
      assert.equal(cluster.logged(" time-set "), 3);
      // Behind the others: programs that have read a clock which is ahead stand still until it is right.
      wrong(cluster, "d", -2);
      cluster.start("d", { time: {} });
      await cluster.sim.runWhile(() => cluster.count("d", "actor-started r") === 0, 1_000_000);
      // The first actor of this board never sees the time that its clock had at the start.
      assertOneTime(readingsOf(cluster, NAMES), 20_000);
      await cluster.sim.runFor(30_000);
      assertOneTime(readingsOf(cluster, NAMES), 2_000);
    });

  it("the time goes on when the board that gave it is lost, and when it comes back (seed 3)", async () => {
    const cluster = new Cluster(texts, 3);
    for (const [index, name] of NAMES.entries()) {
      wrong(cluster, name, index);
      cluster.start(name, { time: {} });
    }
    await cluster.sim.runFor(40_000);
    for (const lost of NAMES) {
      const left = NAMES.filter((name) => name !== lost);
      cluster.sim.host(lost).powerOff();
      for (let second = 0; second < 30; second += 1) {
        const before = readingsOf(cluster, left);
        await cluster.sim.runFor(1_000);
        const after = readingsOf(cluster, left);
        assertOneTime(after, 4_000);
        for (const [index, { utcUs }] of after.entries())
          assert.ok(Math.abs(utcUs - (before[index]?.utcUs ?? 0) - 1_000_000) < 5_000);
      }
      cluster.start(lost, { time: {} });
      await cluster.sim.runFor(20_000);
      assertOneTime(readingsOf(cluster, NAMES), 4_000);
    }
  });

  it("alone, a board waits for nobody; with others there its actors wait so long at most (seed 4)", async () => {
    const alone = new Cluster(texts, 4);
    alone.start("a", { time: {} });
    await alone.sim.runFor(2_500);
    assert.equal(alone.count("a", "actor-started s"), 1);
    assert.equal(alone.logged(" time-not-set-yet "), 1);
    const silent = new Cluster(texts, 4);
    silent.start("a", { time: { settingMsMax: 3_000 } });
    silent.start("b");
    await silent.sim.runFor(2_900);
    assert.equal(silent.count("a", "actor-started s"), 0);
    await silent.sim.runFor(200);
    assert.equal(silent.count("a", "actor-started s"), 1);
    assert.ok(silent.lines.some((line) => / warn a:a time-not-set-yet .*"peerCount":1/.test(line)));
  });

  it("an agent that is stopped while it waits ends at once, and has started nothing (seed 5)", async () => {
    const cluster = new Cluster(texts, 5);
    const child = cluster.start("a", { time: {} });
    await cluster.sim.runFor(1_000);
    child.stop();
    const { utcUs } = cluster.sim;
    assert.equal(await cluster.exitOf(child), "stopped asked to stop");
    assert.ok(cluster.sim.utcUs - utcUs < 200_000);
    assert.equal(cluster.count("a", "actor-started s"), 0);
  });
});
