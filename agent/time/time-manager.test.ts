// Goal: managers on boards with a network keep common time, hand nothing else on, and send little.
// Method: eight simulated boards, each with an offset and a drift of its own, one switchboard each.
// Seed: 1.
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { openSwitchboard } from "../core/switchboard.ts";
import { Simulation } from "../sim/simulation.ts";
import { TIME_TAG, TimeManager } from "./time-manager.ts";
import type { TimeSource } from "./time-source.ts";

const HEADER_BYTES = 28 + 4;
const stop = new AbortController();
setMaxListeners(0, stop.signal);

interface Board {
  readonly boardId: string;
  readonly address: string;
  readonly manager: TimeManager;
}

async function boardsOf(
  sim: Simulation,
  count: number,
  sourceOf: (boardId: string) => TimeSource[] = () => [],
): Promise<Board[]> {
  const boards: Board[] = [];
  for (let index = 0; index < count; index += 1) {
    const boardId = `b${index}`;
    const host = sim.host(boardId);
    host.time.set({ offsetUs: (index - 3) * 700_000, driftPpb: (index - 4) * 25_000 });
    const world = host.openWorld("agent");
    const switchboard = await openSwitchboard(world.lan, 7_000);
    const line = switchboard.open(TIME_TAG, (datagram) => manager.take(datagram));
    const manager: TimeManager = new TimeManager(
      { ...world, send: (to, payload) => line.send(to, payload) },
      { boardId, sources: sourceOf(boardId) },
    );
    boards.push({ boardId, address: switchboard.address, manager });
  }
  for (const { manager } of boards) {
    manager.setPeers(boards);
    void manager.run(stop.signal);
  }
  return boards;
}

describe("time manager, simulated", function () {
  this.timeout(60_000);
  after(() => stop.abort());

  it("eight boards without any source agree to a millisecond, and say no less than is true (seed 1)", async () => {
    const sim = new Simulation({ seed: 1 });
    const boards = await boardsOf(sim, 8);
    await sim.runFor(40_000);
    const before = boards.map(({ manager }) => manager.counters.sentBytes);
    for (let second = 0; second < 20; second += 1) {
      await sim.runFor(1_000);
      const readings = boards.map(({ boardId }) =>
        sim.host(boardId).openWorld("look").clock.reading(),
      );
      const utcUs = readings.map((each) => each.utcUs);
      assert.ok(Math.max(...utcUs) - Math.min(...utcUs) < 1_000);
      // One time lies within what all of them say.
      const earliest = Math.max(...readings.map((each) => each.earliestUtcUs));
      assert.ok(earliest <= Math.min(...readings.map((each) => each.latestUtcUs)));
      assert.ok(readings.every(({ quality }) => quality.source === "peers" && !quality.isHoldover));
    }
    for (const [index, { manager }] of boards.entries()) {
      const { sentBytes, strayCount } = manager.counters;
      const frameCount = (sentBytes - (before[index] ?? 0)) / 51;
      assert.ok((frameCount * (51 + HEADER_BYTES)) / 20 <= 200);
      assert.equal(strayCount, 0);
    }
  });

  it("takes UTC from the board that has a source of it, and no frame of a stranger (seed 1)", async () => {
    const sim = new Simulation({ seed: 1 });
    const pps = (boardId: string): TimeSource => ({
      ...{ name: "pps0", kind: "pps" },
      read: () => {
        const atMonotonicUs = sim.host(boardId).openWorld("pps").oscillator.monotonicUs();
        return Promise.resolve({ atMonotonicUs, utcUs: sim.utcUs, boundUs: 20, stratum: 1 });
      },
    });
    const boards = await boardsOf(sim, 4, (boardId) => (boardId === "b2" ? [pps(boardId)] : []));
    await sim.runFor(60_000);
    for (const { boardId, manager } of boards) {
      assert.equal(manager.quality?.source, "pps");
      assert.equal(manager.quality.stratum, boardId === "b2" ? 1 : 2);
      const { earliestUtcUs, latestUtcUs } = sim.host(boardId).openWorld("look").clock.reading();
      assert.ok(earliestUtcUs <= sim.utcUs && sim.utcUs <= latestUtcUs);
      assert.ok(latestUtcUs - earliestUtcUs < 5_000);
    }
    const [one] = boards;
    assert.ok(one);
    one.manager.take({
      ...{ payload: new Uint8Array(51), from: "b1:7000", fromHost: "b1", arrivedMs: 0 },
    });
    one.manager.setPeers([]);
    await sim.runFor(5_000);
    assert.ok(one.manager.counters.strayCount >= 2);
  });
});
