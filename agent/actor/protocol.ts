import type { LedgerEvent } from "../component/ledger-service.ts";
import type { Notice } from "../component/life.ts";
import type { ActorInstance } from "../model/instances.ts";
import type { Traffic } from "../resource/limit-judges.ts";
import type { ComponentMeasure } from "./port-counters.ts";
import type { SnapshotOptions } from "./snapshot-keeper.ts";

/** What the program of one or more actors is told at its start. */
export interface CrewOptions {
  /** More than one when they share a process. */
  readonly actors: readonly ActorInstance[];
  /** Module that exports the application's code; absent: the application is one of this build. */
  readonly codeUrl?: string;
  /** Every component is recorded, into a file of its process. */
  readonly record?: boolean;
  /** Components that a recording has are replaced by what they sent then. */
  readonly play?: PlayOptions;
  /** PROTOCOL_VERSION of the agent: a crew of another one is not taken over. */
  readonly protocolVersion?: number;
  /** Folder of the board's tree with the application's files; default: those of the process. */
  readonly assetsPath?: string;
  /** How often the states of components are kept. */
  readonly snapshots?: SnapshotOptions;
  /** Of a component in a thread: its agent may be followed by another, whom the actor then tells. */
  readonly hasManyAgents?: boolean;
}

/** Traffic to be played instead of components. */
export interface PlayOptions {
  /** Name of a recording among the board's files. */
  readonly file: string;
  /** 1: as it was; 10: ten times as fast. */
  readonly rate: number;
}

/** Counts the changes of the messages below that an older program does not understand. */
export const PROTOCOL_VERSION = 2;

/** What a crew and its agent send each other: one actor's message at a time. */
export interface Addressed<M> {
  /** Instance name. */
  readonly actor: string;
  readonly message: M;
}

/** What an actor tells the agent of its board. */
export type ToAgent =
  /** A port of this actor can be reached at `endpoint`. */
  | { readonly kind: "provide"; readonly key: string; readonly endpoint: string }
  | { readonly kind: "withdraw"; readonly key: string; readonly endpoint: string }
  /**
   * `port` wants to know all providers of `key`, now and whenever they change. `endpoints`: those that
   * it has, when this is said again to an agent that has taken over.
   */
  | {
      readonly kind: "require";
      readonly port: string;
      readonly key: string;
      readonly endpoints?: readonly string[];
    }
  | { readonly kind: "release"; readonly port: string; readonly key: string }
  /** All ports exist and the components are being activated. */
  | { readonly kind: "active" }
  /** The answer to a ping: the actor's event loop turns. */
  | { readonly kind: "pong"; readonly number: number }
  /** The answer to a question of health: what is wrong with one of its components, null when nothing is. */
  | { readonly kind: "health"; readonly number: number; readonly fault: string | null }
  /** What it has sent and received so far; from actors whose network is limited, when it has changed. */
  | { readonly kind: "traffic"; readonly traffic: Traffic }
  /** The answer to `measure` with this number; components in threads answer by themselves. */
  | {
      readonly kind: "measures";
      readonly number: number;
      readonly components: readonly ComponentMeasure[];
    }
  | Incident
  | LedgerCall
  /** The events of `readerId` should come; see LedgerService.follow. */
  | {
      readonly kind: "follow";
      readonly readerId: number;
      readonly account: string;
      readonly request: unknown;
    }
  /** The handler of the event handed over last to `readerId` has ended. */
  | { readonly kind: "event-done"; readonly readerId: number };

/** What went wrong in a component and did not end its actor. */
export type Incident =
  /** A handler threw, and the component's fault handler said to go on. */
  | {
      readonly kind: "fault";
      readonly component: string;
      readonly handler: string;
      readonly reason: string;
    }
  /** A handler has been running for `runningMs`: it hangs, or waits for what does not come. */
  | {
      readonly kind: "hang";
      readonly component: string;
      readonly handler: string;
      readonly runningMs: number;
    }
  | {
      readonly kind: "deadline";
      readonly component: string;
      readonly port: string;
      readonly lateMs: number;
    };

/** One request to the ledger manager; `callId` is unique within the actor's life. */
export interface LedgerCall {
  readonly kind: "ledger";
  readonly callId: number;
  readonly operation: "open" | "deploy" | "submit" | "transfer" | "read" | "signDigest";
  readonly account: string;
  readonly request: unknown;
}

/** What the agent tells an actor. */
export type ToActor =
  /** All providers for `port`; replaces what was told before. */
  | { readonly kind: "peers"; readonly port: string; readonly endpoints: readonly string[] }
  | { readonly kind: "ping"; readonly number: number }
  /** Are its components as they should be? */
  | { readonly kind: "health"; readonly number: number }
  /** What has passed through its ports? */
  | { readonly kind: "measure"; readonly number: number }
  | { readonly kind: "notice"; readonly notice: Notice }
  /** Stop handling, or go on. */
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "ledger-result"; readonly callId: number; readonly value: unknown }
  /** A call failed, or a reader: the two share their numbers. */
  | {
      readonly kind: "ledger-fault";
      readonly callId: number;
      readonly code: string;
      readonly facts: Readonly<Record<string, string | number>>;
    }
  | { readonly kind: "event"; readonly readerId: number; readonly event: LedgerEvent };
