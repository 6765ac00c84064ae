import type { ComponentScheduler } from "../model/app-model.ts";
import type { Waiting } from "./input-queue.ts";

/** One input of a component, as a rule sees it. */
export interface Input {
  /** The port's place in the model, from 1 on; 0 is what comes by no port, such as events of contracts. */
  readonly index: number;
  /** Who is next; undefined when nobody waits, or none may be handled now. */
  readonly next: Waiting | undefined;
}

/**
 * Chooses whose turn it is: a place in `inputs`, which stand in the order of their index, or -1 when
 * nobody waits. `last` is the place that was served last, -1 at first.
 *
 * A rule looks at what waits now and keeps nothing between two turns: what was served, dropped or
 * forgotten can leave no trace that would later be waited for.
 */
export type SchedulerRule = (inputs: readonly Input[], last: number) => number;

/** As they came, over all ports. */
function byArrival(inputs: readonly Input[]): number {
  let chosen = -1;
  let order = Infinity;
  for (let place = 0; place < inputs.length; place += 1) {
    const next = inputs[place]?.next;
    if (next === undefined || next.order >= order) continue;
    chosen = place;
    order = next.order;
  }
  return chosen;
}

/** The first port of the model at which somebody waits. */
function byIndex(inputs: readonly Input[]): number {
  for (let place = 0; place < inputs.length; place += 1)
    if (inputs[place]?.next !== undefined) return place;
  return -1;
}

/** In turns, one of each port. */
function inTurns(inputs: readonly Input[], last: number): number {
  for (let step = 1; step <= inputs.length; step += 1) {
    const place = (last + step) % inputs.length;
    if (inputs[place]?.next !== undefined) return place;
  }
  return -1;
}

/**
 * The earliest deadline first; as they came among equals, and among those that have none, which come
 * last. Source: Liu and Layland, "Scheduling Algorithms for Multiprogramming in a Hard-Real-Time
 * Environment" (1973), section 7; without preemption here.
 */
function byDeadline(inputs: readonly Input[]): number {
  let chosen = -1;
  let first: Waiting | undefined;
  for (let place = 0; place < inputs.length; place += 1) {
    const next = inputs[place]?.next;
    if (next === undefined || (first !== undefined && !isSooner(next, first))) continue;
    chosen = place;
    first = next;
  }
  return chosen;
}

function isSooner(one: Waiting, other: Waiting): boolean {
  if (one.deadlineMs !== other.deadlineMs) return one.deadlineMs < other.deadlineMs;
  return one.order < other.order;
}

/** The rules by their names in the model. */
export const SCHEDULER_RULES: Readonly<Record<ComponentScheduler, SchedulerRule>> = {
  default: byArrival,
  priority: byIndex,
  roundRobin: inTurns,
  deadline: byDeadline,
};
