// Goal: all know all, losses are noticed in time and nothing else is, whatever the network does short of that.
// Method: boards with nothing but membership on them, in the simulator; the sizes are those that CI has time for.
// Seed: in the name of each cluster.
import assert from "node:assert/strict";
import { Cluster } from "../../deploy/bench/membership-cluster.ts";
import {
  goneCount,
  type Loss,
  measureHeal,
  measureLoss,
  measurePauses,
  measureTraffic,
  restingCluster,
} from "../../deploy/bench/membership-runs.ts";
import { utf8 } from "../core/run-in-world.contract.ts";

const kindsOf = (board: { readonly told: readonly { readonly event: object }[] }): string[] =>
  board.told.map(({ event }) => {
    const { kind, boardId, why = "" } = event as Record<string, string>;
    return `${kind} ${boardId} ${why}`.trim();
  });

describe("membership in the simulator", function () {
  this.timeout(60_000);

  it("boards that start together know each other at once", async () => {
    const cluster = new Cluster("together");
    await cluster.startMany(8);
    assert((await cluster.runUntilWhole(1_000)) <= 20);
  });

  it("a newcomer is answered in one round trip, and everybody is told once", async () => {
    const { cluster, boards } = await restingCluster("newcomer", 5);
    const late = await cluster.start("late");
    assert((await cluster.runUntilWhole(1_000)) <= 10);
    assert.equal(late.membership.members().length, 5);
    await cluster.sim.runFor(5_000);
    for (const board of boards)
      assert.deepEqual(
        kindsOf(board).filter((each) => each.endsWith("late")),
        ["joined late"],
      );
  });

  for (const lossRate of [0.1, 0.3])
    it(`all know all at ${lossRate * 100} % loss, and nobody is lost`, async () => {
      const cluster = new Cluster(`loss ${lossRate}`, {
        lossRate,
        duplicateRate: 0.1,
        reorderRate: 0.1,
      });
      const boards = await cluster.startMany(8);
      assert((await cluster.runUntilWhole(5_000)) <= 3_000);
      await cluster.sim.runFor(10_000);
      assert.equal(goneCount(boards), 0);
    });

  for (const how of ["kill", "pause", "unplug", "mute", "deaf"] as const satisfies readonly Loss[])
    for (const count of [2, 3, 8])
      it(`of ${count} boards, one is lost by ${how}: all others know within 2 s, and blame nobody else`, async () => {
        const resting = await restingCluster(`${how} of ${count}`, count);
        const victim = resting.boards[1]!;
        const { detectedMs, falseCount } = await measureLoss(resting, victim, how);
        // A window and the longest gap between two probes, no sooner than a pause of 1 s ends.
        assert(Math.max(...detectedMs) <= 2_000, String(detectedMs));
        assert(Math.min(...detectedMs) > 1_000, String(detectedMs));
        assert.equal(falseCount, 0);
      });

  for (const count of [2, 3, 8])
    it(`a pause of one second is no loss, among ${count} boards`, async () => {
      assert.equal(await measurePauses(await restingCluster(`pauses ${count}`, count), 12), 0);
    });

  it("a goodbye is heard at once, without broadcast too", async () => {
    const { cluster, boards } = await restingCluster("goodbye", 4);
    const left = boards[2]!;
    const stopped = left.stop();
    await cluster.sim.runFor(50);
    await stopped;
    for (const board of boards)
      if (board !== left) assert.equal(kindsOf(board).at(-1), "gone b2 left");
    await cluster.sim.runFor(5_000);
    for (const board of boards)
      if (board !== left) assert.equal(kindsOf(board).at(-1), "gone b2 left");
  });

  it("a restart replaces the old incarnation at once, also when the board's clock went back", async () => {
    const { cluster, boards } = await restingCluster("restart", 3);
    cluster.kill("b1");
    const next = await cluster.start("b1", {}, -1e12);
    await cluster.sim.runFor(100);
    for (const board of [boards[0]!, boards[2]!])
      assert.deepEqual(kindsOf(board).slice(-2), ["gone b1 replaced", "joined b1"]);
    assert.equal(next.membership.members().length, 2);
    await cluster.sim.runFor(5_000);
    for (const board of [boards[0]!, boards[2]!]) assert.equal(kindsOf(board).at(-1), "joined b1");
  });

  it("meta travels, and is told where it changed", async () => {
    const { cluster, boards } = await restingCluster("meta", 4);
    boards[0]!.membership.setMeta(utf8("port 7"));
    await cluster.sim.runFor(100);
    for (const board of boards.slice(1)) {
      assert.equal(kindsOf(board).at(-1), "changed b0");
      const [member] = board.membership.members();
      assert.deepEqual(member?.meta, utf8("port 7"));
      assert.equal(member.address, "b0:7001");
    }
    assert.throws(() => boards[0]!.membership.setMeta(new Uint8Array(201)), RangeError);
  });

  for (const count of [2, 8])
    it(`a cluster of ${count} that was parted is whole within 5 s of its healing`, async () => {
      const healMs = await measureHeal(await restingCluster(`heal ${count}`, count), 8_000);
      assert(healMs <= 5_000, String(healMs));
    });

  it("seeds reach where no broadcast does, and the rest follows by hearsay", async () => {
    const cluster = new Cluster("seeds");
    const boards = await Promise.all(
      // Every board is alone on its segment: its broadcasts go to a port of its own.
      ["a", "b", "c", "d", "e"].map((name, number) =>
        cluster.start(name, {
          beaconUdpPort: 8_000 + number,
          seeds: name === "a" ? [] : ["a:7001", `${name}:7001`],
        }),
      ),
    );
    assert((await cluster.runUntilWhole(3_000)) <= 1_000);
    const late = await cluster.start("late", { beaconUdpPort: 9_000 });
    await cluster.sim.runFor(1_000);
    assert.equal(late.membership.members().length, 0);
    late.membership.heardOf("e:7001");
    assert((await cluster.runUntilWhole(8_000, [...boards, late])) <= 8_000);
  });

  it("nobody sends more than 2 KB a second at rest, and the number of boards does not matter", async () => {
    for (const count of [2, 8, 24]) {
      const traffic = await measureTraffic(await restingCluster(`traffic ${count}`, count), 10_000);
      assert(traffic.sentMax <= 2_000, JSON.stringify(traffic));
      assert(traffic.receivedMax <= 2_000, JSON.stringify(traffic));
    }
  });
});
