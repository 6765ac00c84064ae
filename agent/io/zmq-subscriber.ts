import type { Activity } from "../core/activity.ts";
import type { LinkState, ReceiveFrame, WireSubscriber } from "../core/wire.ts";
import { ForeignFollower } from "./foreign-follower.ts";
import type { Link, LinkUser, Parts, Security } from "./link.ts";
import { LinkConnector } from "./link-connector.ts";
import { parseEndpoint } from "./wire-address.ts";
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
 * kept here: so the link lives on, and goes on answering signs of life. Plain ones are not read from: those
 * are followed by sockets of libzmq.
 */
export class ZmqSubscriber implements WireSubscriber {
  /** Messages of more parts than payload and stamp. */
  malformedCount = 0;
  readonly #parts: SubscriberParts;
  readonly #receive: ReceiveFrame;
  readonly #followed = new Map<string, Followed>();
  readonly #foreign = new Map<string, ForeignFollower>();
  /** What came while it was paused, in order. */
  readonly #kept: { readonly from: Followed; readonly parts: Parts }[] = [];
  #isPaused = false;
  #isClosed = false;
  #handing: NodeJS.Immediate | undefined;

  constructor(parts: SubscriberParts, receive: ReceiveFrame) {
    this.#parts = parts;
    this.#receive = receive;
  }

  connect(endpoint: string): void {
    if (this.#isClosed || this.#followed.has(endpoint) || this.#foreign.has(endpoint)) return;
    const address = parseEndpoint(endpoint);
    if (address?.isPlain === true) {
      const { security } = this.#parts;
      const take = (parts: Parts): void => this.#take(parts, false);
      const follower = new ForeignFollower(address, security, take);
      this.#foreign.set(endpoint, follower);
      if (this.#isPaused) follower.pause();
      return;
    }
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

  links(): readonly LinkState[] {
    const ours = Array.from(this.#followed.values(), ({ connector }) => connector.state);
    const theirs = Array.from(this.#foreign.keys(), (endpoint) => {
      return { endpoint, state: "connected", fault: null } as const;
    });
    return [...ours, ...theirs];
  }

  disconnect(endpoint: string): void {
    void this.#followed.get(endpoint)?.connector.close();
    this.#followed.delete(endpoint);
    this.#foreign.get(endpoint)?.close();
    this.#foreign.delete(endpoint);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const { link } of this.#followed.values()) link?.command(PAUSE);
    for (const follower of this.#foreign.values()) follower.pause();
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
    for (const follower of this.#foreign.values()) follower.close();
    this.#foreign.clear();
    await Promise.all(closing);
  }

  #opened(followed: Followed, link: Link): LinkUser {
    followed.link = link;
    // From a publisher that is not ours, and not said to be plain, nothing is wanted.
    if (link.isOurs) link.send([Uint8Array.of(1)]);
    if (this.#isPaused) link.command(PAUSE);
    this.#parts.opened?.(followed.endpoint);
    return {
      message: (parts) => {
        if (!link.isOurs) this.malformedCount += 1;
        else if (this.#isPaused || this.#kept.length > 0)
          this.#kept.push({ from: followed, parts });
        else this.#take(parts, true);
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
    for (const { from, parts } of kept) {
      if (this.#isPaused || this.#isClosed) break;
      count += 1;
      // A receiver may have disconnected from it in the middle of this.
      if (this.#followed.get(from.endpoint) === from) this.#take(parts, true);
    }
    kept.splice(0, count);
    if (this.#isPaused || this.#isClosed) return;
    for (const { link } of this.#followed.values()) link?.command(RESUME);
    for (const follower of this.#foreign.values()) follower.resume();
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
