import { runChild } from "../../agent/io/run-child.ts";
import { benchPrograms } from "./bench-programs.ts";

// The main module of the bench's processes.

const { programs, makeWorld } = benchPrograms();
runChild(programs, makeWorld);
