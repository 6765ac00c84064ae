// The world of the processes and threads that the spawner's tests start.
import { PassThrough } from "node:stream";
import type { World } from "../core/world.ts";
import type { Boot } from "./child-protocol.ts";
import { makeWorld } from "./real-world.ts";

export const MAIN_MODULE = new URL("./spawner-child.contract.js", import.meta.url);
export const THREAD_MODULE = new URL("./spawner-thread.contract.js", import.meta.url);

/** Its databases lie in the folder that the boot message names. */
export function contractWorld({ name, world }: Boot): World {
  return makeWorld({
    name,
    host: "127.0.0.1",
    broadcastHost: "127.255.255.255",
    dataFolder: world as string,
    assetsFolder: ".",
    logStream: new PassThrough(),
    spawner: { mainModule: MAIN_MODULE, threadModule: THREAD_MODULE, world },
  });
}
