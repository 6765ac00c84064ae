import type { Clt, Ins, Ports, Pub, Qry, Req, Tim } from "./ports.ts";

/** Why there is no reply. The port is usable at once in every case. */
export type NoReplyReason =
  /** No server was known in time. */
  | "no-server"
  /** It was known, and did not answer in time. */
  | "timeout"
  /** Its answer was not of the port's type. */
  | "malformed"
  /** Its queue is full. */
  | "refused"
  /** It died, or left, after it was asked. */
  | "lost";

/** How a request ended. */
export type CallOutcome<R> =
  | { readonly kind: "reply"; readonly reply: R }
  | { readonly kind: "no-reply"; readonly reason: NoReplyReason };

/** The calling side of each port, by name. */
export type PortCalls<P extends Ports> = {
  readonly [K in keyof P as P[K] extends { readonly kind: "sub" | "srv" | "rep" | "ans" }
    ? never
    : K]: CallOf<P[K]>;
};

type CallOf<T> =
  T extends Pub<infer M>
    ? (message: M) => void
    : T extends Clt<infer Q, infer R>
      ? (request: Q, timeoutMs: number) => Promise<CallOutcome<R>>
      : T extends Req<infer Q, unknown>
        ? RequestCall<Q>
        : T extends Qry<infer Q, unknown>
          ? QueryCall<Q>
          : T extends Ins<infer D, unknown>
            ? InsideCall<D>
            : T extends Tim
              ? TimerControl
              : never;

/** Sends a request, whose outcome comes to the port's handler; "busy" while one is outstanding. */
export type RequestCall<Q> = (request: Q, timeoutMs: number) => "sent" | "busy";

/** Sends a query and returns its number, which the handler gets back with the outcome. */
export type QueryCall<Q> = (request: Q, timeoutMs: number) => number;

/** Sends to the thread of this name, or to all; false when no such thread runs. */
export type InsideCall<D> = (message: D, thread?: string) => boolean;

/** A timer in the component's hands. */
export interface TimerControl {
  /** Fires once when cluster time reaches `utcUs` (at once when past); replaces what was set before. */
  fireAtUtc(utcUs: number): void;
  /** Fires once after `delayMs` of cluster time; replaces what was set before. */
  fireIn(delayMs: number): void;
  /** Forgets what was set; a periodic timer stops until `restart`, `fireIn` or `fireAtUtc`. */
  cancel(): void;
  /** Starts a periodic timer again after `cancel`, with this period from now on if one is given. */
  restart(periodMs?: number): void;
  /** Whether it will fire. */
  readonly isRunning: boolean;
  /** Undefined for a sporadic timer. */
  readonly periodMs: number | undefined;
  /** Ticks that passed while the board was too slow or asleep. */
  readonly missedCount: number;
}

/** Where and when something came in; the last argument of every handler of a message. */
export interface Arrival {
  /** When the sender sent it, on cluster time; undefined when its port is not `timed`. */
  readonly sentUtcUs: number | undefined;
  /** When it came in here, on cluster time. */
  readonly receivedUtcUs: number;
  /** By when the handler has to end, counted from arrival; undefined: no deadline. */
  readonly deadlineUtcUs: number | undefined;
}

/** One query that waits for its answer, for as long as its sender does. */
export interface Caller<R> {
  /** Names the query; unique among all that this port ever gets. */
  readonly id: string;
  /** Answers it, now or later; only the first answer counts. */
  answer(reply: R): void;
}
