import { XPublisher } from "zeromq";
import type { WirePublisher } from "../core/wire.ts";
import { FRAMES_QUEUED_MAX } from "../core/wire.ts";
import { batchLength, packBatch } from "./frame-batch.ts";
import { sleepMs } from "./sleep.ts";
import {
  asBuffer,
  checkFrame,
  LINGER_MS_MAX,
  readAll,
  SEND_AT_ONCE,
  SOCKET_OPTIONS,
} from "./zmq-options.ts";

/** Length of the random topic by which each subscriber is known. */
export const TOPIC_BYTES = 8;
/** The byte after the topic: what follows is one frame, or a packed batch. */
export const ALONE = 0;
export /**
 *
 */
const PACKED = 1;

const SUBSCRIBERS_MAX = 1024;
/** Most bytes that wait for one subscriber: ten thousand frames of 4 MiB would be more than a board has. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024;
/** Batches that wait inside libzmq; the rest waits here, where it can be counted. */
const BATCHES_INSIDE_MAX = 16;
const RETRY_MS_MIN = 1;
const RETRY_MS_MAX = 16;
const NEVER = new AbortController().signal;

interface Subscriber {
  readonly heads: readonly [alone: Buffer, packed: Buffer];
  queue: Uint8Array[];
  /** Frames before this one have left. */
  start: number;
  queuedBytes: number;
}

/**
 * Publishes over XPUB, each subscriber under a topic of its own.
 *
 * A plain PUB socket neither tells how many copies it queued nor that it dropped some, and with
 * ZMQ_XPUB_NODROP one slow subscriber would hold up all. With a topic each, subscriptions come and go
 * one by one (also when a connection breaks), a full queue is that subscriber's alone, and `offer`
 * counts exactly. What it costs, one send per subscriber and batch, batching earns back.
 */
export class ZmqPublisher implements WirePublisher {
  readonly endpoint: string;
  droppedCount = 0;
  readonly #socket: XPublisher;
  readonly #subscribers = new Map<string, Subscriber>();
  #immediate: NodeJS.Immediate | undefined;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(socket: XPublisher, endpoint: string) {
    this.#socket = socket;
    this.endpoint = endpoint;
    void readAll(socket, (parts) => this.#subscribed(parts));
  }

  /** Binds on `address`, whose port may be "*". */
  static async bind(address: string): Promise<ZmqPublisher> {
    const socket = new XPublisher({
      ...SOCKET_OPTIONS,
      ...SEND_AT_ONCE,
      noDrop: true,
      sendHighWaterMark: BATCHES_INSIDE_MAX,
    });
    await socket.bind(address);
    return new ZmqPublisher(socket, socket.lastEndpoint ?? address);
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  offer(frame: Uint8Array): number {
    checkFrame(frame);
    if (this.#closing !== undefined) return 0;
    let copyCount = 0;
    for (const subscriber of this.#subscribers.values()) {
      const { queue, start, queuedBytes } = subscriber;
      const full =
        queue.length - start >= FRAMES_QUEUED_MAX ||
        queuedBytes + frame.byteLength > QUEUED_BYTES_MAX;
      if (full) {
        this.droppedCount += 1;
        continue;
      }
      queue.push(frame);
      subscriber.queuedBytes += frame.byteLength;
      copyCount += 1;
    }
    if (copyCount > 0) this.#drainSoon();
    return copyCount;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What was accepted leaves, unless nobody takes it: then the end must not wait for them.
    await Promise.race([this.#drain(), sleepMs(LINGER_MS_MAX, NEVER)]);
    this.#socket.close();
    this.#subscribers.clear();
    await this.#draining;
  }

  #subscribed([message]: readonly Buffer[]): void {
    if (message?.byteLength !== 1 + TOPIC_BYTES) return;
    const topic = message.subarray(1);
    const key = topic.toString("latin1");
    if (message[0] === 0) this.#subscribers.delete(key);
    else if (this.#subscribers.size < SUBSCRIBERS_MAX && !this.#subscribers.has(key))
      this.#subscribers.set(key, {
        heads: [Buffer.from([...topic, ALONE]), Buffer.from([...topic, PACKED])],
        queue: [],
        start: 0,
        queuedBytes: 0,
      });
  }

  #drainSoon(): void {
    if (this.#draining === undefined) this.#immediate ??= setImmediate(() => void this.#drain());
  }

  /** Sends what waits until nothing does; one at a time. */
  #drain(): Promise<void> {
    this.#draining ??= this.#drainAll().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drainAll(): Promise<void> {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const packer = new Packer();
    let retryMs = RETRY_MS_MIN;
    while (!this.#socket.closed) {
      let sentCount = 0;
      let waits = false;
      for (const subscriber of this.#subscribers.values()) {
        if (subscriber.start === subscriber.queue.length) continue;
        if (await this.#sendBatch(subscriber, packer)) sentCount += 1;
        waits ||= subscriber.start < subscriber.queue.length;
      }
      if (!waits) return;
      // All that have something waiting are full inside libzmq: its own thread needs a moment.
      if (sentCount > 0) retryMs = RETRY_MS_MIN;
      else {
        await sleepMs(retryMs, NEVER);
        retryMs = Math.min(RETRY_MS_MAX, 2 * retryMs);
      }
    }
  }

  /** Sends the head of a queue; false when libzmq has no room for this subscriber. */
  async #sendBatch(subscriber: Subscriber, packer: Packer): Promise<boolean> {
    const { queue, start, heads } = subscriber;
    const count = batchLength(queue, start);
    const { body, byteCount } = packer.pack(queue, start, count);
    try {
      await this.#socket.send([heads[count === 1 ? ALONE : PACKED], body]);
    } catch (error) {
      if (this.#socket.closed || (error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
    subscriber.queuedBytes -= byteCount;
    subscriber.start += count;
    // Shortening an array costs its length: only when at least half of it is spent.
    if (subscriber.start * 2 >= queue.length) {
      queue.splice(0, subscriber.start);
      subscriber.start = 0;
    }
    return true;
  }
}

/** Packs a batch once for all subscribers whose queues begin with the same frames. */
class Packer {
  #frames: readonly Uint8Array[] = [];
  #packed: Packed = { body: Buffer.alloc(0), byteCount: 0 };

  pack(queue: readonly Uint8Array[], start: number, count: number): Packed {
    const same =
      this.#frames.length === count &&
      this.#frames.every((frame, index) => frame === queue[start + index]);
    if (same) return this.#packed;
    this.#frames = queue.slice(start, start + count);
    const byteCount = this.#frames.reduce((sum, frame) => sum + frame.byteLength, 0);
    this.#packed = { body: asBuffer(packBatch(this.#frames)), byteCount };
    return this.#packed;
  }
}

interface Packed {
  readonly body: Buffer;
  readonly byteCount: number;
}
