import type { Activity } from "../core/activity.ts";
import type { ReceiveFrame, WireSubscriber } from "../core/wire.ts";
import type { Link, LinkUser, Parts, Security } from "./link.ts";
import { LinkConnector } from "./link-connector.ts";
import { decodeStamp } from "./wire-frames.ts";
import { PAUSE, RESUME } from "./zmq-publisher.ts";

/** What a subscriber does its work with. */
export interface SubscriberParts {
  readonly security: Security;
  /** Told of each frame that comes from a plain publisher: nobody else has counted it as sent. */
  readonly activity: Pick<Activity, "sent">;
  /** See ZmqWireOptions. */
  readonly opened?: (endpoint: string) => void;
}

/** One publisher that is followed. */
interface Followed {
  readonly endpoint: string;
  readonly connector: LinkConnector;
  link: Link | undefined;
}

/**
 * Follows any number of publishers, over a link each.
 *
 * While it is paused, publishers of ours are told to keep what they have, and what was on its way is
 * kept here: so the link lives on, and goes on answering signs of life. Plain ones are not read from.
 */
export class ZmqSubscriber implements WireSubscriber {
  /** Messages of more parts than payload and stamp. */
  malformedCount = 0;
  readonly #parts: SubscriberParts;
  readonly #receive: ReceiveFrame;
  readonly #followed = new Map<string, Followed>();
  /** What came while it was paused, in order. */
  readonly #kept: { readonly from: Followed; readonly parts: Parts; readonly isOurs: boolean }[] =
    [];
  #isPaused = false;
  #isClosed = false;
  #handing: NodeJS.Immediate | undefined;

  constructor(parts: SubscriberParts, receive: ReceiveFrame) {
    this.#parts = parts;
    this.#receive = receive;
  }

  connect(endpoint: string): void {
    if (this.#isClosed || this.#followed.has(endpoint)) return;
    const followed: Followed = {
      endpoint,
      connector: new LinkConnector({
        endpoint,
        type: "SUB",
        security: this.#parts.security,
        open: (link) => this.#opened(followed, link),
      }),
      link: undefined,
    };
    this.#followed.set(endpoint, followed);
  }

  disconnect(endpoint: string): void {
    const followed = this.#followed.get(endpoint);
    if (followed === undefined) return;
    this.#followed.delete(endpoint);
    void followed.connector.close();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const { link } of this.#followed.values()) stop(link);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // Not at once: who resumes may be in the middle of something.
    this.#handing ??= setImmediate(() => this.#handOver());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#kept.length = 0;
    clearImmediate(this.#handing);
    const closing = [...this.#followed.values()].map(({ connector }) => connector.close());
    this.#followed.clear();
    await Promise.all(closing);
  }

  #opened(followed: Followed, link: Link): LinkUser {
    followed.link = link;
    // To peers of either version: those before 3.1 know it as a message only, and all take that.
    link.send([Uint8Array.of(1)]);
    if (this.#isPaused) stop(link);
    this.#parts.opened?.(followed.endpoint);
    return {
      message: (parts) => {
        if (this.#isPaused || this.#kept.length > 0)
          this.#kept.push({ from: followed, parts, isOurs: link.isOurs });
        else this.#take(parts, link.isOurs);
      },
      command: () => undefined,
      lost: () => {
        followed.link = undefined;
      },
    };
  }

  /** Hands over what was kept, then lets the publishers go on. */
  #handOver(): void {
    this.#handing = undefined;
    const kept = this.#kept;
    let count = 0;
    for (const { from, parts, isOurs } of kept) {
      if (this.#isPaused || this.#isClosed) break;
      count += 1;
      // A receiver may have disconnected from it in the middle of this.
      if (this.#followed.get(from.endpoint) === from) this.#take(parts, isOurs);
    }
    kept.splice(0, count);
    if (this.#isPaused || this.#isClosed) return;
    for (const { link } of this.#followed.values()) {
      if (link?.isOurs === true) link.command(RESUME);
      else link?.pauseReading(false);
    }
  }

  #take(parts: Parts, isOurs: boolean): void {
    const [frame, stamp] = parts;
    if (frame === undefined || parts.length > 2) {
      this.malformedCount += 1;
      return;
    }
    if (!isOurs) this.#parts.activity.sent(1);
    this.#receive(frame, decodeStamp(stamp, isOurs));
  }
}

function stop(link: Link | undefined): void {
  if (link?.isOurs === true) link.command(PAUSE);
  else link?.pauseReading(true);
}
