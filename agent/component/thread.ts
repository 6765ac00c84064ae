import type { Facts, LogLevel } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Ins, Ports } from "./ports.ts";

type InsideNames<P extends Ports> = {
  [K in keyof P & string]: P[K] extends { readonly kind: "ins" } ? K : never;
}[keyof P & string];

/** The inner threads of a device, by name; each runs in a thread of its own, so it may block. */
export type Threads<P extends Ports, O> = Readonly<
  Record<string, { [K in InsideNames<P>]: InnerThread<P, K, O> }[InsideNames<P>]>
>;

/** One inner thread, which talks to its component through an `inside` port. */
export interface InnerThread<P extends Ports, K extends keyof P, O> {
  readonly port: K;
  /**
   * Runs until `signal` aborts, or until its work is done. What it throws, or forgets to catch, is a fault
   * of the component: of a handler called "thread <name>".
   */
  readonly run: (
    context: P[K] extends Ins<infer D, infer U> ? ThreadContext<D, U> : never,
    options: O,
  ) => Promise<void>;
}

/**
 * What an inner thread gets.
 *
 * Logical time stands still while a thread waits for anything else than `sleep` and `received`.
 */
export interface ThreadContext<D, U> {
  /** Actor, component and thread, such as "feeder/meter/poller". */
  readonly name: string;
  readonly clock: {
    readonly utcUs: () => number;
    /** Resolves after so much cluster time, or when `signal` aborts. */
    readonly sleep: (durationMs: number) => Promise<void>;
  };
  readonly random: Random;
  /** Aborts when the device has been deactivated; a thread that does not end soon is killed. */
  readonly signal: AbortSignal;
  /**
   * Yields what the component sends down; when `signal` aborts, what has come so far, and then ends.
   * At most 1000 messages wait; more are dropped, counted and logged.
   */
  readonly received: () => AsyncIterable<D>;
  /** Sends up to the component. @throws AgentError MESSAGE_MALFORMED when it is not of the port's type. */
  readonly send: (message: U) => void;
  readonly log: (level: LogLevel, event: string, facts: Facts) => void;
}
