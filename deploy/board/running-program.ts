import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a program wrote: a line of JSON. */
export type Line = Readonly<Record<string, unknown>>;

const LINES_MAX = 100_000;
const STOP_MS_MAX = 60_000;
/** What a program wrote last is read after its end. */
const LAST_LINES_MS = 2_000;

/** A program that writes lines of JSON, on both of its outputs, until it is stopped. */
export class RunningProgram implements AsyncDisposable {
  readonly name: string;
  readonly lines: Line[] = [];
  /** When each line came: ms since the program was started. */
  readonly atMs: number[] = [];
  readonly #child: ChildProcess;
  readonly #startMs = performance.now();
  readonly #words: string[] = [];
  #end: string | undefined;
  #wake = (): void => undefined;

  constructor(name: string, command: readonly string[], cwd?: string) {
    this.name = name;
    const [program = "", ...args] = command;
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const place = cwd === undefined ? {} : { cwd };
    const child = spawn(program, args, { ...place, stdio: [...stdio] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => this.#heard(line));
    child.once("error", ({ message }) => this.#ended(message));
    child.once("close", (code, signal) => this.#ended(`status ${String(signal ?? code)}`));
    // Its outputs stay open while a child of its own lives.
    child.once("exit", (code, signal) => {
      const ended = (): void => this.#ended(`status ${String(signal ?? code)}`);
      setTimeout(ended, LAST_LINES_MS).unref();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line that is as `wanted` says, also of those that are there; rejects when the program ends before. */
  async said(wanted: (line: Line) => boolean, what: string): Promise<Line> {
    for (let at = 0; ; at += 1) {
      while (this.lines[at] === undefined) await this.#more(what);
      const line = this.lines[at];
      if (line !== undefined && wanted(line)) return line;
    }
  }

  /** Asks it to stop; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS_MAX);
    while (this.#running()) await this.#change();
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #running(): boolean {
    return this.#end === undefined;
  }

  async #more(what: string): Promise<void> {
    if (this.#end !== undefined)
      throw new Error(
        `${this.name} ended (${this.#end}) before ${what}: ${this.#words.join("\n")}`,
      );
    await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = this.#wake;
      this.#wake = () => {
        wake();
        resolve();
      };
    });
  }

  #heard(text: string): void {
    if (text.startsWith("{") && this.lines.length < LINES_MAX) {
      this.lines.push(JSON.parse(text) as Line);
      this.atMs.push(performance.now() - this.#startMs);
    } else if (this.#words.length < 100) this.#words.push(text);
    this.#wake();
  }

  #ended(why: string): void {
    this.#end = why;
    this.#wake();
  }
}
