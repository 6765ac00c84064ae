import { Router } from "zeromq";
import type { WireRequest, WireServer } from "../core/wire.ts";
import { FRAMES_QUEUED_MAX } from "../core/wire.ts";
import { asBuffer, checkFrame, readAll, SEND_AT_ONCE, SOCKET_OPTIONS } from "./zmq-options.ts";

/** Length of the number by which a client knows its request again. */
export const REQUEST_ID_BYTES = 4;

type Serve = (request: WireRequest) => void;

/** Answers requests over ROUTER: [who, request id, body] in, the same with the reply out. */
export class ZmqServer implements WireServer {
  readonly endpoint: string;
  /** Replies that could not be sent: their client is gone, or its queue is full. */
  droppedCount = 0;
  /** Messages that no client of ours sends. */
  malformedCount = 0;
  readonly #socket: Router;
  readonly #serve: Serve;

  private constructor(socket: Router, endpoint: string, serve: Serve) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#serve = serve;
    void readAll(socket, (parts) => this.#take(parts));
  }

  /** Binds on `address`, whose port may be "*". */
  static async bind(address: string, serve: Serve): Promise<ZmqServer> {
    const socket = new Router({
      ...SOCKET_OPTIONS,
      ...SEND_AT_ONCE,
      // Tells of a client that is gone, instead of dropping in silence.
      mandatory: true,
      sendHighWaterMark: FRAMES_QUEUED_MAX,
    });
    await socket.bind(address);
    return new ZmqServer(socket, socket.lastEndpoint ?? address, serve);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    return Promise.resolve();
  }

  #take([who, id, body]: readonly Buffer[]): void {
    if (who === undefined || id?.byteLength !== REQUEST_ID_BYTES || body === undefined) {
      this.malformedCount += 1;
      return;
    }
    let replied = false;
    this.#serve({
      frame: new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
      sentUtcUs: undefined,
      client: who.toString("hex"),
      reply: (frame) => {
        checkFrame(frame);
        if (replied) return;
        replied = true;
        this.#send([who, id, asBuffer(frame)]);
      },
      refuse: () => undefined,
    });
  }

  #send(parts: Buffer[]): void {
    if (this.#socket.closed) this.droppedCount += 1;
    // With a send timeout of zero it is sent or refused by now; the promise only tells which.
    else
      this.#socket.send(parts).catch((error: unknown) => {
        const { code = "" } = error as NodeJS.ErrnoException;
        if (code !== "EHOSTUNREACH" && code !== "EAGAIN") throw error;
        this.droppedCount += 1;
      });
  }
}
