import type {
  Enforcement,
  LimitedProgram,
  LimitedResource,
  ProcessLimits,
  Resources,
  ResourceUsage,
} from "../core/resources.ts";
import { CgroupGroup } from "./cgroup-group.ts";
import { type CgroupSystem, type CgroupTree, openCgroupTree } from "./cgroup-tree.ts";
import { kernelFiles } from "./kernel-files.ts";
import { ownFileBytes } from "./own-files.ts";
import { familyUsage, startTickOf } from "./proc-usage.ts";

/** Where programs are held and measured. */
export interface SystemResourcesOptions extends CgroupSystem {
  /** Where databases and files of programs are. */
  readonly dataFolder: string;
}

/** Those of this system and process. */
export function systemResources(dataFolder: string): Resources {
  const system = { files: kernelFiles, procFolder: "/proc", ownPid: process.pid };
  return new SystemResources({ ...system, dataFolder });
}

/**
 * Holds programs by control groups of version 2 where the kernel has them and lets us, controller by
 * controller; the rest is measured from /proc, for others to watch. Nothing is opened before the first
 * program that has a limit.
 */
export class SystemResources implements Resources {
  readonly #options: SystemResourcesOptions;
  #tree: CgroupTree | string | undefined;
  readonly #warned = new Set<string>();

  constructor(options: SystemResourcesOptions) {
    this.#options = options;
  }

  enforce(program: LimitedProgram, limits: ProcessLimits): Promise<Enforcement> {
    const { files, procFolder } = this.#options;
    const startTick = startTickOf(files, procFolder, program.pid);
    const hold = startTick === undefined ? NO_HOLD : this.#hold(program, limits);
    const warnings = hold.warnings.filter((each) => !this.#warned.has(each));
    for (const each of warnings) this.#warned.add(each);
    return Promise.resolve(
      new SystemEnforcement({ ...this.#options, program, startTick }, { ...hold, warnings }),
    );
  }

  #hold(program: LimitedProgram, limits: ProcessLimits): Hold {
    if ((limits.cpu ?? limits.memory) === undefined) return NO_HOLD;
    this.#tree ??= openCgroupTree(this.#options);
    const tree = this.#tree;
    if (typeof tree === "string")
      return { ...NO_HOLD, warnings: [`cpu and memory limits are watched and not held: ${tree}`] };
    const made = CgroupGroup.make(this.#options.files, tree, program, limits);
    if (typeof made === "string") return { ...NO_HOLD, warnings: [made] };
    const missing = tree.missing.filter(({ controller }) => limits[controller] !== undefined);
    return { ...made, warnings: [...missing.map(({ why }) => why), ...made.warnings] };
  }
}

interface Hold {
  readonly group: CgroupGroup | undefined;
  readonly held: ReadonlySet<LimitedResource>;
  readonly warnings: readonly string[];
}

const NO_HOLD: Hold = { group: undefined, held: new Set(), warnings: [] };

interface EnforcementParts extends SystemResourcesOptions {
  readonly program: LimitedProgram;
  /** When it began; undefined: it had ended before it was held. */
  readonly startTick: number | undefined;
}

class SystemEnforcement implements Enforcement {
  readonly heldByKernel: ReadonlySet<LimitedResource>;
  readonly warnings: readonly string[];
  readonly #parts: EnforcementParts;
  #group: CgroupGroup | undefined;

  constructor(parts: EnforcementParts, { group, held, warnings }: Hold) {
    this.heldByKernel = held;
    this.warnings = warnings;
    this.#parts = parts;
    this.#group = group;
  }

  usage(): Promise<ResourceUsage | undefined> {
    const { files, procFolder, program, startTick } = this.#parts;
    const { pid } = program;
    if (startTick === undefined || startTickOf(files, procFolder, pid) !== startTick)
      return Promise.resolve(undefined);
    const { cpuMs, memoryBytes } = this.#group?.usage() ?? {};
    if (cpuMs !== undefined && memoryBytes !== undefined)
      return Promise.resolve({ cpuMs, memoryBytes });
    const read = familyUsage(files, procFolder, pid);
    return Promise.resolve({
      cpuMs: cpuMs ?? read.cpuMs,
      memoryBytes: memoryBytes ?? read.memoryBytes,
    });
  }

  spaceBytes(owner: string): Promise<number> {
    return ownFileBytes(this.#parts.dataFolder, owner);
  }

  endedByKernel(): LimitedResource | undefined {
    return (this.#group?.memoryKillCount ?? 0) > 0 ? "memory" : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const group = this.#group;
    this.#group = undefined;
    await group?.remove();
  }
}
