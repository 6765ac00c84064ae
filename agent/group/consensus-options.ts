import type { Echo } from "./group-message.ts";

/** What elections and the log depend on; times in ms. */
export interface ConsensusOptions {
  readonly self: string;
  readonly life: number;
  readonly voters: readonly string[];
  /** More than half of the voters. */
  readonly quorum: number;
  readonly heartbeatMs: number;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  readonly priority: number;
  readonly random: () => number;
  /** For tests, to see what stored votes are good for: no trial, and no regard for a leader. */
  readonly isHasty?: boolean;
}

/** Whether an answer comes in time and to the life that asked: see Echo. */
export function isFresh(options: ConsensusOptions, { life, sentMs }: Echo, nowMs: number): boolean {
  return life === options.life && nowMs - sentMs <= options.electionMinMs;
}
