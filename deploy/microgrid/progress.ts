import type { DayProgress } from "./record-chain.ts";
import { clockText, kwhText, shortText, wholeText } from "./report-format.ts";

/** Where progress is shown, and of what. */
export interface ProgressOptions {
  /** Writes to the screen or the log. */
  readonly write: (text: string) => void;
  /** A terminal gets one line that is redrawn, anything else a line every few intervals. */
  readonly isTerminal: boolean;
  /** Width of the terminal, default 80. */
  readonly columns?: number;
  readonly intervalS: number;
  readonly intervalCount: number;
  /** Intervals between plain lines, default 8. */
  readonly plainIntervals?: number;
}

const BAR_CELLS = 20;
const CLEAR_TO_END = "\u001b[K";
const DEFAULT_COLUMNS = 80;
const DEFAULT_PLAIN_INTERVALS = 8;

/** Shows how far the day is whenever it is told; it has no timer of its own. */
export class ProgressDisplay {
  readonly #options: ProgressOptions;
  #lastLine = "";
  #lastPlain = -1;
  #actorsAlive: number | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** `actorsAlive`: left out, the number told last stays. */
  show(progress: DayProgress, actorsAlive?: number): void {
    this.#actorsAlive = actorsAlive ?? this.#actorsAlive;
    const { isTerminal, write, plainIntervals = DEFAULT_PLAIN_INTERVALS } = this.#options;
    const line = this.#line(progress);
    if (isTerminal) {
      if (line !== this.#lastLine) write(`\r${line}${CLEAR_TO_END}`);
    } else {
      const step = Math.floor(progress.finalIntervals / plainIntervals);
      const isNews = step > this.#lastPlain;
      if (isNews) write(`${line}\n`);
      this.#lastPlain = Math.max(step, this.#lastPlain);
      if (isNews) this.#lastLine = line;
      return;
    }
    this.#lastLine = line;
  }

  /** Leaves the line as it is and begins a new one. */
  end(): void {
    if (this.#options.isTerminal && this.#lastLine !== "") this.#options.write("\n");
    this.#lastLine = "";
  }

  #line(progress: DayProgress): string {
    const { intervalS, intervalCount, isTerminal, columns = DEFAULT_COLUMNS } = this.#options;
    const { finalIntervals, tradedWh, offerCount, transactionCount, refusedCount } = progress;
    const share = Math.min(1, finalIntervals / intervalCount);
    const parts = [
      `${wholeText(100 * share)} %`.padStart(5),
      `${kwhText(tradedWh)} kWh traded`,
      `${wholeText(offerCount)} offers`,
      `${wholeText(transactionCount)} tx${refusedCount > 0 ? ` (${wholeText(refusedCount)} refused)` : ""}`,
      `${shortText(progress.gasUsed)} gas`,
      ...(this.#actorsAlive === undefined ? [] : [`${wholeText(this.#actorsAlive)} actors`]),
    ];
    const clock = clockText(finalIntervals, intervalS);
    if (!isTerminal) return `${clock} ${parts.join("  ")}`;
    // One column stays free: a full line would wrap, and could not be redrawn.
    const text = parts.join("  ");
    const barCells = Math.min(BAR_CELLS, columns - 1 - clock.length - 3 - text.length);
    const bar = barCells < 5 ? "" : `${barText(share, barCells)} `;
    return `${clock} ${bar}${text}`.slice(0, columns - 1);
  }
}

function barText(share: number, cells: number): string {
  const full = Math.round(share * cells);
  return `${"█".repeat(full)}${"░".repeat(cells - full)}`;
}
