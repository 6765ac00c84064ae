import type { Socket } from "node:net";
import { deserialize, serialize } from "node:v8";

/** Bytes of a frame's length. */
const HEAD_BYTES = 4;
/** Longest frame; a longer one is no message of ours. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
/** Bytes that may wait for a slow reader; beyond it the connection is given up. */
const BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

/** Who is told what comes through a FrameSocket. */
export interface FrameListener {
  /** One message, as it was sent. */
  readonly heard: (message: unknown) => void;
  /** Once, after the last message: the other end is gone, or spoke nonsense. */
  readonly closed: () => void;
}

/**
 * Messages of plain data over a stream, in order, each a length (4 bytes, little-endian) and the
 * structured clone of the message. For processes of one build on one machine.
 */
export class FrameSocket {
  readonly #socket: Socket;
  readonly #listener: FrameListener;
  #chunks: Buffer[] = [];
  #byteCount = 0;

  constructor(socket: Socket, listener: FrameListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
    // "close" follows, and tells what matters.
    socket.on("error", () => undefined);
    socket.on("close", () => listener.closed());
  }

  /** Sends, and then calls `sent`, also when the other end is gone. */
  send(message: unknown, sent: () => void = () => undefined): void {
    const body = serialize(message);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(body.length);
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(body, () => sent());
    this.#socket.uncork();
    if (this.#socket.writableLength > BACKLOG_BYTES_MAX) this.close();
  }

  /** Ends the connection at once; idempotent. */
  close(): void {
    this.#socket.destroy();
  }

  #arrived(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#byteCount += chunk.length;
    for (;;) {
      if (this.#byteCount < HEAD_BYTES) return;
      const length = this.#peekLength();
      if (length > FRAME_BYTES_MAX) {
        this.close();
        return;
      }
      if (this.#byteCount < HEAD_BYTES + length) return;
      const whole = Buffer.concat(this.#chunks);
      const end = HEAD_BYTES + length;
      // A copy of its own: what is read from it may be kept, and need not keep all the rest.
      const body = Buffer.from(whole.subarray(HEAD_BYTES, end));
      this.#chunks = whole.length > end ? [whole.subarray(end)] : [];
      this.#byteCount = whole.length - end;
      if (!this.#deliver(body)) return;
    }
  }

  #peekLength(): number {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= HEAD_BYTES) return first.readUInt32LE();
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole.readUInt32LE();
  }

  /** False when it was nonsense, or the listener has closed. */
  #deliver(body: Buffer): boolean {
    let message: unknown;
    try {
      message = deserialize(body);
    } catch {
      // Noise from a stranger.
      this.close();
      return false;
    }
    this.#listener.heard(message);
    return !this.#socket.destroyed;
  }
}
