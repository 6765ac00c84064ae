import type { Facts, LogLevel } from "./log.ts";

/** One line that a program of this board has logged. */
export interface LogLine {
  /** Cluster time at which it was written, in µs. */
  readonly utcUs: number;
  readonly level: LogLevel;
  /** Who wrote it, such as "feeder1/prosumer101". */
  readonly program: string;
  readonly event: string;
  readonly facts: Facts;
}

/** Where to go on reading, and how far. */
export interface LogQuery {
  /** As an earlier batch gave it; "": from the oldest line on. */
  readonly cursor: string;
  /** Most lines of the batch. */
  readonly linesMax: number;
}

/** Lines of all programs, by time as far as each program wrote them by time. */
export interface LogBatch {
  readonly lines: readonly LogLine[];
  /** Where the next batch begins: no line is in two batches, and none between two is missed. */
  readonly cursor: string;
  /** Whether there were more lines than the batch could hold. */
  readonly isMore: boolean;
  /** Whether lines after the query's cursor were given up already, to keep the history bounded. */
  readonly hasGap: boolean;
}

/**
 * What the programs of this board have logged: bounded, and kept when they end. Bodies: agent/io (files that
 * take turns) and agent/sim.
 */
export interface LogHistory {
  read(query: LogQuery): Promise<LogBatch>;
}
