import { FRAME_BYTES_MAX } from "../core/wire.ts";

// Frames of ZMTP 3: a byte of flags, a length of one or eight bytes, the body. Source: RFC 37/ZMTP.

/** More parts of this message follow. */
export const MORE = 1;
const LONG = 2;
/** The body is a command. */
export const COMMAND = 4;

/** Room for a time stamp, an envelope, and what encryption adds. */
const BODY_BYTES_MAX = FRAME_BYTES_MAX + 1024;
/** Frames of this size and more are gathered in a buffer of their own while they arrive. */
const GATHERED_BYTES_MIN = 256;

/** Bytes of a frame's head. */
export function headBytes(bodyBytes: number): number {
  return bodyBytes > 255 ? 9 : 2;
}

/** Writes the head of a frame at `at`; returns where its body begins. */
export function writeHead(into: Buffer, at: number, flags: number, bodyBytes: number): number {
  if (bodyBytes <= 255) {
    into[at] = flags;
    into[at + 1] = bodyBytes;
    return at + 2;
  }
  into[at] = flags | LONG;
  into.writeUInt32BE(0, at + 1);
  return into.writeUInt32BE(bodyBytes, at + 5);
}

/** `bytes` as nothing but bytes, and at no cost when they are. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (!Buffer.isBuffer(bytes)) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `bytes` with the ways of a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  /** No frame is handed over any more. */
  stopped = false;
  readonly #take: (flags: number, body: Uint8Array) => void;
  /** What was not handed over yet: whole frames that wait, and perhaps the beginning of one more. */
  #rest: Buffer | undefined;
  #gathered: { readonly flags: number; readonly body: Buffer; length: number } | undefined;

  /** `take` gets plain bytes: a Buffer would tempt readers to rely on it, and no other wire gives one. */
  constructor(take: (flags: number, body: Uint8Array) => void) {
    this.#take = take;
  }

  /**
   * Takes in what arrived, and hands over at most `countMax` frames.
   * "more": others wait for `goOn`; "malformed": it is no stream of frames, and the rest of it means nothing.
   */
  push(chunk: Buffer, countMax = Number.POSITIVE_INFINITY): "done" | "more" | "malformed" {
    const rest = chunk.subarray(this.#gather(chunk));
    this.#rest = this.#rest === undefined ? rest : Buffer.concat([this.#rest, rest]);
    return this.goOn(countMax);
  }

  /** Hands over at most `countMax` of the frames that wait. */
  goOn(countMax = Number.POSITIVE_INFINITY): "done" | "more" | "malformed" {
    const data = this.#rest;
    if (data === undefined) return "done";
    this.#rest = undefined;
    const { byteLength } = data;
    let count = 0;
    let at = 0;
    while (!this.stopped && at + 2 <= byteLength) {
      const flags = data[at] ?? 0;
      if (flags > 7) return "malformed";
      const isLong = (flags & LONG) !== 0;
      if (isLong && at + 9 > byteLength) break;
      if (isLong && data.readUInt32BE(at + 1) !== 0) return "malformed";
      const bodyBytes = isLong ? data.readUInt32BE(at + 5) : (data[at + 1] ?? 0);
      if (bodyBytes > BODY_BYTES_MAX) return "malformed";
      const start = at + (isLong ? 9 : 2);
      if (start + bodyBytes > byteLength) {
        if (bodyBytes < GATHERED_BYTES_MIN) break;
        const body = Buffer.allocUnsafeSlow(bodyBytes);
        this.#gathered = { flags, body, length: data.copy(body, 0, start) };
        return "done";
      }
      if (count >= countMax) {
        this.#rest = data.subarray(at);
        return "more";
      }
      count += 1;
      at = start + bodyBytes;
      this.#take(flags, new Uint8Array(data.buffer, data.byteOffset + start, bodyBytes));
    }
    if (at < byteLength) this.#rest = data.subarray(at);
    return "done";
  }

  /** Goes on with a large frame; returns how many bytes of `chunk` were its own. */
  #gather(chunk: Buffer): number {
    const gathered = this.#gathered;
    if (gathered === undefined) return 0;
    const taken = chunk.copy(gathered.body, gathered.length);
    gathered.length += taken;
    if (gathered.length === gathered.body.byteLength) {
      this.#gathered = undefined;
      this.#take(gathered.flags, plainBytes(gathered.body));
    }
    return taken;
  }
}
