import type { Activity } from "../core/activity.ts";

/** Most tasks that wait for one component; beyond it new ones are dropped and counted. */
export const MAILBOX_TASKS_MAX = 10_000;

/** One handler to run. */
export type Task = () => void | Promise<void>;

interface Waiting {
  readonly task: Task;
  /** Called instead of the task when it will never run. */
  readonly forgotten: () => void;
}

const nobody = (): void => undefined;

/**
 * Runs the handlers of one component: one at a time, each to its end, in the order they came, and none
 * before `start`.
 * A handler that throws is a bug: `failed` is told once, and nothing runs afterwards.
 */
export class Mailbox {
  readonly #activity: Activity;
  readonly #failed: (error: unknown) => void;
  readonly #waiting: Waiting[] = [];
  #started = false;
  #running = false;
  #closed = false;
  #idle: (() => void)[] = [];
  /** Tasks refused because the mailbox was full. */
  droppedCount = 0;

  constructor(activity: Activity, failed: (error: unknown) => void) {
    this.#activity = activity;
    this.#failed = failed;
  }

  /** Runs `first`, then what was queued before, then what comes. */
  start(first: Task): void {
    this.#started = true;
    if (this.#closed) return;
    this.#activity.begin();
    this.#waiting.unshift({ task: first, forgotten: nobody });
    if (!this.#running) void this.#run();
  }

  /** Queues `task`; false when it was dropped because the mailbox is full or closed. */
  post(task: Task): boolean {
    if (!this.#closed && this.#waiting.length >= MAILBOX_TASKS_MAX) {
      this.droppedCount += 1;
      return false;
    }
    return this.#queue({ task, forgotten: nobody });
  }

  /**
   * Queues `task` and resolves when it has run to its end, or never will: the mailbox was closed, or
   * a task threw. For tasks whose number the caller bounds: a full mailbox takes them too.
   */
  ask(task: Task): Promise<"done" | "never"> {
    return new Promise((resolve) => {
      const forgotten = (): void => resolve("never");
      const waiting: Waiting = {
        async task() {
          try {
            await task();
          } catch (error) {
            forgotten();
            throw error;
          }
          resolve("done");
        },
        forgotten,
      };
      if (!this.#queue(waiting)) forgotten();
    });
  }

  #queue(waiting: Waiting): boolean {
    if (this.#closed) return false;
    this.#activity.begin();
    this.#waiting.push(waiting);
    if (this.#started && !this.#running) void this.#run();
    return true;
  }

  /** Takes no more tasks, lets the running one end, forgets those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetWaiting();
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #forgetWaiting(): void {
    for (const { forgotten } of this.#waiting.splice(0)) {
      forgotten();
      this.#activity.end();
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        await next.task();
      } catch (error) {
        this.#closed = true;
        this.#forgetWaiting();
        this.#failed(error);
      }
      this.#activity.end();
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
