// Goal: the market trades the same energy whoever drives its time: a speed, the work itself, or the simulator at a speed.
// Method: one interval of six households as processes at a speed and as fast as they can, and in the simulator both ways;
// speeds are high, so that two and a half hours of cluster time take seconds. Seed: 1.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ASSETS_FOLDER, assets, UNSEEN, WHOLE_DAY } from "./day.fixture.ts";
import type { DayOptions } from "./day-options.ts";
import type { MarketEvent } from "./record-facts.ts";
import { runProcesses } from "./run-processes.ts";
import { runSimulated } from "./run-simulated.ts";

const DAY: DayOptions = { ...WHOLE_DAY, firstInterval: 48, lastInterval: 48, prosumerCount: 6 };
const SPEED = 2_000;

/** The interval's energy and price. */
function tradedIn(events: readonly MarketEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.name === "Finalized" && event.args.interval === DAY.firstInterval
      ? [`${event.args.interval}: ${event.args.tradedWh} Wh for ${event.args.paidUnits}`]
      : [],
  );
}

function energies(traded: readonly string[]): readonly string[] {
  return traded.map((line) => line.replace(/ for .*/, ""));
}

describe("the same trades", function () {
  this.timeout(240_000);
  const never = new AbortController().signal;

  const processes = async (speed: number | undefined): Promise<readonly string[]> => {
    const folder = await mkdtemp(join(tmpdir(), "hedgerow-day-"));
    try {
      const base = {
        ...({ host: "127.0.0.1", broadcastHost: "127.255.255.255", levelMin: "error" } as const),
        ...{ dataFolder: folder, assetsFolder: ASSETS_FOLDER },
      };
      return tradedIn((await runProcesses({ ...DAY, speed }, base, UNSEEN, never)).facts.events);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const simulated = async (speed: number | undefined): Promise<[readonly string[], string]> => {
    const day = await runSimulated({ ...DAY, speed }, assets, UNSEEN, never);
    return [tradedIn(day.recorder.facts.events), day.transcriptHash];
  };

  it("at a speed, as fast as it can, and in the simulator", async () => {
    const [[inSimulator, hash], [atSpeed, hashAtSpeed]] = [
      await simulated(undefined),
      await simulated(SPEED),
    ];
    assert.equal(inSimulator.length, 1);
    assert.match(inSimulator[0] ?? "", /^48: [1-9]/);
    assert.deepEqual(atSpeed, inSimulator);
    assert.equal(hashAtSpeed, hash, "a speed changes nothing in a simulation");
    // Of several optima the energy is the same; whose solution comes first, and so the price, is up to the processes.
    assert.deepEqual(energies(await processes(undefined)), energies(inSimulator));
    assert.deepEqual(energies(await processes(SPEED)), energies(inSimulator));
  });
});
