// Goal: a process takes cluster time from its parent and hands it on; its databases lie in its board's folder.
// Method: real child processes and threads that run a board's agent without an application; the test is
// their parent.
// Seed: none.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNKNOWN_QUALITY } from "../../agent/core/clock.ts";
import type { Child } from "../../agent/core/spawner.ts";
import type { Report } from "../../agent/logical-time/report.ts";
import { type ProcessWorldOptions, processWorld, programChannel } from "./process-world.ts";

const START_UTC_US = 1_800_000_000_000_000;

async function withFolder(work: (base: ProcessWorldOptions) => Promise<void>): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), "hedgerow-process-"));
  const base: ProcessWorldOptions = {
    ...{
      host: "127.0.0.1",
      broadcastHost: "127.255.255.255",
      dataFolder,
      assetsFolder: dataFolder,
    },
    ...{ levelMin: "error", logicalUtcUs: START_UTC_US },
  };
  try {
    await work(base);
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** A child that is ended whatever the test finds. */
async function running(child: Child, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    child.kill();
    await child.exited;
  }
}

describe("process world", function () {
  this.timeout(60_000);
  it("keeps the databases of a board and of its actors in the board's folder", () =>
    withFolder(async (base) => {
      for (const name of ["feeder1", "feeder2/prosumer101"]) {
        await using database = await processWorld(name, base).world.store.open("ledger");
        assert.equal(database.get("t", Uint8Array.of(1)), undefined);
      }
      const { dataFolder } = base;
      assert.deepEqual(
        ["feeder1", "feeder2", "prosumer101", "feeder2/prosumer101"].map((folder) =>
          existsSync(join(dataFolder, folder)),
        ),
        [true, true, false, false],
      );
    }));

  it("without logical time, time is the machine's, until a line comes from the parent, which goes on to children", () =>
    withFolder(async (base) => {
      const own = processWorld("feeder1", { ...base, logicalUtcUs: undefined });
      assert.equal(own.time, undefined);
      assert(own.world.clock.utcUs() > 1_700_000_000_000_000);
      let tell: (message: unknown) => void = () => undefined;
      const parent = {
        send: () => undefined,
        receive: (receiver: typeof tell) => {
          tell = receiver;
        },
      };
      const heard: unknown[] = [];
      programChannel(own, parent).receive((message) => heard.push(message));
      const { oscillator, clock } = own.world;
      const atMonotonicUs = oscillator.monotonicUs();
      const aheadUtcUs = Date.now() * 1_000 + 3_600e6;
      const line = { atMonotonicUs, utcUs: aheadUtcUs, ratePpb: 0, boundUs: 5, growthPpb: 0 };
      tell({ hedgerowLine: { ...line, quality: { ...UNKNOWN_QUALITY, source: "peers" } } });
      tell("a word");
      assert.deepEqual(heard, ["a word"]);
      assert.equal(clock.reading().quality.source, "peers");
      assert(clock.utcUs() >= aheadUtcUs);
      const logical = processWorld("feeder1", base);
      assert.notEqual(programChannel(logical, parent), parent);
      assert.equal(logical.world.clock.utcUs(), START_UTC_US);
      await Promise.resolve();
    }));

  for (const kind of ["process", "thread"] as const)
    it(`a child runs its program, answers waves of time, and stops when asked: ${kind}`, () =>
      withFolder(async (base) => {
        const { world, time } = processWorld("day", base);
        assert(time);
        const options = {
          ...{ board: "feeder1", beaconUdpPort: 25_671 },
          cluster: randomBytes(6).toString("hex"),
        };
        const child = world.spawner.spawn({ in: kind, program: "node", name: "feeder1", options });
        await running(child, async () => {
          const heard: unknown[] = [];
          const ready = new Promise<void>((resolve, reject) => {
            child.channel.receive((message) => {
              heard.push(message);
              resolve();
            });
            void child.exited.then(({ reason }) => reject(new Error(reason)));
          });
          await ready;
          assert.deepEqual(heard[0], { kind: "ready", actorCount: 0 });
          for (const [wave, aheadUs] of [
            [1, 0],
            [2, 900_000_000],
          ] as const) {
            const report: Report = await time.tree.ask(wave, START_UTC_US + aheadUs);
            assert.deepEqual(report, {
              ...{ sentCount: 0, receivedCount: 0, nextDueUtcUs: undefined, positions: {} },
            });
            assert.equal(world.clock.utcUs(), START_UTC_US + aheadUs);
          }
          assert(!JSON.stringify(heard).includes("hedgerowTime"), "the parent heard of time");
          child.stop();
          assert.deepEqual(await child.exited, { kind: "stopped", reason: "asked to stop" });
        });
      }));

  it("a program that does not exist fails with its name", () =>
    withFolder(async (base) => {
      const { world, time } = processWorld("day", base);
      const child = world.spawner.spawn({ program: "none", name: "feeder1", options: {} });
      const { kind, reason } = await child.exited;
      assert.equal(kind, "failed");
      assert.match(reason, /PROGRAM_UNKNOWN/);
      // Who has ended is not waited for.
      assert.equal((await time?.tree.ask(1, START_UTC_US))?.sentCount, 0);
    }));
});
