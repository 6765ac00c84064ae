const gate = new Int32Array(new SharedArrayBuffer(4));

/**
 * Stops this thread for `durationUs`, to some ten µs: nothing else of it runs meanwhile. The kernel waits for
 * it, so the processor is free for others. Source: ECMA-262, Atomics.wait; futex(2).
 */
export function holdThread(durationUs: number): void {
  Atomics.wait(gate, 0, 0, durationUs / 1_000);
}
