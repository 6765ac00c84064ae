/** What one packet costs, one signature to be checked, and one that was wrong. */
export const PACKET_COST = 1;
/** See PACKET_COST. */
export const CHECK_COST = 2;
/** See PACKET_COST. */
export const FORGERY_COST = 200;

const HOSTS_MAX = 8_192;

/** How much work each host of the network may make for us: a bucket that fills again. Pure. */
export class HostLimits {
  readonly #hosts = new Map<string, { left: number; atMs: number }>();
  readonly #perSecond: number;
  readonly #burst: number;

  /** @param perSecond cost that a host may make in a second; in a burst twice as much. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = 2 * perSecond;
  }

  /** Whether `host` may make work of `cost` now; if so, it has. */
  allows(host: string, cost: number, nowMs: number): boolean {
    const bucket = this.#bucketOf(host, nowMs);
    bucket.left = Math.min(
      this.#burst,
      bucket.left + ((nowMs - bucket.atMs) * this.#perSecond) / 1000,
    );
    bucket.atMs = nowMs;
    if (bucket.left < cost) return false;
    bucket.left -= cost;
    return true;
  }

  /** `host` has made work of `cost` that nobody could refuse: it pays later. */
  charge(host: string, cost: number, nowMs: number): void {
    const bucket = this.#bucketOf(host, nowMs);
    bucket.left = Math.max(-this.#burst, bucket.left - cost);
  }

  #bucketOf(host: string, nowMs: number): { left: number; atMs: number } {
    let bucket = this.#hosts.get(host);
    if (bucket === undefined) {
      // The one that has been here for longest: hosts that are made up push each other out.
      if (this.#hosts.size >= HOSTS_MAX)
        for (const oldest of this.#hosts.keys()) {
          this.#hosts.delete(oldest);
          break;
        }
      this.#hosts.set(host, (bucket = { left: this.#burst, atMs: nowMs }));
    }
    return bucket;
  }
}
