import type { MessageType } from "../message/message-type.ts";
import type { Arrival } from "./calls.ts";

/** The group types that a component may join, by their names in the model, each with its message. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only `any` accepts every message type
export type Groups = Readonly<Record<string, MessageType<any>>>;

/** How a member takes part. */
export interface JoinOptions {
  /** Members that have a vote, present or not: more than half of them decide. Absent: a plain group. */
  readonly size?: number;
  /**
   * Their names, when they are known beforehand: no others can ever have a vote. Default: the first
   * `size` members that are there together; see agent/group on what that means.
   */
  readonly voters?: readonly string[];
  /** Members of a higher priority stand for election earlier; 0 (default) to 9. */
  readonly priority?: number;
  /** Whether decided commands are kept and handed to every member in one order; default false. */
  readonly log?: boolean;
  /**
   * suspect (default): after a restart this member is silent until others have told it what it may
   * have forgotten; trusted: what was written to this disk is never lost, so it votes at once.
   */
  readonly disk?: "suspect" | "trusted";
}

/** Who leads, in which term: later terms are larger, and no term has two leaders. */
export interface Leadership {
  readonly leader: string;
  /** The fencing token: a resource that remembers the largest one it saw refuses an old leader. */
  readonly term: number;
}

/** How a vote ended. */
export type VoteOutcome =
  | { readonly kind: "decided"; readonly pollId: string; readonly accepted: boolean }
  /** Nobody knows whether it was decided before its time was over: it will not be afterwards. */
  | { readonly kind: "expired"; readonly pollId: string }
  /** There is no leader to hold it. */
  | { readonly kind: "no-leader" };

/** A vote that members are asked for. */
export interface Poll<M> {
  readonly pollId: string;
  /** majority: more than half of the group's size; consensus: every member of it. */
  readonly rule: "majority" | "consensus";
  readonly topic: M;
  /** When the runtime will call handleGroupAction on every member, if accepted; undefined: a plain vote. */
  readonly atUtcUs: number | undefined;
  readonly closesUtcUs: number;
}

/** When an action may be taken at all: part of what is voted on, so the same for all members. */
export interface ActionTerms {
  /** What a member does that is late by more than `lateUsMax`: decline (default), or act. It says so either way. */
  readonly whenLate?: "decline" | "act";
  /** How late is still in time, in µs, 0 or more; default 20,000. */
  readonly lateUsMax?: number;
  /**
   * A member whose clock may be off by more than this declines, in µs, 0 or more. Default 20,000 where the time
   * of the cluster is kept; where nobody keeps it nothing is known of any clock, and all act.
   */
  readonly boundUsMax?: number;
}

/** An action with its terms; a bare instant has the default ones. */
export interface TimedAction extends ActionTerms {
  readonly atUtcUs: number;
}

/** Why a member did not act. */
export interface ActionRefusal {
  readonly why: "late" | "clock";
  readonly lateUs: number;
  /** Half of what its clock may be off by, in µs; undefined: nothing is known of that. */
  readonly boundUs: number | undefined;
}

/**
 * What came of one action in the group, as far as its leader has heard. It is given anew when a member tells of it
 * later, and may be given again by the next leader.
 */
export interface ActionReport {
  readonly pollId: string;
  readonly atUtcUs: number;
  /** Members that have told of it, in order of name. */
  readonly members: readonly {
    readonly member: string;
    /** late: it acted, later than was agreed. declined: it did not act, see ActionRefusal. */
    readonly end: "acted" | "late" | "declined-late" | "declined-clock";
    /** When it acted or declined, on its own reading of cluster time. */
    readonly utcUs: number;
    readonly lateUs: number;
    /** See ActionRefusal. */
    readonly boundUs: number | undefined;
  }[];
  /** Voters of which nothing was heard: they may have acted or not. */
  readonly missing: readonly string[];
  /** From the first that acted to the last, by their own clocks, in µs; undefined: none did. */
  readonly spreadUs: number | undefined;
  /** The true spread is at most this; undefined when a clock vouches for nothing. */
  readonly spreadUsMax: number | undefined;
}

