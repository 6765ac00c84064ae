import { readFileSync } from "node:fs";

/** Memory of a process, in bytes. Source: proc(5), smaps. */
export interface Memory {
  readonly resident: number;
  /** Nobody else has it. */
  readonly private: number;
  /** With its share of what it has in common with others: the sum over processes is what a board has not free. */
  readonly proportional: number;
}

/** Below it lies what an emulated program has mapped; qemu's own code, heap and buffers are above (x86-64, qemu 7.2). */
const EMULATED_BELOW = 2 ** 46;
const KIB = 1_024;
const NONE: Memory = { resident: 0, private: 0, proportional: 0 };

/**
 * Adds up the mappings in the text of /proc/PID/smaps. @param emulated leaves out those that are qemu's own, so that
 * what is left is what the program would have on its own processor.
 */
export function memoryIn(smaps: string, emulated: boolean): Memory {
  let counts = false;
  let sum = NONE;
  for (const line of smaps.split("\n")) {
    const range = /^([0-9a-f]+)-[0-9a-f]+ /.exec(line);
    if (range !== null) counts = !emulated || Number.parseInt(range[1] ?? "", 16) < EMULATED_BELOW;
    const [, name, kib] = /^(\w+):\s+(\d+) kB$/.exec(line) ?? [];
    if (!counts || name === undefined) continue;
    const bytes = Number(kib) * KIB;
    if (name === "Rss") sum = { ...sum, resident: sum.resident + bytes };
    if (name === "Pss") sum = { ...sum, proportional: sum.proportional + bytes };
    if (name === "Private_Clean" || name === "Private_Dirty")
      sum = { ...sum, private: sum.private + bytes };
  }
  return sum;
}

/** Memory of the processes together. */
export function memoryOf(pids: readonly number[], emulated: boolean): Memory {
  const each = pids.map((pid) => memoryIn(readFileSync(`/proc/${pid}/smaps`, "utf8"), emulated));
  return each.reduce(
    (sum, one) => ({
      resident: sum.resident + one.resident,
      private: sum.private + one.private,
      proportional: sum.proportional + one.proportional,
    }),
    NONE,
  );
}

/** What the processes have had written to a disk so far, in bytes. Source: proc(5), io. */
export function writtenBytes(pids: readonly number[]): number {
  const bytesOf = (pid: number): number =>
    Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
  return pids.reduce((sum, pid) => sum + bytesOf(pid), 0);
}
