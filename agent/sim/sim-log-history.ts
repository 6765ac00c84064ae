import type { LogBatch, LogHistory, LogLine, LogQuery } from "../core/log-history.ts";

/** Most lines of one host; older ones are given up. */
const LINES_MAX = 10_000;

/** What the programs of one host have logged, debug lines left out; a cursor is how many came before. */
export class SimLogHistory implements LogHistory {
  #lines: LogLine[] = [];
  #givenUpCount = 0;

  /** Takes a line in. */
  add(line: LogLine): void {
    if (line.level === "debug") return;
    this.#lines.push(line);
    if (this.#lines.length < 2 * LINES_MAX) return;
    this.#lines = this.#lines.slice(LINES_MAX);
    this.#givenUpCount += LINES_MAX;
  }

  read({ cursor, linesMax }: LogQuery): Promise<LogBatch> {
    const wanted = /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
    const from = Math.max(0, wanted - this.#givenUpCount);
    const lines = this.#lines.slice(from, from + linesMax);
    return Promise.resolve({
      lines,
      cursor: String(this.#givenUpCount + from + lines.length),
      isMore: from + lines.length < this.#lines.length,
      hasGap: wanted > 0 && wanted < this.#givenUpCount,
    });
  }
}
