import { runThread } from "../../agent/io/run-thread.ts";
import { observedPrograms } from "./observed.ts";

// The main module of the threads of an experiment's boards.

const { programs, makeWorld } = observedPrograms();
runThread(programs, makeWorld);
