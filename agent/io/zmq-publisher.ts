import { type BindOptions, FRAMES_QUEUED_MAX, type WirePublisher } from "../core/wire.ts";
import type { Link, LinkUser, Parts } from "./link.ts";
import { LinkListener, type ListenerParts } from "./link-listener.ts";
import { checkFrame, withStamp } from "./wire-frames.ts";

/** Command by which a subscriber of ours stops the flow. */
export const PAUSE = "PAUSE";
/** Command by which it lets the flow go on. */
export const RESUME = "RESUME";

/** Most bytes that wait for one subscriber: ten thousand frames of 4 MiB would be more than a board has. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024;
/** Topics of one plain subscriber. */
const TOPICS_MAX = 64;

/**
 * Publishes over a link per subscriber, each with a queue of its own that is bounded and counted.
 *
 * Subscribers of ours get every frame. Plain ones, such as a SUB of libzmq, get what begins with one of
 * their topics, the payload and perhaps a stamp; what they get, or miss, is counted apart.
 */
export class ZmqPublisher implements WirePublisher {
  droppedCount = 0;
  /** Copies that plain subscribers missed. */
  plainDroppedCount = 0;
  readonly #peers = new Set<SubscriberPeer>();
  #listener: LinkListener | undefined;
  #closing: Promise<void> | undefined;

  /** Binds it. @throws AgentError WIRE_DOOR_CLOSED. */
  static async bind(parts: ListenerParts, options: BindOptions = {}): Promise<ZmqPublisher> {
    const publisher = new ZmqPublisher();
    const open = (link: Link): LinkUser => publisher.#opened(link);
    publisher.#listener = await LinkListener.bind(parts, "PUB", options, open);
    return publisher;
  }

  get endpoint(): string {
    return this.#listener?.endpoint ?? "";
  }

  get subscriberCount(): number {
    let count = 0;
    for (const { link, topics } of this.#peers) if (link.isOurs && topics.length > 0) count += 1;
    return count;
  }

  offer(frame: Uint8Array, sentUtcUs?: number): number {
    checkFrame(frame);
    let ours: Parts | undefined;
    let plain: Parts | undefined;
    let copyCount = 0;
    for (const { link, topics } of this.#peers) {
      if (!wants(topics, frame)) continue;
      const isFull =
        link.queuedCount >= FRAMES_QUEUED_MAX ||
        link.queuedBytes + frame.byteLength > QUEUED_BYTES_MAX;
      if (link.isOurs) {
        if (isFull) this.droppedCount += 1;
        else {
          link.send((ours ??= withStamp(frame, sentUtcUs, true)));
          copyCount += 1;
        }
      } else if (isFull) this.plainDroppedCount += 1;
      else link.send((plain ??= withStamp(frame, sentUtcUs, false)));
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
    await Promise.all(links.map((link) => link.end()));
  }

  #opened(link: Link): LinkUser {
    const peer: SubscriberPeer = { link, topics: [] };
    if (this.#closing === undefined) this.#peers.add(peer);
    else void link.end();
    return {
      // Subscriptions of ZMTP 3.0 are messages: 1 or 0, then the topic.
      message: ([part]) => {
        if (part?.[0] === 1) subscribe(peer, part.subarray(1));
        else if (part?.[0] === 0) cancel(peer, part.subarray(1));
      },
      command: (name, body) => {
        if (name === "SUBSCRIBE") subscribe(peer, body);
        else if (name === "CANCEL") cancel(peer, body);
        else if (name === PAUSE && link.isOurs) link.hold(true);
        else if (name === RESUME && link.isOurs) link.hold(false);
      },
      lost: () => this.#peers.delete(peer),
    };
  }
}

interface SubscriberPeer {
  readonly link: Link;
  /** What it wants to hear: payloads that begin so. */
  topics: readonly Buffer[];
}

function subscribe(peer: SubscriberPeer, topic: Uint8Array): void {
  if (peer.topics.length < TOPICS_MAX) peer.topics = [...peer.topics, Buffer.from(topic)];
}

function cancel(peer: SubscriberPeer, topic: Uint8Array): void {
  const index = peer.topics.findIndex((each) => each.equals(topic));
  if (index >= 0) peer.topics = peer.topics.toSpliced(index, 1);
}

function wants(topics: readonly Buffer[], frame: Uint8Array): boolean {
  for (const topic of topics) if (begins(frame, topic)) return true;
  return false;
}

function begins(frame: Uint8Array, topic: Buffer): boolean {
  if (topic.byteLength === 0) return true;
  return topic.byteLength <= frame.byteLength && topic.equals(frame.subarray(0, topic.byteLength));
}
