// The main module of the processes that the spawner's tests start.
import { PassThrough } from "node:stream";
import { CONTRACT_PROGRAMS } from "../core/spawner.contract.ts";
import { makeWorld } from "./real-world.ts";
import { runChild } from "./run-child.ts";

runChild(CONTRACT_PROGRAMS, ({ name, world }) =>
  makeWorld({
    name,
    host: "127.0.0.1",
    broadcastHost: "127.255.255.255",
    dataFolder: world as string,
    assetsFolder: ".",
    logStream: new PassThrough(),
    spawner: { mainModule: new URL(import.meta.url), world },
  }),
);
