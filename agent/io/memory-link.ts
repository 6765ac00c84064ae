import { randomBytes } from "node:crypto";
import type { Link, LinkUser, OpenLink, Parts } from "./link.ts";
import { SendQueue } from "./send-queue.ts";
import { plainBytes } from "./zmtp-frames.ts";

/** Who listens in this process. What is handed over in memory needs no socket, and no other process sees it. */
const listeners = new Map<string, OpenLink>();
/** Tells this process's names from those of all others, wherever they are read. */
const prefix = randomBytes(8).toString("hex");
let lastNumber = 0;

/** Listens under a name of this process until `close`. */
export function listenInMemory(open: OpenLink): {
  readonly name: string;
  readonly close: () => void;
} {
  lastNumber += 1;
  const name = `${prefix}/${lastNumber}`;
  listeners.set(name, open);
  return { name, close: () => listeners.delete(name) };
}

/**
 * Connects to `name`, in a while; `lost` when nobody listens there.
 * The returned function takes it back as long as `open` was not called.
 */
export function connectInMemory(name: string, open: OpenLink, lost: () => void): () => void {
  const immediate = setImmediate(() => {
    const openThere = listeners.get(name);
    if (openThere === undefined) {
      lost();
      return;
    }
    const here = new MemoryLink();
    const there = new MemoryLink();
    here.join(there, open);
    there.join(here, openThere);
  });
  return () => clearImmediate(immediate);
}

/** Messages that are handed over in one turn; see socket-link.ts. */
const TURN_MESSAGES_MAX = 64;

/** One end of a link within this process. */
class MemoryLink implements Link {
  readonly isOurs = true;
  readonly #queue = new SendQueue();
  #peer: MemoryLink | undefined;
  #user: LinkUser | undefined;
  #isHeld = false;
  #isEnding = false;
  #immediate: NodeJS.Immediate | undefined;
  #ended: (() => void) | undefined;

  get queuedCount(): number {
    return this.#queue.count;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  join(peer: MemoryLink, open: OpenLink): void {
    this.#peer = peer;
    const user = open(this);
    if (!this.#isEnding) this.#user = user;
  }

  send(parts: Parts): void {
    if (this.#isEnding || this.#peer === undefined) return;
    this.#queue.push(parts.map(plainBytes));
    this.#soon();
  }

  command(name: string, body: Uint8Array = new Uint8Array()): void {
    if (this.#isEnding || this.#peer === undefined) return;
    this.#peer.#user?.command(name, Buffer.from(body));
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#soon();
  }

  end(): Promise<void> {
    this.#isEnding = true;
    this.#user = undefined;
    this.#isHeld = false;
    if (this.#peer === undefined) return Promise.resolve();
    this.#soon();
    return new Promise((resolve) => {
      const before = this.#ended;
      this.#ended = () => {
        before?.();
        resolve();
      };
    });
  }

  #soon(): void {
    if (!this.#isHeld) this.#immediate ??= setImmediate(() => this.#handOver());
  }

  #handOver(): void {
    this.#immediate = undefined;
    const peer = this.#peer;
    if (peer === undefined) return;
    // What is sent meanwhile waits for the next turn: others want theirs too.
    let left = Math.min(this.#queue.count, TURN_MESSAGES_MAX);
    for (; left > 0 && !this.#isHeld; left -= 1) {
      const parts = this.#queue.shift();
      if (parts !== undefined) peer.#user?.message(parts);
    }
    if (this.#queue.count > 0) this.#soon();
    else if (this.#isEnding) {
      this.#over();
      peer.#over();
    }
  }

  #over(): void {
    const user = this.#user;
    this.#peer = undefined;
    this.#user = undefined;
    this.#queue.clear();
    user?.lost();
    this.#ended?.();
  }
}
