import type { Assets } from "../../agent/core/assets.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { loadApplication, loadPrograms } from "../../agent/main.ts";
import type { NodeMessage, NodeOptions } from "../../agent/node/node-options.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import type { RunTally } from "./run-tally.ts";

const STEP_MS = 1_000;
/** Programs that do not stop when asked are killed after five seconds. */
const STOP_STEPS_MAX = 10;

/** What a simulated run is told. */
export interface SimulateOptions {
  readonly seed: number;
  /** Virtual time from the start to the stop, in s. */
  readonly durationS: number;
  readonly assets: Assets;
  readonly tally: RunTally;
  /** Told of each line that a program logs: µs since 1970, then as the transcript has it. */
  readonly logged: (line: string) => void;
}

/**
 * Runs the agents of several boards, and the same actors as processes would be, in the simulator.
 * Resolves with the hash of all that happened: a function of the boards' options and of `seed`, unless
 * `signal` aborts before the end. Rejects when an agent fails.
 */
export async function simulateAgents(
  boards: readonly NodeOptions[],
  { seed, durationS, assets, tally, logged }: SimulateOptions,
  signal: AbortSignal,
): Promise<string> {
  const [codeUrl] = boards.map((options) => options.codeUrl);
  // In a simulation loading takes no time: the code is here before it begins.
  if (codeUrl !== undefined) await loadApplication("", codeUrl);
  const programs = await loadPrograms(codeUrl === undefined ? undefined : loadApplication);
  const sim = new Simulation({ seed, programs, assets, onRecord: logged });
  const running = new Set<Child>();
  const failures: string[] = [];
  const children = boards.map((options) => {
    const { board } = options;
    const child = sim.host(board).start({ program: "node", name: board, options });
    running.add(child);
    tally.agentStarted(board);
    child.channel.receive((message) => tally.heard(board, message as NodeMessage));
    void child.exited.then(({ kind, reason }) => {
      running.delete(child);
      if (kind !== "stopped") failures.push(`the agent of ${board} failed: ${reason}`);
    });
    return child;
  });
  const untilUtcUs = sim.utcUs + durationS * 1_000_000;
  while (sim.utcUs < untilUtcUs && failures.length === 0 && !signal.aborted)
    await sim.runFor(Math.min(STEP_MS, (untilUtcUs - sim.utcUs) / 1000));
  tally.stopping();
  for (const child of children) child.stop();
  for (let step = 0; step < STOP_STEPS_MAX && running.size > 0; step += 1)
    await sim.runFor(STEP_MS);
  const [failure] = failures;
  if (failure !== undefined) throw new Error(failure);
  return sim.transcriptHash();
}
