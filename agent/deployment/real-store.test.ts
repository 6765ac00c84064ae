// Goal: a process that is killed anywhere in an update leaves the old version or the new one on a real disk.
// Method: a child process ends itself as kill -9 does at each of its operations; the next one recovers.
// Seed: none.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiskTree } from "../io/disk-tree.ts";
import { inFolder } from "../io/temporary-folder.contract.ts";
import { SimIdentity } from "../sim/sim-identity.ts";
import { assertOldOrNew, testBundle } from "./store-trial.contract.ts";

const CHILD = fileURLToPath(new URL("./store-child.contract.js", import.meta.url));
const AT_ONCE = 4;
const key = new SimIdentity("laptop");
const old = testBundle("1.0.0", key);
const next = testBundle("1.1.0", key);

/** Updates in a process of its own; resolves with how many operations it took, undefined when it was killed. */
function updated(folder: string, version: string, killAt?: number): Promise<number | undefined> {
  const words = [CHILD, folder, version, ...(killAt === undefined ? [] : [String(killAt)])];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, out, err) => {
      if (error === null) resolve(Number(out));
      else if (error.signal === "SIGKILL") resolve(undefined);
      else reject(new Error(err));
    });
  });
}

describe("store of applications on a real disk", function () {
  this.timeout(120_000);

  it("killed at every operation: old or new, never neither, and nothing is left over", () =>
    inFolder(async (folder) => {
      const before = join(folder, "before");
      await updated(before, "1.0.0");
      const whole = join(folder, "whole");
      await cp(before, whole, { recursive: true });
      const operationCount = (await updated(whole, "1.1.0")) ?? 0;
      assert(operationCount > 30, `${operationCount} operations`);
      const found = { old: 0, new: 0 };
      const killed = async (killAt: number): Promise<void> => {
        const place = join(folder, `killed-${killAt}`);
        await cp(before, place, { recursive: true });
        assert.equal(await updated(place, "1.1.0", killAt), undefined);
        found[(await assertOldOrNew(new DiskTree(place), key, { old, next })) as "old" | "new"] +=
          1;
      };
      const numbers = Array.from({ length: operationCount }, (_, index) => index + 1);
      const worker = async (): Promise<void> => {
        for (let at = numbers.shift(); at !== undefined; at = numbers.shift()) await killed(at);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      assert.equal(found.old + found.new, operationCount);
      assert(found.old > 0 && found.new > 0, JSON.stringify(found));
      assert.equal((await readdir(folder)).length, operationCount + 2);
    }));
});
