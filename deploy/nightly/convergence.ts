import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { percentile } from "../bench/figures.ts";
import { NightCluster, namesOf, shuffled } from "./cluster.ts";
import { type Part, type Row, say } from "./report.ts";

/** The boards of one run start within so long, in ms, in an order drawn by lot. */
const STARTS_WITHIN_MS = 500;
/** A pair that is not connected so long after the last start never will be, in ms. */
const LIMIT_MS = 60_000;
/** For how long a cluster is halved, in ms: long enough that both sides take the other for lost. */
const PARTED_MS = 8_000;

/** One kind of run. */
export interface ConvergenceCase {
  readonly boardCount: number;
  /** Of datagrams, 0 to 1. */
  readonly lossRate: number;
  readonly runCount: number;
  /** Of the runs, those that are also halved and healed. */
  readonly healCount: number;
}

/** How many runs of which kind, and with the seed of which number they begin. */
export const CONVERGENCE_SIZES: Readonly<Record<"small" | "full", readonly ConvergenceCase[]>> = {
  small: casesOf([
    [8, 12, 3],
    [32, 1, 1],
  ]),
  full: casesOf([
    [8, 3_200, 100],
    [32, 130, 10],
    [128, 12, 3],
    [512, 1, 1],
  ]),
};

function casesOf(counts: readonly (readonly [number, number, number])[]): ConvergenceCase[] {
  return counts.flatMap(([boardCount, runCount, healCount]) =>
    [0, 0.1, 0.3].map((lossRate) => ({ boardCount, lossRate, runCount, healCount })),
  );
}

/** What one run gave. */
export interface ConvergenceRun {
  readonly pairCount: number;
  /** Pairs of which the requirer knew its provider in the end. */
  readonly connectedCount: number;
  /** From the last start until the last pair was connected, in ms; infinity when one never was. */
  readonly lastPairMs: number;
  /** From the end of the partition until the last pair was connected again; undefined: there was none. */
  readonly healedMs: number | undefined;
}

/**
 * One cluster from its start: each board provides a key of its own and requires that of another one, all
 * matched by lot; boards start in an order drawn by lot.
 */
export async function converge(
  { boardCount, lossRate }: Pick<ConvergenceCase, "boardCount" | "lossRate">,
  seed: number,
  isHalved: boolean,
): Promise<ConvergenceRun> {
  const random = new SeededRandom(`convergence ${boardCount} ${lossRate} ${seed}`);
  const names = namesOf(boardCount);
  const wanted = new Map(
    shuffled(random, names).map((name, index) => [names[index] ?? "", name] as const),
  );
  const missing = new Set(names);
  const cluster = new NightCluster(`${boardCount} ${lossRate} ${seed}`, { lossRate }, (board) => {
    const { name, discovery } = board;
    const other = wanted.get(name) ?? "";
    discovery.registry.require(`key of ${other}`, (endpoints) => {
      // Exactly that one: whoever is told of more is not connected rightly.
      if (endpoints.join() === `at ${other}`) missing.delete(name);
      else missing.add(name);
    });
    discovery.registry.provide("p", { key: `key of ${name}`, endpoint: `at ${name}` });
  });
  const { sim } = cluster;
  const starts = shuffled(random, names).map((name) => ({
    name,
    atMs: random.next() * STARTS_WITHIN_MS,
  }));
  for (const { name, atMs } of starts) sim.plan(atMs, `start ${name}`, () => cluster.start(name));
  const lastStartUs = sim.utcUs + Math.max(...starts.map(({ atMs }) => atMs)) * 1000;
  await sim.runUntil(Math.ceil(lastStartUs));
  const untilAll = async (): Promise<number> => {
    const startUs = sim.utcUs;
    const endUs = startUs + LIMIT_MS * 1000;
    await sim.runWhile(() => missing.size > 0 && sim.utcUs < endUs, Number.POSITIVE_INFINITY);
    return missing.size > 0 ? Number.POSITIVE_INFINITY : (sim.utcUs - startUs) / 1000;
  };
  const lastPairMs = await untilAll();
  let healedMs: number | undefined;
  if (isHalved) {
    sim.partition(shuffled(random, names).slice(0, boardCount / 2));
    await sim.runFor(PARTED_MS);
    sim.heal();
    healedMs = await untilAll();
  }
  return {
    ...{ pairCount: names.length, connectedCount: names.length - missing.size },
    ...{ lastPairMs, healedMs },
  };
}

/** All runs of the cases, one line each case. */
export async function nightConvergence(cases: readonly ConvergenceCase[]): Promise<Part> {
  const rows: Row[] = [];
  let isGood = true;
  let runs = 0;
  for (const each of cases) {
    const { boardCount, lossRate, runCount, healCount } = each;
    say("convergence", `${runCount} × ${boardCount} boards, ${lossRate * 100} % loss`);
    const startCpu = process.cpuUsage();
    const results: ConvergenceRun[] = [];
    for (let seed = 1; seed <= runCount; seed += 1) {
      const result = await converge(each, seed, seed <= healCount);
      if (result.connectedCount < result.pairCount)
        say("convergence", `NOT CONNECTED: ${boardCount} boards, loss ${lossRate}, seed ${seed}`);
      results.push(result);
    }
    runs += runCount;
    const sum = (key: "pairCount" | "connectedCount"): number =>
      results.reduce((total, result) => total + result[key], 0);
    const times = results.map(({ lastPairMs }) => lastPairMs);
    const heals = results.flatMap(({ healedMs }) => (healedMs === undefined ? [] : [healedMs]));
    const healMaxMs = Math.max(...heals);
    isGood &&= sum("connectedCount") === sum("pairCount") && healMaxMs <= 5_000;
    if (boardCount === 128 && lossRate === 0.3) isGood &&= percentile(times, 0.99) <= 5_000;
    const { user, system } = process.cpuUsage(startCpu);
    rows.push({
      boards: boardCount,
      "loss %": lossRate * 100,
      runs: runCount,
      pairs: sum("pairCount"),
      "connected %": (100 * sum("connectedCount")) / sum("pairCount"),
      "last pair p50 ms": percentile(times, 0.5),
      "p99 ms": percentile(times, 0.99),
      "max ms": Math.max(...times),
      heals: heals.length,
      "healed max ms": healMaxMs,
      "cpu s": (user + system) / 1e6,
    });
  }
  return {
    title: `convergence: ${runs} runs from the start of the last board to the last pair`,
    rows,
    isGood,
    goal: "100 % connected; healed within 5 s; p99 of 128 boards at 30 % loss within 5 s",
  };
}
