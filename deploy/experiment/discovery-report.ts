import { percentile } from "../bench/figures.ts";
import type { DiscoveryRun, StartOrder } from "./discovery.ts";
import { PAPER_CONNECTED_MS, PAPER_RANGES } from "./paper.ts";

/** Times of many subscribers, in ms. */
export interface Spread {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** All runs of one size and order together. */
export interface DiscoverySummary {
  readonly hostCount: number;
  readonly order: StartOrder;
  readonly subscriberCount: number;
  readonly lostCount: number;
  readonly registeredToNotified: Spread;
  readonly notifiedToConnected: Spread;
  /** Of a plain broadcast to as many processes: what the machine adds. */
  readonly broadcast: Spread;
}

/** Median, p99 and the most. */
export function spreadOf(valuesMs: readonly number[]): Spread {
  return {
    medianMs: percentile(valuesMs, 0.5),
    p99Ms: percentile(valuesMs, 0.99),
    maxMs: percentile(valuesMs, 1),
  };
}

/** One summary for each size and order, in the order of the runs. */
export function summarize(runs: readonly DiscoveryRun[]): readonly DiscoverySummary[] {
  const byKind = new Map<string, DiscoveryRun[]>();
  for (const run of runs) {
    const kind = `${run.order} ${run.hostCount}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), run]);
  }
  return [...byKind.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const times = same.flatMap((run) => run.times);
    return [
      {
        ...{ hostCount: first.hostCount, order: first.order, subscriberCount: times.length },
        lostCount: same.reduce((sum, { lost }) => sum + lost.length, 0),
        registeredToNotified: spreadOf(times.map((each) => each.registeredToNotifiedMs)),
        notifiedToConnected: spreadOf(times.map((each) => each.notifiedToConnectedMs)),
        broadcast: spreadOf(same.flatMap(({ broadcastMs }) => broadcastMs)),
      },
    ];
  });
}

/** The summaries as a table, with the dissertation's figures below. */
export function discoveryText(summaries: readonly DiscoverySummary[]): string {
  const head = [
    "                              registered to notified    notified to connected      a broadcast to all",
    "order           hosts  subs   median     p99     max    median     p99     max   median     p99     max  ms",
  ];
  const lines = summaries.map((each) =>
    [
      each.order.padEnd(14),
      String(each.hostCount).padStart(6),
      String(each.subscriberCount).padStart(6),
      ...[each.registeredToNotified, each.notifiedToConnected, each.broadcast].map(
        ({ medianMs, p99Ms, maxMs }) => `  ${[medianMs, p99Ms, maxMs].map(cell).join("")}`,
      ),
      each.lostCount === 0 ? "" : `  ${each.lostCount} NEVER CONNECTED`,
    ].join(""),
  );
  const paper = PAPER_RANGES.map(
    ({ hostCount, subscriberCount, fromMs, toMs }) =>
      `${"RIAPS, figure 5.5".padEnd(18)}${String(hostCount).padStart(2)}${String(subscriberCount).padStart(6)}` +
      `   ${fromMs === toMs ? fromMs : `${fromMs} to ${toMs}`}`,
  );
  const { fromMs, toMs } = PAPER_CONNECTED_MS;
  return `${[...head, ...lines, "", ...paper].join("\n")}
RIAPS: told and connected within ${fromMs} to ${toMs} ms of the notification; its clocks agreed within 300 ms.
`;
}

function cell(ms: number): string {
  return (ms < 100 ? ms.toFixed(1) : ms.toFixed(0)).padStart(8);
}
