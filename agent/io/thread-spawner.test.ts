// Goal: threads keep the spawner's contract; nothing that a thread does ends its process, and nothing
// of a thread outlives it.
// Method: the contract on threads; programs that exit, compute for ever or devour memory.
// Seed: none.
import assert from "node:assert/strict";
import { Inbox } from "../core/run-in-world.contract.ts";
import { spawnerContract } from "../core/spawner.contract.ts";
import type { Child } from "../core/spawner.ts";
import { type ContractWorld, MAIN_MODULE, THREAD_MODULE } from "./contract-world.contract.ts";
import { ProgramSpawner } from "./program-spawner.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { SystemClock } from "./system-clock.ts";
import { inFolder } from "./temporary-folder.contract.ts";

/** All programs in threads. */
function threads(folder: string): { spawn(program: string): Child; spawner: ProgramSpawner } {
  const spawner = new ProgramSpawner({
    ...{ mainModule: MAIN_MODULE, threadModule: THREAD_MODULE, graceMs: 300 },
    world: { folder } satisfies ContractWorld,
    heap: { maxOldGenerationSizeMb: 32 },
  });
  const spawn = (program: string): Child =>
    spawner.spawn({ in: "thread", program, name: program, options: 0 });
  return { spawn, spawner };
}

function inboxOf(child: Child): Inbox<unknown> {
  const inbox = new Inbox<unknown>();
  child.channel.receive(inbox.push);
  return inbox;
}

describe("threads", function () {
  this.timeout(30_000);

  spawnerContract("threads", (body) =>
    inFolder((folder) => {
      const { spawner } = threads(folder);
      return body({
        spawner: {
          spawn: (call) => spawner.spawn({ ...call, in: "thread" }),
          survivors: () => spawner.survivors(),
        },
        store: new SqliteStore(folder),
        clock: new SystemClock(),
      });
    }),
  );

  it("a thread is of this process, and exiting ends it alone", () =>
    inFolder(async (folder) => {
      const child = threads(folder).spawn("exits");
      assert.equal(child.pid, process.pid);
      assert.deepEqual(await child.exited, { kind: "failed", reason: "exit status 0" });
    }));

  it("a thread that computes for ever is killed", () =>
    inFolder(async (folder) => {
      const child = threads(folder).spawn("computes");
      assert.equal(await inboxOf(child).next(), "computing");
      child.stop();
      assert.deepEqual(await child.exited, { kind: "killed", reason: "killed" });
    }));

  it("a thread that uses up its heap fails, and its process goes on", () =>
    inFolder(async (folder) => {
      const { kind, reason } = await threads(folder).spawn("devours").exited;
      assert.equal(kind, "failed");
      assert.match(reason, /memory/);
    }));

  it("threads of a thread end with it, and free what they held", () =>
    inFolder(async (folder) => {
      const child = threads(folder).spawn("parentOfThreads");
      assert.equal(await inboxOf(child).next(), 1);
      const store = new SqliteStore(folder);
      await assert.rejects(store.open("kept"), { code: "STORE_IN_USE" });
      child.kill();
      assert.equal((await child.exited).kind, "killed");
      await using database = await store.open("kept");
      assert.equal(database.get("a", Uint8Array.of(1))?.length, 1);
    }));

  it("a thread has sockets of its own, which a kill closes", () =>
    inFolder(async (folder) => {
      const child = threads(folder).spawn("talks");
      await inboxOf(child).take(3);
      child.kill();
      assert.equal((await child.exited).kind, "killed");
    }));

  it("a thread that receives from libzmq is killed, and its process goes on", () =>
    inFolder(async (folder) => {
      const child = threads(folder).spawn("opensDoor");
      assert.equal(await inboxOf(child).next(), "open");
      child.kill();
      assert.deepEqual(await child.exited, { kind: "killed", reason: "killed" });
    }));

  it("a process that fails above a thread with sockets has failed for its own reason", () =>
    inFolder(async (folder) => {
      const call = { program: "failsAboveThread", name: "above", options: 0 };
      const { kind, reason } = await threads(folder).spawner.spawn(call).exited;
      assert.equal(kind, "failed", reason);
      assert.match(reason, /above its thread/);
    }));

  it("a module that is not there has failed", async () => {
    const threadModule = new URL("./no-such-module.js", import.meta.url);
    const spawner = new ProgramSpawner({ mainModule: MAIN_MODULE, threadModule });
    const child = spawner.spawn({ in: "thread", program: "echo", name: "echo", options: 0 });
    const { kind, reason } = await child.exited;
    assert.equal(kind, "failed");
    assert.match(reason, /no-such-module/);
  });
});
