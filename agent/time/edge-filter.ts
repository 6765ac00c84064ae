import { aged } from "./drift-rule.ts";
import type { Span } from "./span.ts";

/** Edges of each side that are kept. */
const EDGES_MAX = 8;
/** After so long an edge says nothing that others do not say better, in µs. */
const EDGE_US_MAX = 120_000_000;

interface Edge {
  readonly atUs: number;
  readonly theta: number;
}

/**
 * What one peer or source has said of the difference between true time and the oscillator: edges below
 * and above it, of which the tightest count. Pure.
 *
 * A datagram that left when true time was at least x arrives when it is at least x; one that arrived when
 * it was at most y had left when it was at most y. So each way gives one edge, the quickest datagram of
 * each way the best, and whatever the two ways differ by is within: the minimum filter, one way at a time.
 * Source: Mills, RFC 5905, section 10 (clock filter); Cristian, "Probabilistic clock synchronization" (1989).
 */
export class EdgeFilter {
  #lows: Edge[] = [];
  #highs: Edge[] = [];

  /** When the newest edge was learnt; minus infinity: there is none. */
  get latestUs(): number {
    return Math.max(this.#lows.at(-1)?.atUs ?? -Infinity, this.#highs.at(-1)?.atUs ?? -Infinity);
  }

  /** At `atUs` the difference was `theta` or more. */
  low(atUs: number, theta: number): void {
    this.#lows = [...this.#lows.slice(1 - EDGES_MAX), { atUs, theta }];
  }

  /** At `atUs` the difference was `theta` or less. */
  high(atUs: number, theta: number): void {
    this.#highs = [...this.#highs.slice(1 - EDGES_MAX), { atUs, theta }];
  }

  /**
   * What follows for `nowUs`; undefined while a side is missing. Who contradicts himself has changed his
   * mind: then only his last word counts.
   */
  spanAt(nowUs: number, rates: Span): Span | undefined {
    const span = this.#spanOf(nowUs, rates);
    if (span === undefined || span.low <= span.high) return span;
    this.#lows = this.#lows.slice(-1);
    this.#highs = this.#highs.slice(-1);
    const last = this.#spanOf(nowUs, rates);
    if (last === undefined || last.low <= last.high) return last;
    this.forget();
    return undefined;
  }

  /** Nothing that was said counts any more. */
  forget(): void {
    this.#lows = [];
    this.#highs = [];
  }

  #spanOf(nowUs: number, rates: Span): Span | undefined {
    let low = -Infinity;
    let high = Infinity;
    for (const { atUs, theta } of this.#lows) {
      const elapsedUs = nowUs - atUs;
      if (elapsedUs > EDGE_US_MAX) continue;
      low = Math.max(low, aged({ low: theta, high: theta }, elapsedUs, rates).low);
    }
    for (const { atUs, theta } of this.#highs) {
      const elapsedUs = nowUs - atUs;
      if (elapsedUs > EDGE_US_MAX) continue;
      high = Math.min(high, aged({ low: theta, high: theta }, elapsedUs, rates).high);
    }
    return low === -Infinity || high === Infinity ? undefined : { low, high };
  }
}
