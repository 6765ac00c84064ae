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
    signal.addEventListener("abort", finish);
  });
}
