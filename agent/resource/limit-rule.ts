import type { LimitedResource, Limits } from "../core/resources.ts";
import {
  cpuJudge,
  type Judge,
  type LimitStep,
  sizeJudge,
  trafficJudge,
  type UsageSample,
} from "./limit-judges.ts";

/** How the use of resources is judged. */
export interface LimitRuleOptions {
  /** What the system holds by itself: processor time that it holds is never exceeded. */
  readonly heldByKernel: ReadonlySet<LimitedResource>;
  /** From "exceeded" to "stop", in ms. */
  readonly graceMs: number;
}

/**
 * Decides, from what a program uses, when it is warned, has exceeded a limit, and has to be ended.
 *
 * - memory, space, hard processor limit: "warning" from 80 % of the limit, "exceeded" above it.
 * - soft processor limit: "warning" above it. It is a share, not a bound: it is never exceeded. Nor is a hard
 *   one that the system holds: the program is slowed, and warned from 80 %.
 * - network: "warning" above the rate, "exceeded" while something is refused for the ceiling.
 *
 * A stage is told once, when it begins. Pure: told the time and the facts.
 */
export class LimitRule {
  readonly #judges: readonly Judge[];

  constructor(limits: Limits, { heldByKernel, graceMs }: LimitRuleOptions) {
    const { cpu, memory, space, network } = limits;
    this.#judges = [
      cpu && cpuJudge(cpu, heldByKernel.has("cpu"), graceMs),
      memory && sizeJudge("memory", memory.bytes, graceMs),
      space && sizeJudge("space", space.bytes, graceMs),
      network && trafficJudge(network, graceMs),
    ].filter((judge) => judge !== undefined);
  }

  /** Takes what was measured at `nowMs`, never earlier than before, and returns what is new. */
  told(nowMs: number, sample: UsageSample): readonly LimitStep[] {
    return this.#judges.map((judge) => judge(nowMs, sample)).filter((step) => step !== undefined);
  }
}
