import type { Child, ProgramCall, Spawner, Survivor } from "../core/spawner.ts";
import { ChildSpawner, type ChildSpawnerOptions } from "./child-spawner.ts";
import { ThreadSpawner, type ThreadSpawnerOptions } from "./thread-spawner.ts";

/** How processes and threads are made. */
export type ProgramSpawnerOptions = ChildSpawnerOptions & ThreadSpawnerOptions;

/** Runs each program where its call says: in a process, or in a thread of this one. */
export class ProgramSpawner implements Spawner {
  readonly #processes: ChildSpawner;
  readonly #threads: ThreadSpawner;

  constructor(options: ProgramSpawnerOptions) {
    this.#processes = new ChildSpawner(options);
    this.#threads = new ThreadSpawner(options);
  }

  spawn(call: ProgramCall): Child {
    return (call.in === "thread" ? this.#threads : this.#processes).spawn(call);
  }

  survivors(): Promise<readonly Survivor[]> {
    return this.#processes.survivors();
  }
}
