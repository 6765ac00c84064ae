import type { ActionReport } from "./action-report.ts";
import type { ActionMeeting } from "./action-rule.ts";
import type { Leadership, PollRecord } from "./group-types.ts";

/** A message of another member. */
export interface GroupData {
  readonly role: "all" | "one" | "toLeader" | "fromLeader";
  readonly payload: Uint8Array;
  readonly from: string;
  /** When it was sent, on cluster time; undefined when the group is not timed. */
  readonly sentUtcUs: number | undefined;
}

/** What a member hears of its group, in the order in which it happened. */
export interface GroupListener {
  /** False for a payload that is no message of the group's type. */
  message(data: GroupData): boolean;
  joined(member: string): void;
  left(member: string): void;
  elected(leadership: Leadership): void;
  exited(leadership: Leadership): void;
  /** `answer` is this member's vote, to be given now or later. */
  asked(poll: PollRecord, answer: (isYes: boolean) => void): void;
  /** Resolves when it was taken in: only then it is not told again after a restart. */
  verdict(poll: PollRecord, isAccepted: boolean): Promise<void>;
  /**
   * The same. `meet` is called once, when its turn has come and nothing is between it and the action: it says
   * whether to act.
   */
  action(poll: PollRecord, meet: () => ActionMeeting): Promise<void>;
  /** At the leader: how the members met an action. Again when more has become known. */
  report(report: ActionReport): void;
  command(index: number, command: Uint8Array): void;
  /** `state` takes the place of all commands up to `index`; undefined: nobody had given one. */
  restored(index: number, state: unknown): void;
  /** Resolves with the component's state after all commands so far, plain data; undefined: it gives none. */
  snapshot(index: number): Promise<unknown>;
}
