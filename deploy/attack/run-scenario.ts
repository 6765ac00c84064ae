import type { FaultLine } from "../../agent/sim/fault-script.ts";
import { walkFaults } from "../../agent/sim/fault-walk.ts";
import { runFaults } from "../../agent/sim/run-faults.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { BrokenInvariant } from "../../agent/sim/simulation.ts";
import type { Failure, Outcome, Scenario, ScenarioRun } from "./scenario.ts";

/** Time between two looks whether all is well, in ms. */
const LOOK_MS = 50;

/** What one run may be told. */
export interface RunOptions {
  readonly seed: number;
  /** Default: those that the seed draws. */
  readonly lines?: readonly FaultLine[];
  /** Stop when so many events have happened. */
  readonly untilEvent?: number;
  readonly onRecord?: (line: string) => void;
}

/** The faults that a seed draws for a scenario. */
export function faultsOf({ walk }: Scenario, seed: number): readonly FaultLine[] {
  return walkFaults(new SeededRandom(`faults ${seed}`), walk);
}

/**
 * Runs a scenario: first faults, while what must always hold is looked at after every event; then
 * everything is mended, and what must come true has its time. A function of the seed and the lines.
 */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const { seed, onRecord, untilEvent } = options;
  const lines = options.lines ?? faultsOf(scenario, seed);
  const run = await scenario.start(seed, onRecord);
  const { sim } = run;
  const startUs = sim.utcUs;
  let failure: Failure | undefined;
  sim.invariant("not the end", () => {
    if (untilEvent !== undefined && sim.eventCount >= untilEvent) throw new Stopped();
  });
  try {
    failure = await phases(scenario, run, lines);
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    if (!(error.cause instanceof Stopped))
      failure = { phase: "safety", what: error.invariant, reason: error.message };
  }
  return {
    ...{ seed, lines, failure },
    eventCount: sim.eventCount,
    simulatedMs: (sim.utcUs - startUs) / 1000,
    transcriptHash: sim.transcriptHash(),
  };
}

/** The span of a script: up to its last line's end, and at least that of the scenario's walks. */
function durationMs({ walk }: Scenario, lines: readonly FaultLine[]): number {
  const ends = lines.map(({ atUs, forUs = 0 }) => (atUs + forUs) / 1000);
  return Math.max(walk.durationMs, ...ends);
}

async function phases(
  scenario: Scenario,
  run: ScenarioRun,
  lines: readonly FaultLine[],
): Promise<Failure | undefined> {
  const { sim, hosts } = run;
  const faults = runFaults({ sim, hosts }, lines);
  await sim.runFor(durationMs(scenario, lines));
  sim.heal();
  faults.repair();
  run.repaired();
  const endUs = sim.utcUs + scenario.liveWithinMs * 1000;
  while (sim.utcUs < endUs) {
    await sim.runFor(LOOK_MS);
    if (run.missing().length === 0) return undefined;
  }
  const reason = `${scenario.liveWithinMs} ms after the last fault: ${run.missing().join("; ")}`;
  return { phase: "liveness", what: "liveness", reason };
}

/** The run has come to the event that was asked for. */
class Stopped extends Error {}
