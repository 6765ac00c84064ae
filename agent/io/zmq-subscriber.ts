import { randomBytes } from "node:crypto";
import { Subscriber } from "zeromq";
import type { ReceiveFrame, WireSubscriber } from "../core/wire.ts";
import { unpackBatch } from "./frame-batch.ts";
import { CONNECTOR_OPTIONS, isEndpoint, readAll } from "./zmq-options.ts";
import { ALONE, PACKED, TOPIC_BYTES } from "./zmq-publisher.ts";

/** Batches that wait inside libzmq for this process; more stay with their publishers, who count. */
const BATCHES_INSIDE_MAX = 16;

/** Follows any number of publishers over one SUB socket, known to them by a random topic. */
export class ZmqSubscriber implements WireSubscriber {
  /** Messages that no publisher of ours sends. */
  malformedCount = 0;
  readonly #receive: ReceiveFrame;
  readonly #socket: Subscriber;
  readonly #endpoints = new Set<string>();
  #paused = false;

  constructor(receive: ReceiveFrame) {
    this.#receive = receive;
    this.#socket = new Subscriber({
      ...CONNECTOR_OPTIONS,
      receiveHighWaterMark: BATCHES_INSIDE_MAX,
    });
    this.#socket.subscribe(randomBytes(TOPIC_BYTES));
    void readAll(this.#socket, (parts) => this.#take(parts));
  }

  connect(endpoint: string): void {
    if (this.#socket.closed || this.#endpoints.has(endpoint) || !isEndpoint(endpoint)) return;
    this.#endpoints.add(endpoint);
    this.#socket.connect(endpoint);
  }

  disconnect(endpoint: string): void {
    if (this.#socket.closed || !this.#endpoints.delete(endpoint)) return;
    this.#socket.disconnect(endpoint);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    return Promise.resolve();
  }

  #take([head, body]: readonly Buffer[]): void {
    const kind = head?.[TOPIC_BYTES];
    if (body !== undefined && kind === ALONE)
      this.#receive(new Uint8Array(body.buffer, body.byteOffset, body.byteLength), undefined);
    else if (body === undefined || kind !== PACKED || !unpackBatch(body, this.#hand))
      this.malformedCount += 1;
  }

  readonly #hand = (frame: Uint8Array): void => {
    // A receiver may dispose of us in the middle of a batch.
    if (!this.#socket.closed && !this.#paused) this.#receive(frame, undefined);
  };
}
