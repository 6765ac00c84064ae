import type { World } from "../../agent/core/world.ts";
import { makeWorld } from "../../agent/io/real-world.ts";
import { NODE_FLAGS, THREAD_HEAP } from "../process/process-world.ts";

/** What the bench's processes have in common; plain data. */
export interface BenchWorldOptions {
  readonly host: string;
  readonly broadcastHost: string;
  readonly dataFolder: string;
  /** Where the application hands over what it measured: its parent, or a line of JSON. */
  readonly reportTo: "parent" | "stdout";
}

const CHILD_MODULE = new URL("./child.js", import.meta.url);
const THREAD_MODULE = new URL("./thread.js", import.meta.url);

/** The world of one of the bench's processes; its children get the same. */
export function benchWorld(name: string, options: BenchWorldOptions): World {
  const { host, broadcastHost, dataFolder } = options;
  const spawner = {
    ...{ mainModule: CHILD_MODULE, nodeFlags: NODE_FLAGS, world: options },
    ...{ threadModule: THREAD_MODULE, heap: THREAD_HEAP },
  };
  const base = { name, host, broadcastHost, dataFolder, spawner };
  return makeWorld({ ...base, assetsFolder: dataFolder, levelMin: "warn" });
}
