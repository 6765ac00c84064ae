import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ipBatch, mustRun } from "./tools.ts";

const NAMESPACES = "/run/netns";
/** prefix.pid.start.count: of a process; see `ownPrefix`. */
const OWNED = /^hg\.(\d+)\.(\d+)\.\d+\./;
/** What starts programs may start one more between two looks; together four seconds. */
const KILLS_MAX = 200;
const KILL_PAUSE_MS = 20;

let count = 0;

/**
 * A prefix for the namespaces of one more testbed of this process. It names the process by its id and its start, for
 * ids come again: so whoever finds the namespaces knows whether anybody still wants them.
 */
export function ownPrefix(): string {
  count += 1;
  return `hg.${process.pid}.${startOf(process.pid) ?? 0}.${count}`;
}

/** Removes what testbeds of processes that are dead have left: their namespaces and whatever runs there. */
export async function sweepStale(): Promise<readonly string[]> {
  const stale = existingNamespaces().filter((name) => {
    const [, pid, start] = OWNED.exec(name) ?? [];
    return pid !== undefined && startOf(Number(pid)) !== start;
  });
  await removeNamespaces(stale);
  return stale;
}

/** Names of the network namespaces of this machine. */
export function existingNamespaces(): readonly string[] {
  try {
    return readdirSync(NAMESPACES);
  } catch {
    // Nobody has made any since the machine started.
    return [];
  }
}

/** Removes namespaces and ends by kill -9 all that runs in them; those that are gone already are left out. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  const there = new Set(existingNamespaces());
  const known = names.filter((name) => there.has(name));
  if (known.length === 0) return;
  for (const name of known) await killWithin(name);
  // Another sweeper may be faster.
  await ipBatch(
    known.map((name) => `netns delete ${name}`),
    undefined,
    { force: true },
  );
}

/**
 * Ends by kill -9 all that runs in a namespace, and resolves when it has ended: whoever made the namespace is the
 * one who started that. @throws Error when something does not end.
 */
export async function killWithin(namespace: string): Promise<void> {
  for (let attempt = 0; attempt < KILLS_MAX; attempt += 1) {
    const pids = await pidsWithin(namespace);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await sleep(KILL_PAUSE_MS);
  }
  throw new Error(`something in ${namespace} does not end`);
}

/** The processes in a namespace. */
export async function pidsWithin(namespace: string): Promise<readonly number[]> {
  const listed = await mustRun("ip", ["netns", "pids", namespace]);
  return listed.split("\n").filter(Boolean).map(Number);
}

/** When a process started, in ticks since the machine did; undefined when it is dead. Source: proc(5), stat. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may hold anything; after it comes the state, the third.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
