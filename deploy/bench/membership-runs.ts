import { Cluster, type ClusterBoard } from "./membership-cluster.ts";

/** How a board is lost. */
export type Loss = "kill" | "pause" | "unplug" | "mute" | "deaf";

/** Time that a new cluster gets to come to rest, in ms: the calls of the start are over. */
const REST_MS = 5_000;

/** A cluster of `count` boards that all know each other, at rest. */
export async function restingCluster(
  seed: string,
  count: number,
  lossRate = 0,
): Promise<{ readonly cluster: Cluster; readonly boards: readonly ClusterBoard[] }> {
  const cluster = new Cluster(seed, { lossRate });
  // In one second: a thousand boards in one instant would be a test of the sockets' queues.
  const boards = await cluster.startMany(count, count > 64 ? 1_000 : 0);
  await cluster.runUntilWhole(60_000);
  await cluster.sim.runFor(REST_MS);
  return { cluster, boards };
}

/** Takes `victim` away. */
export function lose(cluster: Cluster, { fault, name }: ClusterBoard, how: Loss): void {
  if (how === "kill") cluster.kill(name);
  else if (how === "pause") fault.pause();
  else if (how === "unplug") cluster.sim.unplug(name);
  else if (how === "mute") fault.isMute = true;
  else fault.isDeaf = true;
}

/** Brings `victim` back; one that was killed is started again by the caller. */
export function restore(cluster: Cluster, { fault, name }: ClusterBoard, how: Loss): void {
  if (how === "pause") fault.resume();
  else if (how === "unplug") cluster.sim.plug(name);
  else Object.assign(fault, { isMute: false, isDeaf: false });
}

/** What one loss looked like. */
export interface LossReport {
  /** When each of the others knew, in ms; infinity for those who did not within 4 s. */
  readonly detectedMs: readonly number[];
  /** How many were told that somebody else is gone, wrongly. */
  readonly falseCount: number;
}

/** Loses one board of a resting cluster now. */
export async function measureLoss(
  { cluster, boards }: { readonly cluster: Cluster; readonly boards: readonly ClusterBoard[] },
  victim: ClusterBoard,
  how: Loss,
): Promise<LossReport> {
  const others = boards.filter((board) => board !== victim);
  const startMs = cluster.nowMs;
  lose(cluster, victim, how);
  await cluster.sim.runFor(4_000);
  const gone = others.map(({ told }) =>
    told.filter(({ atMs, event }) => atMs >= startMs && event.kind === "gone"),
  );
  const detectedMs = gone.map((each) => {
    const own = each.find(({ event }) => event.boardId === victim.name);
    return own === undefined ? Number.POSITIVE_INFINITY : own.atMs - startMs;
  });
  const wrong = gone.flat().filter(({ event }) => event.boardId !== victim.name);
  return { detectedMs, falseCount: wrong.length };
}

/**
 * Loses one board after the other, each at another moment, and brings it back; all times until one of the
 * others knew, and how many were told wrongly that somebody is gone.
 */
export async function measureLosses(
  resting: { readonly cluster: Cluster; readonly boards: readonly ClusterBoard[] },
  how: Loss,
  lossCount: number,
): Promise<LossReport> {
  const { cluster } = resting;
  const boards = [...resting.boards];
  const detectedMs: number[] = [];
  let falseCount = 0;
  for (let number = 0; number < lossCount; number += 1) {
    const place = (number * 7) % boards.length;
    const victim = boards[place];
    if (victim === undefined) break;
    // Not in step with the probes.
    await cluster.sim.runFor(2_000 + ((number * 137) % 600));
    const report = await measureLoss({ cluster, boards }, victim, how);
    detectedMs.push(...report.detectedMs);
    falseCount += report.falseCount;
    if (how === "kill") boards[place] = await cluster.start(victim.name);
    else restore(cluster, victim, how);
    await cluster.runUntilWhole(30_000, boards);
  }
  return { detectedMs, falseCount };
}

/** Pauses one board after the other for a second; how many were told that anybody is gone. */
export async function measurePauses(
  { cluster, boards }: { readonly cluster: Cluster; readonly boards: readonly ClusterBoard[] },
  pauseCount: number,
  pauseMs = 1_000,
): Promise<number> {
  const before = goneCount(boards);
  for (let number = 0; number < pauseCount; number += 1) {
    const victim = boards[number % boards.length];
    if (victim === undefined) break;
    // Not in step with the probes.
    await cluster.sim.runFor(1_000 + ((number * 137) % 600));
    lose(cluster, victim, "pause");
    await cluster.sim.runFor(pauseMs);
    restore(cluster, victim, "pause");
  }
  await cluster.sim.runFor(3_000);
  return goneCount(boards) - before;
}

/** How often the boards were told that one is gone. */
export function goneCount(boards: readonly ClusterBoard[]): number {
  return boards.flatMap(({ told }) => told.filter(({ event }) => event.kind === "gone")).length;
}

/** Bytes a second that boards send and receive, with all headers, over `durationMs`. */
export async function measureTraffic(
  { cluster, boards }: { readonly cluster: Cluster; readonly boards: readonly ClusterBoard[] },
  durationMs: number,
): Promise<Record<"sentMean" | "sentMax" | "receivedMean" | "receivedMax", number>> {
  for (const { fault } of boards) Object.assign(fault, { sentBytes: 0, receivedBytes: 0 });
  await cluster.sim.runFor(durationMs);
  const rates = (key: "sentBytes" | "receivedBytes"): number[] =>
    boards.map(({ fault }) => (fault[key] * 1_000) / durationMs);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [sent, received] = [rates("sentBytes"), rates("receivedBytes")];
  return {
    ...{ sentMean: mean(sent), sentMax: Math.max(...sent) },
    ...{ receivedMean: mean(received), receivedMax: Math.max(...received) },
  };
}

/** Halves a cluster for `partedMs`, and heals it; how long until all know all, in ms. */
export async function measureHeal(
  { cluster, boards }: { readonly cluster: Cluster; readonly boards: readonly ClusterBoard[] },
  partedMs: number,
): Promise<number> {
  const half = boards.slice(0, boards.length / 2).map(({ name }) => name);
  cluster.sim.partition(half);
  await cluster.sim.runFor(partedMs);
  cluster.sim.heal();
  return await cluster.runUntilWhole(30_000);
}
