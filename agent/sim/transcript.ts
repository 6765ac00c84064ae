import { createSHA256 } from "hash-wasm";

const sha256 = await createSHA256();
const CHUNK_BYTES = 64 * 1024;
const encoder = new TextEncoder();

/**
 * The fingerprint of a run: every event, in order, hashed. Each chunk of 64 KiB is hashed together
 * with the hash so far, so that one hasher serves any number of runs side by side.
 */
export class Transcript {
  #hash = new Uint8Array(32);
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #used = 0;

  /** Adds one event. */
  add(timeUs: number, line: string, payload?: Uint8Array): void {
    this.#addBytes(encoder.encode(`${timeUs} ${line} ${payload?.byteLength ?? -1}\n`));
    if (payload !== undefined) this.#addBytes(payload);
  }

  /** The fingerprint so far, in hex. */
  digest(): string {
    const hash = chain(this.#hash, this.#chunk.subarray(0, this.#used));
    return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  #addBytes(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, CHUNK_BYTES - this.#used);
      this.#chunk.set(part, this.#used);
      this.#used += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#used < CHUNK_BYTES) return;
      this.#hash = chain(this.#hash, this.#chunk);
      this.#used = 0;
    }
  }
}

function chain(hash: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sha256.init().update(hash).update(chunk).digest("binary"));
}
