// Goal: the simulated day trades the independent optimum, whatever dies, and is a function of its seed.
// Method: the production programs on virtual time; optima from the data itself, and from an independent
// solver's table (data/community-102/expected_optima.csv). Seed: in each test.
import assert from "node:assert/strict";
import { assets, tradedWh, UNSEEN, unlimitedOptimumWh, WHOLE_DAY } from "./day.fixture.ts";
import type { DayOptions } from "./day-options.ts";
import { runSimulated, type SimulatedDay } from "./run-simulated.ts";

const run = (day: DayOptions): Promise<SimulatedDay> =>
  runSimulated(day, assets, UNSEEN, new AbortController().signal);
const traded = (result: SimulatedDay, day: DayOptions): number =>
  tradedWh(result.recorder.facts.events, day);

/** Optimum of a row of the independent solver's table. */
async function expectedWh(row: string): Promise<number> {
  const table = await assets.text("data/community-102/expected_optima.csv");
  const line = table.split("\n").find((each) => each.startsWith(`${row},`));
  return Number(line?.split(",").at(-1));
}

describe("simulated day", function () {
  this.timeout(600_000);

  it("is the same to the last bit for one seed, and another one for another seed", async () => {
    const day = { ...WHOLE_DAY, firstInterval: 48, lastInterval: 51, prosumerCount: 20 };
    const [one, same, other] = [await run(day), await run(day), await run({ ...day, seed: 2 })];
    assert.equal(same.transcriptHash, one.transcriptHash);
    assert.notEqual(other.transcriptHash, one.transcriptHash);
    const optimumWh = await unlimitedOptimumWh(day);
    assert.ok(optimumWh > 0);
    assert.deepEqual([traded(one, day), traded(other, day)], [optimumWh, optimumWh]);
  });

  it("trades the optimum of the whole day though a solver, a household, the operator and the ledger die", async () => {
    const kills = [
      { program: "solver1", atMinute: 8 * 60 + 15 },
      { program: "prosumer101", atMinute: 9 * 60 },
      { program: "dso", atMinute: 10 * 60 + 3 },
      { program: "ledger", atMinute: 11 * 60 + 7 },
    ];
    const day = { ...WHOLE_DAY, kills };
    const result = await run(day);
    assert.equal(traded(result, day), 358_753);
    assert.equal(result.counters["killed"], kills.length);
    // Whoever comes back asks where the market stands, and does nothing twice.
    assert.equal(result.recorder.progress.refusedCount, 0);
  });

  it("trades the optimum under an external limit, and never more", async () => {
    const day = { ...WHOLE_DAY, externalLimitWh: 1_500 };
    assert.equal(traded(await run(day), day), await expectedWh("Ce-1500"));
  });

  it("trades the optimum under an internal limit, and never more", async () => {
    const day = { ...WHOLE_DAY, internalLimitWh: 3_000 };
    assert.equal(traded(await run(day), day), await expectedWh("Ci-3000"));
  });
});
