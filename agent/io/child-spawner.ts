import { type ChildProcess, fork } from "node:child_process";
import type { Channel, Child, Exit, ProgramCall, Spawner, Survivor } from "../core/spawner.ts";
import { ChannelEnd } from "./channel-end.ts";
import type { ToChild, ToParent } from "./child-protocol.ts";

/** How child processes are made. */
export interface ChildSpawnerOptions {
  /** The module that calls `runChild`. */
  readonly mainModule: URL;
  /** Flags for node, such as --max-semi-space-size=1 --max-old-space-size=48 on a small board. */
  readonly nodeFlags?: readonly string[];
  /** From `stop` to SIGKILL, in ms; default 5000. */
  readonly graceMs?: number;
  /** Plain data from which `runChild` makes the child's world. */
  readonly world?: unknown;
}

/** Runs every program in a process of its own, forked from this one's node. */
export class ChildSpawner implements Spawner {
  readonly #options: ChildSpawnerOptions;

  constructor(options: ChildSpawnerOptions) {
    this.#options = options;
  }

  spawn({ program, name, options, memoryBytesMax }: ProgramCall): Child {
    const { mainModule, nodeFlags = [], graceMs = 5000, world } = this.#options;
    const child = fork(mainModule, [], {
      serialization: "advanced",
      execArgv: [...nodeFlags, ...heapFlags(memoryBytesMax)],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const process = new ChildProgram(child, name, graceMs);
    process.tell({ kind: "boot", boot: { program, name, options, world } });
    return process;
  }

  survivors(): Promise<readonly Survivor[]> {
    return Promise.resolve([]);
  }
}

/**
 * Left for what a process holds outside of that: 7 MiB were measured with ZeroMQ loaded (x64, Node 20), and the young
 * generation takes up to 3 with --max-semi-space-size=1.
 */
const OUTSIDE_HEAP_MIB = 16;
/** With a smaller heap node does not start. */
const HEAP_MIB_MIN = 16;

/** Flags that bound the heap; V8 ends a process that cannot keep it. They win over earlier ones. */
function heapFlags(memoryBytesMax: number | undefined): readonly string[] {
  if (memoryBytesMax === undefined) return [];
  const mib = Math.floor(memoryBytesMax / 1024 ** 2) - OUTSIDE_HEAP_MIB;
  return [`--max-old-space-size=${Math.max(HEAP_MIB_MIN, mib)}`];
}

/** One child process. */
class ChildProgram implements Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly channel: Channel;
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  #lastWord: Exit | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, name: string, graceMs: number) {
    this.name = name;
    // None when the process could not be made; `exited` tells why.
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.#graceMs = graceMs;
    const channel = new ChannelEnd((message) => this.tell({ kind: "message", message }));
    this.channel = channel;
    child.on("message", (told) => this.#heard(told as ToParent, channel));
    this.exited = this.#end();
  }

  /** Sends to the child; ignored when it is gone. */
  tell(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  stop(): void {
    this.tell({ kind: "stop" });
    this.#killTimer ??= setTimeout(() => this.kill(), this.#graceMs);
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
    const child = this.#child;
    const exit = await new Promise<Exit>((resolve) => {
      child.once("error", (error) => resolve({ kind: "failed", reason: error.message }));
      child.once("exit", (code, signal) => {
        const status = code === null ? `signal ${signal ?? "unknown"}` : `exit status ${code}`;
        const exit: Exit = { kind: signal === null ? "failed" : "killed", reason: status };
        // What it said last may still be in the pipe, which ends with "disconnect".
        if (child.connected) child.once("disconnect", () => resolve(exit));
        else resolve(exit);
      });
    });
    clearTimeout(this.#killTimer);
    return exit.kind === "killed" ? exit : (this.#lastWord ?? exit);
  }
}
