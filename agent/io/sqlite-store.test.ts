// Goal: SqliteStore keeps the contract on a real disk, and kill -9 leaves whole transactions only.
// Method: the contract in a temporary folder; a child process that writes pairs until it is killed.
// Seed: none; the kill comes after a counted number of transactions.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { storeContract } from "../core/store.contract.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { inFolder } from "./temporary-folder.contract.ts";

storeContract("sqlite", (body) =>
  inFolder((folder) => body({ store: new SqliteStore(join(folder, "made", "late")) })),
);

describe("sqlite store", function () {
  this.timeout(30_000);
  it("keeps whole transactions when its process is killed at any moment", () =>
    inFolder(async (folder) => {
      let seen = 0;
      for (let round = 1; round <= 6; round += 1) {
        const child = fork(new URL("./store-writer.contract.js", import.meta.url), [folder]);
        const acknowledged = await new Promise<number>((resolve) =>
          child.on("message", (count: number) => {
            if (count < seen + round * 7) return;
            child.kill("SIGKILL");
            resolve(count);
          }),
        );
        await once(child, "exit");
        const sqlite = new Sqlite(join(folder, "pairs.sqlite"));
        assert.equal(sqlite.pragma("integrity_check", { simple: true }), "ok");
        sqlite.close();
        await using database = await new SqliteStore(folder).open("pairs");
        const left = database.scan("left", {});
        assert.deepEqual(left, database.scan("right", {}));
        assert(left.length >= acknowledged, "an acknowledged transaction is lost");
        seen = left.length;
      }
    }));

  it("lets a second process in only after the first is gone", () =>
    inFolder(async (folder) => {
      const child = fork(new URL("./store-writer.contract.js", import.meta.url), [folder]);
      await once(child, "message");
      await assert.rejects(new SqliteStore(folder).open("pairs"), { code: "STORE_IN_USE" });
      child.kill("SIGKILL");
      await once(child, "exit");
      await using database = await new SqliteStore(folder).open("pairs");
      assert(database.scan("left", {}).length > 0);
    }));
});
