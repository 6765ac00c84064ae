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
const GATHERED_BYTES_MIN = 4096;

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

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  /** No frame is handed over any more. */
  stopped = false;
  readonly #take: (flags: number, body: Buffer) => void;
  #rest: Buffer | undefined;
  #gathered: { readonly flags: number; readonly body: Buffer; length: number } | undefined;

  constructor(take: (flags: number, body: Buffer) => void) {
    this.#take = take;
  }

  /** Takes in what arrived; false when it is no stream of frames: the rest of it means nothing. */
  push(chunk: Buffer): boolean {
    let at = this.#gather(chunk);
    let data = chunk;
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    while (!this.stopped && at + 2 <= data.byteLength) {
      const flags = data[at] ?? 0;
      if (flags > 7) return false;
      const isLong = (flags & LONG) !== 0;
      if (isLong && at + 9 > data.byteLength) break;
      if (isLong && data.readUInt32BE(at + 1) !== 0) return false;
      const bodyBytes = isLong ? data.readUInt32BE(at + 5) : (data[at + 1] ?? 0);
      if (bodyBytes > BODY_BYTES_MAX) return false;
      const start = at + (isLong ? 9 : 2);
      const end = start + bodyBytes;
      if (end > data.byteLength) {
        if (bodyBytes < GATHERED_BYTES_MIN) break;
        const body = Buffer.allocUnsafeSlow(bodyBytes);
        this.#gathered = { flags, body, length: data.copy(body, 0, start) };
        return true;
      }
      this.#take(flags, data.subarray(start, end));
      at = end;
    }
    if (at < data.byteLength) this.#rest = data.subarray(at);
    return true;
  }

  /** Goes on with a large frame; returns how many bytes of `chunk` were its own. */
  #gather(chunk: Buffer): number {
    const gathered = this.#gathered;
    if (gathered === undefined) return 0;
    const taken = chunk.copy(gathered.body, gathered.length);
    gathered.length += taken;
    if (gathered.length === gathered.body.byteLength) {
      this.#gathered = undefined;
      this.#take(gathered.flags, gathered.body);
    }
    return taken;
  }
}
