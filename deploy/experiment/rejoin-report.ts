import { median } from "../bench/figures.ts";
import { PAPER_REJOIN } from "./paper.ts";
import type { RejoinRun, RejoinStep } from "./rejoin.ts";

/** Medians over runs, in ms. */
export interface RejoinSummary {
  readonly runCount: number;
  /** Each step since board 2 registered its publisher again. */
  readonly steps: readonly RejoinStep[];
  /** From board 2's loss of power until board 1 misses it. */
  readonly missedMs: number;
  /** What the processes of a board take to start. */
  readonly startMs: number;
}

/** The median time of each step, in time. */
export function summarizeRejoin(runs: readonly RejoinRun[]): RejoinSummary {
  const byName = new Map<string, RejoinStep[]>();
  for (const step of runs.flatMap(({ steps }) => steps)) {
    const name = `${step.board} ${step.of} ${step.kind}`;
    byName.set(name, [...(byName.get(name) ?? []), step]);
  }
  const steps = [...byName.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    return [{ ...first, atMs: median(same.map(({ atMs }) => atMs)) }];
  });
  return {
    runCount: runs.length,
    steps: steps.sort((a, b) => a.atMs - b.atMs),
    missedMs: median(runs.map(({ missedMs }) => missedMs)),
    startMs: median(runs.map(({ startMs }) => startMs)),
  };
}

/** The steps as a table, the dissertation's beside. */
export function rejoinText({ runCount, steps, missedMs, startMs }: RejoinSummary): string {
  const { notifiedMs, toldMs, connectedMs, otherWayMs } = PAPER_REJOIN;
  const paper: Readonly<Record<string, number>> = {
    "h1 h2 notified": notifiedMs,
    "h1 h2 told": notifiedMs + toldMs,
    "h1 h2 connected": notifiedMs + connectedMs,
    "h2 h1 notified": otherWayMs,
  };
  const lines = steps.map(({ board, of, kind, atMs }) => {
    const theirs = paper[`${board} ${of} ${kind}`];
    const what = kind === "registered" ? "registers its publisher" : `${kind}: publisher of ${of}`;
    const beside = theirs === undefined ? "" : String(theirs).padStart(12);
    return `  ${board}  ${what.padEnd(26)}${atMs.toFixed(1).padStart(10)}${beside}`;
  });
  return `medians of ${runCount} runs; ms since h2 registered    Hedgerow   RIAPS, figure 5.6
${lines.join("\n")}
  h2's loss of power is noticed by h1 after ${missedMs.toFixed(0)} ms; its processes take ${startMs.toFixed(0)} ms to start
`;
}
