import type { FaultLine } from "../../agent/sim/fault-script.ts";
import { runScenario } from "./run-scenario.ts";
import type { Outcome, Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";

/** How a search went. */
export interface Exploration {
  readonly runCount: number;
  readonly eventCount: number;
  readonly simulatedMs: number;
  /** The first run that failed; undefined: none did. */
  readonly found: Outcome | undefined;
  /** The same failure with as little as it takes. */
  readonly shrunk: Outcome | undefined;
}

/** What is looked for, and where. */
export interface ExploreOptions {
  readonly seeds: readonly number[];
  /** Instead of what the seeds draw. */
  readonly lines?: readonly FaultLine[];
  /** Default true. */
  readonly shrinks?: boolean;
  readonly signal: AbortSignal;
  /** Told after each run. */
  readonly progressed?: (runCount: number) => void;
}

/** Runs a scenario with one seed after the other until one fails, and shrinks what it failed by. */
export async function explore(scenario: Scenario, options: ExploreOptions): Promise<Exploration> {
  const { seeds, lines, shrinks = true, signal, progressed } = options;
  let runCount = 0;
  let eventCount = 0;
  let simulatedMs = 0;
  for (const seed of seeds) {
    if (signal.aborted) break;
    const outcome = await runScenario(scenario, lines === undefined ? { seed } : { seed, lines });
    runCount += 1;
    eventCount += outcome.eventCount;
    simulatedMs += outcome.simulatedMs;
    progressed?.(runCount);
    if (outcome.failure === undefined) continue;
    const shrunk = shrinks ? await smallest(scenario, outcome, signal) : undefined;
    return { runCount, eventCount, simulatedMs, found: outcome, shrunk };
  }
  return { runCount, eventCount, simulatedMs, found: undefined, shrunk: undefined };
}

/** The failure with the fewest and shortest faults that still bring it about. */
async function smallest(
  scenario: Scenario,
  { seed, lines, failure }: Outcome,
  signal: AbortSignal,
): Promise<Outcome> {
  const least = await shrink(lines, async (candidate) => {
    if (signal.aborted) return false;
    const again = await runScenario(scenario, { seed, lines: candidate });
    return again.failure?.what === failure?.what;
  });
  return runScenario(scenario, { seed, lines: least });
}
