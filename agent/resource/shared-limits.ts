import type { Limits, ProcessLimits } from "../core/resources.ts";

/**
 * The limits of a process in which actors with these limits live together: what each may use, added up; the
 * longest interval; hard when all are. A resource that one of them may use without limit is not limited: nobody
 * can tell who used it.
 */
export function sharedLimits(each: readonly Limits[]): ProcessLimits {
  const cpus = each.map(({ cpu }) => cpu).filter((cpu) => cpu !== undefined);
  const memories = each.map(({ memory }) => memory).filter((memory) => memory !== undefined);
  const isCpuLimited = each.length > 0 && cpus.length === each.length;
  const isMemoryLimited = each.length > 0 && memories.length === each.length;
  const intervalsMs = cpus.map(({ intervalMs }) => intervalMs).filter((ms) => ms !== null);
  return {
    ...(isCpuLimited && {
      cpu: {
        percent: cpus.reduce((sum, { percent }) => sum + percent, 0),
        isHard: cpus.every(({ isHard }) => isHard),
        intervalMs: intervalsMs.length === 0 ? null : Math.max(...intervalsMs),
      },
    }),
    ...(isMemoryLimited && {
      memory: { bytes: memories.reduce((sum, { bytes }) => sum + bytes, 0) },
    }),
  };
}
