import { runChild } from "../../agent/io/run-child.ts";
import { ownPrograms } from "./own-programs.ts";

// The main module of every process that a spawner starts.

const { programs, makeWorld } = ownPrograms();
runChild(programs, makeWorld);
