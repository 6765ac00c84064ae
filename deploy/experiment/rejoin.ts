import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Testbed } from "../testbed/testbed.ts";
import { deploymentText } from "./application.ts";
import { ExperimentBoard } from "./board.ts";
import type { TellProgress } from "./discovery.ts";
import type { BoardEvent } from "./events.ts";

/** One step of one board; times in ms since board 2 registered its publisher again. */
export interface RejoinStep {
  readonly board: string;
  /** Whose publisher it is about. */
  readonly of: string;
  readonly kind: "registered" | "notified" | "told" | "connected";
  readonly atMs: number;
}

/** One run of the second experiment. */
export interface RejoinRun {
  readonly steps: readonly RejoinStep[];
  /** From board 2's loss of power until board 1's agent misses it, in ms. */
  readonly missedMs: number;
  /** From its new start until board 2's actor registers: what its processes take to start, in ms. */
  readonly startMs: number;
}

const MS_MAX = 60_000;

/**
 * The dissertation's second experiment (figure 5.6): two boards, each publishes and subscribes to both. Board 2 loses
 * its power and comes back; when is each of the four connections there again?
 */
export async function runRejoin(progress: TellProgress): Promise<RejoinRun> {
  const folder = mkdtempSync(join(tmpdir(), "experiment-"));
  try {
    await using testbed = await Testbed.make({ hostCount: 2 });
    const [one, two] = [testbed.host("h1"), testbed.host("h2")];
    const options = {
      folder,
      deploymentText: deploymentText([
        ["h1", "Both"],
        ["h2", "Both"],
      ]),
    };
    await using first = new ExperimentBoard(testbed, one, options);
    const before = new ExperimentBoard(testbed, two, options);
    const signal = AbortSignal.timeout(MS_MAX);
    progress("rejoin: two boards start");
    await Promise.all([connectedTo(first, 2, 0, signal), connectedTo(before, 2, 0, signal)]);
    const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);
    const killedUs = nowUs();
    progress("rejoin: board 2 loses its power");
    await testbed.killAll(two);
    const gone = await first.when(({ kind, atUs }) => isGone(kind) && atUs > killedUs, signal);
    const startedUs = nowUs();
    progress("rejoin: board 2 comes back");
    await using again = new ExperimentBoard(testbed, two, options);
    await Promise.all([connectedTo(first, 1, startedUs, signal), connectedTo(again, 2, 0, signal)]);
    const late = first.events.filter(({ atUs }) => atUs > startedUs);
    const known = [...first.events, ...again.events];
    const { steps, registeredUs } = rejoinSteps([...late, ...again.events], known);
    return {
      steps,
      missedMs: ((gone?.atUs ?? Number.NaN) - killedUs) / 1_000,
      startMs: (registeredUs - startedUs) / 1_000,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isGone(kind: string): boolean {
  return kind === "board-gone";
}

async function connectedTo(
  board: ExperimentBoard,
  count: number,
  sinceUs: number,
  signal: AbortSignal,
): Promise<void> {
  const links = (): number =>
    board.events.filter(({ kind, atUs }) => kind === "connected" && atUs > sinceUs).length;
  const reached = await board.when(() => links() >= count, signal);
  if (reached === undefined) throw new Error(`${board.host.name} was not connected in time`);
}

const STEPS: readonly string[] = ["registered", "notified", "told", "connected"];

/** What the events say, in time; `known` tells which board provides what. */
export function rejoinSteps(
  events: readonly BoardEvent[],
  known: readonly BoardEvent[],
): { readonly steps: readonly RejoinStep[]; readonly registeredUs: number } {
  const provided = known.filter(({ kind, as }) => kind === "registered" && as === "provider");
  const ownerOf = new Map(provided.map(({ endpoint, board }) => [endpoint, board]));
  const registered = events.find(
    ({ kind, as, board }) => kind === "registered" && as === "provider" && board === "h2",
  );
  const registeredUs = registered?.atUs ?? Number.NaN;
  const seen = new Set<string>();
  const steps = [...events]
    .sort((a, b) => a.atUs - b.atUs)
    .flatMap(({ kind, board, endpoint, atUs }): RejoinStep[] => {
      const of = ownerOf.get(endpoint);
      // A list of providers names those that were known before, too: the first time counts.
      const name = `${kind} ${board} ${endpoint}`;
      if (of === undefined || !STEPS.includes(kind) || seen.has(name)) return [];
      seen.add(name);
      const step = kind as RejoinStep["kind"];
      return [{ board, of, kind: step, atMs: (atUs - registeredUs) / 1_000 }];
    })
    // Of its own publisher board 1 knew all along.
    .filter(({ board, of }) => board !== "h1" || of !== "h1");
  return { steps, registeredUs };
}
