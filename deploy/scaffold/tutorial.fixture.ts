// A tutorial's own commands, files and words, done one after the other in a folder.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { linkPackages, ROOT } from "./project.fixture.ts";

interface Ran {
  readonly status: number;
  readonly output: string;
}

/** Runs one line of a shell, with the commands of the packages as npx finds them. */
function shell(line: string, folder: string, bin: string): Promise<Ran> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  return new Promise((resolve) => {
    // npx would ask the network for what it does not find; the commands are on the path instead.
    execFile("sh", ["-c", line.replace(/^npx /, "")], { cwd: folder, env }, (error, out, err) => {
      const status = typeof error?.code === "number" ? error.code : error === null ? 0 : 1;
      resolve({ status, output: `${out}${err}` });
    });
  });
}

async function linkCommands(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  const commands = {
    hedgerow: "dist/deploy/cli/hedgerow.js",
    tsc: "node_modules/typescript/bin/tsc",
    mocha: "node_modules/mocha/bin/mocha.js",
  };
  for (const [name, path] of Object.entries(commands)) {
    const text = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, path)}" "$@"\n`;
    await writeFile(join(bin, name), text, { mode: 0o755 });
  }
  return bin;
}

/** How many blocks of each sort a tutorial had, so that a test can tell that it was read at all. */
export interface TutorialCounts {
  commandCount: number;
  saidCount: number;
  quotedCount: number;
}

/**
 * Does what the tutorial at `path` (from the root of the house) says, in a fresh folder beside which the
 * house's applications lie. Its blocks:
 * - `sh`: lines that succeed; `sh fails`: that fail; `sh needs=WORD`: only where hedgerow has that command.
 * - `text`: lines that the last `sh` block said; `text pattern`: regular expressions for such lines.
 * - any with `file=NAME`: a file that the reader writes, and does not run.
 * - any with `from=NAME`: a part of that file of the tutorial's folder, word for word.
 */
export async function runTutorial(path: string): Promise<TutorialCounts> {
  const folder = await mkdtemp(join(tmpdir(), "hedgerow-tutorial-"));
  try {
    await symlink(join(ROOT, "actors"), join(folder, "actors"));
    return await new Reading(path, folder, await linkCommands(folder)).run();
  } finally {
    await endProcesses(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Processes that a tutorial leaves running write their numbers into a file `pids`. */
async function endProcesses(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!/^([^/]+\/)?pids$/.test(entry)) continue;
    for (const pid of (await readFile(join(folder, entry), "utf8")).trim().split("\n").map(Number))
      await endOf(pid);
  }
}

/** Asks a process to end, and waits until it has. */
async function endOf(pid: number): Promise<void> {
  try {
    for (;;) {
      process.kill(pid, "SIGTERM");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

class Reading {
  readonly #path: string;
  readonly #folder: string;
  readonly #bin: string;
  readonly #counts: TutorialCounts = { commandCount: 0, saidCount: 0, quotedCount: 0 };
  #cwd: string;
  #output = "";

  constructor(path: string, folder: string, bin: string) {
    [this.#path, this.#folder, this.#bin, this.#cwd] = [path, folder, bin, folder];
  }

  async run(): Promise<TutorialCounts> {
    const tutorial = await readFile(join(ROOT, this.#path), "utf8");
    const { output: help } = await shell("hedgerow --help", this.#folder, this.#bin);
    const lacks = (option: string): boolean =>
      option.startsWith("needs=") && !help.includes(`\n  ${option.slice(6)} `);
    for (const [, info = "", body = ""] of tutorial.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
      const [kind, option = ""] = info.split(" ");
      if (option.startsWith("file=")) await writeFile(join(this.#cwd, option.slice(5)), body);
      if (option.startsWith("from=")) await this.#quote(option.slice(5), body);
      if (kind === "text") this.#said(body, option === "pattern");
      if (kind === "sh" && !option.startsWith("file=") && !lacks(option))
        await this.#type(body, option === "fails");
    }
    return this.#counts;
  }

  async #type(body: string, fails: boolean): Promise<void> {
    this.#output = "";
    for (const line of body.trim().split("\n")) {
      this.#counts.commandCount += 1;
      if (line.startsWith("cd ")) {
        this.#cwd = join(this.#cwd, line.slice(3));
        await linkPackages(this.#cwd);
        continue;
      }
      const { status, output } = await shell(line, this.#cwd, this.#bin);
      this.#output += output;
      assert.equal(status === 0, !fails, `${line}\n${output}`);
    }
  }

  #said(body: string, isPattern: boolean): void {
    for (const line of body.trim().split("\n")) {
      this.#counts.saidCount += 1;
      const isSaid = isPattern
        ? new RegExp(line, "m").test(this.#output)
        : this.#output.includes(line);
      assert(isSaid, `not said: ${line}\n${this.#output}`);
    }
  }

  async #quote(name: string, body: string): Promise<void> {
    this.#counts.quotedCount += 1;
    const lines = (text: string): string =>
      text
        .split("\n")
        .map((line) => line.trim())
        .join("\n");
    const whole = await readFile(join(ROOT, dirname(this.#path), name), "utf8");
    assert(lines(whole).includes(lines(body).trim()), `${name} does not hold:\n${body}`);
  }
}
