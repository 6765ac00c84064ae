import { runScenario } from "../attack/run-scenario.ts";
import { SCENARIOS } from "../attack/scenarios.ts";
import { NightCluster, namesOf } from "./cluster.ts";
import { converge } from "./convergence.ts";
import { LOSSES, measureLosses, measurePauses, restingCluster } from "./losses.ts";

/** Looks for something that does not hold until it finds it, or `isOver`; says what. Seeds count from 1. */
export type Search = (isOver: () => boolean) => Promise<string | undefined>;

/** Nobody may need longer to know of a loss, in ms. */
const KNOWN_WITHIN_MS = 2_000;
const HEALED_WITHIN_MS = 5_000;
/** What a board may send when all is quiet, in bytes a second without headers. */
const QUIET_BYTES_MAX = 2_048;
/** What a board may send while all find each other, in bytes, and how long that takes, in ms. */
const START_BYTES_MAX = 65_536;
const START_MS = 3_000;

/** Where bugs are looked for, by name. */
export const SEARCHES = {
  /** `hedgerow attack discovery`. */
  discovery: scenario("discovery"),
  /** `hedgerow attack registry`. */
  registry: scenario("registry"),
  /** Clusters from their start, and healed; see convergence.ts. */
  convergence: (isOver) =>
    upwards(isOver, async (seed) => {
      const [boardCount, lossRate] = [[8, 12, 24][seed % 3] ?? 8, [0, 0.1, 0.3][seed % 3] ?? 0];
      const run = await converge({ boardCount, lossRate }, seed, seed % 2 === 1);
      if (run.connectedCount < run.pairCount) return `seed ${seed}: not all pairs are connected`;
      if (run.lastPairMs > HEALED_WITHIN_MS)
        return `seed ${seed}: the last pair took ${run.lastPairMs} ms`;
      const healedMs = run.healedMs ?? 0;
      return healedMs > HEALED_WITHIN_MS ? `seed ${seed}: healed after ${healedMs} ms` : undefined;
    }),
  /** Losses are known in time, pauses of a second are none, loss of packets is no loss of boards. */
  losses: (isOver) => upwards(isOver, lossesHold),
  /** Boards die one after the other until few are left, who still hear of each other. */
  dwindling: (isOver) => upwards(isOver, dwindlingHolds),
  /** Quiet hours: what is said stays known, a change is known at once, and traffic stays small. */
  calm: (isOver) => upwards(isOver, calmHolds),
} as const satisfies Record<string, Search>;

async function upwards(
  isOver: () => boolean,
  one: (seed: number) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (let seed = 1; !isOver(); seed += 1) {
    const found = await one(seed);
    if (found !== undefined) return found;
  }
  return undefined;
}

function scenario(name: string): Search {
  return (isOver) =>
    upwards(isOver, async (seed) => {
      const attacked = SCENARIOS[name];
      if (attacked?.kind !== "simulated") throw new Error(`no scenario ${name}`);
      const { failure } = await runScenario(attacked, { seed });
      return failure === undefined ? undefined : `seed ${seed}: ${failure.reason}`;
    });
}

async function lossesHold(seed: number): Promise<string | undefined> {
  const how = LOSSES[seed % LOSSES.length] ?? "kill";
  const boardCount = 6;
  const cluster = await restingCluster(`losses ${seed}`, boardCount);
  const { detectedMs, falseCount } = await measureLosses(cluster, how, 3);
  const lastMs = Math.max(...detectedMs);
  if (lastMs > KNOWN_WITHIN_MS) return `seed ${seed}: ${how} was known after ${lastMs} ms`;
  if (falseCount > 0) return `seed ${seed}: ${how} of one, and ${falseCount} were told of others`;
  if (!cluster.isWhole) return `seed ${seed}: who came back after ${how} is not known to all`;
  const lossy = await restingCluster(`pauses ${seed}`, boardCount, seed % 2 === 0 ? 0 : 0.1);
  const alarmCount = await measurePauses(lossy, 20);
  return alarmCount > 0 ? `seed ${seed}: ${alarmCount} alarms by pauses of a second` : undefined;
}

