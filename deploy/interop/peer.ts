import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** Debian's own Python, for which python3-zmq is made. */
export const PYTHON = "/usr/bin/python3";
const SCRIPT = new URL("../../../deploy/interop/peer.py", import.meta.url).pathname;

/** Why programs on pyzmq cannot be run here, with the command that helps; undefined when they can. */
export function pyzmqFault(): string | undefined {
  const { status } = spawnSync(PYTHON, ["-c", "import zmq"]);
  return status === 0 ? undefined : "no pyzmq here: apt-get install python3-zmq";
}

/** What a peer's program is told. */
export interface PeerOptions {
  /** Where it connects; without, it binds and says where. */
  readonly address?: string;
  readonly count: number;
  readonly serverKey?: string;
  readonly publicKey?: string;
  readonly secretKey?: string;
}

/** One line of a peer. */
export interface PeerLine {
  readonly address?: string;
  readonly text?: string;
  /** Seconds since 1970. */
  readonly stamp?: number | null;
  readonly greeted?: boolean;
}

/** A Python program that uses libzmq, and tells what happens to it. */
export class Peer implements AsyncDisposable {
  readonly #child;
  readonly #ended: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(role: "pub" | "sub" | "req" | "rep", options: PeerOptions) {
    this.#child = spawn(PYTHON, [SCRIPT, role, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#ended = once(this.#child, "exit");
    this.#reader = createInterface(this.#child.stdout);
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Its next line. @throws Error when it has ended. */
  async next(): Promise<PeerLine> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("the peer ended before its time");
    return JSON.parse(line.value) as PeerLine;
  }

  /** Its next `count` lines that tell of a message. */
  async texts(count: number): Promise<readonly (readonly [string, number | null])[]> {
    const texts: (readonly [string, number | null])[] = [];
    while (texts.length < count) {
      const { text, stamp } = await this.next();
      if (text !== undefined) texts.push([text, stamp ?? null]);
    }
    return texts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    this.#reader.close();
    await this.#ended;
  }
}
