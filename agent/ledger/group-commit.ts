import type { Clock } from "../core/clock.ts";
import type { Database, Writer } from "../core/store.ts";
import { deferred } from "../core/waiting.ts";

/** How long the first write of a group waits for others; the disk's flush costs as much or more. */
const GATHER_MS = 1;

interface Waiting {
  /** Runs the work and keeps its result. */
  run(writer: Writer): void;
  /** The transaction is durable. */
  done(): void;
  failed(error: unknown): void;
}

/**
 * Makes the writes of many accounts and readers durable in one transaction: one flush of the disk
 * for a hundred readers of the same event instead of a hundred.
 *
 * Invariants: work runs in the order of `commit`; a promise resolves only after its writes are on the
 * disk; work that throws spoils its own promise and nobody else's.
 */
export class GroupCommit implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  constructor(clock: Clock, database: Database) {
    this.#clock = clock;
    this.#database = database;
  }

  /** Runs `work` within the next transaction; resolves with its result when that is durable. */
  commit<T>(work: (writer: Writer) => T): Promise<T> {
    const durable = deferred<T>();
    let result: { readonly value: T } | undefined;
    this.#waiting.push({
      run(writer) {
        result = { value: work(writer) };
      },
      done() {
        if (result !== undefined) durable.resolve(result.value);
      },
      failed(error) {
        durable.reject(error);
      },
    });
    this.#flushing ??= this.#gatherAndFlush();
    return durable.promise;
  }

  /** Makes everything durable that was committed before; the database stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    while (this.#flushing !== undefined) await this.#flushing;
  }

  async #gatherAndFlush(): Promise<void> {
    await this.#clock.sleep(GATHER_MS, this.#closing.signal);
    const group = this.#waiting;
    this.#waiting = [];
    this.#flushing = undefined;
    if (!this.#tryTogether(group)) for (const one of group) this.#alone(one);
  }

  #tryTogether(group: readonly Waiting[]): boolean {
    if (group.length === 1) return false;
    try {
      this.#database.transact((writer) => {
        for (const one of group) one.run(writer);
      });
    } catch {
      // Nothing was written. Each alone finds out which of them it was.
      return false;
    }
    for (const one of group) one.done();
    return true;
  }

  #alone(one: Waiting): void {
    try {
      this.#database.transact((writer) => one.run(writer));
    } catch (error) {
      one.failed(error);
      return;
    }
    one.done();
  }
}
