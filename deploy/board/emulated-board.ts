import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Cables, type Socket } from "./cables.ts";
import { copyOf, enter, rootFileSystem } from "./root-file-system.ts";
import { runTool } from "./run-tool.ts";
import { RunningProgram } from "./running-program.ts";
import type { Architecture } from "./target.ts";

export { Cables };

/** Flags of the agent's node, as its unit has them. */
export const AGENT_FLAGS: readonly string[] = ["--max-semi-space-size=1"];

const PROGRAM = "/usr/lib/hedgerow/dist/deploy/board";

/** A board that is a folder of this machine: Debian's own root file system, its programs emulated, at a cable. */
export class EmulatedBoard {
  readonly architecture: Architecture;
  readonly root: string;
  readonly socket: Socket;

  private constructor(architecture: Architecture, root: string, socket: Socket) {
    this.architecture = architecture;
    this.root = root;
    this.socket = socket;
  }

  /** A fresh board below `folder`. */
  static async make(
    architecture: Architecture,
    folder: string,
    cables: Cables,
  ): Promise<EmulatedBoard> {
    const own = join(folder, architecture);
    await mkdir(own, { recursive: true });
    const root = await copyOf(await rootFileSystem(architecture), own);
    return new EmulatedBoard(architecture, root, await cables.plug());
  }

  /** Runs a program of the board to its end, as root; resolves with what it wrote. */
  run(...words: string[]): Promise<string> {
    const [command = "", ...args] = this.words(...words);
    return runTool(command, args);
  }

  /** The words that run a program on the board, as root. */
  words(...words: string[]): readonly string[] {
    return [...enter(this.root, this.socket.namespace), ...words];
  }

  /** Installs a package with the board's dpkg, from its own disk. */
  async install(packagePath: string): Promise<void> {
    const there = `/tmp/${basename(packagePath)}`;
    await copyFile(packagePath, join(this.root, there));
    await this.run("dpkg", "--install", there);
  }

  /** Adds lines to the agent's configuration. */
  async configure(lines: readonly string[]): Promise<void> {
    const path = join(this.root, "etc/hedgerow/node.conf");
    await writeFile(path, `${await readFile(path, "utf8")}\n${lines.join("\n")}\n`);
  }

  /** The agent, as its unit starts it: with its user and its configuration. */
  agent(): RunningProgram {
    const user = ["setpriv", "--reuid=hedgerow", "--regid=hedgerow", "--init-groups"];
    const node = ["/usr/bin/node", ...AGENT_FLAGS, `${PROGRAM}/hedgerow.js`];
    const words = [...user, "env", "--chdir=/var/lib/hedgerow", ...node, "node"];
    const config = ["--config", "/etc/hedgerow/node.conf"];
    return new RunningProgram(this.architecture, this.words(...words, ...config));
  }

  /** Whether what is compiled for the board works there; a line for each part. */
  selfCheck(): Promise<string> {
    return this.run("/usr/bin/node", `${PROGRAM}/self-check.js`);
  }
}
