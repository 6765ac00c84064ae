import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { isThere } from "./tools.ts";

const SOURCE = new URL("../../../deploy/testbed/switch.c", import.meta.url).pathname;

/** Why the switch cannot be had here, with the command that changes it; undefined when it can. */
export function switchObstacle(): string | undefined {
  if (!isThere("cc")) return "needs a C compiler: apt-get install gcc libc6-dev";
  return existsSync("/dev/net/tun") ? undefined : "needs /dev/net/tun: modprobe tun";
}

/** Path of the switch's program: compiled at its first use, and again whenever its source has changed. */
export async function compiledSwitch(): Promise<string> {
  const hash = createHash("sha256").update(readFileSync(SOURCE)).digest("hex").slice(0, 16);
  const caches = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? tmpdir(), ".cache");
  const folder = join(caches, "hedgerow");
  const path = join(folder, `switch-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await promisify(execFile)("cc", ["-O2", "-Wall", "-o", unfinished, SOURCE]);
  // In one step: others may be waiting for it, or be doing the same.
  renameSync(unfinished, path);
  return path;
}

/** The switch as a child of this process; it ends with us, and its devices with it. */
export class SwitchProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((line: string) => void)[] = [];

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    createInterface(child.stdout).on("line", (line) => this.#waiting.shift()?.(line));
    child.on("exit", () => {
      for (const told of this.#waiting.splice(0)) told("error the switch has ended");
    });
    child.stdin.on("error", () => undefined);
  }

  /** Resolves when all devices exist. @param ports see switch.c. */
  static async start(seed: number, ports: readonly string[]): Promise<SwitchProcess> {
    const path = await compiledSwitch();
    const child = spawn(path, [String(seed), ...ports], { stdio: ["pipe", "pipe", "inherit"] });
    const made = new SwitchProcess(child);
    const said = await made.#answer();
    if (said !== "ready") throw new Error(`the switch did not start: ${said}`);
    return made;
  }

  /** Its process id. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one line and resolves with what it answers after "ok". @throws Error for what it refuses. */
  async ask(line: string): Promise<string> {
    const answer = this.#answer();
    this.#child.stdin.write(`${line}\n`);
    const said = await answer;
    if (!said.startsWith("ok")) throw new Error(`the switch says: ${said}`);
    return said.slice(2).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }

  #answer(): Promise<string> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
