// The main module of the processes that the spawner's tests start.
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { CONTRACT_PROGRAMS } from "../core/spawner.contract.ts";
import { makeWorld } from "./real-world.ts";
import { runChild } from "./run-child.ts";

/** What the tests hand over: where databases are, and how long orphans wait. */
interface World {
  readonly folder: string;
  readonly orphanMsMax?: number;
}

runChild(CONTRACT_PROGRAMS, ({ name, world }) => {
  const { folder, orphanMsMax } = world as World;
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
    spawner: { mainModule: new URL(import.meta.url), world, lasting },
  });
});
