import type { Clock } from "../core/clock.ts";
import { AuthorityRule } from "./authority-rule.ts";
import type { Steps } from "./logical-clock.ts";
import type { TimeTree } from "./time-tree.ts";

/**
 * Cluster time of a tree of processes as steps: rest is what two waves through the tree agree on.
 * @param clock real time, for the grace that copies to dead processes have
 */
export function treeSteps(
  tree: TimeTree,
  clock: Pick<Clock, "monotonicMs">,
  startUtcUs: number,
): Steps {
  const rule = new AuthorityRule();
  let utcUs = startUtcUs;
  let wave = 0;
  return {
    get utcUs() {
      return utcUs;
    },
    async rest(signal) {
      const isStopped = (): boolean => signal.aborted;
      while (!isStopped()) {
        wave += 1;
        const report = await unlessAborted(tree.ask(wave, utcUs), signal);
        if (report === undefined) return undefined;
        const verdict = rule.judge(report, clock.monotonicMs());
        if (verdict.kind !== "again")
          return verdict.kind === "asleep" ? undefined : verdict.toUtcUs;
      }
      return undefined;
    },
    moveTo(nextUtcUs) {
      // The next wave carries it down the tree.
      utcUs = nextUtcUs;
      return Promise.resolve();
    },
  };
}

/** What `work` gives, or undefined when `signal` aborts first: a process may be busy for ever. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
