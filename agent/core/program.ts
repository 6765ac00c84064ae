import { AgentError } from "./errors.ts";
import type { Channel } from "./spawner.ts";
import type { World } from "./world.ts";

/** A program: resolves when stopped and everything it opened is closed, rejects when it fails. */
export type Program = (
  world: World,
  options: unknown,
  parent: Channel,
  signal: AbortSignal,
) => Promise<void>;

/** The programs a spawner can start, by name. */
export type ProgramTable = Readonly<Record<string, Program>>;

/** The program called `program`. @throws AgentError PROGRAM_UNKNOWN */
export function programOf(programs: ProgramTable, program: string): Program {
  const found = Object.hasOwn(programs, program) ? programs[program] : undefined;
  if (found === undefined) throw new AgentError("PROGRAM_UNKNOWN", { program });
  return found;
}
