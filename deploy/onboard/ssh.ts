import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a board is reached. */
export interface SshTarget {
  /** As ssh takes it: an address, a name, or an entry of ~/.ssh/config. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** File of the private key; default: what ssh finds by itself. */
  readonly identity?: string;
}

/** How ssh is called; for tests and for commands that may not ask anything. */
export interface SshHow {
  /** Further -o options. */
  readonly options?: readonly string[];
  /** Whether ssh may ask for a password, or for trust in a host's key. */
  readonly mayAsk: boolean;
}

/** How a script on the board ended. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What it takes to change a board: so tests can put another one in. */
export interface Remote {
  /** Runs a POSIX shell script there, as root where `asRoot`. */
  readonly run: (script: string, asRoot: boolean) => Promise<Ran>;
  readonly copy: (localPath: string, remotePath: string) => Promise<Ran>;
}

/** Bytes of one program's output that are kept. */
const OUTPUT_BYTES_MAX = 1_000_000;
const CONNECT_S_MAX = 10;
/** The status with which ssh says that it did not get there. */
export const SSH_FAILED = 255;

/** One connection to a board by the system's ssh, shared by everything that is done there. */
export class SshBoard implements Remote, AsyncDisposable {
  readonly #target: SshTarget;
  readonly #folder: string;
  readonly #options: readonly string[];
  readonly #mayAsk: boolean;
  readonly #signal: AbortSignal;
  /** Set as soon as it is known that the user there is not root. */
  #usesSudo = false;

  private constructor(target: SshTarget, folder: string, how: SshHow, signal: AbortSignal) {
    this.#target = target;
    this.#folder = folder;
    this.#mayAsk = how.mayAsk;
    this.#signal = signal;
    this.#options = sshOptions(target, join(folder, "%C"), how);
  }

  /** The board, or what ssh said. Its questions and complaints go to the terminal when it may ask. */
  static async open(target: SshTarget, how: SshHow, signal: AbortSignal): Promise<SshBoard | Ran> {
    // A socket's path has 108 bytes at most: the shortest folder there is.
    const folder = await mkdtemp(join(tmpdir(), "hg-"));
    const board = new SshBoard(target, folder, how, signal);
    const ran = await board.#ssh(["-o", "ControlMaster=yes", "-o", "ControlPersist=60"], "id -u");
    if (ran.status !== 0) {
      await rm(folder, { recursive: true, force: true });
      return ran;
    }
    board.#usesSudo = ran.stdout.trim() !== "0";
    return board;
  }

  run(script: string, asRoot: boolean): Promise<Ran> {
    const shell = asRoot && this.#usesSudo ? "sudo -n sh -s" : "sh -s";
    return this.#ssh([], shell, script);
  }

  copy(localPath: string, remotePath: string): Promise<Ran> {
    const { port } = this.#target;
    const at = port === undefined ? [] : ["-P", String(port)];
    const words = [
      ...this.#options,
      ...at,
      "--",
      localPath,
      `${placeOf(this.#target)}:${remotePath}`,
    ];
    return runTool("scp", ["-q", ...words], { signal: this.#signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { port } = this.#target;
    // The port is part of the name of the connection's socket.
    const at = port === undefined ? [] : ["-p", String(port)];
    await runTool("ssh", [...this.#options, ...at, "-O", "exit", "--", placeOf(this.#target)], {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  #ssh(more: readonly string[], command: string, input?: string): Promise<Ran> {
    const { port } = this.#target;
    const at = port === undefined ? [] : ["-p", String(port)];
    const words = [...this.#options, ...more, ...at, "--", placeOf(this.#target), command];
    const shown = this.#mayAsk && more.length > 0;
    return runTool("ssh", words, {
      signal: this.#signal,
      shown,
      ...(input === undefined ? {} : { input }),
    });
  }
}

/** Options that ssh and scp share. Pure. */
export function sshOptions(
  { identity }: SshTarget,
  controlPath: string,
  { options = [], mayAsk }: SshHow,
): readonly string[] {
  const settings = [
    `ControlPath=${controlPath}`,
    `ConnectTimeout=${CONNECT_S_MAX}`,
    "ServerAliveInterval=15",
    `BatchMode=${mayAsk ? "no" : "yes"}`,
    ...options,
  ];
  const key = identity === undefined ? [] : ["-i", identity];
  return [...settings.flatMap((setting) => ["-o", setting]), ...key];
}

/** user@host. */
export function placeOf({ user, host }: SshTarget): string {
  return user === undefined ? host : `${user}@${host}`;
}

/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

interface ToolOptions {
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Whether it may use the terminal for questions. */
  readonly shown?: boolean;
}

function runTool(tool: string, words: readonly string[], options: ToolOptions): Promise<Ran> {
  const { input, signal, shown = false } = options;
  return new Promise<Ran>((resolve) => {
    const child = spawn(tool, words, {
      stdio: [shown ? "inherit" : "pipe", "pipe", shown ? "inherit" : "pipe"],
      ...(signal === undefined ? {} : { signal }),
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < OUTPUT_BYTES_MAX) output[name] += text;
      });
    child.once("error", ({ message }) =>
      resolve({ status: SSH_FAILED, stdout: "", stderr: message }),
    );
    // The connection that stays in the background keeps the pipes: the end of the process is what counts.
    child.once("exit", (status) => {
      setImmediate(() => resolve({ status: status ?? SSH_FAILED, ...output }));
    });
    // A program that ends without reading all is told by its status.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
  });
}
