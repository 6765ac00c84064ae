import { runThread } from "../../agent/io/run-thread.ts";
import { ownPrograms } from "./own-programs.ts";

// The main module of every thread that a spawner starts.

const { programs, makeWorld } = ownPrograms();
runThread(programs, makeWorld);
