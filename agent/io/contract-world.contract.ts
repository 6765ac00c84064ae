// The world of the processes and threads that the spawner's tests start.
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { World } from "../core/world.ts";
import type { Boot } from "./child-protocol.ts";
import { makeWorld } from "./real-world.ts";

export const MAIN_MODULE = new URL("./spawner-child.contract.js", import.meta.url);
export const THREAD_MODULE = new URL("./spawner-thread.contract.js", import.meta.url);

/** What the tests hand over: where databases are, and how long orphans wait. */
export interface ContractWorld {
  readonly folder: string;
  readonly orphanMsMax?: number;
}

/** Its databases lie in the folder that the boot message names. */
export function contractWorld({ name, world }: Boot): World {
  const { folder, orphanMsMax } = world as ContractWorld;
  const lasting = {
    folder: join(folder, "lasting", name),
    ...(orphanMsMax === undefined ? {} : { orphanMsMax }),
  };
  return makeWorld({
    name,
    host: "127.0.0.1",
    broadcastHost: "127.255.255.255",
    dataFolder: folder,
    assetsFolder: ".",
    logStream: new PassThrough(),
    spawner: { mainModule: MAIN_MODULE, threadModule: THREAD_MODULE, world, lasting },
  });
}
