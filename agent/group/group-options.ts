import { AgentError } from "../core/errors.ts";
import type { ActionTerms } from "./action-rule.ts";

/** Times of a group, in ms. */
export interface GroupTimes {
  readonly heartbeatMs?: number;
  readonly electionMinMs?: number;
  readonly electionMaxMs?: number;
  readonly peerTimeoutMs?: number;
  readonly consensusTimeoutMs?: number;
}

/** The times when the model gives none: a new leader within a second. */
export const FAST_TIMES: Required<GroupTimes> = {
  heartbeatMs: 100,
  electionMinMs: 300,
  electionMaxMs: 500,
  peerTimeoutMs: 1_000,
  consensusTimeoutMs: 450,
};

/** What a model that gives some times expects of the others. Source: riaps-pycom, riaps/consts. */
const REFERENCE_TIMES: Required<GroupTimes> = {
  heartbeatMs: 1_000,
  electionMinMs: 1_500,
  electionMaxMs: 2_000,
  peerTimeoutMs: 3_000,
  consensusTimeoutMs: 1_500,
};

/** Most voters of one group. */
export const VOTERS_MAX = 15;
const PRIORITY_MAX = 9;
const NAME_LENGTH_MAX = 200;
const TIME_MS_MAX = 3_600_000;

/** What a member of a group is told. */
export interface GroupOptions {
  /** Names the group among all of the cluster; also on the wire, where others are dropped. */
  readonly group: string;
  /** Unique in the group and the same after a restart. */
  readonly self: string;
  /** Undefined: a plain group, which has members and messages and no leader. */
  readonly size?: number;
  /** Exactly these members have a vote; `size` names. Default: the first `size` that meet. */
  readonly voters?: readonly string[];
  /** 0 (default) to 9: higher ones stand for election earlier. */
  readonly priority?: number;
  /** Members handle commands; default false. */
  readonly keepsCommands?: boolean;
  /** suspect (default): what was written may be gone after a restart; trusted: never. See README. */
  readonly disk?: "suspect" | "trusted";
  /** Messages carry the instant of their sending; default false. */
  readonly isTimed?: boolean;
  readonly times?: GroupTimes;
}

/** The times of a group, complete. @throws AgentError GROUP_OPTION_INVALID when they do not fit each other. */
export function groupTimes(given: GroupTimes = {}): Required<GroupTimes> {
  const isGiven = Object.values(given).some((ms) => ms !== undefined);
  const times = isGiven ? { ...REFERENCE_TIMES, ...given } : FAST_TIMES;
  const { heartbeatMs, electionMinMs, electionMaxMs, peerTimeoutMs, consensusTimeoutMs } = times;
  const areInOrder =
    heartbeatMs > 0 &&
    heartbeatMs < electionMinMs &&
    electionMinMs < electionMaxMs &&
    electionMaxMs < peerTimeoutMs &&
    peerTimeoutMs <= TIME_MS_MAX &&
    consensusTimeoutMs > 0 &&
    consensusTimeoutMs < electionMaxMs;
  if (!areInOrder) throw new AgentError("GROUP_OPTION_INVALID", { option: "times", ...times });
  return times;
}

/** @throws AgentError GROUP_OPTION_INVALID, with the term that is out of its range. */
export function checkActionTerms(terms: ActionTerms): void {
  for (const option of ["lateUsMax", "boundUsMax"] as const) {
    const value = terms[option];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      throw new AgentError("GROUP_OPTION_INVALID", { option, value });
  }
}

/** @throws AgentError GROUP_OPTION_INVALID, with the first option that is out of its range. */
export function checkGroupOptions(options: GroupOptions): void {
  const { group, self, size, voters, priority = 0 } = options;
  const refuse = (option: string, value: string | number): never => {
    throw new AgentError("GROUP_OPTION_INVALID", { option, value });
  };
  if (group === "") refuse("group", group);
  if (self === "" || self === "*" || self.length > NAME_LENGTH_MAX) refuse("self", self);
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= VOTERS_MAX))
    refuse("size", size);
  if (!(Number.isInteger(priority) && priority >= 0 && priority <= PRIORITY_MAX))
    refuse("priority", priority);
  if (voters !== undefined && new Set(voters).size !== size) refuse("voters", voters.join(" "));
  if (size === undefined && options.keepsCommands === true) refuse("log", "of a plain group");
  groupTimes(options.times);
}
