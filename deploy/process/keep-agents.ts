import type { Child, Exit } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import type { NodeMessage, NodeOptions } from "../../agent/node/node-options.ts";
import { RestartRule } from "../../agent/node/restart-rule.ts";
import { endSurvivors } from "./process-world.ts";
import type { RunTally } from "./run-tally.ts";

/** What the keeper of a run's agents is given. */
export interface KeepParts {
  readonly world: World;
  /** Below it every board has its folder. */
  readonly dataFolder: string;
  readonly tally: RunTally;
}

/**
 * Runs the agents of several boards as processes of this machine until `signal` aborts; one that dies is
 * started again, and takes its actors over. Resolves, and rejects, when everything has ended.
 * Rejects when an agent dies too often.
 */
export async function keepAgents(
  parts: KeepParts,
  boards: readonly NodeOptions[],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const keepers = boards.map((options) => keepAgent(parts, options, over.signal));
  try {
    await Promise.all(keepers);
  } finally {
    parts.tally.stopping();
    stop();
    await Promise.allSettled(keepers);
    // Actors whose agent was killed or given up: nobody will take them over any more.
    await Promise.all(boards.map(({ board }) => endSurvivors(board, parts.dataFolder)));
    signal.removeEventListener("abort", stop);
  }
}

async function keepAgent(
  { world, tally }: KeepParts,
  options: NodeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { board } = options;
  const rule = new RestartRule();
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    const child = world.spawner.spawn({ program: "node", name: board, options });
    tally.agentStarted(board);
    child.channel.receive((message) => tally.heard(board, message as NodeMessage));
    const { reason } = await endOf(child, signal, () => tally.stopping());
    if (isStopped()) return;
    const verdict = rule.died(world.clock.monotonicMs());
    if (verdict.kind === "give-up") throw new Error(`the agent of ${board} failed: ${reason}`);
    world.log.write("warn", "agent-died", { board, reason });
    await world.clock.sleep(verdict.delayMs, signal);
  }
}

async function endOf(child: Child, signal: AbortSignal, stopping: () => void): Promise<Exit> {
  const stop = (): void => {
    stopping();
    child.stop();
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  signal.removeEventListener("abort", stop);
  return exit;
}
