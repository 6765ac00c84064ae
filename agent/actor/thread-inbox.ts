import type { Activity } from "../core/activity.ts";
import { aborted } from "../core/waiting.ts";

/** Most messages that wait for a thread; more are dropped, counted, and told to its component. */
export const THREAD_MESSAGES_MAX = 1000;

/**
 * Whether a thread works: from its start, whenever it does not wait for time or for a message.
 * Logical time stands still meanwhile, also while it waits for anything else.
 */
export class WorkToken {
  readonly #activity: Activity;
  #isWorking = true;

  constructor(activity: Activity) {
    this.#activity = activity;
    activity.begin();
  }

  /** It waits from now on. */
  rest(): void {
    if (this.#isWorking) this.#activity.end();
    this.#isWorking = false;
  }

  /** It goes on. */
  resume(): void {
    if (!this.#isWorking) this.#activity.begin();
    this.#isWorking = true;
  }
}

/** What an inner thread is given of the rest of its program. */
export interface ThreadInboxParts {
  readonly work: WorkToken;
  readonly signal: AbortSignal;
  /** Told how many messages were dropped, when the thread takes the next one. */
  readonly lost: (count: number) => void;
}

/** The messages that wait for an inner thread, in order. */
export class ThreadInbox<D> {
  readonly #parts: ThreadInboxParts;
  readonly #waiting: D[] = [];
  readonly #wakers: (() => void)[] = [];
  #lostCount = 0;

  constructor(parts: ThreadInboxParts) {
    this.#parts = parts;
  }

  push(message: D): void {
    if (this.#waiting.length >= THREAD_MESSAGES_MAX) {
      this.#lostCount += 1;
      return;
    }
    this.#waiting.push(message);
    const wake = this.#wakers.shift();
    if (wake === undefined) return;
    this.#parts.work.resume();
    wake();
  }

  /** Yields what comes until the signal aborts, and then what had come before. */
  async *received(): AsyncGenerator<D, void, undefined> {
    const { work, signal, lost } = this.#parts;
    const end = aborted(signal);
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        if (this.#lostCount > 0) lost(this.#lostCount);
        this.#lostCount = 0;
        yield next;
      } else if (signal.aborted) {
        return;
      } else {
        const arrival = new Promise<void>((resolve) => this.#wakers.push(resolve));
        work.rest();
        await Promise.race([arrival, end]);
        work.resume();
      }
    }
  }
}
