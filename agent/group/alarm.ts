/** Calls `fire` when the instant is reached that was set last; on either time, as `sleep` reads it. */
export class Alarm implements Disposable {
  readonly #sleep: (due: number, signal: AbortSignal) => Promise<void>;
  readonly #fire: () => void;
  #due = Number.POSITIVE_INFINITY;
  #armed: AbortController | undefined;
  #closed = false;

  constructor(sleep: (due: number, signal: AbortSignal) => Promise<void>, fire: () => void) {
    this.#sleep = sleep;
    this.#fire = fire;
  }

  /**
   * Fires at `due`, or at an earlier instant that was set before: whoever is woken looks what is due
   * and sets the alarm again. So what is put off again and again costs nothing.
   */
  set(due: number): void {
    if (this.#closed || due >= this.#due) return;
    this.#armed?.abort();
    const armed = new AbortController();
    this.#armed = armed;
    this.#due = due;
    void this.#wait(due, armed.signal);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#armed?.abort();
  }

  async #wait(due: number, signal: AbortSignal): Promise<void> {
    await this.#sleep(due, signal);
    if (signal.aborted) return;
    this.#due = Number.POSITIVE_INFINITY;
    this.#armed = undefined;
    this.#fire();
  }
}
