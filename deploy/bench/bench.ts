import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchWorld } from "./bench-world.ts";
import { benchDiscovery } from "./discovery.ts";
import { type Figure, machineFacts, tableText } from "./figures.ts";
import { benchLedger } from "./ledger.ts";
import { benchMessages } from "./messages.ts";
import { benchPeers } from "./peers.ts";
import { benchProcesses } from "./processes.ts";
import { benchTimers } from "./timers.ts";

// npm run bench -- [--json] [--quick] [--only PART] [--plots FOLDER], a part being a name in BENCHES.
// Figures on stdout, progress on stderr; no verdict.

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    plots: { type: "string", default: "out" },
  },
});
const { quick } = values;
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const world = benchWorld("bench", {
  ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255" },
  ...{ dataFolder: folder, reportTo: "parent" },
});
const counts = quick
  ? { latencyCount: 500, burstCount: 20_000, echoCount: 500, roundCount: 1 }
  : { latencyCount: 3_000, burstCount: 100_000, echoCount: 3_000, roundCount: 5 };

const BENCHES: Readonly<Record<string, () => Promise<Figure[]>>> = {
  messages: () => benchMessages(world, counts),
  ledger: () => benchLedger(world, quick ? 200 : 2_000),
  day: async () => (await import("./day.ts")).benchDay(folder, quick),
  processes: () => benchProcesses(world, quick ? 3 : 9),
  soak: async () => (await import("./soak.ts")).benchSoak(quick),
  dht: async () => (await import("./dht.ts")).benchDht(quick),
  discovery: () => benchDiscovery(folder, quick ? 2 : 10),
  timers: () => benchTimers(quick ? 2 : 20),
  peers: () => benchPeers(quick ? 2 : 20),
  membership: async () => (await import("./membership.ts")).benchMembership(folder, quick),
  simulator: async () => (await import("./simulator.ts")).benchSimulator(quick),
  time: async () =>
    (await import("./time.ts")).benchTime(
      quick
        ? { runCount: 200, convergenceRunCount: 3, holdoverRunCount: 4 }
        : { runCount: 10_000, convergenceRunCount: 20, holdoverRunCount: 40 },
      values.plots,
    ),
  // Needs root: not among those that run when none is named.
  ...(values.only === "clocks"
    ? {
        clocks: async () => (await import("./time.ts")).benchClocks(quick ? 20 : 100, values.plots),
      }
    : {}),
  groups: async () =>
    (await import("./groups.ts")).benchGroups(
      quick
        ? { attackCount: 1_000, electionCount: 500 }
        : { attackCount: 10_000, electionCount: 5_000 },
    ),
};

const machine = machineFacts();
const figures: Figure[] = [];
try {
  for (const [name, bench] of Object.entries(BENCHES))
    if (values.only === undefined || values.only === name) figures.push(...(await bench()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const header = Object.entries(machine).map(([name, fact]) => `${name} ${fact}`);
process.stdout.write(
  values.json
    ? `${JSON.stringify({ machine, figures }, undefined, 2)}\n`
    : `${header.join(", ")}\n${tableText(figures)}`,
);
