import type { TrafficLimit } from "../core/resources.ts";

/**
 * Lets through `ceil` bytes a second and bursts of `burst` bytes above that; pure, told the time.
 *
 * Invariant: over any time t at most burst + ceil · t bytes pass, and one frame more. A frame larger than
 * a burst passes when the bucket is full, and those after it wait for the debt: else it never could.
 * Source: RFC 2697 section 3 (token bucket), tc-htb(8) for the words.
 */
export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  #tokens: number;
  #atMs: number;

  /** @param nowMs when it is made, and full. */
  constructor({ rateBytesPerS, ceilBytesPerS, burstBytes }: TrafficLimit, nowMs: number) {
    const ceil = ceilBytesPerS ?? rateBytesPerS;
    this.#bytesPerMs = ceil / 1000;
    this.#burstBytes = burstBytes ?? ceil;
    this.#tokens = this.#burstBytes;
    this.#atMs = nowMs;
  }

  /** Whether `byteCount` bytes may be sent at `nowMs`; when not, nothing is taken. */
  take(byteCount: number, nowMs: number): boolean {
    const earned = Math.max(0, nowMs - this.#atMs) * this.#bytesPerMs;
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + earned);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (this.#tokens < Math.min(byteCount, this.#burstBytes)) return false;
    this.#tokens -= byteCount;
    return true;
  }
}
