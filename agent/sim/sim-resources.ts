import type {
  Enforcement,
  LimitedProgram,
  LimitedResource,
  Resources,
  ResourceUsage,
} from "../core/resources.ts";
import { isOwnFile } from "../core/resources.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { Timeline } from "./timeline.ts";

/** What a simulated program uses, as a test says; programs of no test use nothing. */
export interface SimLoad {
  /** Per cent of one processor. */
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
}

/** What the programs of one host use: by the name of a program, for all its incarnations. */
export class SimLoads {
  /** The limits that this host's system is said to hold; default: none. */
  heldByKernel: ReadonlySet<LimitedResource> = new Set();
  /** What this host's system is said not to do; told with the first program that has limits. */
  warnings: readonly string[] = [];
  readonly #timeline: Timeline;
  readonly #now = new Map<string, { readonly load: SimLoad; cpuMs: number; sinceUs: number }>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** From now on the program uses that; what it does not name is nothing. */
  set(program: string, load: SimLoad): void {
    const { cpuMs } = this.of(program);
    this.#now.set(program, { load, cpuMs, sinceUs: this.#timeline.nowUs });
  }

  /** What it has used by now. */
  of(program: string): ResourceUsage {
    const { load, cpuMs, sinceUs } = this.#now.get(program) ?? { load: {}, cpuMs: 0, sinceUs: 0 };
    const { cpuPercent = 0, memoryBytes = 0 } = load;
    const passedMs = (this.#timeline.nowUs - sinceUs) / 1000;
    return { cpuMs: cpuMs + (passedMs * cpuPercent) / 100, memoryBytes };
  }
}

/** What one host's programs may use: nothing is held, all is for watching, unless a test says so. */
export class SimResources implements Resources {
  readonly #loads: SimLoads;
  readonly #disk: SimDisk;
  readonly #isAlive: (program: string) => boolean;

  constructor(loads: SimLoads, disk: SimDisk, isAlive: (program: string) => boolean) {
    this.#loads = loads;
    this.#disk = disk;
    this.#isAlive = isAlive;
  }

  enforce({ name }: LimitedProgram): Promise<Enforcement> {
    const loads = this.#loads;
    const { heldByKernel, warnings } = loads;
    loads.warnings = [];
    return Promise.resolve({
      heldByKernel,
      warnings,
      usage: () => Promise.resolve(this.#isAlive(name) ? loads.of(name) : undefined),
      spaceBytes: (owner) => Promise.resolve(this.#disk.ownBytes((file) => isOwnFile(file, owner))),
      endedByKernel: () => undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }
}
