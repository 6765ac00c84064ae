/**
 * What a program may use of its board, and what it uses. Bodies: agent/io (the kernel's control groups,
 * and reading /proc where there are none) and agent/sim (what a test says).
 */
export interface Resources {
  /**
   * Holds a program to these limits from now on, as far as this system can.
   * Never rejects: what the system does not do is said in `warnings`, and is left to watching.
   */
  enforce(program: LimitedProgram, limits: ProcessLimits): Promise<Enforcement>;
}

/** A running program that has limits. */
export interface LimitedProgram {
  /** Process id, as Child.pid has it. */
  readonly pid: number;
  /** For people and logs, such as "feeder1/prosumer101". */
  readonly name: string;
}

/** A resource that can be limited. */
export type LimitedResource = "cpu" | "memory" | "space" | "network";

/** What a program may use; absent: not limited. */
export interface Limits {
  readonly cpu?: CpuShare;
  readonly memory?: { readonly bytes: number };
  /** Bytes of its own databases and files. */
  readonly space?: { readonly bytes: number };
  readonly network?: TrafficLimit;
}

/** Limits of a process as a whole: what a system may be able to hold. */
export type ProcessLimits = Pick<Limits, "cpu" | "memory">;

/** A share of the processors. */
export interface CpuShare {
  /** Per cent of one processor, at least 1; may exceed 100. */
  readonly percent: number;
  /** Never more than that; else its share while others want the processor too. */
  readonly isHard: boolean;
  /** The time that it is measured over, in ms; null: 10 s. */
  readonly intervalMs: number | null;
}

/** What a program may send. Source: tc-htb(8), whose words the language uses. */
export interface TrafficLimit {
  /** Above it the program is warned. */
  readonly rateBytesPerS: number;
  /** Above it nothing is sent, but for bursts; null: the rate. */
  readonly ceilBytesPerS: number | null;
  /** Bytes that may be sent at once, above the ceiling; null: what the ceiling lets pass in one second. */
  readonly burstBytes: number | null;
}

/** A program that is held to its limits; disposal lets go of it and ends what it left running. */
export interface Enforcement extends AsyncDisposable {
  /** What the system itself holds; the rest is only watched, by whoever asks for `usage`. */
  readonly heldByKernel: ReadonlySet<LimitedResource>;
  /** What this system does not do, in words, each once in the life of this process. */
  readonly warnings: readonly string[];
  /** What the program and all its descendants use now; undefined when it has ended. */
  usage(): Promise<ResourceUsage | undefined>;
  /** Bytes of the databases and files that are `owner`'s, see isOwnFile. Walks through a folder: ask seldom. */
  spaceBytes(owner: string): Promise<number>;
  /** The limit for which the system has ended the program, or a descendant. */
  endedByKernel(): LimitedResource | undefined;
}

/** What a program uses. */
export interface ResourceUsage {
  /** Processor time since its start, in ms. May fall a little when a descendant ends. */
  readonly cpuMs: number;
  /** Memory that only its end would free: without files that the system has read and could read again. */
  readonly memoryBytes: number;
}

/** Whether the database or file `name` is `owner`'s: it is called so, or so and "." or "-" and something. */
export function isOwnFile(name: string, owner: string): boolean {
  if (!name.startsWith(owner)) return false;
  const next = name.charAt(owner.length);
  return next === "" || next === "." || next === "-";
}
