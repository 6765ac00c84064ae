import type { Application } from "./component/define.ts";
import { AgentError } from "./core/errors.ts";
import type { Program, ProgramTable } from "./core/program.ts";

// The door: the only file that sees every room. Rooms are loaded where they are used: an actor's
// process never loads the EVM, which would double its memory.

/** The applications that this build carries. */
const APPLICATIONS: Readonly<Record<string, () => Promise<Application>>> = {
  Transax: async () => (await import("../actors/transax/application.ts")).transax,
};

async function loadApplication(appName: string): Promise<Application> {
  const application = APPLICATIONS[appName];
  if (application === undefined) throw new AgentError("APPLICATION_UNKNOWN", { app: appName });
  return application();
}

function loaded(load: () => Promise<Program>): Program {
  return async (world, options, parent, signal) => {
    // Logical time waits for a program that is on its way.
    world.activity.begin();
    const running = (await load())(world, options, parent, signal);
    world.activity.end();
    await running;
  };
}

/** Every program that a spawner can start, in processes and in the simulator alike. */
export const PROGRAMS: ProgramTable = {
  /** One actor; options: ActorInstance. */
  actor: loaded(async () => {
    const { actorProgram } = await import("./actor/actor-program.ts");
    return actorProgram(loadApplication);
  }),
  /** One board's agent; options: NodeOptions. */
  node: loaded(async () => {
    const { nodeProgram } = await import("./node/node-program.ts");
    const { openLedger } = await import("./ledger/ledger.ts");
    return nodeProgram((world, { url, chainId, keys = {} }, signal) =>
      openLedger(world, { url, chainId, keys, database: "ledger" }, signal),
    );
  }),
  /** The embedded ledger; options: ChainOptions. */
  chain: loaded(async () => (await import("./chain/chain-program.ts")).chainProgram),
};
