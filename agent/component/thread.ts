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
  /** Runs until `signal` aborts; a rejection is a fault of the component. */
  readonly run: (
    context: P[K] extends Ins<infer D, infer U> ? ThreadContext<D, U> : never,
    options: O,
  ) => Promise<void>;
}

/** What an inner thread gets. */
export interface ThreadContext<D, U> {
  readonly name: string;
  readonly clock: {
    utcUs(): number;
    sleep(durationMs: number): Promise<void>;
  };
  readonly random: Random;
  /** Aborts when the device is deactivated. */
  readonly signal: AbortSignal;
  /** Yields what the component sends down, until `signal` aborts. */
  received(): AsyncIterable<D>;
  /** Sends up to the component. */
  send(message: U): void;
  readonly log: (level: LogLevel, event: string, facts: Facts) => void;
}
