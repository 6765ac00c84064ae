import { EdgeFilter } from "./edge-filter.ts";
import type { Root } from "./reference-rule.ts";
import type { Span } from "./span.ts";
import type { SourceReading, TimeSource } from "./time-source.ts";

/** A source that was not read for so long has nothing to say, in µs. */
const STALE_US_MAX = 20_000_000;

interface Entry {
  readonly kind: TimeSource["kind"];
  readonly filter: EdgeFilter;
  last: SourceReading | undefined;
}

/** What one source says. */
export interface SourceSpan {
  readonly kind: TimeSource["kind"];
  readonly reading: SourceReading;
  readonly span: Span;
}

/** What the board's own sources have said. Pure. */
export class SourceTable {
  readonly #baseUs: number;
  #sinceUs = -Infinity;
  readonly #entries = new Map<string, Entry>();

  constructor(baseUs: number) {
    this.#baseUs = baseUs;
  }

  read({ name, kind }: Pick<TimeSource, "name" | "kind">, reading: SourceReading): void {
    if (reading.atMonotonicUs < this.#sinceUs) return;
    const entry = this.#entries.get(name) ?? { kind, filter: new EdgeFilter(), last: undefined };
    this.#entries.set(name, entry);
    entry.last = reading;
    const { atMonotonicUs, utcUs, boundUs } = reading;
    const theta = utcUs - this.#baseUs - atMonotonicUs;
    entry.filter.low(atMonotonicUs, theta - boundUs);
    entry.filter.high(atMonotonicUs, theta + boundUs);
  }

  /** All that have something to say. */
  spansAt(atUs: number, rates: Span): readonly SourceSpan[] {
    const spans: SourceSpan[] = [];
    for (const { kind, filter, last } of this.#entries.values()) {
      if (last === undefined || atUs - last.atMonotonicUs > STALE_US_MAX) continue;
      const span = filter.spanAt(atUs, rates);
      if (span !== undefined) spans.push({ kind, reading: last, span });
    }
    return spans;
  }

  /** The one to be named: of the lowest stratum. */
  best(spans: readonly SourceSpan[]): Pick<Root, "source" | "stratum" | "leapSeconds"> | undefined {
    let best: SourceSpan | undefined;
    for (const each of spans)
      if (best === undefined || each.reading.stratum < best.reading.stratum) best = each;
    if (best === undefined) return undefined;
    const { stratum, leapSeconds = 0 } = best.reading;
    return { source: best.kind, stratum, leapSeconds };
  }

  /** Nothing that was read before `atUs` counts any more. */
  forget(atUs: number): void {
    this.#sinceUs = atUs;
    for (const entry of this.#entries.values()) {
      entry.filter.forget();
      entry.last = undefined;
    }
  }
}
