import { attack } from "../../agent/group/attack.ts";
import { electionTimes } from "../../agent/group/election-times.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { type Figure, figure, percentile } from "./figures.ts";

/** Members, and one way of a message between two of them in ms, for the times of elections. */
const GROUP = { size: 5, linkMs: 5 };
const GROUP_NAME = "groups (rules alone, simulated time; five members, 5 ms links)";
/** RIAPS 2.0, three members on one machine, as we measured it. */
const REFERENCE_NAME = "groups (RIAPS 2.0 on one machine, three members, measured)";

/** How many seeds are tried. */
export interface GroupCounts {
  readonly attackCount: number;
  readonly electionCount: number;
}

/**
 * Attacks the rules of groups and measures their elections in simulated time.
 * Throws with the first seed that breaks a promise.
 */
export function benchGroups({ attackCount, electionCount }: GroupCounts): Figure[] {
  const figures: Figure[] = [];
  const startMs = performance.now();
  let [leaderCount, decidedCount, crashCount] = [0, 0, 0];
  for (let seed = 1; seed <= attackCount; seed += 1) {
    if (seed % 1_000 === 0) process.stderr.write(`groups: attack ${seed} of ${attackCount}\n`);
    const random = new SeededRandom(`attack ${seed}`);
    const report = attack({ random: () => random.next() });
    if (report.broken !== undefined) throw new Error(`groups, seed ${seed}: ${report.broken}`);
    leaderCount += report.leaderCount;
    decidedCount += report.decidedCount;
    crashCount += report.crashCount;
  }
  const seconds = (performance.now() - startMs) / 1_000;
  figures.push(
    figure("groups under attack", "seeds, none of which broke a promise", attackCount, "seeds"),
    figure("groups under attack", "crashes", crashCount, "crashes"),
    figure("groups under attack", "leaders elected", leaderCount, "leaders"),
    figure("groups under attack", "entries decided", decidedCount, "entries"),
    figure("groups under attack", "time for all seeds", seconds, "s"),
  );
  const times = Array.from({ length: electionCount }, (_, seed) => {
    const random = new SeededRandom(`election ${seed}`);
    return electionTimes(() => random.next(), GROUP);
  });
  for (const [name, of] of [
    ["first leader after the last join", "firstLeaderMs"],
    ["new leader after the leader's death", "newLeaderMs"],
  ] as const)
    for (const [label, share] of [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const) {
      const values = times.map((each) => each[of]);
      figures.push(figure(GROUP_NAME, `${name}, ${label}`, percentile(values, share), "ms"));
    }
  return [
    ...figures,
    figure(REFERENCE_NAME, "first leader after the last join, least", 2_900, "ms"),
    figure(REFERENCE_NAME, "new leader after a kill, median of three", 2_330, "ms"),
  ];
}
