import { setMaxListeners } from "node:events";
import type { Program } from "../../agent/core/program.ts";
import type { World } from "../../agent/core/world.ts";
import { runChild } from "../../agent/io/run-child.ts";
import { PROGRAMS } from "../../agent/main.ts";
import {
  type ProcessWorld,
  type ProcessWorldOptions,
  processWorld,
  programChannel,
  SIGNAL_LISTENERS_MAX,
} from "./process-world.ts";

// The main module of every process that a spawner starts.

// One signal stops all that a process does: more than ten listeners are no leak here.
setMaxListeners(SIGNAL_LISTENERS_MAX);

let own: ProcessWorld | undefined;

/** The same program, with its parent's channel freed of the messages of time. */
function inTime(program: Program): Program {
  return (world, options, parent, signal) =>
    program(world, options, own === undefined ? parent : programChannel(own, parent), signal);
}

runChild(
  Object.fromEntries(Object.entries(PROGRAMS).map(([name, program]) => [name, inTime(program)])),
  (boot): World => {
    own = processWorld(boot.name, boot.world as ProcessWorldOptions);
    return own.world;
  },
);
