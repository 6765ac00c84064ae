// Goal: whenever the power is cut, and whatever of the unsynced survives, a board has the old version or the new one.
// Method: an update, a first installation and a removal on a simulated disk, cut before and after every operation.
// Seed: 1 to 16, of what survives each cut.
import assert from "node:assert/strict";
import { hasCode } from "../core/store.contract.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { SimIdentity } from "../sim/sim-identity.ts";
import { SimTree, SimTreeDisk, type TreeFate } from "../sim/sim-tree.ts";
import { decodeState, encodeState, NO_STATE } from "./app-state.ts";
import { AppStore } from "./app-store.ts";
import { assertOldOrNew, testBundle, update } from "./store-trial.contract.ts";

const SEED_COUNT = 16;
const key = new SimIdentity("laptop");
const verify = key.verify.bind(key);
const old = testBundle("1.0.0", key);
const next = testBundle("1.1.0", key);

interface Disk {
  readonly disk: SimTreeDisk;
  readonly tree: SimTree;
}

async function freshDisk(isInstalled: boolean): Promise<Disk> {
  const disk = new SimTreeDisk();
  const tree = new SimTree(disk, "board");
  const store = await AppStore.recover(tree, verify);
  if (isInstalled) await update(store, old);
  disk.operationCount = 0;
  return { disk, tree };
}

/** Does `work` on a disk whose power is cut at operation `cutAt`; what survives follows from the seed. */
async function cut(
  { disk, tree }: Disk,
  at: { readonly number: number; readonly fate: TreeFate; readonly seed: number },
  work: (store: AppStore) => Promise<void>,
): Promise<void> {
  disk.fate = (number) => (number === at.number ? at.fate : "done");
  await AppStore.recover(tree, verify)
    .then(work)
    .catch((error: unknown) => assert.match(String(error), /the power was cut/));
  disk.fate = () => "done";
  disk.powerLost(new SeededRandom(`cut ${at.number} ${at.fate} ${at.seed}`));
}

describe("store of applications", function () {
  this.timeout(120_000);

  for (const [what, first] of [
    ["an update", true],
    ["a first installation", false],
  ] as const)
    it(`${what}, cut at every operation: old or new, never neither`, async () => {
      const whole = await freshDisk(first);
      await update(await AppStore.recover(whole.tree, verify), next);
      const operationCount = whole.disk.operationCount;
      assert(operationCount > 30, `${operationCount} operations`);
      const found = { old: 0, new: 0 };
      for (let number = 1; number <= operationCount; number += 1)
        for (const fate of ["cut-before", "cut-after"] as const)
          for (let seed = 1; seed <= SEED_COUNT; seed += 1) {
            const board = await freshDisk(first);
            await cut(board, { number, fate, seed }, (store) => update(store, next));
            const versions = { old: first ? old : undefined, next };
            const one = await assertOldOrNew(board.tree, key, versions);
            found[one as "old" | "new"] += 1;
          }
      assert(found.old + found.new >= 1_000, `${found.old + found.new} points`);
      assert(found.old > 100 && found.new > 10, JSON.stringify(found));
    });

  it("a recovery that is cut itself is recovered", async () => {
    for (let number = 1; number <= 12; number += 1)
      for (let seed = 1; seed <= SEED_COUNT; seed += 1) {
        const board = await freshDisk(true);
        await cut(board, { number: 30, fate: "cut-after", seed }, (store) => update(store, next));
        board.disk.operationCount = 0;
        await cut(board, { number, fate: "cut-before", seed }, () => Promise.resolve());
        await assertOldOrNew(board.tree, key, { old, next });
      }
  });

  it("a removal, cut at every operation: whole or gone", async () => {
    const whole = await freshDisk(true);
    await (await AppStore.recover(whole.tree, verify)).remove("Tiny");
    for (let number = 1; number <= whole.disk.operationCount; number += 1)
      for (let seed = 1; seed <= SEED_COUNT; seed += 1) {
        const board = await freshDisk(true);
        const at = { number, fate: "cut-after", seed } as const;
        await cut(board, at, (store) => store.remove("Tiny"));
        const store = await AppStore.recover(board.tree, verify);
        const { current } = store.stateOf("Tiny");
        if (current !== null) assert(await store.isWhole("Tiny", current));
        else assert.deepEqual(await board.tree.list("apps/installed"), []);
      }
  });

  it("a disk that is full at any byte refuses, cleans up, and keeps the old version", async () => {
    const { disk, tree } = await freshDisk(true);
    const before = disk.usedBytes;
    const roomBytes = 2 * 70_000 + 2_000;
    let refusedCount = 0;
    for (let freeBytes = 0; freeBytes < roomBytes; freeBytes += 1_777) {
      disk.capacityBytes = before + freeBytes;
      const store = await AppStore.recover(tree, verify);
      await assert.rejects(update(store, next), hasCode("DISK_FULL"));
      refusedCount += 1;
      await store.tidy("Tiny");
      assert.equal(store.stateOf("Tiny").current, old.id);
      assert(await store.isWhole("Tiny", old.id));
      assert.equal(disk.usedBytes, before);
    }
    assert(refusedCount > 50);
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await update(await AppStore.recover(tree, verify), next);
  });

  it("only chunks that are nowhere on the board are missing, also after a restart", async () => {
    const { tree } = await freshDisk(true);
    const store = await AppStore.recover(tree, verify);
    const missing = store.missingOf(next).map(({ hash }) => hash);
    assert.equal(missing.length, next.chunks.size - 1);
    assert.deepEqual(store.missingOf(old), []);
    const [first = ""] = missing;
    await store.stage(first, next.chunks.get(first) ?? new Uint8Array());
    const again = await AppStore.recover(tree, verify);
    assert.equal(again.missingOf(next).length, missing.length - 1);
    assert.deepEqual(await again.chunk(first), next.chunks.get(first));
    // One that was damaged on the disk is missing again.
    await tree.write(`apps/staging/${first}`, new Uint8Array(3));
    assert.equal(await again.chunk(first), undefined);
    assert.equal(again.missingOf(next).length, missing.length);
    assert.equal(await again.install(next), false);
  });

  it("a damaged version is not whole", async () => {
    const { tree } = await freshDisk(true);
    const store = await AppStore.recover(tree, verify);
    assert(await store.isWhole("Tiny", old.id));
    await tree.write(`${store.folderOf("Tiny", old.id)}/tiny.depl`, new Uint8Array(2));
    assert(!(await store.isWhole("Tiny", old.id)));
  });

  it("reads its own state and nothing else", () => {
    const state = { ...NO_STATE, current: "a", failed: { id: "b", reason: "c" } };
    assert.deepEqual(decodeState(encodeState(state)), state);
    for (const bad of ["", "{}", "[]", '{"current":1}'])
      assert.equal(decodeState(new TextEncoder().encode(bad)), undefined);
  });
});
