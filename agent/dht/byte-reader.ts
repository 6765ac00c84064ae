import { hexOf } from "../core/hex.ts";

/**
 * Reads fixed layouts off the wire, big-endian. Total: beyond the end everything is zero or empty, and
 * `isGood` is false from then on; so a decoder reads straight on, and looks once at its end.
 */
export class ByteReader {
  /** Whether everything that was read was there and made sense. */
  isGood = true;
  readonly #bytes: Uint8Array;
  #place = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether all was read, and nothing beyond. */
  get isDone(): boolean {
    return this.isGood && this.#place === this.#bytes.byteLength;
  }

  /** A whole number of `byteCount` bytes, 1 to 6. */
  number(byteCount: number): number {
    let value = 0;
    for (const byte of this.view(byteCount)) value = value * 256 + byte;
    return value;
  }

  /** A view on the next bytes: it lives and changes with what was given. */
  view(byteCount: number): Uint8Array {
    const end = this.#place + byteCount;
    if (!this.isGood || end > this.#bytes.byteLength) {
      this.isGood = false;
      return EMPTY;
    }
    const view = this.#bytes.subarray(this.#place, end);
    this.#place = end;
    return view;
  }

  /** The next bytes, as a copy: a few bytes that are kept do not keep the datagram. */
  copy(byteCount: number): Uint8Array {
    return this.view(byteCount).slice();
  }

  hex(byteCount: number): string {
    return hexOf(this.view(byteCount));
  }

  /** Printable ASCII without spaces, 1 to `lengthMax` characters, after its length in one byte. */
  ascii(lengthMax: number): string {
    const length = this.number(1);
    const view = this.view(length);
    if (length === 0 || length > lengthMax || view.some((byte) => byte <= 0x20 || byte >= 0x7f))
      this.isGood = false;
    return this.isGood ? String.fromCharCode(...view) : "";
  }

  /** UTF-8 of `byteCount` bytes, which has to be well-formed. */
  utf8(byteCount: number): string {
    const view = this.view(byteCount);
    try {
      return UTF8.decode(view);
    } catch {
      this.isGood = false;
      return "";
    }
  }

  /** Up to `countMax` items after their number in one byte. */
  list<T>(countMax: number, item: () => T): T[] {
    const count = this.number(1);
    if (count > countMax) this.isGood = false;
    const items: T[] = [];
    while (this.isGood && items.length < count) items.push(item());
    return items;
  }
}

const EMPTY = new Uint8Array();
/** A mark at the beginning is a part of the text: what is read encodes to the same bytes. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
