import { type ActionReport, reportOf } from "./action-report.ts";
import type { ActionMeeting } from "./action-rule.ts";

/** Most actions that are kept in mind; the oldest are forgotten. */
export const ACTIONS_MAX = 64;
/** Most members of which one action is told. */
const MEMBERS_MAX = 64;

interface Tally {
  readonly pollId: string;
  readonly atUtcUs: number;
  readonly told: Map<string, ActionMeeting>;
  isReported: boolean;
}

/**
 * What a member has heard of how all members met the actions of the group. Every member keeps it, since any may
 * lead when the report is due; the leader alone reports. Pure.
 */
export class ActionTally {
  readonly #tallies = new Map<string, Tally>();
  readonly #closingUs: number;

  /** @param closingUs how long after the instant members are waited for. */
  constructor(closingUs: number) {
    this.#closingUs = closingUs;
  }

  /** `member` has told; false when that was known, or is too much. */
  told(pollId: string, atUtcUs: number, member: string, meeting: ActionMeeting): boolean {
    const tally = this.#tallies.get(pollId) ?? this.#open(pollId, atUtcUs);
    if (tally.told.has(member) || tally.told.size >= MEMBERS_MAX) return false;
    tally.told.set(member, meeting);
    // Whoever was away tells of it afterwards: that is worth another report.
    tally.isReported = false;
    return true;
  }

  /** The vote for it was decided: from its instant on members are waited for. */
  expect(pollId: string, atUtcUs: number): void {
    if (!this.#tallies.has(pollId)) this.#open(pollId, atUtcUs);
  }

  /** At the leader: the reports that are due; each is given once, and once more for every latecomer. */
  due(voters: readonly string[], nowUtcUs: number): readonly ActionReport[] {
    const due: ActionReport[] = [];
    for (const tally of this.#tallies.values()) {
      const { told, atUtcUs } = tally;
      const isWhole = voters.every((voter) => told.has(voter));
      if (tally.isReported || !(isWhole || nowUtcUs >= atUtcUs + this.#closingUs)) continue;
      tally.isReported = true;
      due.push(reportOf(tally, voters, told));
    }
    return due;
  }

  #open(pollId: string, atUtcUs: number): Tally {
    const tally: Tally = { pollId, atUtcUs, told: new Map(), isReported: false };
    this.#tallies.set(pollId, tally);
    for (const oldest of this.#tallies.keys()) {
      if (this.#tallies.size <= ACTIONS_MAX) break;
      this.#tallies.delete(oldest);
    }
    return tally;
  }
}
