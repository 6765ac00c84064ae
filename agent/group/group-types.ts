import type { ActionTerms } from "./action-rule.ts";

/** A vote as the log carries it; its topic is the component's, encoded. */
export interface PollRecord {
  readonly pollId: string;
  /** majority: more than half of the voters; consensus: every one of them. */
  readonly rule: "majority" | "consensus";
  readonly topic: Uint8Array;
  /** Instant of the action that is voted on; undefined: a plain vote. */
  readonly atUtcUs: number | undefined;
  /** When the action may be taken; absent: by the defaults. */
  readonly terms?: ActionTerms;
  /** No vote is counted from then on. */
  readonly closesUtcUs: number;
  /** Who asks; it agrees with itself. */
  readonly from: string;
}

/** How a vote ended, for good. */
export type Verdict = "accepted" | "refused" | "expired";

/** What an entry of the log says. */
export type EntryBody =
  /** A leader's first entry: what came before it is decided with it. */
  | { readonly kind: "start" }
  | { readonly kind: "poll"; readonly poll: PollRecord }
  | { readonly kind: "verdict"; readonly pollId: string; readonly verdict: Verdict }
  | { readonly kind: "command"; readonly proposalId: string; readonly command: Uint8Array };

/** One entry of the log. */
export interface Entry {
  /** 1 for the first one of the group. */
  readonly index: number;
  /** Term of the leader that made it. */
  readonly term: number;
  readonly body: EntryBody;
}

/** What the entries up to `index` came to; they themselves are gone. */
export interface Base {
  readonly index: number;
  readonly term: number;
  readonly state: BaseState;
}

/** State that the log leaves behind when its beginning is dropped. */
export interface BaseState {
  /** Votes that are not decided yet. */
  readonly open: readonly PollRecord[];
  /** Actions that were agreed upon, of the last hour and of the future. */
  readonly actions: readonly PollRecord[];
  /** Ids of votes that are over, so that a repeated request opens none again. */
  readonly recentIds: readonly string[];
  /** The component's own state after the commands so far; undefined: it gave none. */
  readonly component: Uint8Array | undefined;
}

/** A promise to belong to one set of voters and to no other. */
export interface Pledge {
  readonly proposer: string;
  /** Names the proposer's attempt. */
  readonly attempt: number;
  readonly voters: readonly string[];
}

/** The voters of a group, for good. */
export interface VoterSet {
  /** In order of name. */
  readonly voters: readonly string[];
  /** The lives in which they pledged themselves, in the same order. */
  readonly lives: readonly number[];
}

/** What is kept on disk beside the log. */
export interface Meta {
  readonly pledge: Pledge | undefined;
  readonly voterSet: VoterSet | undefined;
  readonly term: number;
  /** Who got this member's vote in `term`. */
  readonly votedFor: string | undefined;
  /** Its disk was found empty and it has not recovered yet. */
  readonly isRecovering: boolean;
}

/** All that a member keeps on disk. */
export interface Durable {
  readonly meta: Meta;
  readonly base: Base;
  readonly entries: readonly Entry[];
}

/** What has to be on disk before anything is sent. */
export interface Change {
  readonly meta: Meta | undefined;
  readonly base: Base | undefined;
  /** Entries from this index on are dropped first. */
  readonly truncatedFrom: number | undefined;
  readonly appended: readonly Entry[];
}

/** The two times, read together. */
export interface Now {
  /** Monotonic, of this member alone. */
  readonly ms: number;
  /** Cluster time. */
  readonly utcUs: number;
}

/** Who leads, in which term. */
export interface Leadership {
  readonly leader: string;
  readonly term: number;
}

/** What a member's component, or its driver, has to hear of. */
export type GroupEvent =
  | { readonly kind: "founded"; readonly voters: readonly string[] }
  /** Undefined: nobody leads as far as this member knows. */
  | { readonly kind: "leadership"; readonly leadership: Leadership | undefined }
  /** This member's vote is asked for. */
  | { readonly kind: "asked"; readonly poll: PollRecord }
  | {
      readonly kind: "verdict";
      readonly index: number;
      readonly poll: PollRecord;
      readonly verdict: Verdict;
    }
  | {
      readonly kind: "command";
      readonly index: number;
      readonly proposalId: string;
      readonly command: Uint8Array;
    }
  /** The state takes the place of all commands up to `index`. */
  | { readonly kind: "restored"; readonly index: number; readonly state: BaseState }
  /** The log is long: the component's state after the command at `index` or before is wanted. */
  | { readonly kind: "compact"; readonly index: number }
  /** Somebody of this name and group belongs to another set of voters: see README. */
  | { readonly kind: "foreign"; readonly from: string };
