import { sha256 } from "@noble/hashes/sha2.js";
import { TOKEN_BYTES } from "./packet.ts";

/** A token is good for this long at least, and twice as long at most, in ms. */
const TOKEN_MS = 300_000;
const CACHED_MAX = 8_192;

/**
 * What shows that whoever sends from an address can also be reached there: a number that only we can
 * make, sent there before. So nobody makes us answer at length, store or push at somebody else's cost.
 * Nothing is kept for it. Source: RFC 9000, section 8.1.3 (tokens); BEP 5 (write tokens of a DHT).
 */
export class Tokens {
  readonly #secret: Uint8Array;
  /** Of the present period. */
  readonly #cached = new Map<string, Uint8Array>();
  #periodNumber = Number.NaN;

  /** @param secret 32 random bytes. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** The token for `address`. */
  grantFor(address: string, nowMs: number): Uint8Array {
    const period = Math.floor(nowMs / TOKEN_MS);
    if (period !== this.#periodNumber || this.#cached.size >= CACHED_MAX) this.#cached.clear();
    this.#periodNumber = period;
    let token = this.#cached.get(address);
    if (token === undefined) this.#cached.set(address, (token = this.#make(address, period)));
    return token;
  }

  isGood(address: string, token: Uint8Array, nowMs: number): boolean {
    if (isSame(token, this.grantFor(address, nowMs))) return true;
    return isSame(token, this.#make(address, this.#periodNumber - 1));
  }

  #make(address: string, period: number): Uint8Array {
    const text = new TextEncoder().encode(` ${String(period)} ${address}`);
    const bytes = new Uint8Array(this.#secret.byteLength + text.byteLength);
    bytes.set(this.#secret);
    bytes.set(text, this.#secret.byteLength);
    return sha256(bytes).slice(0, TOKEN_BYTES);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.byteLength ^ other.byteLength;
  for (const [place, byte] of one.entries()) difference |= byte ^ (other[place] ?? 0);
  return difference === 0;
}
