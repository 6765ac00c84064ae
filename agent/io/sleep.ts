import { setMaxListeners } from "node:events";

/** Resolves after `durationMs` (at most 2^31 - 1) or when `signal` aborts; the timer is then gone. */
export function sleepMs(durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.ceil(durationMs));
    onAbort(signal, finish);
  });
}

/** Calls `listener` when `signal` aborts. One signal stops all of a program: many listen, and that is no leak. */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener);
}

/** Node takes no longer timer. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Resolves after `durationMs` of any length, never early, or when `signal` aborts. */
export async function monotonicSleep(durationMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + durationMs;
  // A timer may fire a fraction of a millisecond early.
  for (let leftMs = durationMs; leftMs > 0 && !signal.aborted; leftMs = untilMs - performance.now())
    await sleepMs(Math.min(leftMs, TIMER_MS_MAX), signal);
}
