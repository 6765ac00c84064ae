import { Dealer } from "zeromq";
import { FRAMES_QUEUED_MAX, type WireAnswer, type WireClient } from "../core/wire.ts";
import { sleepMs } from "./sleep.ts";
import {
  asBuffer,
  CONNECTOR_OPTIONS,
  checkFrame,
  isEndpoint,
  readAll,
  SEND_AT_ONCE,
} from "./zmq-options.ts";
import { REQUEST_ID_BYTES } from "./zmq-server.ts";

/** Pauses between attempts while there is no connection: short at first, as for one that is being made. */
const RETRY_MS_MIN = 1;
const RETRY_MS_MAX = 64;
const NEVER = new AbortController().signal;

const LOST: WireAnswer = { kind: "none", reason: "lost" };
const TIMEOUT: WireAnswer = { kind: "none", reason: "timeout" };

interface Pending {
  readonly id: Buffer;
  readonly frame: Uint8Array;
  readonly settle: (answer: WireAnswer) => void;
}

/**
 * Asks one server over DEALER. A request waits here, not inside libzmq, until there is a connection:
 * one that timed out meanwhile is never sent, so a server that comes back is not met by old orders.
 */
export class ZmqClient implements WireClient {
  /** Replies that came too late, twice, or from a server that is none of ours. */
  strayCount = 0;
  readonly #socket: Dealer;
  readonly #pending = new Map<number, Pending>();
  /** Requests that wait for a connection, in order. */
  #unsent: Pending[] = [];
  #sending = false;
  #lastId = 0;

  constructor(endpoint: string) {
    this.#socket = new Dealer({
      ...CONNECTOR_OPTIONS,
      ...SEND_AT_ONCE,
      // Takes messages only for a connection that is up.
      immediate: true,
      sendHighWaterMark: FRAMES_QUEUED_MAX,
    });
    if (isEndpoint(endpoint)) this.#socket.connect(endpoint);
    void readAll(this.#socket, (parts) => this.#take(parts));
  }

  async request(frame: Uint8Array, timeoutMs: number): Promise<WireAnswer> {
    checkFrame(frame);
    if (this.#socket.closed || this.#pending.size >= FRAMES_QUEUED_MAX) return LOST;
    this.#lastId = (this.#lastId + 1) >>> 0;
    const id = Buffer.alloc(REQUEST_ID_BYTES);
    id.writeUInt32LE(this.#lastId);
    const key = this.#lastId;
    return new Promise((resolve) => {
      const settle = (answer: WireAnswer): void => {
        clearTimeout(timer);
        this.#pending.delete(key);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(TIMEOUT), Math.min(timeoutMs, 2 ** 31 - 1));
      const pending = { id, frame, settle };
      this.#pending.set(key, pending);
      this.#unsent.push(pending);
      if (!this.#sending) void this.#sendAll();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    for (const { settle } of [...this.#pending.values()]) settle(LOST);
    return Promise.resolve();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    let retryMs = RETRY_MS_MIN;
    while (this.#unsent.length > 0 && !this.#socket.closed) {
      const batch = this.#unsent;
      this.#unsent = [];
      for (const [index, pending] of batch.entries()) {
        if (!this.#isAwaited(pending)) continue;
        if (await this.#send(pending)) {
          retryMs = RETRY_MS_MIN;
          continue;
        }
        const unsent = [...batch.slice(index), ...this.#unsent];
        this.#unsent = unsent.filter((each) => this.#isAwaited(each));
        await sleepMs(retryMs, NEVER);
        retryMs = Math.min(RETRY_MS_MAX, 2 * retryMs);
        break;
      }
    }
    this.#sending = false;
  }

  /** Whether it has neither timed out nor been given up. */
  #isAwaited({ id }: Pending): boolean {
    return this.#pending.has(id.readUInt32LE());
  }

  /** False when there is no connection, or no room in it. */
  async #send({ id, frame }: Pending): Promise<boolean> {
    try {
      await this.#socket.send([id, asBuffer(frame)]);
      return true;
    } catch (error) {
      if (this.#socket.closed || (error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
  }

  #take([id, body]: readonly Buffer[]): void {
    const pending =
      id?.byteLength === REQUEST_ID_BYTES ? this.#pending.get(id.readUInt32LE()) : undefined;
    if (pending === undefined || body === undefined) this.strayCount += 1;
    else
      pending.settle({
        kind: "reply",
        frame: new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
        sentUtcUs: undefined,
      });
  }
}
