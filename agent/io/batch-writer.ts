import type { Socket } from "node:net";
import type { Parts } from "./link.ts";
import type { Mechanism } from "./mechanism.ts";
import type { SendQueue } from "./send-queue.ts";
import { headBytes, MORE, writeHead } from "./zmtp-frames.ts";

/** As many bytes as are written to a socket in one go. */
export const BATCH_BYTES_MAX = 32 * 1024;
/** Parts of this size and more are written without a copy. */
const ALONE_BYTES_MIN = 8 * 1024;
/** What such a part counts as: more than any batch. */
const ALONE_BYTES = BATCH_BYTES_MAX + 1;

/** Shared by all sockets: what is copied into it leaves in the same breath, or it is given away. */
let scratch: Buffer | undefined;

/**
 * Writes messages as frames, many in one system call.
 * A system call costs microseconds, and a frame on its own an allocation; a batch pays them once.
 */
export class BatchWriter {
  readonly #socket: Socket;
  readonly #mechanism: Mechanism;
  readonly #written: () => void;

  /** Calls `written` after each write that the kernel has taken in. */
  constructor(socket: Socket, mechanism: Mechanism, written: () => void) {
    this.#socket = socket;
    this.#mechanism = mechanism;
    this.#written = written;
  }

  /** Whether the kernel has not taken everything in yet. */
  get isBlocked(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Writes one message. */
  one(parts: Parts): void {
    const sealed = this.#sealed(parts);
    const bytes = this.#encodedBytes(sealed);
    if (bytes > BATCH_BYTES_MAX) this.#alone(sealed);
    else this.#batch(this.#encode(sealed, 0));
  }

  /** Writes from the head of `queue`, which is not empty, as much as fits. */
  some(queue: SendQueue): void {
    let at = 0;
    for (;;) {
      const parts = queue.peek();
      if (parts === undefined) break;
      const isFirst = at === 0;
      if (!isFirst && at + this.#bytesMax(parts) > BATCH_BYTES_MAX) break;
      queue.shift();
      const sealed = this.#sealed(parts);
      if (isFirst && this.#encodedBytes(sealed) > BATCH_BYTES_MAX) {
        this.#alone(sealed);
        return;
      }
      at = this.#encode(sealed, at);
    }
    this.#batch(at);
  }

  /** Writes a frame that is no part of a message. */
  frame(flags: number, body: Uint8Array): void {
    const head = Buffer.alloc(headBytes(body.byteLength));
    writeHead(head, 0, flags, body.byteLength);
    this.#socket.write(Buffer.concat([head, body]), this.#written);
  }

  #sealed(parts: Parts): Parts {
    const { session } = this.#mechanism;
    if (session === undefined) return parts;
    return parts.map((part, index) => session.seal(index < parts.length - 1 ? MORE : 0, part));
  }

  /** In a sealed frame, the flag for more parts is inside. */
  #flags(parts: Parts, index: number): number {
    return index < parts.length - 1 && this.#mechanism.session === undefined ? MORE : 0;
  }

  #encodedBytes(parts: Parts): number {
    let bytes = 0;
    for (const { byteLength } of parts)
      bytes += byteLength < ALONE_BYTES_MIN ? headBytes(byteLength) + byteLength : ALONE_BYTES;
    return bytes;
  }

  /** Before sealing, which adds less than this. */
  #bytesMax(parts: Parts): number {
    return this.#encodedBytes(parts) + 64 * parts.length;
  }

  #encode(parts: Parts, from: number): number {
    const into = (scratch ??= Buffer.allocUnsafeSlow(BATCH_BYTES_MAX));
    let at = from;
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] as Uint8Array;
      at = writeHead(into, at, this.#flags(parts, index), part.byteLength);
      into.set(part, at);
      at += part.byteLength;
    }
    return at;
  }

  #batch(bytes: number): void {
    if (scratch === undefined) return;
    this.#socket.write(scratch.subarray(0, bytes), this.#written);
    // Not all of it has left: the socket keeps these bytes, and the next batch needs others.
    if (this.isBlocked) scratch = undefined;
  }

  #alone(parts: Parts): void {
    this.#socket.cork();
    for (const [index, part] of parts.entries()) {
      const head = Buffer.alloc(headBytes(part.byteLength));
      writeHead(head, 0, this.#flags(parts, index), part.byteLength);
      this.#socket.write(head);
      this.#socket.write(part, this.#written);
    }
    this.#socket.uncork();
  }
}
