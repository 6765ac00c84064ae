import type { Activity } from "../core/activity.ts";

/** Most tasks that wait for one component; beyond it new ones are dropped and counted. */
export const MAILBOX_TASKS_MAX = 10_000;

/** One handler to run. */
export type Task = () => void | Promise<void>;

/**
 * Runs the handlers of one component: one at a time, each to its end, in the order they came.
 * A handler that throws is a bug: `failed` is told once, and nothing runs afterwards.
 */
export class Mailbox {
  readonly #activity: Activity;
  readonly #failed: (error: unknown) => void;
  readonly #waiting: Task[] = [];
  #running = false;
  #closed = false;
  #idle: (() => void)[] = [];
  /** Tasks refused because the mailbox was full. */
  droppedCount = 0;

  constructor(activity: Activity, failed: (error: unknown) => void) {
    this.#activity = activity;
    this.#failed = failed;
  }

  /** Queues `task`; false when it was dropped because the mailbox is full or closed. */
  post(task: Task): boolean {
    if (this.#closed) return false;
    if (this.#waiting.length >= MAILBOX_TASKS_MAX) {
      this.droppedCount += 1;
      return false;
    }
    this.#activity.begin();
    this.#waiting.push(task);
    if (!this.#running) void this.#run();
    return true;
  }

  /** Queues `task` and resolves with its result; undefined when it was dropped. */
  async ask<T>(task: () => T | Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const taken = this.post(async () => resolve(await task()));
      if (!taken) resolve(undefined);
    });
  }

  /** Takes no more tasks, lets the running one end, forgets those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetWaiting();
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #forgetWaiting(): void {
    const forgottenCount = this.#waiting.splice(0).length;
    for (let each = 0; each < forgottenCount; each += 1) this.#activity.end();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let task = this.#waiting.shift(); task !== undefined; task = this.#waiting.shift()) {
      try {
        await task();
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
