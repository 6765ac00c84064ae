// Goal: what the night shows holds in small: all matching pairs connect, parsers take anything, and the
// searches find what was broken on purpose, whose places the table still names.
// Method: the parts of the night with small sizes; one planted bug, in a process of its own.
// Seed: 1 to 6 for clusters; the names of the parsers for their inputs.
import assert from "node:assert/strict";
import { BUGS } from "./bugs.ts";
import { nightConvergence } from "./convergence.ts";
import { nightFuzz } from "./fuzz.ts";
import { measureLosses, measurePauses, restingCluster } from "./losses.ts";
import { findPlanted, planted } from "./plant.ts";
import { partText } from "./report.ts";

describe("the night, in small", function () {
  this.timeout(120_000);

  it("connects all matching pairs, at any loss and in any order of start, and heals", async () => {
    const part = await nightConvergence([
      { boardCount: 8, lossRate: 0, runCount: 4, healCount: 1 },
      { boardCount: 8, lossRate: 0.1, runCount: 4, healCount: 1 },
      { boardCount: 8, lossRate: 0.3, runCount: 4, healCount: 2 },
      { boardCount: 32, lossRate: 0.3, runCount: 1, healCount: 0 },
    ]);
    assert(part.isGood, partText(part));
    assert.deepEqual(
      part.rows.map((row) => row["pairs"]),
      [32, 32, 32, 32],
    );
  });

  for (const how of ["deaf", "hog"] as const)
    it(`a board that is ${how} is lost within 2 s, and nobody else is`, async () => {
      const cluster = await restingCluster(how, 6);
      const { detectedMs, falseCount } = await measureLosses(cluster, how, 3);
      assert.equal(detectedMs.length, 3 * 5);
      assert(Math.max(...detectedMs) <= 2_000, detectedMs.join());
      assert.equal(falseCount, 0);
    });

  it("a pause of a second is no loss, and one of two seconds is", async () => {
    assert.equal(await measurePauses(await restingCluster("pauses", 4), 12), 0);
    assert((await measurePauses(await restingCluster("pauses", 4), 2, 2_000)) > 0);
  });

  it("feeds every parser, and none throws", async () => {
    const part = await nightFuzz(20_000);
    assert.deepEqual(
      part.rows.map((row) => row["inputs"]),
      [7_000, 4_000, 5_000, 2_000, 2_000],
    );
    for (const row of part.rows) assert(Number(row["taken for whole"]) > 0, partText(part));
  });

  it("names twenty bugs, each where its text stands exactly once", () => {
    assert.equal(new Set(BUGS.map(({ name }) => name)).size, 20);
    for (const bug of BUGS) assert(planted(bug).includes(bug.replacement), bug.name);
    const gone = { ...BUGS[0]!, find: "no such text" };
    assert.throws(() => planted(gone), /0 times/);
  });

  it("finds a planted bug, and nothing where none is", async () => {
    const untold = BUGS.find(({ name }) => name === "untold")!;
    assert.match((await findPlanted(untold, 60)).reason ?? "", /told/);
    const none = { ...untold, replacement: untold.find };
    assert.equal((await findPlanted(none, 3)).reason, undefined);
  });
});
