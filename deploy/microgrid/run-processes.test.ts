// Goal: the day as real processes trades the optimum though programs are killed, and leaves nothing behind.
// Method: eleven agents, eight households, two solvers and the ledger on this machine; kill -9 in the middle.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ASSETS_FOLDER, tradedWh, UNSEEN, unlimitedOptimumWh, WHOLE_DAY } from "./day.fixture.ts";
import { runProcesses } from "./run-processes.ts";

/** Processes whose parent is this one. */
async function children(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (parent === String(process.pid)) found.push(pid);
  }
  return found;
}

describe("day as processes", function () {
  this.timeout(300_000);
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-day-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const base = (): Parameters<typeof runProcesses>[1] => ({
    ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255", levelMin: "error" },
    ...{ dataFolder: folder, assetsFolder: ASSETS_FOLDER },
  });

  it("trades the optimum though a solver, a household and the ledger are killed", async () => {
    const before = await children();
    const kills = [
      { program: "solver1", atMinute: 11 * 60 + 20 },
      { program: "prosumer102", atMinute: 11 * 60 + 40 },
      { program: "ledger", atMinute: 12 * 60 + 10 },
    ];
    const day = { ...WHOLE_DAY, firstInterval: 48, lastInterval: 51, prosumerCount: 8, kills };
    const started: number[] = [];
    const events = { ...UNSEEN, actorsActive: (count: number) => started.push(count) };
    const recorder = await runProcesses(day, base(), events, new AbortController().signal);
    assert.equal(tradedWh(recorder.facts.events, day), await unlimitedOptimumWh(day));
    // Eight households, two solvers and the operator were up; two of them died and came back.
    assert.equal(Math.max(...started), 11);
    assert.ok(started.lastIndexOf(10) > started.indexOf(11));
    assert.deepEqual(await children(), before);
  });

  it("ends everything it started when it is interrupted", async () => {
    const before = await children();
    const stop = new AbortController();
    const day = { ...WHOLE_DAY, prosumerCount: 6 };
    const events = {
      ...UNSEEN,
      actorsActive: (count: number) => {
        if (count >= 3) stop.abort();
      },
    };
    await runProcesses(day, base(), events, stop.signal);
    assert.ok(stop.signal.aborted);
    assert.deepEqual(await children(), before);
  });
});
