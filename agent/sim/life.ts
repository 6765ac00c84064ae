import type { Exit } from "../core/spawner.ts";

/**
 * Whether a program still lives. What it opened registers here, and is gone with it; its events are
 * passed over from then on, so nothing it waits for ever comes.
 */
export class Life {
  /** Host and program, for the transcript. */
  readonly name: string;
  /** How it ended; undefined while it lives. */
  exit: Exit | undefined;
  readonly #closers = new Set<() => void>();
  readonly #onEnd: (exit: Exit) => void;

  constructor(name: string, onEnd: (exit: Exit) => void) {
    this.name = name;
    this.#onEnd = onEnd;
  }

  get dead(): boolean {
    return this.exit !== undefined;
  }

  /** Calls `close` at the end; the returned function takes that back. */
  owns(close: () => void): () => void {
    this.#closers.add(close);
    return () => this.#closers.delete(close);
  }

  /** Ends it; the first end counts. */
  end(exit: Exit): void {
    if (this.dead) return;
    this.exit = exit;
    for (const close of [...this.#closers]) close();
    this.#closers.clear();
    this.#onEnd(exit);
  }

  /** Ends it for an error that it did not catch. */
  fail(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.end({ kind: "failed", reason });
  }
}
