import { runChild } from "../../agent/io/run-child.ts";
import { observedPrograms } from "./observed.ts";

// The main module of the processes of an experiment's boards.

const { programs, makeWorld } = observedPrograms();
runChild(programs, makeWorld);
