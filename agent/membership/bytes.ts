const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many bytes a text takes in UTF-8; a loop where it is short and ASCII, as names are. */
export function textBytes(text: string): number {
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) > 0x7f) return encoder.encode(text).byteLength;
  return text.length;
}

/** Writes numbers (big-endian), texts and bytes one after the other. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Bytes so far. */
  length = 0;

  /** @param bytes where to write: what stood there is lost. Whoever writes often gives the same again. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(value: number): this {
    this.#view.setUint8(this.length, value);
    this.length += 1;
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.length, value);
    this.length += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.length, value);
    this.length += 4;
    return this;
  }

  /** A whole number up to 2^53 - 1, in eight bytes. */
  u53(value: number): this {
    return this.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
  }

  /** `bytes` as they are: their count is known to the reader. */
  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.length);
    this.length += bytes.byteLength;
    return this;
  }

  /** Up to 255 bytes with their count. */
  short(bytes: Uint8Array): this {
    return this.u8(bytes.byteLength).raw(bytes);
  }

  /** A text of up to 255 bytes in UTF-8. */
  text(text: string): this {
    return this.short(encoder.encode(text));
  }

  /** What was written; the writer's own memory. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Reads what a ByteWriter wrote, or anything else: after the first thing that is not there, `isBroken`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #place = 0;
  /** Something was missing or malformed: nothing that was read counts. */
  isBroken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get place(): number {
    return this.#place;
  }

  /** Everything was read, and all of it was right. */
  get isDone(): boolean {
    return !this.isBroken && this.#place === this.#bytes.byteLength;
  }

  u8(): number {
    return this.#has(1) ? this.#view.getUint8(this.#place - 1) : 0;
  }

  u16(): number {
    return this.#has(2) ? this.#view.getUint16(this.#place - 2) : 0;
  }

  u32(): number {
    return this.#has(4) ? this.#view.getUint32(this.#place - 4) : 0;
  }

  u53(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (!Number.isSafeInteger(value)) this.isBroken = true;
    return value;
  }

  /** `byteCount` bytes, of their own. */
  raw(byteCount: number): Uint8Array {
    if (!this.#has(byteCount)) return new Uint8Array();
    return this.#bytes.slice(this.#place - byteCount, this.#place);
  }

  short(byteCountMax: number): Uint8Array {
    const byteCount = this.u8();
    if (byteCount > byteCountMax) this.isBroken = true;
    return this.raw(byteCount);
  }

  /** A text of 1 to `byteCountMax` bytes. */
  text(byteCountMax: number): string {
    const bytes = this.short(byteCountMax);
    if (bytes.byteLength === 0) this.isBroken = true;
    try {
      return decoder.decode(bytes);
    } catch {
      this.isBroken = true;
      return "";
    }
  }

  #has(byteCount: number): boolean {
    if (this.#place + byteCount > this.#bytes.byteLength) this.isBroken = true;
    if (this.isBroken) return false;
    this.#place += byteCount;
    return true;
  }
}
