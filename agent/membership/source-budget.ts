interface Limit {
  /** Packets a second, for long. */
  readonly rate: number;
  /** Packets at once. */
  readonly burst: number;
}

/** One host: the list of a thousand members comes at once. */
const ONE_SOURCE: Limit = { rate: 300, burst: 600 };
/** All hosts together that were not heard for long: their addresses may be invented. */
const NEW_SOURCES: Limit = { rate: 500, burst: 2_500 };
/** Most hosts remembered; who is not heard for longest gives way. */
const SOURCES_MAX = 4_096;
interface Bucket {
  left: number;
  atMs: number;
}

/**
 * How much each host may still send: a token bucket per address, and one for all new addresses.
 * What is over is dropped before anything dear is done with it.
 */
export class SourceBudget {
  readonly #buckets = new Map<string, Bucket>();
  readonly #new: Bucket = { left: NEW_SOURCES.burst, atMs: 0 };

  /** Makes `host` pay for what it has sent; it may owe. */
  charge(host: string, price: number): void {
    const bucket = this.#buckets.get(host);
    if (bucket !== undefined) bucket.left -= price;
  }

  /** Takes `price`; false when it is not there. */
  take(host: string, price: number, nowMs: number): boolean {
    let bucket = this.#buckets.get(host);
    if (bucket === undefined) {
      if (!spend(this.#new, price, nowMs, NEW_SOURCES)) return false;
      if (this.#buckets.size >= SOURCES_MAX)
        this.#buckets.delete(this.#buckets.keys().next().value ?? "");
      this.#buckets.set(host, (bucket = { left: ONE_SOURCE.burst, atMs: nowMs }));
    }
    return spend(bucket, price, nowMs, ONE_SOURCE);
  }
}

function spend(bucket: Bucket, price: number, nowMs: number, limit: Limit): boolean {
  const gained = (Math.max(0, nowMs - bucket.atMs) * limit.rate) / 1000;
  bucket.left = Math.min(limit.burst, bucket.left + gained);
  bucket.atMs = nowMs;
  if (bucket.left <= 0) return false;
  bucket.left -= price;
  return true;
}
