import assert from "node:assert/strict";
import type { ResourceLimits, Worker } from "node:worker_threads";
import type { Channel, Child, Exit, ProgramCall } from "../core/spawner.ts";
import { ChannelEnd } from "./channel-end.ts";
import { type Boot, lastWordOf, type ToChild, type ToParent } from "./child-protocol.ts";

/** How threads are made. */
export interface ThreadSpawnerOptions {
  /** The module that calls `runThread`; absent: this process starts no threads. */
  readonly threadModule?: URL;
  /** Bounds of each thread's heap; beyond them the thread fails, and its process goes on. */
  readonly heap?: ResourceLimits;
  /** From `stop` to the kill, in ms; default 5000. */
  readonly graceMs?: number;
  /** Plain data from which `runThread` makes the thread's world. */
  readonly world?: unknown;
}

/**
 * Runs every program in a thread of this process, with a world of its own.
 * Node's part for threads is loaded with the first one.
 */
export class ThreadSpawner {
  readonly #options: ThreadSpawnerOptions;

  constructor(options: ThreadSpawnerOptions) {
    this.#options = options;
  }

  spawn({ program, name, options }: ProgramCall): Child {
    const { threadModule, heap = {}, graceMs = 5000, world } = this.#options;
    assert(threadModule, "this process starts no threads");
    const threads = process.getBuiltinModule("node:worker_threads");
    const worker = new threads.Worker(threadModule, { name, resourceLimits: heap });
    return new ThreadProgram(worker, { program, name, options, world }, graceMs);
  }
}

/** So long a thread that is killed may take to end by itself, in ms; one that computes does not hear of it. */
const KILL_MS_MAX = 100;

/** One thread. */
class ThreadProgram implements Child {
  readonly name: string;
  readonly pid = process.pid;
  readonly exited: Promise<Exit>;
  readonly channel: Channel;
  readonly #worker: Worker;
  readonly #graceMs: number;
  #lastWord: Exit | undefined;
  #isKilled = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(worker: Worker, boot: Boot, graceMs: number) {
    this.name = boot.name;
    this.#worker = worker;
    this.#graceMs = graceMs;
    const channel = new ChannelEnd((message) => this.#tell({ kind: "message", message }));
    this.channel = channel;
    worker.on("message", (told: ToParent) => {
      if (told.kind === "message") channel.arrived(told.message);
      else this.#lastWord = lastWordOf(told);
    });
    // Not what the program threw, which comes as a message, but a thread that found no module, or no memory.
    worker.on("error", (error) => {
      this.#lastWord ??= { kind: "failed", reason: error.stack ?? String(error) };
    });
    this.exited = this.#end();
    this.#tell({ kind: "boot", boot });
  }

  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    // Terminated while it receives from libzmq, a thread would take its process with it: it ends itself.
    this.#tell({ kind: "kill" });
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => void this.#worker.terminate(), KILL_MS_MAX).unref();
  }

  stop(): void {
    this.#tell({ kind: "stop" });
    this.#killTimer ??= setTimeout(() => this.kill(), this.#graceMs);
  }

  /** Sends to the thread; ignored when it has ended. */
  #tell(message: ToChild): void {
    this.#worker.postMessage(message);
  }

  async #end(): Promise<Exit> {
    const status = await new Promise<number>((resolve) => this.#worker.once("exit", resolve));
    clearTimeout(this.#killTimer);
    if (this.#lastWord !== undefined) return this.#lastWord;
    return this.#isKilled
      ? { kind: "killed", reason: "killed" }
      : { kind: "failed", reason: `exit status ${status}` };
  }
}
