import type { Application } from "./component/define.ts";
import { AgentError } from "./core/errors.ts";
import type { Program, ProgramTable } from "./core/program.ts";

// The door: the only file that sees every room. Rooms are loaded where they are used: an actor's
// process never loads the EVM, which would double its memory.

/** The applications that this build carries. */
const APPLICATIONS: Readonly<Record<string, () => Promise<Application>>> = {
  Transax: async () => (await import("../actors/transax/application.ts")).transax,
};

const loading = new Map<string, Promise<Application>>();

/** The code of an application: of this build, or the `application` that the module at `codeUrl` exports. */
export async function loadApplication(appName: string, codeUrl?: string): Promise<Application> {
  if (codeUrl !== undefined)
    return ((await import(codeUrl)) as { readonly application: Application }).application;
  const load = APPLICATIONS[appName];
  if (load === undefined) throw new AgentError("APPLICATION_UNKNOWN", { app: appName });
  const application = loading.get(appName) ?? load();
  loading.set(appName, application);
  return application;
}

const LOADERS = {
  /** One actor, or several that share a process; options: CrewOptions. */
  async actor() {
    const { actorProgram } = await import("./actor/actor-program.ts");
    return actorProgram(loadApplication);
  },
  /** One board's agent; options: NodeOptions. */
  async node() {
    const { nodeProgram } = await import("./node/node-program.ts");
    const { openLedger } = await import("./ledger/ledger.ts");
    return nodeProgram(openLedger);
  },
  /** The embedded ledger; options: ChainOptions. */
  chain: async () => (await import("./chain/chain-program.ts")).chainProgram,
} as const satisfies Readonly<Record<string, () => Promise<Program>>>;

/** Every program that a spawner can start, each loaded when it is started. */
export const PROGRAMS: ProgramTable = Object.fromEntries(
  Object.entries(LOADERS).map(([name, load]) => [name, whenStarted(load)]),
);

function whenStarted(load: () => Promise<Program>): Program {
  return async (world, options, parent, signal) => {
    // Logical time waits for a program that is on its way.
    world.activity.begin();
    const running = (await load())(world, options, parent, signal);
    world.activity.end();
    await running;
  };
}

/** Every program, and the applications they run, loaded now: in a simulation loading takes no time. */
export async function loadPrograms(): Promise<ProgramTable> {
  for (const appName of Object.keys(APPLICATIONS)) await loadApplication(appName);
  const loaded = Object.entries(LOADERS).map(async ([name, load]) => [name, await load()] as const);
  return Object.fromEntries(await Promise.all(loaded));
}
