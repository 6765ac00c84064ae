import type { LoadApplication } from "./actor/load-application.ts";
import type { Application } from "./component/define.ts";
import { AgentError } from "./core/errors.ts";
import type { Program, ProgramTable } from "./core/program.ts";

// The door: the only file that sees every room. Rooms are loaded where they are used: an actor's
// process never loads the EVM, which would double its memory.

/** The applications that this build carries. */
const APPLICATIONS: Readonly<Record<string, () => Promise<Application>>> = {
  Hello: async () => (await import("../actors/hello/application.ts")).application,
  FrequencyEstimator: async () => (await import("../actors/estimator/application.ts")).application,
  LoadShedding: async () => (await import("../actors/shedding/application.ts")).application,
  Transax: async () => (await import("../actors/transax/application.ts")).transax,
};

const loading = new Map<string, Promise<Application>>();

/** Whether this build carries the application of this name. */
export function hasApplication(appName: string): boolean {
  return Object.hasOwn(APPLICATIONS, appName);
}

/**
 * The code of an application: of this build, or the `application` that the module at `codeUrl` exports.
 * @throws AgentError APPLICATION_UNKNOWN when there is none.
 */
export async function loadApplication(appName: string, codeUrl?: string): Promise<Application> {
  const name = codeUrl ?? appName;
  const application = loading.get(name) ?? importApplication(appName, codeUrl);
  loading.set(name, application);
  return application;
}

async function importApplication(appName: string, codeUrl?: string): Promise<Application> {
  const code = codeUrl === undefined ? {} : { code: codeUrl };
  const module = codeUrl === undefined ? undefined : ((await import(codeUrl)) as Partial<Module>);
  const application = module === undefined ? await APPLICATIONS[appName]?.() : module.application;
  if (application === undefined)
    throw new AgentError("APPLICATION_UNKNOWN", { app: appName, ...code });
  return application;
}

/** A module of an application's code. */
interface Module {
  readonly application: Application;
}

const LOADERS = {
  /** One actor, or several that share a process; options: CrewOptions. */
  async actor(load) {
    const { actorProgram } = await import("./actor/actor-program.ts");
    return actorProgram(load);
  },
  /** One inner thread of a device; options: InnerThreadOptions. */
  async inside(load) {
    const { innerThreadProgram } = await import("./actor/inner-thread.ts");
    return innerThreadProgram(load);
  },
  /** One board's agent; options: NodeOptions. */
  async node() {
    const { nodeProgram } = await import("./node/node-program.ts");
    const { openLedger } = await import("./ledger/ledger.ts");
    return nodeProgram(openLedger, async (world, deployment, host) => {
      const { DeploymentManager } = await import("./deployment/deployment-manager.ts");
      return DeploymentManager.open(world, deployment, host);
    });
  },
  /** The embedded ledger; options: ChainOptions. */
  chain: async () => (await import("./chain/chain-program.ts")).chainProgram,
} as const satisfies Readonly<Record<string, (load: LoadApplication) => Promise<Program>>>;

/** Every program that a spawner can start, each loaded when it is started. */
export const PROGRAMS: ProgramTable = Object.fromEntries(
  Object.entries(LOADERS).map(([name, open]) => [name, whenStarted(() => open(loadApplication))]),
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

/**
 * Every program but those of `without`, loaded now: in a simulation loading takes no time.
 * @param load gives an application's code; default: that of this build, which is loaded now too.
 */
export async function loadPrograms(
  load?: LoadApplication,
  without: readonly (keyof typeof LOADERS)[] = [],
): Promise<ProgramTable> {
  // What actors load when they need it; in a simulation that would take real time.
  await Promise.all([import("./group/group.ts"), import("./actor/crew-recording.ts")]);
  if (load === undefined)
    for (const appName of Object.keys(APPLICATIONS)) await loadApplication(appName);
  // What an actor loads when it joins a group would come at a moment of its own.
  await import("./group/group.ts");
  await import("./deployment/deployment-manager.ts");
  const wanted = Object.entries(LOADERS).filter(([name]) => !without.some((one) => one === name));
  const loaded = wanted.map(
    async ([name, open]) => [name, await open(load ?? loadApplication)] as const,
  );
  return Object.fromEntries(await Promise.all(loaded));
}
