import { setMaxListeners } from "node:events";
import type { Program, ProgramTable } from "../../agent/core/program.ts";
import type { World } from "../../agent/core/world.ts";
import type { Boot } from "../../agent/io/child-protocol.ts";
import { PROGRAMS } from "../../agent/main.ts";
import {
  type ProcessWorld,
  type ProcessWorldOptions,
  processWorld,
  programChannel,
  SIGNAL_LISTENERS_MAX,
} from "./process-world.ts";

/** What a process or a thread can run, and the world that it runs it in. */
export interface OwnPrograms {
  readonly programs: ProgramTable;
  readonly makeWorld: (boot: Boot) => World;
}

/** The programs of this build for one process or thread: each in cluster time, its channel freed of time's messages. */
export function ownPrograms(): OwnPrograms {
  // One signal stops all that a process does: more than ten listeners are no leak here.
  setMaxListeners(SIGNAL_LISTENERS_MAX);
  let own: ProcessWorld | undefined;
  const inTime =
    (program: Program): Program =>
    (world, options, parent, signal) =>
      program(world, options, own === undefined ? parent : programChannel(own, parent), signal);
  return {
    programs: Object.fromEntries(
      Object.entries(PROGRAMS).map(([name, program]) => [name, inTime(program)]),
    ),
    makeWorld: (boot) => {
      own = processWorld(boot.name, boot.world as ProcessWorldOptions);
      return own.world;
    },
  };
}
