const hooksOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `hook` when `signal` aborts; the returned function takes it back.
 * One listener per signal, however many wait for it: one signal stops all of a program.
 */
export function onAbort(signal: AbortSignal, hook: () => void): () => void {
  let hooks = hooksOf.get(signal);
  if (hooks === undefined) {
    const added = new Set<() => void>();
    signal.addEventListener("abort", () => {
      for (const each of [...added]) each();
    });
    hooksOf.set(signal, added);
    hooks = added;
  }
  const set = hooks;
  set.add(hook);
  return () => set.delete(hook);
}
