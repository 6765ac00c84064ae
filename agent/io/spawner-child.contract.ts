// The main module of the processes that the spawner's tests start.
import type { ProgramTable } from "../core/program.ts";
import { CONTRACT_PROGRAMS } from "../core/spawner.contract.ts";
import { contractWorld } from "./contract-world.contract.ts";
import { runChild } from "./run-child.ts";

/** What only a process has to show. */
const PROCESS_PROGRAMS: ProgramTable = {
  /** Fails while a thread of it waits at its sockets. */
  async failsAboveThread({ spawner }) {
    const thread = spawner.spawn({ in: "thread", program: "talks", name: "talks", options: 0 });
    await new Promise<void>((resolve) => thread.channel.receive(() => resolve()));
    throw new Error("above its thread");
  },
};

runChild({ ...CONTRACT_PROGRAMS, ...PROCESS_PROGRAMS }, contractWorld);
