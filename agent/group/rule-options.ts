import type { Random } from "../core/random.ts";
import { type GroupOptions, groupTimes } from "./group-options.ts";
import type { RuleOptions } from "./group-rule.ts";

/** Most entries that a log keeps when its component gives no state that could stand for them. */
const LOG_LENGTH_LONG = 10_000;
/** After so many entries a component is asked for its state; a group without commands needs none. */
const LOG_LENGTH_SHORT = 512;

/** What a member's rules are made from, at its options. `life`: a number that it has drawn. */
export function ruleOptions(
  options: GroupOptions,
  life: number,
  { random, givesSnapshots }: { readonly random: Random; readonly givesSnapshots: boolean },
): RuleOptions {
  const { self, size = 1, voters, priority = 0, keepsCommands, disk = "suspect" } = options;
  const { heartbeatMs, electionMinMs, electionMaxMs, peerTimeoutMs } = groupTimes(options.times);
  const isLong = keepsCommands === true && !givesSnapshots;
  return {
    ...{ self, life, size, priority, disk },
    ...(voters === undefined ? {} : { voters }),
    // Three beats within the shortest patience, whatever the model gives.
    heartbeatMs: Math.min(heartbeatMs, electionMinMs / 3),
    ...{ electionMinMs, electionMaxMs, peerTimeoutMs },
    random: () => random.next(),
    logLengthMax: isLong ? LOG_LENGTH_LONG : LOG_LENGTH_SHORT,
  };
}
