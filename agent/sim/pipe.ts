import type { Channel } from "../core/spawner.ts";
import type { Life } from "./life.ts";
import type { Timeline } from "./timeline.ts";

/** From one process to another on one host, in µs. */
const PIPE_DELAY_US = 50;

/** One direction of a channel: `to` learns what was sent a little later, in order. */
export class Pipe {
  readonly #timeline: Timeline;
  readonly #to: Life | undefined;
  #waiting: unknown[] = [];
  #receiver: ((message: unknown) => void) | undefined;

  /** `to` undefined: the test itself. */
  constructor(timeline: Timeline, to: Life | undefined) {
    this.#timeline = timeline;
    this.#to = to;
  }

  /** Hands `message` on, a copy as between processes. */
  send(from: string, message: unknown): void {
    const copy: unknown = structuredClone(message);
    this.after(`message ${printable(copy)}`, from, () => {
      if (this.#receiver === undefined) this.#waiting.push(copy);
      else this.#receiver(copy);
    });
  }

  /** Lets `action` happen to the receiving side, after all that was sent before. */
  after(kind: string, from: string, action: () => void): void {
    this.#timeline.plan(this.#to, PIPE_DELAY_US, { kind, from }, action);
  }

  receive(receiver: (message: unknown) => void): void {
    this.#receiver = receiver;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) receiver(message);
  }
}

/** What `owner` (undefined: the test itself) sees of a channel: it sends into one pipe and receives from the other. */
export function channelOf(owner: Life | undefined, out: Pipe, into: Pipe): Channel {
  return {
    send(message) {
      if (owner?.dead !== true) out.send(owner?.name ?? "", message);
    },
    receive: (receiver) => into.receive(receiver),
  };
}

/** A message as text for the transcript. */
function printable(message: unknown): string {
  return JSON.stringify(message, (_key, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Uint8Array ? [...value] : value;
  });
}
