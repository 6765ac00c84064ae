import type { ResourceUsage } from "../core/resources.ts";
import { type KernelFiles, readIfThere, unlessRefused } from "./kernel-files.ts";

/** Ticks of the times in /proc, per second: on all of x86, arm and riscv. Source: time(7), USER_HZ. */
const TICKS_PER_S = 100;
/** No program has that many descendants; a bound on the work of one look. */
const PROCESSES_MAX = 256;

/**
 * What the process `pid` and its descendants use.
 *
 * Memory is anonymous and shared memory and what of it is swapped: files that were mapped or read can be read
 * again. Descendants that have ended count with their parent once it has waited for them.
 * Source: proc_pid_stat(5), proc_pid_status(5), proc_tid_children(5).
 */
export function familyUsage(files: KernelFiles, procFolder: string, pid: number): ResourceUsage {
  let ticks = 0;
  let memoryBytes = 0;
  for (const each of family(files, procFolder, pid)) {
    ticks += statOf(files, procFolder, each)?.ticks ?? 0;
    memoryBytes += memoryOf(readIfThere(files, `${procFolder}/${each}/status`) ?? "");
  }
  return { cpuMs: (ticks * 1000) / TICKS_PER_S, memoryBytes };
}

/**
 * When the process began, in ticks since the start of the system; undefined when it has ended. With its number
 * it names a process: numbers come again.
 */
export function startTickOf(
  files: KernelFiles,
  procFolder: string,
  pid: number,
): number | undefined {
  return statOf(files, procFolder, pid)?.startTick;
}

/** The process and its descendants, those that can be seen. */
export function family(files: KernelFiles, procFolder: string, pid: number): readonly number[] {
  const found = [pid];
  for (let at = 0; at < found.length && found.length < PROCESSES_MAX; at += 1) {
    const tasks = `${procFolder}/${found[at] ?? 0}/task`;
    for (const task of unlessRefused(() => files.list(tasks)) ?? []) {
      const children = readIfThere(files, `${tasks}/${task}/children`) ?? "";
      found.push(...children.split(" ").filter(Boolean).map(Number));
    }
  }
  return found;
}

interface Stat {
  readonly startTick: number;
  readonly ticks: number;
}

function statOf(files: KernelFiles, procFolder: string, pid: number): Stat | undefined {
  const text = readIfThere(files, `${procFolder}/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold anything. Field 3 comes after it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  // A process that has ended and was not waited for.
  if (fields[0] === "Z") return undefined;
  return { startTick: field(22), ticks: field(14) + field(15) + field(16) + field(17) };
}

function memoryOf(status: string): number {
  let bytes = 0;
  for (const [, kib] of status.matchAll(/^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm))
    bytes += Number(kib) * 1024;
  return bytes;
}
