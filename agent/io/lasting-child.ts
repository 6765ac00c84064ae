import type { ChildProcess } from "node:child_process";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Child, Exit } from "../core/spawner.ts";
import { deferred } from "../core/waiting.ts";
import { ChannelEnd } from "./channel-end.ts";
import { lastWordOf, type ToChild, type ToParent } from "./child-protocol.ts";
import { FrameSocket } from "./frame-socket.ts";
import type { LastingRecord } from "./lasting-records.ts";
import { isRunning } from "./process-identity.ts";

/** How often a process that has closed its socket is looked for, in ms: it takes a moment to end. */
const LOOK_MS = 5;
/** What a dead process said last is in its socket; somebody else may hold that open. */
const LAST_WORDS_MS_MAX = 1_000;

/** What a LastingChild is made of. */
export interface LastingChildParts {
  readonly name: string;
  readonly pid: number;
  readonly socket: Socket;
  /** What the other end has to say first; undefined: the socket can be nobody else's. */
  readonly token?: string;
  /** From `stop`, or from a closed socket, to the kill. */
  readonly graceMs: number;
  /** Resolves when the process is gone; `closed` is when its socket is. */
  readonly gone: (closed: Promise<unknown>) => Promise<Exit>;
  readonly kill: () => void;
  /** Called when it is gone. */
  readonly forget: () => void;
}

/** A child process that goes on without its parent, seen from the parent of this moment. */
export class LastingChild implements Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly channel: ChannelEnd;
  readonly #parts: LastingChildParts;
  readonly #frames: FrameSocket;
  readonly #closed = deferred<"closed">();
  #isKnown: boolean;
  #isGone = false;
  #lastWord: Exit | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(parts: LastingChildParts) {
    const { name, pid, socket, token } = parts;
    this.name = name;
    this.pid = pid;
    this.#parts = parts;
    this.#isKnown = token === undefined;
    this.channel = new ChannelEnd((message) => this.tell({ kind: "message", message }));
    this.#frames = new FrameSocket(socket, {
      heard: (message) => this.#heard(message),
      closed: () => {
        this.#closed.resolve("closed");
        // Whoever cannot be spoken to is ended: it must not work beside its successor.
        if (!this.#isGone) this.#killLater();
      },
    });
    this.exited = this.#end();
  }

  /** Sends to the child; ignored when it is gone. */
  tell(message: ToChild | string): void {
    this.#frames.send(message);
  }

  kill(): void {
    if (!this.#isGone) this.#parts.kill();
  }

  stop(): void {
    this.tell({ kind: "stop" });
    this.#killLater();
  }

  #killLater(): void {
    this.#killTimer ??= setTimeout(() => this.kill(), this.#parts.graceMs);
  }

  #heard(message: unknown): void {
    if (!this.#isKnown) {
      this.#isKnown = message === this.#parts.token;
      if (!this.#isKnown) this.#frames.close();
      return;
    }
    const told = message as ToParent;
    if (told.kind === "message") this.channel.arrived(told.message);
    else this.#lastWord = lastWordOf(told);
  }

  async #end(): Promise<Exit> {
    const exit = await this.#parts.gone(this.#closed.promise);
    this.#isGone = true;
    clearTimeout(this.#killTimer);
    const enough = new AbortController();
    await Promise.race([
      this.#closed.promise,
      pause(LAST_WORDS_MS_MAX, undefined, { signal: enough.signal }).catch(() => undefined),
    ]);
    enough.abort();
    this.#frames.close();
    this.#parts.forget();
    return exit.kind === "killed" ? exit : (this.#lastWord ?? exit);
  }
}

/** Resolves when a process that this one has started is gone. */
export function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ kind: "failed", reason: error.message }));
    child.once("exit", (code, signal) => {
      const status = code === null ? `signal ${signal ?? "unknown"}` : `exit status ${code}`;
      resolve({ kind: signal === null ? "failed" : "killed", reason: status });
    });
  });
}

/**
 * Takes over the child of an earlier parent. Resolves with undefined when it cannot be spoken to: then
 * it has been ended, and is gone.
 */
export async function adopted(
  record: LastingRecord,
  graceMs: number,
  forget: () => void,
): Promise<LastingChild | undefined> {
  const { terms, call } = record;
  const { pid } = record.process;
  const kill = (): void => {
    if (isRunning(record.process)) process.kill(pid, "SIGKILL");
  };
  const socket = await connected(terms.address);
  if (socket === undefined) {
    kill();
    await goneFrom(record);
    forget();
    return undefined;
  }
  const child = new LastingChild({
    ...{ name: call.name, pid, socket, graceMs, kill, forget, token: terms.childToken },
    gone: async (closed) => {
      await closed;
      return goneFrom(record);
    },
  });
  child.tell(terms.parentToken);
  return child;
}

function connected(address: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("error", () => resolve(undefined));
    socket.once("connect", () => resolve(socket));
  });
}

/** Nobody tells a stranger how a process ended: only that it has can be seen. */
async function goneFrom({ process: identity }: LastingRecord): Promise<Exit> {
  while (isRunning(identity)) await pause(LOOK_MS);
  return { kind: "failed", reason: "gone without a word" };
}
