/** Before anything was measured, in ms. */
const FIRST_TIMEOUT_MS = 50;
/** A busy board of one core answers later than its network does. */
const TIMEOUT_MS_MIN = 20;
const TIMEOUT_MS_MAX = 500;

/**
 * How long to wait for one peer's answer, from the answers so far. Pure.
 * Source: Jacobson, "Congestion Avoidance and Control", SIGCOMM 1988; RFC 6298, section 2.
 */
export class RoundTrip {
  #smoothMs: number | undefined;
  #variationMs = 0;

  /** An answer took `tookMs`. */
  measured(tookMs: number): void {
    if (this.#smoothMs === undefined) {
      this.#smoothMs = tookMs;
      this.#variationMs = tookMs / 2;
      return;
    }
    this.#variationMs += (Math.abs(tookMs - this.#smoothMs) - this.#variationMs) / 4;
    this.#smoothMs += (tookMs - this.#smoothMs) / 8;
  }

  /** What a round trip takes, in ms; undefined before the first answer. */
  get smoothMs(): number | undefined {
    return this.#smoothMs;
  }

  /**
   * When to send again, in ms from the sending that was number `attempt`, from 0 on. It grows by half each
   * time, and not twofold: on a LAN silence is loss rather than congestion.
   */
  timeoutMs(attempt: number): number {
    const baseMs =
      this.#smoothMs === undefined ? FIRST_TIMEOUT_MS : this.#smoothMs + 4 * this.#variationMs;
    return Math.min(TIMEOUT_MS_MAX, Math.max(TIMEOUT_MS_MIN, baseMs) * 1.5 ** attempt);
  }
}
