/** How much a line of the log matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts that go with a log line. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** The log of one process: one event a line, with its facts. */
export interface Log {
  /** Writes one line; `event` is a stable name such as "actor-restarted". */
  write(level: LogLevel, event: string, facts: Facts): void;
}
