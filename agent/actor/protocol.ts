import type { LedgerEvent } from "../component/ledger-service.ts";

/** What an actor tells the agent of its board. */
export type ToAgent =
  /** A port of this actor can be reached at `endpoint`. */
  | { readonly kind: "provide"; readonly key: string; readonly endpoint: string }
  /** `port` wants to know all providers of `key`, now and whenever they change. */
  | { readonly kind: "require"; readonly port: string; readonly key: string }
  /** All ports exist and the components are being activated. */
  | { readonly kind: "active" }
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
  | { readonly kind: "ledger-result"; readonly callId: number; readonly value: unknown }
  /** A call failed, or a reader: the two share their numbers. */
  | {
      readonly kind: "ledger-fault";
      readonly callId: number;
      readonly code: string;
      readonly facts: Readonly<Record<string, string | number>>;
    }
  | { readonly kind: "event"; readonly readerId: number; readonly event: LedgerEvent };
