import { AttackCheck } from "./attack-check.ts";
import { AttackMember } from "./attack-member.ts";
import { Agenda, AttackNetwork } from "./attack-network.ts";

/** How long elections took, in ms, until all who were up knew of the leader. */
export interface ElectionTimes {
  /** From the last join. */
  readonly firstLeaderMs: number;
  /** From the leader's death. */
  readonly newLeaderMs: number;
}

const JOINS_APART_MS = 10;
const QUIET_MS = 1_000;
const STEP_MS = 1;
const ELECTION_MS_MAX = 60_000;

/**
 * One group of the rules alone, at the default times, on a network without faults: members join one
 * after the other and see each other at once; later the leader dies.
 */
export function electionTimes(
  random: () => number,
  { size, linkMs }: { readonly size: number; readonly linkMs: number },
): ElectionTimes {
  const agenda = new Agenda();
  const members: AttackMember[] = [];
  const shared = {
    ...{ size, random, agenda, disk: "suspect" as const, flaw: undefined, spiteShare: 0 },
    network: new AttackNetwork(agenda, random, linkMs),
    check: new AttackCheck(),
    others: () => members,
  };
  for (let index = 0; index < size; index += 1)
    members.push(new AttackMember(`member${index}`, shared));
  for (const member of members) {
    agenda.runUntil(agenda.nowMs + JOINS_APART_MS);
    member.start();
  }
  const firstLeaderMs = untilLed(agenda, members);
  agenda.runUntil(agenda.nowMs + QUIET_MS * (1 + random()));
  members.find(({ rule }) => rule?.isLeading === true)?.crash("now");
  return { firstLeaderMs, newLeaderMs: untilLed(agenda, members) };
}

function untilLed(agenda: Agenda, members: readonly AttackMember[]): number {
  const startMs = agenda.nowMs;
  const isLed = (): boolean => {
    const up = members.filter(({ isUp }) => isUp);
    const leader = up.find(({ rule }) => rule?.isLeading === true)?.name;
    return leader !== undefined && up.every(({ rule }) => rule?.leadership?.leader === leader);
  };
  while (!isLed()) {
    if (agenda.nowMs - startMs > ELECTION_MS_MAX) return Number.POSITIVE_INFINITY;
    agenda.runUntil(agenda.nowMs + STEP_MS);
  }
  return agenda.nowMs - startMs;
}
