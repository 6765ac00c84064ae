import type { Clock } from "../core/clock.ts";
import { LogicalClock } from "./logical-clock.ts";
import type { TimeTree } from "./time-tree.ts";
import { treeSteps } from "./tree-steps.ts";

/** How logical time runs. */
export interface TimeAuthorityOptions {
  readonly startUtcUs: number;
  /** Cluster time goes no further; the authority then ends. */
  readonly endUtcUs: number;
  /** Cluster seconds per real second at most; undefined: as fast as the work allows. */
  readonly speed?: number;
  /** Told before programs see that cluster time has moved on to an instant. */
  readonly advanced?: (utcUs: number) => void;
  /** Handed the clock once, by whoever wants to pause, to step or to change the speed. */
  readonly driven?: (clock: LogicalClock) => void;
}

/**
 * Drives the cluster time of a tree of processes: from one instant that somebody waits for to the
 * next, each time only when nobody has work left at the one before.
 *
 * Resolves with the instant reached: `endUtcUs`, or earlier when `signal` aborts or nobody waits for
 * anything any more.
 */
export function runTimeAuthority(
  tree: TimeTree,
  clock: Clock,
  { startUtcUs, driven, ...options }: TimeAuthorityOptions,
  signal: AbortSignal,
): Promise<number> {
  const logical = new LogicalClock(treeSteps(tree, clock, startUtcUs), clock, options);
  driven?.(logical);
  return logical.run(signal);
}
