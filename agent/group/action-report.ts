import { type ActionMeeting, isTaken } from "./action-rule.ts";

/** What came of one action in the group, as far as its leader has heard. */
export interface ActionReport {
  readonly pollId: string;
  readonly atUtcUs: number;
  /** Members that have told of it, in order of name. */
  readonly members: readonly MemberReport[];
  /** Voters of which nothing was heard, in order of name: they may have acted or not. */
  readonly missing: readonly string[];
  /** The latest instant less the earliest one of those that acted, by their own clocks; undefined: none did. */
  readonly spreadUs: number | undefined;
  /** The true spread is at most this; undefined when none acted, or one of their clocks vouches for nothing. */
  readonly spreadUsMax: number | undefined;
}

/** How one member met it. */
export interface MemberReport extends ActionMeeting {
  readonly member: string;
  /** By how much it missed the instant, in µs; 0 when it did not. */
  readonly lateUs: number;
}

/** Puts together what members have told. Pure. */
export function reportOf(
  { pollId, atUtcUs }: Pick<ActionReport, "pollId" | "atUtcUs">,
  voters: readonly string[],
  told: ReadonlyMap<string, ActionMeeting>,
): ActionReport {
  const members = [...told]
    .map(([member, meeting]) => ({
      ...{ member, ...meeting },
      lateUs: Math.max(0, meeting.utcUs - atUtcUs),
    }))
    .sort((one, other) => (one.member < other.member ? -1 : 1));
  const acted = members.filter(isTaken);
  const missing = voters.filter((voter) => !told.has(voter)).sort();
  if (acted.length === 0)
    return { pollId, atUtcUs, members, missing, spreadUs: undefined, spreadUsMax: undefined };
  const instants = acted.map(({ utcUs }) => utcUs);
  // Of two that acted either may have been the later one, by as much as both of their clocks allow.
  const apartUs = acted.flatMap((one) =>
    acted
      .filter((other) => other !== one)
      .map((other) => one.utcUs - other.utcUs + widthOf(one) + widthOf(other)),
  );
  const spreadUsMax = Math.max(0, ...apartUs);
  return {
    ...{ pollId, atUtcUs, members, missing },
    spreadUs: Math.max(...instants) - Math.min(...instants),
    spreadUsMax: Number.isNaN(spreadUsMax) ? undefined : spreadUsMax,
  };
}

function widthOf({ boundUs = Number.NaN }: ActionMeeting): number {
  return boundUs;
}
