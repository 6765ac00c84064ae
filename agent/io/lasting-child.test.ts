// Goal: lasting processes are never lost, never doubled, never taken over by a stranger, and never for ever.
// Method: real processes whose parent, a process too, is killed; records of processes that are not ours.
// Seed: none.
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { eventually, Inbox } from "../core/run-in-world.contract.ts";
import type { Child, ProgramCall } from "../core/spawner.ts";
import { ChildSpawner } from "./child-spawner.ts";
import { LastingRecords } from "./lasting-records.ts";
import { identityOf, isRunning } from "./process-identity.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { SystemClock } from "./system-clock.ts";
import { inFolder } from "./temporary-folder.contract.ts";

const mainModule = new URL("./spawner-child.contract.js", import.meta.url);
const NURSE: ProgramCall = { program: "nurse", name: "nurse", options: 0 };
const clock = new SystemClock();

interface Scene {
  readonly spawner: ChildSpawner;
  /** Where the nurse's records are. */
  readonly folder: string;
  /** Starts a nurse, and kills it when it has its child; resolves with the child's process. */
  readonly abandon: () => Promise<number>;
}

async function scene(body: (scene: Scene) => Promise<void>, orphanMsMax?: number): Promise<void> {
  await inFolder(async (world) => {
    const spawner = new ChildSpawner({ mainModule, world: { folder: world, orphanMsMax } });
    const nurses: Child[] = [];
    let pid = 0;
    const abandon = async (): Promise<number> => {
      const nurse = spawner.spawn(NURSE);
      nurses.push(nurse);
      const inbox = new Inbox<unknown>();
      nurse.channel.receive(inbox.push);
      [{ pid }] = (await inbox.take(2)) as [{ pid: number }];
      nurse.kill();
      await nurse.exited;
      return pid;
    };
    try {
      await body({ spawner, folder: join(world, "lasting", "nurse"), abandon });
    } finally {
      if (pid > 0 && identityOf(pid) !== undefined) process.kill(pid, "SIGKILL");
    }
  });
}

const isAlive = (pid: number): boolean => identityOf(pid) !== undefined;

describe("lasting processes", function () {
  this.timeout(30_000);

  it("one that nobody takes over stops itself in order, and leaves no record", () =>
    scene(async ({ folder, abandon }) => {
      const pid = await abandon();
      await eventually(clock, () => !isAlive(pid));
      assert.deepEqual(readdirSync(folder), []);
      await using database = await new SqliteStore(join(folder, "../..")).open("last-words");
      assert.equal(database.scan("a", {}).length, 1);
    }, 200));

  it("a stranger that does not know the token is shut out, and disturbs nobody", () =>
    scene(async ({ spawner, folder, abandon }) => {
      await abandon();
      const [record] = new LastingRecords(folder).read();
      assert(record);
      const stranger = connect(record.terms.address);
      await new Promise((resolve) => stranger.once("connect", resolve));
      stranger.write(Buffer.from([3, 0, 0, 0, 0xff, 0x0f, 0x30]));
      await new Promise((resolve) => stranger.once("close", resolve));
      const nurse = spawner.spawn(NURSE);
      const inbox = new Inbox<unknown>();
      nurse.channel.receive(inbox.push);
      assert.equal(((await inbox.next()) as { pid: number }).pid, record.process.pid);
      nurse.stop();
      await nurse.exited;
    }));

  it("a child that cannot be spoken to is ended before it is forgotten", () =>
    scene(async ({ folder, abandon }) => {
      const pid = await abandon();
      const records = new LastingRecords(folder);
      const [record] = records.read();
      assert(record);
      records.write({ ...record, terms: { ...record.terms, address: "\0nobody-there" } });
      const spawner = new ChildSpawner({ mainModule, lasting: { folder } });
      assert.deepEqual(await spawner.survivors(), []);
      assert.equal(isAlive(pid), false);
      assert.deepEqual(readdirSync(folder), []);
    }));

  it("another process with the number of a dead child is not touched; half a record is none", () =>
    scene(async ({ folder, abandon }) => {
      const pid = await abandon();
      const records = new LastingRecords(folder);
      const [record] = records.read();
      assert(record);
      process.kill(pid, "SIGKILL");
      await eventually(clock, () => !isAlive(pid));
      const own = identityOf(process.pid);
      assert(own && isRunning(own));
      for (const [id, process] of [
        ["ticks", { ...own, startTicks: "1" }],
        ["boot", { ...own, bootId: "another" }],
      ] as const)
        records.write({
          ...record,
          process,
          terms: { ...record.terms, recordPath: records.pathOf(id) },
        });
      writeFileSync(join(folder, "torn.child"), "half");
      writeFileSync(join(folder, "torn.child.next"), "half");
      const spawner = new ChildSpawner({ mainModule, lasting: { folder } });
      assert.deepEqual(await spawner.survivors(), []);
      assert.deepEqual(readdirSync(folder), []);
    }));

  it("a disk that takes no record makes a child that ends with its parent", () =>
    inFolder(async (world) => {
      writeFileSync(join(world, "lasting"), "no folder");
      const spawner = new ChildSpawner({
        ...{ mainModule, world: { folder: world } },
        lasting: { folder: join(world, "lasting") },
      });
      const child = spawner.spawn({ program: "leaver", name: "l", options: 0, lasting: true });
      const inbox = new Inbox<unknown>();
      child.channel.receive(inbox.push);
      assert.equal(await inbox.next(), "up");
      child.stop();
      assert.deepEqual(await child.exited, { kind: "stopped", reason: "asked to stop" });
      assert(!existsSync(join(world, "lasting", "x")));
    }));
});
