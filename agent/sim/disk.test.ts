// Goal: whatever a disk does at whichever operation, a database opens again with whole transactions, all
// that were acknowledged among them; files lose or tear only what the system had not yet written.
// Method: one program that writes a database and a file; every operation of it fails, kills or tears in
// turn, until there is none left.
// Seed: 1, and 1 to 20 for torn files.
import assert from "node:assert/strict";
import type { Program } from "../core/program.ts";
import { bytes, never } from "../core/run-in-world.contract.ts";
import { DiskError, type DiskFate } from "./sim-disk.ts";
import { Simulation } from "./simulation.ts";

const ROUND_COUNT = 6;

/** Writes two rows in every round, tells of it, and writes a line into a file. */
const diligent: Program = async ({ store, files, clock }, _options, parent) => {
  await using database = await store.open("d");
  await using file = await files.create("log");
  for (let round = 1; round <= ROUND_COUNT; round += 1) {
    const before = database.get("left", bytes(0))?.[0] ?? 0;
    database.transact((writer) => {
      writer.put("left", bytes(0), bytes(before + 1));
      writer.put("right", bytes(0), bytes(before + 1));
    });
    parent.send(before + 1);
    await file.write(new Uint8Array(10).fill(round));
    await clock.sleep(1_000, never);
  }
};

async function fileOf(sim: Simulation): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of sim.host("a").openWorld("r").files.read("log")) all.push(...piece);
  return all;
}

interface Outcome {
  readonly end: string;
  readonly acknowledged: number;
  readonly left: number;
  readonly right: number;
  readonly operationCount: number;
}

async function run(fate: DiskFate, at: number): Promise<Outcome> {
  const sim = new Simulation({ seed: 1, programs: { diligent } });
  const { disk } = sim.host("a");
  disk.operationFault = (_operation, number) => (number === at ? fate : "done");
  const child = sim.host("a").start({ program: "diligent", name: "p", options: 0 });
  let acknowledged = 0;
  child.channel.receive((round) => (acknowledged = Number(round)));
  await sim.runToIdle();
  const { operationCount } = disk;
  disk.operationFault = () => "done";
  await using database = await sim.host("a").openWorld("r").store.open("d");
  const of = (table: string): number => database.get(table, bytes(0))?.[0] ?? 0;
  const { reason } = await child.exited;
  return { end: reason, acknowledged, left: of("left"), right: of("right"), operationCount };
}

describe("simulated disks", function () {
  this.timeout(30_000);
  for (const fate of ["fail", "kill-before", "kill-after", "tear"] as const)
    it(`whole transactions stay, all that were acknowledged: ${fate} at every operation`, async () => {
      const ends = new Set<string>();
      let at = 0;
      for (;;) {
        at += 1;
        const { end, acknowledged, left, right, operationCount } = await run(fate, at);
        if (at > operationCount) break;
        assert.equal(left, right, `a torn transaction at operation ${at}`);
        // What was done just before a kill may not have been told any more.
        assert(left === acknowledged || left === acknowledged + 1, `${left} of ${acknowledged}`);
        if (fate !== "kill-after") assert.equal(left, acknowledged);
        ends.add(/(open|read|transact|create|write|close)/.exec(end)?.[0] ?? end);
      }
      assert.deepEqual([...ends].sort(), ["close", "create", "open", "read", "transact", "write"]);
      assert.equal(at - 1, 3 + 3 * ROUND_COUNT);
    });

  it("full and read-only disks refuse writes, can be read, and serve again when that is over", async () => {
    const sim = new Simulation({ seed: 1 });
    const { disk } = sim.host("a");
    const { store, files } = sim.host("a").openWorld("w");
    await using database = await store.open("d");
    await using file = await files.create("f");
    const put = (): void => database.transact((writer) => writer.put("t", bytes(1), bytes(1)));
    put();
    for (const [state, code] of [
      ["isFull", "ENOSPC"],
      ["isReadOnly", "EROFS"],
    ] as const) {
      disk[state] = true;
      assert.throws(put, (error) => error instanceof DiskError && error.code === code);
      await assert.rejects(file.write(bytes(1)), { code });
      assert.deepEqual(database.get("t", bytes(1)), bytes(1));
      disk[state] = false;
      put();
      await file.write(bytes(1));
    }
  });

  it("what files were given is safe from a kill at once, from a cut of the power after a while", async () => {
    for (const [mode, isKnown] of [
      ["keep", [1, 2, 3, 4, 5]],
      ["lose", [1, 2]],
    ] as const)
      for (const end of ["kill", "powerOff"] as const) {
        const sim = new Simulation({ seed: 1, programs: { diligent } });
        const host = sim.host("a");
        Object.assign(host.disk, { atPowerLoss: mode, writebackMs: 2_500 });
        host.start({ program: "diligent", name: "p", options: 0 });
        await sim.runFor(4_100);
        if (end === "kill") host.kill("p");
        else host.powerOff();
        const wanted = end === "kill" ? [1, 2, 3, 4, 5] : isKnown;
        assert.deepEqual([...new Set(await fileOf(sim))], wanted, `${mode} at ${end}`);
      }
  });

  it("a file that was just made may be gone altogether", async () => {
    const sim = new Simulation({ seed: 1, programs: { diligent } });
    const host = sim.host("a");
    host.disk.atPowerLoss = "lose";
    host.start({ program: "diligent", name: "p", options: 0 });
    await sim.runFor(100);
    host.powerOff();
    await assert.rejects(fileOf(sim), { code: "FILE_MISSING" });
  });

  it("files tear at some byte of what was not safe, another one with every seed", async () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const sim = new Simulation({ seed, programs: { diligent } });
      const host = sim.host("a");
      Object.assign(host.disk, { atPowerLoss: "tear", writebackMs: 2_500 });
      host.start({ program: "diligent", name: "p", options: 0 });
      await sim.runFor(4_100);
      host.powerOff();
      const all = await fileOf(sim);
      assert(all.length >= 20 && all.length <= 50, String(all.length));
      assert.deepEqual(
        all,
        all.map((_, at) => Math.floor(at / 10) + 1),
      );
      lengths.add(all.length);
    }
    assert(lengths.size > 8);
  });

  it("a disk that says written too early loses whole transactions, the last ones", async () => {
    const sim = new Simulation({ seed: 1, programs: { diligent } });
    const host = sim.host("a");
    host.disk.lostTransactionCount = 2;
    host.start({ program: "diligent", name: "p", options: 0 });
    await sim.runFor(4_100);
    host.powerOff();
    await using database = await host.openWorld("r").store.open("d");
    assert.deepEqual(database.get("left", bytes(0)), bytes(3));
    assert.deepEqual(database.get("right", bytes(0)), bytes(3));
  });
});