/** Twenty boards, of whom eighteen die: often all that kept a key at first are gone in the end. */
async function dwindlingHolds(seed: number): Promise<string | undefined> {
  const names = namesOf(20);
  const key = `key ${seed}`;
  const known = new Map<string, readonly string[]>();
  const cluster = new NightCluster(`dwindling ${seed}`, {}, ({ name, discovery: { registry } }) => {
    registry.require(key, (endpoints) => known.set(name, endpoints));
    registry.provide("self", { key, endpoint: `self of ${name}` });
  });
  const { sim, boards } = cluster;
  for (const name of names) cluster.start(name);
  await sim.runFor(3_000);
  for (const victim of names.slice(0, 18)) {
    sim.host(victim).powerOff();
    boards.delete(victim);
    await sim.runFor(KNOWN_WITHIN_MS + 500);
    for (const name of boards.keys())
      if (known.get(name)?.includes(`self of ${victim}`) === true)
        return `seed ${seed}: ${name} still knows what ${victim} provided, which is dead`;
    const owner = names.at(-1 - (seed % 2)) ?? "";
    boards.get(owner)?.discovery.registry.provide(victim, { key, endpoint: victim });
    await sim.runFor(1_000);
    for (const name of boards.keys())
      if (known.get(name)?.includes(victim) !== true)
        return `seed ${seed}: with ${boards.size} boards left, ${name} does not know what ${owner} provides`;
  }
  return undefined;
}

/**
 * Twelve boards for twelve minutes, twice as long as what is said counts without renewal; at first with
 * changes often enough that one falls into any gap between two leases.
 */
async function calmHolds(seed: number): Promise<string | undefined> {
  const names = namesOf(12);
  const known = new Map<string, string>();
  const cluster = new NightCluster(`calm ${seed}`, {}, ({ name, discovery: { registry } }) => {
    registry.provide("p", { key: "steady", endpoint: name });
    registry.require("steady", (endpoints) => known.set(`${name} steady`, endpoints.join()));
    registry.require("changing", (endpoints) => known.set(`${name} changing`, endpoints.join()));
  });
  const { sim } = cluster;
  for (const name of names) cluster.start(name);
  // A storm is seen at once: the hours would not end in it.
  for (let number = 0; number < START_MS / 50; number += 1) {
    await sim.runFor(50);
    if (cluster.sentBytes > names.length * START_BYTES_MAX)
      return `seed ${seed}: ${cluster.sentBytes} bytes sent in the first ${cluster.nowMs} ms`;
  }
  const steady = [...names].sort().join();
  let changing = "";
  const wrong = (): string | undefined => {
    for (const name of names) {
      if (known.get(`${name} steady`) !== steady) return `${name} does not know all that is said`;
      if (known.get(`${name} changing`) !== changing) return `${name} does not know of a change`;
    }
    return undefined;
  };
  for (let round = 0; round < 60; round += 1) {
    await sim.runFor(round < 45 ? 2_500 : 39_500);
    const before = wrong();
    if (before !== undefined) return `seed ${seed}, ${cluster.nowMs} ms: ${before}`;
    const registry = cluster.boards.get(names[round % 12] ?? "")?.discovery.registry;
    if (changing === "")
      registry?.provide("q", { key: "changing", endpoint: (changing = `n${round}`) });
    else {
      for (const { discovery } of cluster.boards.values()) discovery.registry.withdraw("q");
      changing = "";
    }
    // A few round trips; a lost timer or a missing push would take far longer.
    await sim.runFor(500);
    const after = wrong();
    if (after !== undefined) return `seed ${seed}, ${cluster.nowMs} ms, just changed: ${after}`;
  }
  const sentBytes = cluster.sentBytes;
  await sim.runFor(20_000);
  const rate = (cluster.sentBytes - sentBytes) / 20 / names.length;
  if (rate > QUIET_BYTES_MAX)
    return `seed ${seed}: ${rate} bytes a second and board when all is quiet`;
  return undefined;
}
