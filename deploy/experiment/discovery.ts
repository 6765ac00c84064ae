import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureWays } from "../testbed/measure.ts";
import { Testbed } from "../testbed/testbed.ts";
import { deploymentText } from "./application.ts";
import { ExperimentBoard } from "./board.ts";
import { discoveryTimes, type SubscriberTimes } from "./discovery-times.ts";
import type { BoardEvent } from "./events.ts";

/** In which order the boards start. */
export type StartOrder =
  /** As in the dissertation: the publisher's board when all others are ready. */
  | "publisher-last"
  /** All at once. */
  | "together";

/** One run of the first experiment. */
export interface DiscoveryRun {
  readonly hostCount: number;
  readonly order: StartOrder;
  readonly times: readonly SubscriberTimes[];
  /** Subscribers that were not connected in time. */
  readonly lost: readonly string[];
  /**
   * What the machine adds, in ms: a broadcast reaches waiting processes on all other hosts, as many as there are
   * subscribers, while all boards are there; until each of them has it.
   */
  readonly broadcastMs: readonly number[];
}

/** How far a run is. */
export type TellProgress = (text: string) => void;

const CONNECTED_MS_MAX = 120_000;
/** Boards that start at the same time when the order does not matter. */
const STARTING_MAX = 4;

/**
 * The dissertation's first experiment (figure 5.5): one publisher, all others subscribers, each board with its own
 * agent and actor on a host of its own; when is each subscriber notified, and when connected?
 */
export async function runDiscovery(
  hostCount: number,
  order: StartOrder,
  progress: TellProgress,
): Promise<DiscoveryRun> {
  const folder = mkdtempSync(join(tmpdir(), "experiment-"));
  try {
    await using testbed = await Testbed.make({ hostCount });
    const names = testbed.hosts.map(({ name }) => name);
    const subscribers = names.slice(0, -1);
    const deployment = deploymentText(
      names.map((name) => [name, subscribers.includes(name) ? "Hearer" : "Talker"]),
    );
    const options = { folder, deploymentText: deployment };
    const boards: ExperimentBoard[] = [];
    try {
      const start = (index: number): ExperimentBoard => {
        const host = testbed.hosts[index];
        if (host === undefined) throw new RangeError(`there is no host ${index}`);
        const board = new ExperimentBoard(testbed, host, options);
        boards.push(board);
        return board;
      };
      await startBoards(hostCount, order, start, progress);
      const signal = AbortSignal.timeout(CONNECTED_MS_MAX);
      const hearers = boards.filter(({ host }) => subscribers.includes(host.name));
      await Promise.all(hearers.map((board) => board.when(isKind("heard"), signal)));
      const events = boards.flatMap((board) => board.events).sort((a, b) => a.atUs - b.atUs);
      progress(`${hostCount} hosts: how long one broadcast takes to all`);
      const broadcastMs = await broadcastDelays(testbed);
      return { hostCount, order, ...discoveryTimes(subscribers, events), broadcastMs };
    } finally {
      progress(`${hostCount} hosts: stopping`);
      await Promise.all(boards.map((board) => board[Symbol.asyncDispose]()));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startBoards(
  hostCount: number,
  order: StartOrder,
  start: (index: number) => ExperimentBoard,
  progress: TellProgress,
): Promise<void> {
  const signal = AbortSignal.timeout(CONNECTED_MS_MAX);
  if (order === "together") {
    progress(`${hostCount} hosts: all boards start`);
    for (let index = 0; index < hostCount; index += 1) start(index);
    return;
  }
  const waiting = Array.from({ length: hostCount - 1 }, (_, index) => index);
  let readyCount = 0;
  const starting = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const ready = await start(index).when(isKind("actor-active"), signal);
      if (ready === undefined) throw new Error(`board h${index + 1} was not ready in time`);
      readyCount += 1;
      progress(`${hostCount} hosts: ${readyCount} of ${hostCount - 1} subscribers are ready`);
    }
  };
  await Promise.all(Array.from({ length: STARTING_MAX }, starting));
  progress(`${hostCount} hosts: the publisher's board starts`);
  start(hostCount - 1);
}

/** One plain datagram to all, again and again: what any way of telling everybody takes here at least. */
async function broadcastDelays(testbed: Testbed): Promise<readonly number[]> {
  const [from, ...others] = testbed.hosts;
  if (from === undefined) return [];
  const { there } = await measureWays(testbed, from, others, { count: 10, intervalMs: 100 });
  return there.flat().map(({ delayUs }) => delayUs / 1_000);
}

/** Whether an event is of this kind. */
export function isKind(kind: string): (event: BoardEvent) => boolean {
  return (event) => event.kind === kind;
}
