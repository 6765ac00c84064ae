import { type BindOptions, FRAMES_QUEUED_MAX, type WirePublisher } from "../core/wire.ts";
import { ForeignPublisher } from "./foreign-publisher.ts";
import type { Link, LinkUser, Parts } from "./link.ts";
import { LinkListener, type ListenerParts } from "./link-listener.ts";
import { checkFrame, withStamp } from "./wire-frames.ts";

/** Command by which a subscriber of ours stops the flow. */
export const PAUSE = "PAUSE";
/** Command by which it lets the flow go on. */
export const RESUME = "RESUME";

/** Most bytes that wait for one subscriber: ten thousand frames of 4 MiB would be more than a board has. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Publishes over a link per subscriber, each with a queue of its own that is bounded and counted.
 *
 * Its endpoint is for subscribers of ours: others are let in and hear nothing. They use the door, which
 * is a socket of libzmq.
 */
export class ZmqPublisher implements WirePublisher {
  droppedCount = 0;
  readonly #peers = new Set<SubscriberPeer>();
  #listener: LinkListener | undefined;
  #door: ForeignPublisher | undefined;
  #closing: Promise<void> | undefined;

  /** Binds it. @throws AgentError WIRE_DOOR_CLOSED. */
  static async bind(parts: ListenerParts, options: BindOptions = {}): Promise<ZmqPublisher> {
    const { reach, door } = options;
    const publisher = new ZmqPublisher();
    const open = (link: Link): LinkUser => publisher.#opened(link);
    publisher.#listener = await LinkListener.bind(parts, "PUB", reach, open);
    if (door === undefined) return publisher;
    try {
      publisher.#door = await ForeignPublisher.open(door, parts.security);
    } catch (error) {
      await publisher[Symbol.asyncDispose]();
      throw error;
    }
    return publisher;
  }

  get endpoint(): string {
    return this.#listener?.endpoint ?? "";
  }

  get subscriberCount(): number {
    let count = 0;
    for (const { isSubscribed } of this.#peers) if (isSubscribed) count += 1;
    return count;
  }

  /** Frames that programs which are not ours missed, because a queue at the door was full. */
  get doorDroppedCount(): number {
    return this.#door?.droppedCount ?? 0;
  }

  offer(frame: Uint8Array, sentUtcUs?: number): number {
    checkFrame(frame);
    this.#door?.offer(frame, sentUtcUs);
    let parts: Parts | undefined;
    let copyCount = 0;
    for (const { link, isSubscribed } of this.#peers) {
      if (!isSubscribed) continue;
      if (
        link.queuedCount >= FRAMES_QUEUED_MAX ||
        link.queuedBytes + frame.byteLength > QUEUED_BYTES_MAX
      )
        this.droppedCount += 1;
      else {
        link.send((parts ??= withStamp(frame, sentUtcUs, true)));
        copyCount += 1;
      }
    }
    return copyCount;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listener?.close();
    const links = [...this.#peers].map(({ link }) => link);
    this.#peers.clear();
    await Promise.all([...links.map((link) => link.end()), this.#door?.[Symbol.asyncDispose]()]);
  }

  #opened(link: Link): LinkUser {
    const peer: SubscriberPeer = { link, isSubscribed: false };
    if (this.#closing === undefined) this.#peers.add(peer);
    else void link.end();
    return {
      // A subscription is a message, as in ZMTP 3.0: 1, then the topic, which is empty among ours.
      message: ([part]) => {
        if (link.isOurs && part?.[0] === 1) peer.isSubscribed = true;
      },
      command: (name) => {
        if (name === PAUSE) link.hold(true);
        else if (name === RESUME) link.hold(false);
      },
      lost: () => this.#peers.delete(peer),
    };
  }
}

interface SubscriberPeer {
  readonly link: Link;
  isSubscribed: boolean;
}
