import type {
  LimitedProgram,
  LimitedResource,
  ProcessLimits,
  ResourceUsage,
} from "../core/resources.ts";
import type { CgroupTree, Controller } from "./cgroup-tree.ts";
import { type KernelFiles, readIfThere, refusalOf, unlessRefused } from "./kernel-files.ts";

/** The time over which the kernel rations a hard processor share, in µs: short, so that nobody stalls long. */
const CPU_PERIOD_US = 100_000;
/** Above this part of its limit a program is slowed and its memory reclaimed, before it is ended at all of it. */
const MEMORY_HIGH_PART = 0.9;
/** No actor needs that many threads: it stops one that starts processes without end. */
const TASKS_MAX = 512;
/** Removing a group waits at most so often for its last process to be gone. */
const REMOVALS_MAX = 50;
const REMOVAL_PAUSE_MS = 20;

/** How a program is held by its group. */
export interface GroupHold {
  readonly group: CgroupGroup;
  readonly held: ReadonlySet<LimitedResource>;
  /** Limits that the kernel would not take, in words. */
  readonly warnings: readonly string[];
}

/** The control group of one program: the kernel's hold on it and all its descendants. */
export class CgroupGroup {
  readonly #files: KernelFiles;
  readonly #folder: string;

  private constructor(files: KernelFiles, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * Makes the group, sets its limits and moves the program into it; or says in words why not. Called again
   * for the same program, by the next incarnation of the agent, it takes the group over.
   */
  static make(
    files: KernelFiles,
    { folder, controllers }: CgroupTree,
    { name, pid }: LimitedProgram,
    limits: ProcessLimits,
  ): GroupHold | string {
    const plainName = name.replace(/[^A-Za-z0-9_.]/g, ".");
    const group = new CgroupGroup(files, `${folder}/actor-${plainName}-${pid}`);
    try {
      files.makeFolder(group.#folder);
      const refusals = group.#limit(limits, controllers);
      group.#write("cgroup.procs", String(pid));
      const held = (["cpu", "memory"] as const).filter(
        (each) => limits[each] !== undefined && controllers.has(each) && !refusals.has(each),
      );
      const warnings = [...refusals].map(
        ([resource, code]) =>
          `${resource} limits are watched and not held: the kernel says ${code}`,
      );
      return { group, held: new Set(held), warnings };
    } catch (error) {
      unlessRefused(() => files.removeFolder(group.#folder));
      return `cpu and memory limits are watched and not held: a group is refused (${refusalOf(error)})`;
    }
  }

  /** Undefined for what its controllers do not measure. */
  usage(): Partial<ResourceUsage> {
    const cpuUs = this.#number("cpu.stat", "usage_usec");
    const totalBytes = Number(this.#read("memory.current") ?? Number.NaN);
    // What was read from files can be read again: the kernel takes it back before it ends anybody.
    const fileBytes =
      (this.#number("memory.stat", "active_file") ?? 0) +
      (this.#number("memory.stat", "inactive_file") ?? 0);
    return {
      ...(cpuUs === undefined ? {} : { cpuMs: cpuUs / 1000 }),
      ...(Number.isNaN(totalBytes) ? {} : { memoryBytes: Math.max(0, totalBytes - fileBytes) }),
    };
  }

  /** How often the kernel has ended a process of the group for its memory. */
  get memoryKillCount(): number {
    return this.#number("memory.events", "oom_kill") ?? 0;
  }

  /** Ends what is left in the group, and removes it. Left to the next agent when it does not go. */
  async remove(): Promise<void> {
    unlessRefused(() => this.#write("cgroup.kill", "1"));
    for (let attempt = 0; attempt < REMOVALS_MAX; attempt += 1) {
      const code = this.#removalRefusal();
      // Busy: its last process was killed and is not gone yet.
      if (code !== "EBUSY") return;
      await new Promise((resolve) => setTimeout(resolve, REMOVAL_PAUSE_MS));
    }
  }

  #removalRefusal(): string | undefined {
    try {
      this.#files.removeFolder(this.#folder);
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Sets what it can, and returns what was refused with the kernel's code. */
  #limit(
    { cpu, memory }: ProcessLimits,
    controllers: ReadonlySet<Controller>,
  ): ReadonlyMap<Controller, string> {
    const refusals = new Map<Controller, string>();
    const set = (controller: Controller, file: string, value: number | string): void => {
      if (!controllers.has(controller)) return;
      try {
        this.#write(file, String(value));
      } catch (error) {
        refusals.set(controller, refusalOf(error));
      }
    };
    if (cpu?.isHard === true)
      set("cpu", "cpu.max", `${Math.round((cpu.percent / 100) * CPU_PERIOD_US)} ${CPU_PERIOD_US}`);
    else if (cpu !== undefined) set("cpu", "cpu.weight", weightOf(cpu.percent));
    if (memory !== undefined) {
      set("memory", "memory.high", Math.floor(memory.bytes * MEMORY_HIGH_PART));
      set("memory", "memory.max", memory.bytes);
      // All of it ends, not a part without which the rest hangs.
      set("memory", "memory.oom.group", 1);
      // A limit that only moves memory to a swap file is none; the file is absent where nothing swaps.
      unlessRefused(() => this.#write("memory.swap.max", "0"));
    }
    set("pids", "pids.max", TASKS_MAX);
    return refusals;
  }

  #write(file: string, text: string): void {
    this.#files.write(`${this.#folder}/${file}`, text);
  }

  #read(file: string): string | undefined {
    return readIfThere(this.#files, `${this.#folder}/${file}`);
  }

  /** The number after `key` in a file of such lines. */
  #number(file: string, key: string): number | undefined {
    const line = this.#read(file)
      ?.split("\n")
      .find((each) => each.startsWith(`${key} `));
    return line === undefined ? undefined : Number(line.slice(key.length + 1));
  }
}

/** A share under load as a weight; others have 100. Source: admin-guide/cgroup-v2, cpu.weight. */
function weightOf(percent: number): number {
  return Math.min(10_000, Math.max(1, Math.round(percent)));
}
