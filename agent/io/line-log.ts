import type { Writable } from "node:stream";
import type { Clock } from "../core/clock.ts";
import type { Facts, Log, LogLevel } from "../core/log.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
/** Bytes that may wait for a slow reader of the log; further lines are dropped and counted. */
const BACKLOG_BYTES_MAX = 1024 * 1024;

/** What a log writes, and for whom. */
export interface LineLogOptions {
  /** Which program speaks. */
  readonly name: string;
  /** Where to, such as process.stderr. */
  readonly stream: Writable;
  /** Nothing below it is written; default "info". */
  readonly levelMin?: LogLevel;
  readonly clock: Pick<Clock, "utcUs">;
}

/** Writes each event as one line of JSON: utc, level, name, event, facts. */
export class LineLog implements Log {
  droppedCount = 0;
  readonly #options: LineLogOptions;
  readonly #rankMin: number;

  constructor(options: LineLogOptions) {
    this.#options = options;
    this.#rankMin = LEVELS.indexOf(options.levelMin ?? "info");
  }

  write(level: LogLevel, event: string, facts: Facts): void {
    if (LEVELS.indexOf(level) < this.#rankMin) return;
    const { name, stream, clock } = this.#options;
    if (stream.writableLength > BACKLOG_BYTES_MAX) {
      this.droppedCount += 1;
      return;
    }
    const utc = new Date(clock.utcUs() / 1000).toISOString();
    stream.write(`${JSON.stringify({ utc, level, name, event, facts })}\n`);
  }
}
