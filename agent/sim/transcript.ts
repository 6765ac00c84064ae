import { createSHA256 } from "hash-wasm";

const sha256 = await createSHA256();
const CHUNK_BYTES = 64 * 1024;
/** Lines up to here are written without a look at how much room there is. */
const LINE_CHARACTERS_MAX = 4096;
const encoder = new TextEncoder();

/**
 * The fingerprint of a run: every event, in order, hashed. Each chunk of 64 KiB is hashed together
 * with the hash so far, so that one hasher serves any number of runs side by side.
 */
export class Transcript {
  #hash = new Uint8Array(32);
  // One character takes three bytes at most.
  readonly #buffer = new Uint8Array(CHUNK_BYTES + 3 * LINE_CHARACTERS_MAX);
  #used = 0;

  /** Adds one event. */
  add(timeUs: number, line: string, payload?: Uint8Array): void {
    const text = `${timeUs} ${line} ${payload?.byteLength ?? -1}\n`;
    if (text.length <= LINE_CHARACTERS_MAX) {
      this.#used += this.#write(text);
      if (this.#used >= CHUNK_BYTES) this.#flush();
    } else this.#addBytes(encoder.encode(text));
    if (payload !== undefined) this.#addBytes(payload);
  }

  /** The fingerprint so far, in hex. */
  digest(): string {
    const hash = chain(this.#hash, this.#buffer.subarray(0, this.#used));
    return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** Nearly all lines are ASCII and short: then a loop is quicker than an encoder. */
  #write(text: string): number {
    const buffer = this.#buffer;
    const start = this.#used;
    const { length } = text;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) return encoder.encodeInto(text, buffer.subarray(start)).written;
      buffer[start + index] = code;
    }
    return length;
  }

  #addBytes(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, CHUNK_BYTES - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#used >= CHUNK_BYTES) this.#flush();
    }
  }

  /** Hashes the full chunk; what goes beyond it begins the next one. */
  #flush(): void {
    this.#hash = chain(this.#hash, this.#buffer.subarray(0, CHUNK_BYTES));
    this.#buffer.copyWithin(0, CHUNK_BYTES, this.#used);
    this.#used -= CHUNK_BYTES;
  }
}

function chain(hash: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sha256.init().update(hash).update(chunk).digest("binary"));
}
