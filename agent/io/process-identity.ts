import { readFileSync } from "node:fs";

/** Which process: a number alone is given to another process some day. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the system did; field 22 of proc(5)'s stat. */
  readonly startTicks: string;
  /** Which start of the system. */
  readonly bootId: string;
}

const STAT_STATE = 0;
const STAT_START_TICKS = 19;

/** The identity of process `pid`; undefined when there is none, or not on Linux. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const fields = statOf(pid);
  const startTicks = fields?.[STAT_START_TICKS];
  // A zombie runs no more: only its parent has not asked yet how it ended.
  if (startTicks === undefined || /[ZX]/.test(fields?.[STAT_STATE] ?? "")) return undefined;
  return { pid, startTicks, bootId: bootId() };
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** The fields after the name, which may hold spaces and brackets. */
function statOf(pid: number): readonly string[] | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function bootId(): string {
  return textOf("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