/** One membership of one group, in the component's hands. */
export interface GroupMember<M> {
  /** The group's type in the model. */
  readonly type: string;
  /** The instance that was joined. */
  readonly instance: string;
  /** This member's name: board, actor and component, unique in the group. */
  readonly self: string;
  /** The members seen at this moment, this one among them, in order of name. */
  readonly members: readonly string[];
  /** Undefined while none is known. */
  readonly leadership: Leadership | undefined;
  readonly isLeader: boolean;
  /** Sends to all others, at most once. */
  send(message: M): void;
  /** Sends to one member, or to the leader; false when it is not known. */
  sendTo(member: string, message: M): boolean;
  sendToLeader(message: M): boolean;
  /** Asks all members that have a vote; any member may, and is itself in favour without being asked. */
  requestVote(topic: M, rule: Poll<M>["rule"], timeoutMs: number): Promise<VoteOutcome>;
  /** The same for an action that all members will take at one instant, or decline by its terms. */
  requestActionVote(
    topic: M,
    at: number | TimedAction,
    rule: Poll<M>["rule"],
    timeoutMs: number,
  ): Promise<VoteOutcome>;
  /** Adds a command to the group's log; resolves when it is decided, or will not be known to be. */
  propose(command: M, timeoutMs: number): Promise<"decided" | "unknown" | "no-leader">;
  /** Says goodbye. */
  leave(): Promise<void>;
}

type Awaitable<T> = T | Promise<T>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a component may be in groups of several message types
type AnyMember = GroupMember<any>;

/** What a component hears of its groups; every handler runs as any other of the component. */
export interface GroupHandlers {
  handleGroupMessage?(
    group: AnyMember,
    message: never,
    from: string,
    arrival: Arrival,
  ): Awaitable<void>;
  handleMessageToLeader?(
    group: AnyMember,
    message: never,
    from: string,
    arrival: Arrival,
  ): Awaitable<void>;
  /** What the leader sent to this member alone. Absent: handleGroupMessage. */
  handleMessageFromLeader?(
    group: AnyMember,
    message: never,
    from: string,
    arrival: Arrival,
  ): Awaitable<void>;
  handleMemberJoined?(group: AnyMember, member: string): Awaitable<void>;
  handleMemberLeft?(group: AnyMember, member: string): Awaitable<void>;
  handleLeaderElected?(group: AnyMember, leadership: Leadership): Awaitable<void>;
  handleLeaderExited?(group: AnyMember, leadership: Leadership): Awaitable<void>;
  /** Returns the vote. Absent: every vote is no. */
  handleVoteRequest?(group: AnyMember, poll: Poll<never>): Awaitable<boolean>;
  handleActionVoteRequest?(group: AnyMember, poll: Poll<never>): Awaitable<boolean>;
  handleVoteResult?(group: AnyMember, poll: Poll<never>, accepted: boolean): Awaitable<void>;
  /** At the instant that was voted for; `lateUs` is by how much this member missed it. */
  handleGroupAction?(group: AnyMember, poll: Poll<never>, lateUs: number): Awaitable<void>;
  /** In its place: this member does not act, because it is too late, or too unsure of the time. */
  handleActionDeclined?(
    group: AnyMember,
    poll: Poll<never>,
    refusal: ActionRefusal,
  ): Awaitable<void>;
  /** At the leader, when all voters have told how they met an action, or 1.2 s after its instant; see ActionReport. */
  handleActionReport?(group: AnyMember, report: ActionReport): Awaitable<void>;
  /** One decided command of the log: the same ones in the same order on every member, anew in every life. */
  handleCommand?(group: AnyMember, command: never, index: number): Awaitable<void>;
  /** Plain data that stands for all commands so far, so that the log need not keep them. */
  snapshotLog?(group: AnyMember): unknown;
  /**
   * Forget all, and go on from what `snapshotLog` gave, here or elsewhere, after the command `index`.
   * Undefined: commands were dropped, because no member's component gives snapshots.
   */
  restoreLog?(group: AnyMember, state: unknown, index: number): Awaitable<void>;
}
