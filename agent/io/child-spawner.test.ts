// Goal: ChildSpawner keeps the contract with real processes, and no process outlives its parent.
// Method: the contract; a family of three processes whose middle one is killed.
// Seed: none.
import assert from "node:assert/strict";
import { eventually, Inbox } from "../core/run-in-world.contract.ts";
import { spawnerContract } from "../core/spawner.contract.ts";
import { ChildSpawner } from "./child-spawner.ts";
import { MAIN_MODULE } from "./contract-world.contract.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { SystemClock } from "./system-clock.ts";
import { inFolder } from "./temporary-folder.contract.ts";

const mainModule = MAIN_MODULE;

describe("child processes", function () {
  this.timeout(30_000);

  spawnerContract("child processes", (body) =>
    inFolder((folder) =>
      body({
        spawner: new ChildSpawner({ mainModule, graceMs: 300, world: { folder } }),
        store: new SqliteStore(folder),
        clock: new SystemClock(),
      }),
    ),
  );

  it("a grandchild is asked to stop when its parent is killed, and ends", () =>
    inFolder(async (folder) => {
      const spawner = new ChildSpawner({ mainModule, world: { folder } });
      const child = spawner.spawn({ program: "family", name: "family", options: 0 });
      const inbox = new Inbox<unknown>();
      child.channel.receive(inbox.push);
      const grandchildPid = (await inbox.next()) as number;
      assert.equal(isAlive(grandchildPid), true);
      child.kill();
      assert.equal((await child.exited).kind, "killed");
      await eventually(new SystemClock(), () => !isAlive(grandchildPid));
      await using database = await new SqliteStore(folder).open("last-words");
      assert.equal(database.scan("a", {}).length, 1);
    }));

  it("node flags reach the child; a child that cannot start has failed", async () => {
    const spawner = new ChildSpawner({ mainModule, nodeFlags: ["--no-such-flag"] });
    const child = spawner.spawn({ program: "echo", name: "echo", options: 0 });
    assert.equal((await child.exited).kind, "failed");
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
