import assert from "node:assert/strict";
import type { ResourceLimits, Worker } from "node:worker_threads";
import type { Channel, Child, Exit, ProgramCall } from "../core/spawner.ts";
import { ChannelEnd } from "./channel-end.ts";
import type { Boot, ThreadData, ToParent, ToThread } from "./child-protocol.ts";

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

/** A killed thread that computes is cut off after this time, in ms; any other ends by itself at once. */
const KILL_MS_MAX = 500;

/**
 * Runs every program in a thread of this process, with a world of its own.
 * Node's part for threads is loaded with the first one.
 *
 * A thread that is cut off while it computes, or runs out of memory, takes the process with it if it
 * holds sockets (see closeReading): then nothing but the process can free them.
 */
export class ThreadSpawner {
  readonly #options: ThreadSpawnerOptions;
  readonly #living = new Set<ThreadProgram>();

  constructor(options: ThreadSpawnerOptions) {
    this.#options = options;
  }

  spawn({ program, name, options }: ProgramCall): Child {
    const { threadModule, heap = {}, graceMs = 5000, world } = this.#options;
    assert(threadModule, "this process starts no threads");
    const threads = process.getBuiltinModule("node:worker_threads");
    const over = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: ThreadData = { over };
    const worker = new threads.Worker(threadModule, { name, workerData, resourceLimits: heap });
    const thread = new ThreadProgram({ worker, over, graceMs }, { program, name, options, world });
    if (this.#living.size === 0) process.on("exit", this.#endAll);
    this.#living.add(thread);
    void thread.exited.then(() => {
      this.#living.delete(thread);
      if (this.#living.size === 0) process.off("exit", this.#endAll);
    });
    return thread;
  }

  /** The process exits: its threads close their sockets first. */
  readonly #endAll = (): void => {
    for (const thread of this.#living) thread.kill();
    for (const thread of this.#living) thread.awaitOver();
  };
}

interface ThreadParts {
  readonly worker: Worker;
  readonly over: Int32Array;
  readonly graceMs: number;
}

/** One thread. */
class ThreadProgram implements Child {
  readonly name: string;
  readonly pid = process.pid;
  readonly exited: Promise<Exit>;
  readonly channel: Channel;
  readonly #parts: ThreadParts;
  #lastWord: Exit | undefined;
  #isKilled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ThreadParts, boot: Boot) {
    this.name = boot.name;
    this.#parts = parts;
    const { worker } = parts;
    const channel = new ChannelEnd((message) => this.#tell({ kind: "message", message }));
    this.channel = channel;
    worker.on("message", (told: ToParent) => this.#heard(told, channel));
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
    this.#tell({ kind: "kill" });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#parts.worker.terminate(), KILL_MS_MAX);
  }

  stop(): void {
    this.#tell({ kind: "stop" });
    this.#timer ??= setTimeout(() => this.kill(), this.#parts.graceMs);
  }

  /** Blocks until it holds no sockets, or has no time for that. */
  awaitOver(): void {
    Atomics.wait(this.#parts.over, 0, 0, KILL_MS_MAX);
  }

  /** Sends to the thread; ignored when it has ended. */
  #tell(message: ToThread): void {
    this.#parts.worker.postMessage(message);
  }

  #heard(told: ToParent, channel: ChannelEnd): void {
    switch (told.kind) {
      case "message":
        channel.arrived(told.message);
        break;
      case "ended":
        this.#lastWord = told.asked
          ? { kind: "stopped", reason: "asked to stop" }
          : { kind: "failed", reason: "ended by itself" };
        break;
      case "failed":
        this.#lastWord = { kind: "failed", reason: told.reason };
        break;
    }
  }

  async #end(): Promise<Exit> {
    const status = await new Promise<number>((resolve) => this.#parts.worker.once("exit", resolve));
    clearTimeout(this.#timer);
    if (this.#lastWord !== undefined) return this.#lastWord;
    return this.#isKilled
      ? { kind: "killed", reason: "killed" }
      : { kind: "failed", reason: `exit status ${status}` };
  }
}
