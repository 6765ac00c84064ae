// Goal: the solver reaches the independently computed optima of a whole day of 102 prosumers, exactly.
// Method: all offers of the day are known at once; rows of data/community-102/expected_optima.csv.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type Community, parseCommunity } from "./community.ts";
import { openHighs } from "./highs-solver.ts";
import type { LinearSolver } from "./linear-solver.ts";
import type { FeederLimits, Offer } from "./market-terms.ts";
import { solveTrading } from "./solver-rule.ts";

const DATA = new URL("../../../../actors/transax/data/community-102/", import.meta.url);
const text = (name: string): Promise<string> => readFile(new URL(name, DATA), "utf8");

interface Case {
  readonly name: string;
  readonly flexible: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  readonly delayIntervals: number;
  readonly limits: FeederLimits;
  readonly optimumWh: number;
}

function parseCases(csv: string): readonly Case[] {
  return csv
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [name = "", who = "", range = "", delay = "", ce = "", ci = "", optimum = ""] =
        line.split(",");
      const [from = -1, to = -1] = range === "" ? [] : range.split("-").map(Number);
      return {
        name,
        flexible: new Set(who === "" ? [] : who.split(" ").map(Number)),
        from,
        to,
        delayIntervals: delay.startsWith("until") ? 95 : Number(delay),
        limits: {
          externalLimitWh: ce === "" ? undefined : Number(ce),
          internalLimitWh: ci === "" ? undefined : Number(ci),
        },
        optimumWh: Number(optimum),
      };
    });
}

// All rows of the table: mocha wants their names before the file is read.
const CASES = [
  "no-limits",
  ...[5000, 4000, 3000, 2500, 2000, 1500, 1000].map((limit) => `Ce-${String(limit)}`),
  ...[5000, 3000].map((limit) => `Ci-${String(limit)}`),
  "flex-102",
  ...[8, 12, 16].map((delay) => `flex-102-delay-${String(delay)}`),
  ...[5000, 2500, 1500].map((limit) => `flex-102-Ce-${String(limit)}`),
  "flex-all-50-59",
  "flex-all-day-delay-4",
  "flex-all-day-delay-8",
  "flex-all-day",
];

/** One offer per prosumer and interval; a mask holds 64 intervals, which costs no case anything. */
function offersOf({ members, netWh, intervalCount }: Community, day: Case): Offer[] {
  return members
    .flatMap(({ prosumer, feeder }) =>
      Array.from({ length: intervalCount }, (_, interval) => ({
        prosumer,
        feeder,
        interval,
        wh: netWh.get(prosumer)?.[interval] ?? 0,
      })),
    )
    .filter(({ wh }) => wh !== 0)
    .map(({ prosumer, feeder, interval, wh }, index) => {
      const isFlexible =
        wh > 0 && day.flexible.has(prosumer) && interval >= day.from && interval <= day.to;
      const length = isFlexible
        ? Math.min(day.delayIntervals, intervalCount - 1 - interval) + 1
        : 1;
      return {
        offerId: index + 1,
        kind: wh > 0 ? "sell" : "buy",
        feeder,
        energyWh: Math.abs(wh),
        usedWh: 0,
        priceUnits: wh > 0 ? 80 : 300,
        firstInterval: interval,
        intervalMask: 2n ** BigInt(length) - 1n,
      } as const;
    });
}

describe("transax solver: a day of 102 prosumers", function () {
  this.timeout(120_000);
  let community: Community;
  let cases: readonly Case[];
  let solver: LinearSolver;
  const notes: string[] = [];
  before(async () => {
    community = parseCommunity({
      members: await text("members.csv"),
      netFileName: "net_15min_Wh.csv",
      net: await text("net_15min_Wh.csv"),
    });
    cases = parseCases(await text("expected_optima.csv"));
    assert.deepEqual(
      cases.map(({ name }) => name),
      CASES,
    );
    solver = await openHighs();
  });
  after(() => {
    for (const note of notes) console.log(`      ${note}`);
  });

  const check = (name: string): void => {
    const day = cases.find((one) => one.name === name);
    assert.ok(day, name);
    const limits = new Map(community.members.map(({ feeder }) => [feeder, day.limits]));
    const start = performance.now();
    const { totalWh, trades } = solveTrading(
      { offers: offersOf(community, day), limits, firstInterval: 0, horizonIntervals: 95 },
      solver,
    );
    const ms = Math.round(performance.now() - start);
    notes.push(
      `${name.padEnd(24)} ${String(totalWh)} Wh, ${String(trades.length)} trades, ${String(ms)} ms`,
    );
    assert.equal(totalWh, day.optimumWh);
  };

  for (const name of CASES) it(`${name} is solved to the optimum`, () => check(name));
});
