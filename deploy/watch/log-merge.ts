import type { LogLine } from "../../agent/core/log-history.ts";

/** What an agent's method `logs` answers. */
export interface LogAnswer {
  readonly utcUs: number;
  readonly lines: readonly LogLine[];
  readonly cursor: string;
  readonly isMore: boolean;
  readonly hasGap: boolean;
}

/** A line, and where it is from. */
export interface BoardLine extends LogLine {
  readonly board: string;
}

/** A line may be on its way to the disk for so long after its time was taken, in µs. */
const WRITING_US_MAX = 100_000;
/** Lines held back; beyond it the oldest go out, whatever else may come. */
const HELD_MAX = 50_000;

interface Source {
  cursor: string;
  /** No line of this board that is older will come. */
  knownUntilUtcUs: number;
  isHeard: boolean;
}

/**
 * Puts the logs of boards into one order, that of cluster time. A line goes out when every board that
 * answers has told all that is older; the lines of a board that was away come when it is back. Pure.
 */
export class LogMerge {
  readonly #sources = new Map<string, Source>();
  #held: BoardLine[] = [];

  /** Where to go on with a board. */
  cursorOf(board: string): string {
    return this.#sources.get(board)?.cursor ?? "";
  }

  /** A board has answered. */
  heard(board: string, { utcUs, lines, cursor, isMore }: LogAnswer): void {
    const lastUtcUs = lines.at(-1)?.utcUs;
    const knownUntilUtcUs = isMore ? (lastUtcUs ?? -Infinity) : utcUs - WRITING_US_MAX;
    this.#sources.set(board, { cursor, knownUntilUtcUs, isHeard: true });
    this.#held.push(...lines.map((line) => ({ ...line, board })));
  }

  /** A board did not answer: nobody waits for it. */
  silent(board: string): void {
    const source = this.#sources.get(board);
    if (source !== undefined) source.isHeard = false;
  }

  /** The lines that may go out, in order; all of them when nothing more is asked for. */
  take(isLast = false): readonly BoardLine[] {
    const heard = [...this.#sources.values()].filter(({ isHeard }) => isHeard);
    const known = heard.map(({ knownUntilUtcUs }) => knownUntilUtcUs);
    const untilUtcUs = isLast ? Infinity : Math.min(Infinity, ...known);
    // Stable: lines of one moment and board keep their order.
    this.#held.sort((one, other) => one.utcUs - other.utcUs);
    const found = this.#held.findIndex(({ utcUs }) => utcUs > untilUtcUs);
    const ready = found < 0 ? this.#held.length : found;
    return this.#held.splice(0, Math.max(ready, this.#held.length - HELD_MAX));
  }
}
