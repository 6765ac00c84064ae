import { type ChildProcess, fork, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Server, Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Channel, Child, Exit, ProgramCall, Spawner, Survivor } from "../core/spawner.ts";
import { ChannelEnd } from "./channel-end.ts";
import {
  LASTING_ARGUMENT,
  type LastingTerms,
  lastWordOf,
  type ToChild,
  type ToParent,
} from "./child-protocol.ts";
import { heapFlags } from "./heap-flags.ts";
import { adopted, endOf, LastingChild } from "./lasting-child.ts";
import { type LastingRecord, LastingRecords } from "./lasting-records.ts";
import { lockParent } from "./parent-lock.ts";
import { identityOf, isRunning } from "./process-identity.ts";
import { type Launch, PLAIN_LAUNCH } from "./run-as.ts";

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
  /** Gets what children, and theirs, write to standard error, line by line; default: to this one's. */
  readonly errorLine?: (line: string) => void;
  /** Where lasting children are kept in mind; without it, and where there is no /proc, none lasts. */
  readonly lasting?: LastingOptions;
}

/** How children outlive their parent. */
export interface LastingOptions {
  /** A folder for the children of parents of this name alone. */
  readonly folder: string;
  /** A child without a parent stops itself after this, in ms; default ten minutes. */
  readonly orphanMsMax?: number;
}

const ORPHAN_MS_MAX = 600_000;
const TOKEN_BYTES = 16;

/** Runs every program in a process of its own, forked from this one's node. */
export class ChildSpawner implements Spawner, AsyncDisposable {
  readonly #options: ChildSpawnerOptions;
  readonly #records: LastingRecords | undefined;
  /** Lasting children whose parent is this process. */
  readonly #own = new Set<string>();
  #lock: Promise<Server> | undefined;

  constructor(options: ChildSpawnerOptions) {
    this.#options = options;
    if (options.lasting !== undefined) this.#records = new LastingRecords(options.lasting.folder);
  }

  /** `launch` gives the process its rights. */
  spawn(call: ProgramCall, launch = PLAIN_LAUNCH): Child {
    if (call.lasting === true && this.#records !== undefined)
      return this.#spawnLasting(call, this.#records, launch);
    const { mainModule, nodeFlags = [], graceMs = 5000, world } = this.#options;
    const { program, name, options, memoryBytesMax } = call;
    const child = fork(mainModule, [], {
      serialization: "advanced",
      execPath: launch.command,
      execArgv: [...launch.args, ...nodeFlags, ...heapFlags(memoryBytesMax)],
      stdio: ["ignore", "inherit", this.#errorOutput, "ipc"],
    });
    this.#readErrors(child);
    const process = new ChildProgram(child, name, graceMs);
    process.tell({ kind: "boot", boot: { program, name, options, world } });
    return process;
  }

  async survivors(): Promise<readonly Survivor[]> {
    const { graceMs = 5000, lasting } = this.#options;
    const records = this.#records;
    if (records === undefined || lasting === undefined) return [];
    await (this.#lock ??= lockParent(lasting.folder));
    const left = records.read().filter(({ terms }) => !this.#own.has(terms.recordPath));
    const found = left.map(async (record): Promise<readonly Survivor[]> => {
      const { call, terms } = record;
      this.#own.add(terms.recordPath);
      const forget = (): void => this.#forget(record, records);
      if (!isRunning(record.process)) {
        forget();
        return [];
      }
      const child = await adopted(record, graceMs, forget);
      return child === undefined ? [] : [{ call, child }];
    });
    return (await Promise.all(found)).flat();
  }

  /** Lets another process be the parent of the lasting children that there are; idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    const lock = await this.#lock?.catch(() => undefined);
    this.#lock = undefined;
    if (lock?.listening === true) await new Promise((resolve) => lock.close(resolve));
  }

  /** In a session of its own, so that neither Ctrl-C nor a closed terminal ends it. */
  #spawnLasting(call: ProgramCall, records: LastingRecords, launch: Launch): Child {
    const { mainModule, nodeFlags = [], graceMs = 5000, world } = this.#options;
    const { program, name, options } = call;
    const module = fileURLToPath(mainModule);
    const flags = [...nodeFlags, ...heapFlags(call.memoryBytesMax)];
    const args = [...launch.args, ...flags, module, LASTING_ARGUMENT];
    const child = spawn(launch.command, args, {
      detached: true,
      stdio: ["ignore", "inherit", this.#errorOutput, "pipe"],
    });
    this.#readErrors(child);
    const record = this.#recordOf(call, child, records);
    const started = new LastingChild({
      ...{ name, graceMs },
      // None when the process could not be made; `exited` tells why.
      pid: child.pid ?? 0,
      socket: child.stdio[3] as Socket,
      gone: () => endOf(child),
      kill: () => child.kill("SIGKILL"),
      forget: () => {
        if (record !== undefined) this.#forget(record, records);
      },
    });
    const lasting = record === undefined ? {} : { lasting: record.terms };
    started.tell({ kind: "boot", boot: { program, name, options, world, ...lasting } });
    return started;
  }

  /** Written before the child is told what to run: no child works that nobody would find. */
  #recordOf(
    call: ProgramCall,
    child: ChildProcess,
    records: LastingRecords,
  ): LastingRecord | undefined {
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity === undefined) return undefined;
    const id = randomHex();
    const terms: LastingTerms = {
      address: `\0hedgerow-child-${id}`,
      parentToken: randomHex(),
      childToken: randomHex(),
      recordPath: records.pathOf(id),
      orphanMsMax: this.#options.lasting?.orphanMsMax ?? ORPHAN_MS_MAX,
    };
    const record = { call, process: identity, terms };
    // A full disk: the child runs, and ends with its parent.
    if (!records.write(record)) return undefined;
    this.#own.add(terms.recordPath);
    return record;
  }

  get #errorOutput(): "inherit" | "pipe" {
    return this.#options.errorLine === undefined ? "inherit" : "pipe";
  }

  #readErrors({ stderr }: ChildProcess): void {
    const { errorLine } = this.#options;
    if (errorLine !== undefined && stderr !== null)
      createInterface(stderr).on("line", (line) => errorLine(line));
  }

  #forget(record: LastingRecord, records: LastingRecords): void {
    records.remove(record);
    this.#own.delete(record.terms.recordPath);
  }
}

function randomHex(): string {
  return randomBytes(TOKEN_BYTES).toString("hex");
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
    if (told.kind === "message") channel.arrived(told.message);
    else this.#lastWord = lastWordOf(told);
  }

  async #end(): Promise<Exit> {
    const child = this.#child;
    const exit = await endOf(child);
    // What it said last may still be in the pipe, which ends with "disconnect".
    if (child.connected) await new Promise((resolve) => child.once("disconnect", resolve));
    clearTimeout(this.#killTimer);
    return exit.kind === "killed" ? exit : (this.#lastWord ?? exit);
  }
}
