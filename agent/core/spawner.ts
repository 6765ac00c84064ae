/**
 * Starts programs of their own. Bodies: agent/io (child processes) and agent/sim (hosts in this
 * process that can be killed between any two events).
 */
export interface Spawner {
  /** Starts `program`; never throws for a program that fails: that is told by `exited`. */
  spawn(program: ProgramCall): Child;
}

/** What to start. */
export interface ProgramCall {
  /** Which program of the table that main.ts and the simulator share, such as "actor". */
  readonly program: string;
  /** For people and logs, such as "feeder1/prosumer101". */
  readonly name: string;
  /** Plain data handed to the program; survives structured cloning. */
  readonly options: unknown;
}

/** A program seen from its parent. */
export interface Child {
  readonly name: string;
  /** Process id, or a number of the simulator. */
  readonly pid: number;
  readonly channel: Channel;
  /** Resolves once, when the program has ended and holds nothing any more. */
  readonly exited: Promise<Exit>;
  /** Ends it as kill -9 does: at once, without a last word. */
  kill(): void;
  /** Asks it to stop: aborts its signal. */
  stop(): void;
}

/** How a program ended. */
export interface Exit {
  /** stopped: it was asked to and did; failed: it ended by itself or threw; killed: by a signal. */
  readonly kind: "stopped" | "failed" | "killed";
  /** What is known of the reason, for people. */
  readonly reason: string;
}

/** Ordered, typed-by-agreement messages between a parent and its child; lost with either. */
export interface Channel {
  /** Sends plain data (numbers, bigints, strings, bytes, arrays, records); ignored when the other end is gone. */
  send(message: unknown): void;
  /** Sets the one receiver; messages that came before wait for it. */
  receive(receiver: (message: unknown) => void): void;
}
