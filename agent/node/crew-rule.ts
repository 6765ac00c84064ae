import { type CrewOptions, type PlayOptions, PROTOCOL_VERSION } from "../actor/protocol.ts";
import { isSameData } from "../core/same-data.ts";
import type { ProgramCall, RunAs, Survivor } from "../core/spawner.ts";
import type { ActorInstance, RestartPolicy } from "../model/instances.ts";
import { sharedLimits } from "../resource/shared-limits.ts";
import { policyOf } from "./restart-rule.ts";

/** One actor, or several that share a process: what is started, watched and restarted as one. */
export interface Crew {
  readonly actors: readonly ActorInstance[];
  readonly call: ProgramCall;
  readonly restart: RestartPolicy;
}

/** How an agent runs its crews. */
export interface CrewTerms {
  /** See CrewOptions. */
  readonly codeUrl: string | undefined;
  readonly assetsPath?: string | undefined;
  readonly record?: boolean | undefined;
  readonly play?: PlayOptions | undefined;
  /** Whether crews go on without their agent. */
  readonly lasting: boolean;
}

/**
 * The crews of one board: actors that say "shared" have one process per application, all others one
 * each, in the order of the deployment. A shared process runs as the agent does. Pure.
 */
export function crewsOf(actors: readonly ActorInstance[], terms: CrewTerms): readonly Crew[] {
  const crews = new Map<string, ActorInstance[]>();
  for (const actor of actors) {
    const { board, instanceName, appName, isolation } = actor;
    // No name in a model holds a dot: it is nobody else's.
    const own = isolation === "own" ? instanceName : `${appName}.shared`;
    const name = `${board}/${own}`;
    crews.set(name, [...(crews.get(name) ?? []), actor]);
  }
  return [...crews].map(([name, members]) => crewOf(name, members, terms));
}

function crewOf(
  name: string,
  actors: readonly ActorInstance[],
  { codeUrl, assetsPath, record, play, lasting }: CrewTerms,
): Crew {
  const options: CrewOptions = {
    actors,
    protocolVersion: PROTOCOL_VERSION,
    ...(codeUrl === undefined ? {} : { codeUrl }),
    ...(assetsPath === undefined ? {} : { assetsPath }),
    ...(record === undefined ? {} : { record }),
    ...(play === undefined ? {} : { play }),
  };
  const [first] = actors;
  const runAs = first?.isolation === "own" ? runAsOf(first) : undefined;
  const memoryBytesMax = sharedLimits(actors.map(({ limits }) => limits)).memory?.bytes;
  return {
    actors,
    call: {
      ...{ program: "actor", name, options },
      ...(lasting ? { lasting } : {}),
      ...(runAs === undefined ? {} : { runAs }),
      ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
    },
    restart: policyOf(actors.map(({ restart }) => restart)),
  };
}

/** A real-time actor without a priority gets the lowest one. Source: sched(7). */
function runAsOf({ runAs, isRealTime, scheduler }: ActorInstance): RunAs | undefined {
  const user = runAs?.user ?? undefined;
  const groups = runAs?.groups ?? [];
  const realTime =
    scheduler?.policy === "priority"
      ? ({ policy: "fifo", priority: scheduler.priority } as const)
      : ({ policy: "roundRobin", priority: 1 } as const);
  if (user === undefined && groups.length === 0 && !isRealTime) return undefined;
  return {
    ...(user === undefined ? {} : { user }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(isRealTime ? { realTime } : {}),
  };
}

/** What becomes of the programs that an earlier agent left running. */
export interface Inheritance {
  /** By the name of their crew: they run exactly what is wanted now. */
  readonly kept: ReadonlyMap<string, Survivor>;
  /** They run something else, or nothing that is wanted: to be stopped, the former before their crew starts. */
  readonly unwanted: ReadonlyMap<string, readonly Survivor[]>;
}

/** Sorts survivors by what the deployment says now. Pure; every survivor is in one place of the result. */
export function inheritanceOf(crews: readonly Crew[], survivors: readonly Survivor[]): Inheritance {
  const kept = new Map<string, Survivor>();
  const unwanted = new Map<string, Survivor[]>();
  for (const survivor of survivors) {
    const { name } = survivor.call;
    const crew = crews.find(({ call }) => call.name === name);
    if (crew !== undefined && !kept.has(name) && isSameData(crew.call, survivor.call))
      kept.set(name, survivor);
    else unwanted.set(name, [...(unwanted.get(name) ?? []), survivor]);
  }
  return { kept, unwanted };
}
