import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { benchWorld } from "../bench/bench-world.ts";
import { median } from "../bench/figures.ts";
import { actorRound } from "../bench/messages.ts";
import type { AgentReport } from "./flood-child.ts";
import { type Part, type Row, say } from "./report.ts";

const CHILD = join(import.meta.dirname, "flood-child.js");
const HOSTS = ["127.0.0.2", "127.0.0.3"] as const;
/** Where nobody is: what the flooder itself costs the machine. */
const NOBODY = "127.0.0.8:9";
/** The Ethernet of a BeagleBone: 100 Mbit/s, in bytes a second. */
const LINE_BYTES_PER_SECOND = 12_500_000;
const BEACON_UDP_PORT = 15_691;

/** How much is measured; see MessageCounts. */
export const FLOOD_SIZES = {
  small: { burstCount: 10_000, roundCount: 1 },
  full: { burstCount: 100_000, roundCount: 5 },
} as const;

type Flood = "none" | "nobody" | "agents";

/** Messages between two actors, while one address sends garbage at line rate to the boards' agents, and without. */
export async function nightFlood(sizes: {
  readonly burstCount: number;
  readonly roundCount: number;
}): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), "flood-"));
  const agents: ChildProcess[] = [];
  try {
    for (const host of HOSTS) {
      mkdirSync(join(folder, host), { recursive: true });
      agents.push(fork(CHILD, ["agent", host, String(BEACON_UDP_PORT), folder]));
    }
    const [targets] = await Promise.all([
      Promise.all(agents.map((agent) => heard<string>(agent, "address"))),
      Promise.all(agents.map(knowsBoth)),
    ]);
    const rates: Record<Flood, number[]> = { none: [], nobody: [], agents: [] };
    let sentPerSecond = 0;
    for (let round = 0; round < sizes.roundCount; round += 1)
      for (const flood of ["none", "nobody", "agents"] as const) {
        say("flood", `round ${round + 1} of ${sizes.roundCount}, garbage for ${flood}`);
        const aim = flood === "agents" ? targets.join() : NOBODY;
        const { perSecond, sentRate } = await exchange(folder, flood === "none" ? "" : aim, sizes);
        rates[flood].push(perSecond);
        if (flood === "agents") sentPerSecond = sentRate;
      }
    const reports = await Promise.all(agents.map(reportOf));
    return part(rates, reports, sentPerSecond);
  } finally {
    for (const agent of agents) agent.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages a second between two actors while garbage flows to `aim`; "": none does. */
async function exchange(
  folder: string,
  aim: string,
  { burstCount }: { readonly burstCount: number },
): Promise<{ readonly perSecond: number; readonly sentRate: number }> {
  const rate = String(LINE_BYTES_PER_SECOND);
  const flooder = aim === "" ? undefined : fork(CHILD, ["flooder", aim, rate, folder]);
  const startMs = performance.now();
  try {
    const world = benchWorld("flood", {
      ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255", dataFolder: folder },
      reportTo: "parent",
    });
    const counts = { latencyCount: 100, burstCount, echoCount: 100, roundCount: 1 };
    const phases = await actorRound(world, 64, counts);
    const perSecond = Number(phases.get("burst")?.["perSecond"]);
    if (flooder === undefined) return { perSecond, sentRate: 0 };
    const sent = heard<number>(flooder, "sentCount");
    flooder.send({});
    const seconds = (performance.now() - startMs) / 1000;
    return { perSecond, sentRate: (await sent) / seconds };
  } finally {
    flooder?.kill();
  }
}

function part(
  rates: Readonly<Record<Flood, readonly number[]>>,
  reports: readonly AgentReport[],
  sentPerSecond: number,
): Part {
  const own = median(rates.nobody);
  const row = (name: string, flood: Flood): Row => ({
    while: name,
    "messages/s": Math.round(median(rates[flood])),
    "of that with nobody flooded %": (100 * median(rates[flood])) / own,
  });
  const lost = reports.flatMap(({ lostBoards }) =>
    lostBoards.filter((each) => HOSTS.includes(each as never)),
  );
  const refused = (name: string): number =>
    reports.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
  const names = ["malformed", "version", "oversized", "tooMany", "forged", "replayed"] as const;
  const refusals = names.map((name) => `${name} ${refused(`${name}Count`)}`).join(", ");
  return {
    title: `flood: two actors' messages beside ${Math.round(sentPerSecond)} datagrams of garbage a second; refused: ${refusals}`,
    rows: [
      row("no garbage", "none"),
      row("garbage for an address where nobody is", "nobody"),
      row("garbage for both agents", "agents"),
    ],
    isGood: median(rates.agents) >= 0.95 * own && lost.length === 0,
    goal: `less than 5 % lost to refusing it (of ${availableParallelism()} cores, the flooder takes its share too); agents that lost each other: ${lost.length}`,
  };
}

/** The next word of a child that has `key`. */
function heard<T>(child: ChildProcess, key: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const told = (message: unknown): void => {
      const value = (message as Record<string, unknown>)[key];
      if (value === undefined) return;
      child.off("message", told);
      resolve(value as T);
    };
    child.on("message", told);
    child.once("exit", (code) => reject(new Error(`a process of the flood ended: ${code}`)));
  });
}

async function knowsBoth(agent: ChildProcess): Promise<void> {
  let known: readonly string[] = [];
  while (known.length < HOSTS.length) known = await heard<readonly string[]>(agent, "knows");
}

async function reportOf(agent: ChildProcess): Promise<AgentReport> {
  const report = heard<AgentReport>(agent, "report");
  agent.send({});
  return await report;
}
