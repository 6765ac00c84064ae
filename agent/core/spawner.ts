/**
 * Starts programs of their own. Bodies: agent/io (child processes and threads) and agent/sim (hosts in this
 * process that can be killed between any two events).
 */
export interface Spawner {
  /** Starts `program`; never throws for a program that fails: that is told by `exited`. */
  spawn(program: ProgramCall): Child;
  /**
   * The lasting programs that an earlier parent of this one's name left running, each once; what they
   * and that parent said to each other last may be lost: see Channel.renewed. To be called before a
   * lasting program is started.
   * @throws AgentError SPAWNER_IN_USE when a parent of this name is still there.
   */
  survivors(): Promise<readonly Survivor[]>;
}

/** A program that outlived its parent. */
export interface Survivor {
  readonly call: ProgramCall;
  readonly child: Child;
}

/** What to start. */
export interface ProgramCall {
  /** Which program of the table that main.ts and the simulator share, such as "actor". */
  readonly program: string;
  /** For people and logs, such as "feeder1/prosumer101". */
  readonly name: string;
  /** Plain data handed to the program; survives structured cloning. */
  readonly options: unknown;
  /** Where it runs: in a process of its own (default), or in a thread of this one, which ends with it. */
  readonly in?: "process" | "thread";
  /**
   * It goes on when its parent dies, and is handed to the next parent by `Spawner.survivors`; it is
   * stopped when none comes in time. Default: it is stopped at once. Of processes only.
   */
  readonly lasting?: boolean;
  /**
   * The most memory it may take, in bytes: its heap is bounded so that a program that needs more ends as
   * killed, also where nobody watches. Memory outside of the heap is not bounded by it. Default: no bound.
   */
  readonly memoryBytesMax?: number;
  /** As whom it runs; default: as its parent. Of processes only. */
  readonly runAs?: RunAs;
}

/** The rights of a process, each at most those of its parent. */
export interface RunAs {
  /** Name of a user of this system. */
  readonly user?: string;
  /** Names of groups of this system, such as gpio, i2c, dialout: the resources that it is granted. */
  readonly groups?: readonly string[];
  /** Scheduled by the system's real-time policy. Source: sched(7). */
  readonly realTime?: { readonly policy: "fifo" | "roundRobin"; readonly priority: number };
}

/** A program seen from its parent. */
export interface Child {
  readonly name: string;
  /** Process id (of a thread: of the process that it is in), or a number of the simulator. */
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
  /**
   * Calls `listener` whenever the other end is a new incarnation, which knows nothing of what was said,
   * before anything of it arrives. Absent where that never happens: lasting programs alone have it.
   */
  renewed?(listener: () => void): void;
}
