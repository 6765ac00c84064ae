import type { Clock } from "../core/clock.ts";
import { AuthorityRule } from "./authority-rule.ts";
import type { TimeTree } from "./time-tree.ts";

const US_PER_MS = 1_000;

/** How logical time runs. */
export interface TimeAuthorityOptions {
  readonly startUtcUs: number;
  /** Cluster time goes no further; the authority then ends. */
  readonly endUtcUs: number;
  /** Cluster seconds per real second at most; undefined: as fast as the work allows. */
  readonly speed?: number;
  /** Told before cluster time moves on to an instant. */
  readonly advanced?: (utcUs: number) => void;
}

/**
 * Drives the cluster time of a tree of processes: from one instant that somebody waits for to the
 * next, each time only when nobody has work left at the one before.
 *
 * Resolves with the instant reached: `endUtcUs`, or earlier when `signal` aborts or nobody waits for
 * anything any more.
 */
export async function runTimeAuthority(
  tree: TimeTree,
  clock: Clock,
  options: TimeAuthorityOptions,
  signal: AbortSignal,
): Promise<number> {
  const { startUtcUs, endUtcUs, speed, advanced } = options;
  const rule = new AuthorityRule();
  const startMs = clock.monotonicMs();
  let utcUs = startUtcUs;
  const isStopped = (): boolean => signal.aborted;
  for (let wave = 1; !isStopped(); wave += 1) {
    const report = await unlessAborted(tree.ask(wave, utcUs), signal);
    if (report === undefined) break;
    const verdict = rule.judge(report, clock.monotonicMs());
    if (verdict.kind === "again") continue;
    if (verdict.kind === "asleep") break;
    if (verdict.toUtcUs > endUtcUs) return endUtcUs;
    const nextUtcUs = Math.max(utcUs, verdict.toUtcUs);
    if (speed !== undefined) {
      const dueMs = startMs + (nextUtcUs - startUtcUs) / US_PER_MS / speed;
      await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), signal);
      if (isStopped()) break;
    }
    utcUs = nextUtcUs;
    advanced?.(utcUs);
  }
  return utcUs;
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
