import { randomBytes } from "node:crypto";
import type { Random } from "../core/random.ts";

const WORDS_PER_FILL = 256;

/** Chance from the kernel, fit for keys. */
export class NodeRandom implements Random {
  #words = new Uint32Array(0);
  #used = 0;

  next(): number {
    if (this.#used === this.#words.length) {
      const bytes = randomBytes(4 * WORDS_PER_FILL);
      this.#words = new Uint32Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      );
      this.#used = 0;
    }
    const word = this.#words[this.#used] ?? 0;
    this.#used += 1;
    return word / 2 ** 32;
  }

  bytes(byteCount: number): Uint8Array {
    return new Uint8Array(randomBytes(byteCount));
  }
}
