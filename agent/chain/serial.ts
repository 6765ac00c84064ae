/** Runs pieces of work one after the other, in the order in which they came. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();
  #waitingCount = 0;

  /** Pieces that run or wait. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Resolves or rejects as `work` does, once everything before it has ended. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let resolve = (): void => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#last = promise;
    this.#waitingCount += 1;
    await before;
    try {
      return await work();
    } finally {
      this.#waitingCount -= 1;
      resolve();
    }
  }
}
