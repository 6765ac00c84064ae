import { chownSync, mkdirSync } from "node:fs";
import type { Log } from "../core/log.ts";
import type { Child, ProgramCall, Spawner, Survivor } from "../core/spawner.ts";
import { ChildSpawner, type ChildSpawnerOptions } from "./child-spawner.ts";
import { failedChild } from "./failed-child.ts";
import { type Owner, PLAIN_LAUNCH, Rights } from "./run-as.ts";
import { ThreadSpawner, type ThreadSpawnerOptions } from "./thread-spawner.ts";

/** How processes and threads are made. */
export interface ProgramSpawnerOptions extends ChildSpawnerOptions, ThreadSpawnerOptions {
  /** A folder that programs of a user get for themselves, since the agent's files are not theirs. */
  readonly folderOf?: (userId: number) => string;
}

/** Runs each program where its call says, in a process or in a thread of this one, and as whom it says. */
export class ProgramSpawner implements Spawner {
  readonly #processes: ChildSpawner;
  readonly #threads: ThreadSpawner;
  readonly #rights: Rights;
  readonly #folderOf: ProgramSpawnerOptions["folderOf"];

  /** `log` hears of rights that are not there. */
  constructor(options: ProgramSpawnerOptions, log?: Pick<Log, "write">) {
    this.#processes = new ChildSpawner(options);
    this.#threads = new ThreadSpawner(options);
    this.#rights = new Rights(log);
    this.#folderOf = options.folderOf;
  }

  /** A process that cannot run as its call says fails with RUN_AS_REFUSED and what is to be done. */
  spawn(call: ProgramCall): Child {
    if (call.in === "thread") return this.#threads.spawn(call);
    if (call.runAs === undefined) return this.#processes.spawn(call, PLAIN_LAUNCH);
    const outcome = this.#rights.launch(call.runAs);
    if (outcome.kind === "refused") return failedChild(call.name, outcome.error);
    const { owner, launch } = outcome;
    if (owner !== undefined && owner.userId !== process.getuid?.()) this.#give(owner);
    return this.#processes.spawn(call, launch);
  }

  #give({ userId, groupId }: Owner): void {
    const folder = this.#folderOf?.(userId);
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    chownSync(folder, userId, groupId);
  }

  survivors(): Promise<readonly Survivor[]> {
    return this.#processes.survivors();
  }
}
