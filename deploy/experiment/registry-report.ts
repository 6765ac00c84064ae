import { percentile } from "../bench/figures.ts";
import type { RegistryRun } from "./registry.ts";

/** What the registries gave, a column each. */
export function registryText(runs: readonly RegistryRun[]): string {
  const rows: readonly (readonly [string, (run: RegistryRun) => string])[] = [
    ["nodes", ({ hostCount }) => String(hostCount)],
    ["put, until kept: p50 p99 ms", ({ putMs }) => pair(putMs)],
    ["put, until heard elsewhere", ({ notifiedMs }) => pair(notifiedMs)],
    ["  never heard", ({ unheardCount }) => String(unheardCount)],
    ["lookup on a third node", ({ lookupMs }) => pair(lookupMs)],
    ["  not found", ({ missedCount }) => String(missedCount)],
    ["nodes that lost their power", ({ killedCount }) => String(killedCount)],
    ["  lookup after that", ({ lookupAfterKillMs }) => pair(lookupAfterKillMs)],
    ["  found: of living owners", ({ foundAtOnce }) => percent(foundAtOnce.living)],
    ["  found: of dead owners", ({ foundAtOnce }) => percent(foundAtOnce.dead)],
    ["  later: of living owners", ({ foundLater }) => percent(foundLater.living)],
    ["  later: of dead owners", ({ foundLater }) => percent(foundLater.dead)],
    ["  others that ended by then", ({ crashedCount }) => String(crashedCount)],
  ];
  const head = ["".padEnd(32), ...runs.map(({ name }) => name.padStart(24))].join("");
  const lines = rows.map(([title, cell]) =>
    [title.padEnd(32), ...runs.map((run) => cell(run).padStart(24))].join(""),
  );
  return `${[head, ...lines].join("\n")}\n`;
}

function pair(valuesMs: readonly number[]): string {
  return `${percentile(valuesMs, 0.5).toFixed(1)}  ${percentile(valuesMs, 0.99).toFixed(1)}`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? "-" : `${(100 * share).toFixed(0)} %`;
}
