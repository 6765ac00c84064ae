// Goal: under all faults never two leaders in a term, nor a decision lost or contradicted; and the search can tell.
// Method: random attacks on the pure rules, each a function of its seed; and the same on rules broken on purpose.
// Seed: 1 to 2000; of broken rules, up to the first that shows it.
import assert from "node:assert/strict";
import { SeededRandom } from "../sim/seeded-random.ts";
import { type AttackOptions, type AttackReport, attack } from "./attack.ts";
import { electionTimes } from "./election-times.ts";

function attackOf(seed: number, options: Omit<AttackOptions, "random">): AttackReport {
  const random = new SeededRandom(`attack ${seed}`);
  return attack({ ...options, random: () => random.next() });
}

/** The first seed that breaks something, and what. */
function firstBroken(
  seedMax: number,
  options: Omit<AttackOptions, "random">,
): { readonly seed: number; readonly broken: string } | undefined {
  for (let seed = 1; seed <= seedMax; seed += 1) {
    const { broken } = attackOf(seed, options);
    if (broken !== undefined) return { seed, broken };
  }
  return undefined;
}

describe("groups under attack", function () {
  this.timeout(120_000);
  it("hold with disks that may come back older, or empty", () => {
    assert.deepEqual(firstBroken(2_000, {}), undefined);
  });

  it("hold with disks that are trusted and keep what they were given", () => {
    assert.deepEqual(firstBroken(1_000, { disk: "trusted" }), undefined);
  });

  it("are really attacked: crashes, elections, decisions, votes and commands in most runs", () => {
    const reports = Array.from({ length: 100 }, (_, seed) => attackOf(seed, {}));
    const sum = (of: (report: AttackReport) => number): number =>
      reports.reduce((total, report) => total + of(report), 0);
    assert.ok(sum(({ crashCount }) => crashCount) > 500);
    assert.ok(sum(({ leaderCount }) => leaderCount) > 150);
    assert.ok(sum(({ verdictCount }) => verdictCount) > 150);
    assert.ok(sum(({ commandCount }) => commandCount) > 1_000);
  });

  it("are a function of the seed", () => {
    for (const seed of [1, 2, 3]) assert.deepEqual(attackOf(seed, {}), attackOf(seed, {}));
  });

  const flaws = [
    ["a quorum that is one too small", { flaw: { kind: "small-quorum" } }],
    ["a term that is not stored", { flaw: { kind: "term-not-stored" }, disk: "trusted" }],
    ["a vote that is not stored", { flaw: { kind: "hasty-vote-not-stored" }, disk: "trusted" }],
    ["a voter that trusts a stale disk", { flaw: { kind: "trusts-stale-disk" } }],
  ] as const satisfies readonly (readonly [string, Omit<AttackOptions, "random">])[];
  for (const [name, options] of flaws)
    it(`find ${name} within 1000 seeds`, () => {
      const found = firstBroken(1_000, options);
      assert.match(
        found?.broken ?? "nothing",
        /two leaders|without the decided|votes|another entry/,
      );
    });

  it("hold without trials and leases too, so that what was found there was the missing vote", () => {
    const options = { flaw: { kind: "hasty" }, disk: "trusted" } as const;
    assert.deepEqual(firstBroken(500, options), undefined);
  });

  it("have a leader within half a second of the last join, and a new one within a second of a death", () => {
    const times = Array.from({ length: 300 }, (_, seed) => {
      const random = new SeededRandom(`election ${seed}`);
      return electionTimes(() => random.next(), { size: 5, linkMs: 5 });
    });
    const p99 = (values: readonly number[]): number =>
      [...values].sort((one, other) => one - other)[Math.floor(values.length * 0.99)]!;
    assert.ok(p99(times.map(({ firstLeaderMs }) => firstLeaderMs)) <= 500);
    assert.ok(p99(times.map(({ newLeaderMs }) => newLeaderMs)) <= 1_000);
  });
});
