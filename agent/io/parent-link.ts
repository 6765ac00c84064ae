import { rmSync } from "node:fs";
import { createServer, type Server, Socket } from "node:net";
import type { Boot, LastingTerms, ToChild, ToParent } from "./child-protocol.ts";
import { LASTING_ARGUMENT, LASTING_FD } from "./child-protocol.ts";
import { FrameSocket } from "./frame-socket.ts";

/** What a child process is told of its parent. */
export interface ParentListener {
  readonly heard: (message: ToChild) => void;
  /** The parent is gone, and none will come. */
  readonly orphaned: () => void;
  /** A new parent has taken over; what comes is from it. */
  readonly renewed: () => void;
}

/** A child's end of the link to its parent. */
export interface ParentLink {
  /** Whether another parent may come after this one. */
  readonly isLasting: boolean;
  /** Sends to the parent and then calls `sent`, also when there is none. */
  tell(message: ToParent, sent?: () => void): void;
  /** To be called right before the process ends. */
  ending(): void;
}

/** The link of this process, as its parent has made it. */
export function openParentLink(listener: ParentListener): ParentLink {
  // Where the log goes may end with the parent: that is no reason to end too, nor in disorder.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  if (process.argv.includes(LASTING_ARGUMENT)) return new LastingLink(listener);
  process.on("message", (told) => listener.heard(told as ToChild));
  process.on("disconnect", () => listener.orphaned());
  return {
    isLasting: false,
    tell(message, sent = () => undefined) {
      if (process.connected && process.send) process.send(message, undefined, undefined, sent);
      else sent();
    },
    ending: () => undefined,
  };
}

/** A stranger has this long to say who it is, in ms, and so many may try at once. */
const GREETING_MS_MAX = 5_000;
const STRANGERS_MAX = 16;

/**
 * The link of a child that outlives its parent: it waits at its address until the next one connects,
 * and ends itself when none does in time. Nothing runs meanwhile but one timer.
 */
class LastingLink implements ParentLink {
  readonly #listener: ParentListener;
  #frames: FrameSocket | undefined;
  #terms: LastingTerms | undefined;
  #orphanTimer: NodeJS.Timeout | undefined;

  constructor(listener: ParentListener) {
    this.#listener = listener;
    this.#belongTo(new Socket({ fd: LASTING_FD, readable: true, writable: true }));
  }

  get isLasting(): boolean {
    return this.#terms !== undefined;
  }

  tell(message: ToParent, sent: () => void = () => undefined): void {
    if (this.#frames === undefined) sent();
    else this.#frames.send(message, sent);
  }

  ending(): void {
    if (this.#frames !== undefined || this.#terms === undefined) return;
    try {
      rmSync(this.#terms.recordPath, { force: true });
    } catch {
      // A child with fewer rights than its parent leaves that to the next one.
    }
  }

  #belongTo(socket: Socket): FrameSocket {
    const frames: FrameSocket = new FrameSocket(socket, {
      heard: (message) => this.#heard(message as ToChild),
      closed: () => this.#lost(frames),
    });
    this.#frames = frames;
    return frames;
  }

  #heard(message: ToChild): void {
    if (message.kind === "boot") this.#wait(message.boot);
    this.#listener.heard(message);
  }

  /** Lets the next parent come, from now on: this one may be gone before it can be asked. */
  #wait({ lasting }: Boot): void {
    this.#terms = lasting;
    if (lasting === undefined) return;
    const server: Server = createServer((stranger) => this.#greet(stranger, lasting));
    server.maxConnections = STRANGERS_MAX;
    server.listen(lasting.address);
  }

  #lost(frames: FrameSocket): void {
    if (this.#frames !== frames) return;
    this.#frames = undefined;
    if (this.#terms === undefined) this.#listener.orphaned();
    else this.#orphanTimer = setTimeout(this.#listener.orphaned, this.#terms.orphanMsMax);
  }

  /** Whoever says the token is the new parent, also when the old one's end was not seen yet. */
  #greet(stranger: Socket, terms: LastingTerms): void {
    const impatience = setTimeout(() => stranger.destroy(), GREETING_MS_MAX);
    let isParent = false;
    const frames: FrameSocket = new FrameSocket(stranger, {
      heard: (message) => {
        if (isParent) this.#heard(message as ToChild);
        else if (message !== terms.parentToken) frames.close();
        else {
          isParent = true;
          clearTimeout(impatience);
          this.#renew(frames, terms);
        }
      },
      closed: () => {
        clearTimeout(impatience);
        this.#lost(frames);
      },
    });
  }

  #renew(frames: FrameSocket, terms: LastingTerms): void {
    clearTimeout(this.#orphanTimer);
    const before = this.#frames;
    this.#frames = frames;
    before?.close();
    frames.send(terms.childToken);
    this.#listener.renewed();
  }
}
