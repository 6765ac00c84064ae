/** One command of `hedgerow`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Runs it with the words after its name; resolves with the exit status. */
  readonly run: (words: readonly string[], terminal: Terminal) => Promise<number>;
}

/** Where a command writes, and how a person stops it. */
export interface Terminal {
  /** The result. */
  readonly out: NodeJS.WritableStream;
  /** Progress, warnings, errors. */
  readonly err: NodeJS.WritableStream;
  /** Whether `err` can redraw a line. */
  readonly isTty: boolean;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Exit statuses: as shells and sysexits.h have them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What a command could not do, as the person can do something about: told without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A mistake in the command's words: told in one line, with what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
