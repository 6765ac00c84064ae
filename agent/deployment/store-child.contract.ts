// The process that the test of the real store kills: it updates, and ends itself as kill -9 does on the way.
import type { Tree } from "../core/tree.ts";
import { DiskTree } from "../io/disk-tree.ts";
import { SimIdentity } from "../sim/sim-identity.ts";
import { AppStore } from "./app-store.ts";
import { testBundle, update } from "./store-trial.contract.ts";

const [, , folder = "", version = "", killAt = ""] = process.argv;
const key = new SimIdentity("laptop");
let operationCount = 0;

/** The same tree; at operation `killAt` this process is no more, half a write may be. */
function killedAt(tree: Tree): Tree {
  const step = async (work: () => Promise<void>): Promise<void> => {
    operationCount += 1;
    const isLast = operationCount === Number(killAt);
    const working = work();
    // Every other time while the system is at it.
    if (isLast && operationCount % 2 === 0) process.kill(process.pid, "SIGKILL");
    await working;
    if (isLast) process.kill(process.pid, "SIGKILL");
  };
  return {
    read: (path, part) => tree.read(path, part),
    list: (path) => tree.list(path),
    urlOf: (path) => tree.urlOf(path),
    makeFolder: (path) => step(() => tree.makeFolder(path)),
    write: (path, bytes) => step(() => tree.write(path, bytes)),
    sync: (path) => step(() => tree.sync(path)),
    rename: (from, to) => step(() => tree.rename(from, to)),
    remove: (path) => step(() => tree.remove(path)),
  };
}

const store = await AppStore.recover(killedAt(new DiskTree(folder)), key.verify.bind(key));
await update(store, testBundle(version, key));
process.stdout.write(String(operationCount));
