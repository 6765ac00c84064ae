/** Writes fixed layouts for the wire, big-endian, into a buffer that grows. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** A whole number in `byteCount` bytes, 1 to 6. */
  number(value: number, byteCount: number): this {
    this.#reserve(byteCount);
    let rest = value;
    for (let place = this.#length + byteCount - 1; place >= this.#length; place -= 1) {
      this.#bytes[place] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += byteCount;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
    return this;
  }

  hex(digits: string): this {
    for (let place = 0; place < digits.length; place += 2)
      this.number(Number.parseInt(digits.slice(place, place + 2), 16), 1);
    return this;
  }

  /** Up to 255 ASCII characters, after their number. */
  ascii(text: string): this {
    return this.number(text.length, 1).bytes(UTF8.encode(text));
  }

  /** Up to 255 items, after their number. */
  list<T>(items: readonly T[], item: (each: T) => void): this {
    this.number(items.length, 1);
    for (const each of items) item(each);
    return this;
  }

  /** What was written, as a copy. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(byteCount: number): void {
    if (this.#length + byteCount <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(2 * (this.#length + byteCount));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const UTF8 = new TextEncoder();
