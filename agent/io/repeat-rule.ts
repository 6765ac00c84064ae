import type { LogLevel } from "../core/log.ts";

/** A fault that repeats is kept so often in a window; the rest is counted. */
const PER_WINDOW_MAX = 20;
const WINDOW_US = 10_000_000;
/** Kinds of faults in mind at a time; the oldest is forgotten. */
const KINDS_MAX = 200;

interface Kind {
  sinceUtcUs: number;
  count: number;
}

/** Which faults are kept when they come again and again: a broken sensor must not wear out the disk. Pure. */
export class RepeatRule {
  readonly #kinds = new Map<string, Kind>();

  /**
   * Whether a line is kept; `suppressedCount`: so many of its kind were not, in the window before it.
   * Lines below warnings are kept always: who writes them means them.
   */
  heard(
    level: LogLevel,
    event: string,
    utcUs: number,
  ): { readonly keeps: boolean; readonly suppressedCount: number } {
    if (level === "debug" || level === "info") return { keeps: true, suppressedCount: 0 };
    const kind = this.#kinds.get(event);
    if (kind === undefined || Math.abs(utcUs - kind.sinceUtcUs) >= WINDOW_US) {
      const suppressedCount = Math.max(0, (kind?.count ?? 0) - PER_WINDOW_MAX);
      this.#kinds.delete(event);
      this.#kinds.set(event, { sinceUtcUs: utcUs, count: 1 });
      const [oldest] = this.#kinds.keys();
      if (this.#kinds.size > KINDS_MAX && oldest !== undefined) this.#kinds.delete(oldest);
      return { keeps: true, suppressedCount };
    }
    kind.count += 1;
    return { keeps: kind.count <= PER_WINDOW_MAX, suppressedCount: 0 };
  }
}
