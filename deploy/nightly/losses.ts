import { BOARD_PROGRAM, NightCluster, namesOf } from "./cluster.ts";

/** How a board is lost; hog: its processor is so busy that it keeps up with nothing. */
export type Loss = "kill" | "pause" | "unplug" | "mute" | "deaf" | "hog";

/** All of them. */
export const LOSSES: readonly Loss[] = ["kill", "pause", "unplug", "mute", "deaf", "hog"];

/** Time that a new cluster gets to come to rest, in ms: the calls of the start are over. */
const REST_MS = 5_000;
/** A loss that is not known so long afterwards is not known, in ms. */
const WATCHED_MS = 4_000;
/** What each event of a hogged board takes, in µs: another program has nearly all of its processor. */
const HOG_EVENT_US = 3_000_000;

/** A cluster of boards that all know each other, at rest. */
export async function restingCluster(
  seed: string,
  boardCount: number,
  lossRate = 0,
): Promise<NightCluster> {
  const cluster = new NightCluster(seed, { lossRate });
  // In one second: a thousand boards in one instant would be a test of the sockets' queues.
  const spreadMs = boardCount > 64 ? 1_000 : 0;
  for (const name of namesOf(boardCount)) {
    cluster.start(name);
    if (spreadMs > 0) await cluster.sim.runFor(spreadMs / boardCount);
  }
  await cluster.until(() => cluster.boards.size === boardCount && cluster.isWhole, 60_000);
  await cluster.sim.runFor(REST_MS);
  return cluster;
}

/** Takes a board away by the simulator's faults; returns what brings it back. */
export function lose(cluster: NightCluster, name: string, how: Loss): () => void {
  const { sim, boards } = cluster;
  const host = sim.host(name);
  switch (how) {
    case "kill":
      host.powerOff();
      boards.delete(name);
      return () => cluster.start(name);
    case "pause":
      host.pause(BOARD_PROGRAM);
      return () => void host.resume(BOARD_PROGRAM);
    case "unplug":
      sim.unplug(name);
      return () => sim.plug(name);
    case "mute":
      return sim.cut(name, "all");
    case "deaf":
      return sim.cut("all", name);
    case "hog":
      host.hog(HOG_EVENT_US);
      return () => {
        host.hog(0);
        // Its watchdog starts it again: nobody waits for what has piled up.
        host.powerOff();
        boards.delete(name);
        cluster.start(name);
      };
  }
}

/** What losses looked like. */
export interface LossReport {
  /** When each of the others knew, in ms; infinity for those who did not within 4 s. */
  readonly detectedMs: readonly number[];
  /** How many were told that somebody else is gone, wrongly. */
  readonly falseCount: number;
}

/** Loses one board after the other, each at another moment, and brings it back. */
export async function measureLosses(
  cluster: NightCluster,
  how: Loss,
  lossCount: number,
): Promise<LossReport> {
  const { sim, boards } = cluster;
  const names = [...boards.keys()];
  const detectedMs: number[] = [];
  let falseCount = 0;
  for (let number = 0; number < lossCount; number += 1) {
    const victim = names[(number * 7) % names.length] ?? "";
    // Not in step with the probes.
    await sim.runFor(2_000 + ((number * 137) % 600));
    const startMs = cluster.nowMs;
    const restore = lose(cluster, victim, how);
    await sim.runFor(WATCHED_MS);
    for (const board of boards.values()) {
      if (board.name === victim) continue;
      const gone = board.told.filter(({ atMs, event }) => atMs >= startMs && event.kind === "gone");
      const own = gone.find(({ event }) => event.boardId === victim);
      detectedMs.push(own === undefined ? Number.POSITIVE_INFINITY : own.atMs - startMs);
      falseCount += gone.filter(({ event }) => event.boardId !== victim).length;
    }
    restore();
    await cluster.until(() => boards.size === names.length && cluster.isWhole, 30_000);
  }
  return { detectedMs, falseCount };
}

/** Pauses one board after the other for a second; how many were told that anybody is gone. */
export async function measurePauses(
  cluster: NightCluster,
  pauseCount: number,
  pauseMs = 1_000,
): Promise<number> {
  const { sim, boards } = cluster;
  const names = [...boards.keys()];
  const before = goneCount(cluster);
  for (let number = 0; number < pauseCount; number += 1) {
    await sim.runFor(1_000 + ((number * 137) % 600));
    const host = sim.host(names[number % names.length] ?? "");
    host.pause(BOARD_PROGRAM);
    await sim.runFor(pauseMs);
    host.resume(BOARD_PROGRAM);
  }
  await sim.runFor(3_000);
  return goneCount(cluster) - before;
}

/** How often the boards were told that one is gone. */
export function goneCount({ boards }: NightCluster): number {
  let count = 0;
  for (const { told } of boards.values())
    for (const { event } of told) if (event.kind === "gone") count += 1;
  return count;
}
