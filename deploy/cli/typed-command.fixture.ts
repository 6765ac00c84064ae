// The built command as a process of its own, as a person runs it.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("./hedgerow.js", import.meta.url));

/** A running command: its lines as they come, and its end. */
export class TypedCommand {
  readonly child: ChildProcess;
  out = "";
  err = "";
  readonly ended: Promise<number | null>;
  #changed: () => void = () => undefined;

  constructor(words: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, [BIN, ...words], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (data: Buffer) => {
      this.out += data.toString();
      this.#changed();
    });
    this.child.stderr?.on("data", (data: Buffer) => {
      this.err += data.toString();
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code) => {
        resolve(code);
        this.#changed();
      });
    });
  }

  /** Resolves with the match once the output has it; rejects when the command ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matched(pattern, () => this.out);
  }

  /** The same of what it writes to standard error. */
  complains(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matched(pattern, () => this.err);
  }

  async #matched(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      const isOver = this.child.exitCode !== null || this.child.signalCode !== null;
      if (isOver) throw new Error(`ended without ${String(pattern)}: ${this.out} ${this.err}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}
