import type { Random } from "../core/random.ts";

/**
 * xoshiro128**, seeded by hashing a text: one independent stream for every name, whatever the order
 * in which they are made. Not fit for keys outside a simulation.
 * Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators" (2021); splitmix32 for
 * seeding; FNV-1a for the text.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** The same `seed` gives the same stream. */
  constructor(seed: string) {
    let state = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(seed)) state = Math.imul(state ^ byte, 0x01000193);
    const mix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    [this.#a, this.#b, this.#c, this.#d] = [mix(), mix(), mix(), mix()];
  }

  next(): number {
    return this.#word() / 2 ** 32;
  }

  bytes(byteCount: number): Uint8Array {
    const bytes = new Uint8Array(byteCount);
    for (let index = 0; index < byteCount; index += 1) bytes[index] = this.#word() >>> 24;
    return bytes;
  }

  #word(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
