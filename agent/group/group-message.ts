import type { Base, Entry, PollRecord, VoterSet } from "./group-types.ts";

/**
 * What an answer gives back of its question: an answer counts only in the life that asked, and only
 * for ANSWER_WINDOW of the asker's own time. On that rests what README says of stale disks.
 */
export interface Echo {
  readonly life: number;
  readonly sentMs: number;
}

/** How far a log reaches; the later term wins, then the longer log. */
export interface LogEnd {
  readonly term: number;
  readonly index: number;
}

/** What members say to each other. */
export type GroupMessage = FoundingMessage | ElectionMessage | LogMessage | RequestMessage;

/** How the voters are found. */
export type FoundingMessage =
  /** I am here; from those who know of no set of voters also: who are they? */
  | { readonly kind: "hello" }
  | { readonly kind: "found"; readonly attempt: number; readonly voters: readonly string[] }
  | { readonly kind: "pledge"; readonly attempt: number; readonly isGiven: boolean }
  /** The attempt is over: whoever pledged for it is free. */
  | { readonly kind: "drop"; readonly attempt: number }
  | ({ readonly kind: "founded" } & VoterSet);

/** How a leader is elected. */
export type ElectionMessage =
  /** A trial asks who would vote, and changes nothing. */
  | {
      readonly kind: "vote";
      readonly isTrial: boolean;
      readonly term: number;
      readonly end: LogEnd;
      readonly sentMs: number;
    }
  | {
      readonly kind: "voted";
      readonly isTrial: boolean;
      readonly term: number;
      readonly isGiven: boolean;
      /** The voter's own term. */
      readonly ownTerm: number;
      readonly echo: Echo;
    }
  /** A voter that may have forgotten asks what it could have known. */
  | { readonly kind: "recall"; readonly sentMs: number }
  | {
      readonly kind: "recalled";
      readonly term: number;
      readonly end: LogEnd;
      readonly echo: Echo;
    };

/** How the log is copied. */
export type LogMessage =
  | {
      readonly kind: "append";
      readonly term: number;
      readonly before: LogEnd;
      readonly entries: readonly Entry[];
      readonly commitIndex: number;
      readonly sentMs: number;
    }
  | {
      readonly kind: "install";
      readonly term: number;
      readonly base: Base;
      readonly sentMs: number;
    }
  | {
      readonly kind: "appended";
      readonly term: number;
      readonly isTaken: boolean;
      /** Taken: the log agrees up to here. Not taken: try again from here. */
      readonly index: number;
      /** The sender has a vote and remembers all that it said. */
      readonly isFull: boolean;
      readonly echo: Echo;
    };

/** What members ask the leader for. */
export type RequestMessage =
  | { readonly kind: "ask"; readonly poll: PollRecord }
  | { readonly kind: "ballot"; readonly pollId: string; readonly isYes: boolean }
  | { readonly kind: "propose"; readonly proposalId: string; readonly command: Uint8Array };

/** Goes to all other members. */
export const EVERYONE: readonly string[] = ["*"];

/** A message with its addressees. */
export interface Outgoing {
  readonly to: readonly string[];
  readonly message: GroupMessage;
}

/** A message as it came in. */
export interface Incoming {
  readonly from: string;
  /** A number that the sender drew when it started. */
  readonly life: number;
  /** Names the sender's set of voters; "" when it knows none. */
  readonly set: string;
  readonly message: GroupMessage;
}
