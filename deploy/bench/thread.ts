import { runThread } from "../../agent/io/run-thread.ts";
import { benchPrograms } from "./bench-programs.ts";

// The main module of the threads of the bench's processes.

const { programs, makeWorld } = benchPrograms();
runThread(programs, makeWorld);
