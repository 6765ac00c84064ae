import type { AnyDefinition, Application } from "../../agent/component/define.ts";
import type { Ports } from "../../agent/component/ports.ts";
import type { Assets } from "../../agent/core/assets.ts";
import { AgentError } from "../../agent/core/errors.ts";
import { loadPrograms } from "../../agent/main.ts";
import type { Parameters } from "../../agent/model/instances.ts";
import { instancesFor } from "../../agent/model/resolve.ts";
import type { NodeOptions } from "../../agent/node/node-options.ts";
import type { NetworkOptions } from "../../agent/sim/network.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { benchTexts } from "./bench-texts.ts";
import { Journal } from "./journal.ts";
import { LinkTable } from "./link-table.ts";
import { type MirrorPorts, mirrored, probeOf, type Run } from "./probe.ts";
import { printed, readTexts, type Application as Texts } from "./probe-texts.ts";
import { type Failure, SimulatedApplication } from "./simulated-application.ts";
import { watchedActor } from "./watched-actor.ts";

export type { Passage } from "./journal.ts";
export { readModelFiles } from "./model-files.ts";
export type { Probe } from "./probe.ts";
export type { ExpectOptions, Failure } from "./simulated-application.ts";
export { SimulatedApplication } from "./simulated-application.ts";

/** Lines of the log that are kept. */
const LOG_LINES_MAX = 10_000;
/** A connection is there after a few ways over the network. */
const WAYS_TO_CONNECT = 5;
const WAY_US_MAX = 1_000;
const BEACON_UDP_PORT = 15_670;

/** The ports of a test that has none. */
export type NoPorts = Readonly<Record<string, never>>;

/** How an application is simulated. */
export interface SimulateOptions<P extends Ports> {
  /** Default 1. Equal seeds give equal runs. */
  readonly seed?: number | string;
  /** Ports of the test itself, through which it talks with the application. */
  readonly probe?: P;
  /** The board on which the test's ports are; default one of its own, "test-bench". */
  readonly probeBoard?: string;
  /** Boards beside those that the deployment names: it needs some when it says `on all`. */
  readonly boards?: readonly string[];
  /** The application's files: texts by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Delay, loss, repetition and order of the simulated network. */
  readonly network?: NetworkOptions;
  /** When it is, in µs since 1970; default 2027-01-15 08:00 UTC. */
  readonly startUtcUs?: number;
  /** fail (default): an actor that fails fails the test; keep: it is one of `failures`. */
  readonly onFailure?: "fail" | "keep";
}

/** How a component alone is simulated. */
export interface SimulateComponentOptions
  extends Pick<SimulateOptions<Ports>, "seed" | "files" | "network" | "startUtcUs" | "onFailure"> {
  /** Values of its parameters. */
  readonly parameters?: Parameters;
  /** Periods of its timers in ms; timers without one are sporadic. */
  readonly periodsMs?: Readonly<Record<string, number>>;
}

/**
 * Runs an application in the simulator: every board with its agent, every actor, on virtual time.
 * Resolves when all actors run and all ports are connected.
 * @throws AgentError MODEL_INVALID; Error when an actor fails or does not come up.
 */
export async function simulate<const P extends Ports = NoPorts>(
  application: Application,
  modelText: string,
  deploymentText: string,
  options: SimulateOptions<P> = {},
): Promise<SimulatedApplication<P>> {
  const { probe: ports = {} as P, probeBoard = "test-bench" } = options;
  const hasProbe = Object.keys(ports).length > 0;
  const probe = hasProbe ? { ports, board: probeBoard } : undefined;
  const { boards = [] } = options;
  const texts = readTexts(modelText, deploymentText, { boards, probe });
  return start(application, { texts, ports }, options);
}

/**
 * Runs one component alone; `probe` has the other end of each of its ports, under the same name.
 * As everywhere, what is published reaches all subscribers of that message type.
 * @throws AgentError COMPONENT_OPTION_INVALID within the cause, when parameters are missing.
 */
export async function simulateComponent<const P extends Ports>(
  definition: AnyDefinition & { readonly ports: P },
  options: SimulateComponentOptions = {},
): Promise<SimulatedApplication<MirrorPorts<P>>> {
  const ports = mirrored(definition.ports as Ports);
  const { modelText, deploymentText } = benchTexts(definition, ports, options);
  const texts = readTexts(modelText, deploymentText);
  const application = { name: texts.app.name, components: { [definition.name]: definition } };
  const running = await start(application, { texts, ports }, options);
  return running as unknown as SimulatedApplication<MirrorPorts<P>>;
}

interface Setting<P extends Ports> {
  readonly texts: Texts;
  readonly ports: P;
}

async function start<P extends Ports>(
  application: Application,
  { texts, ports }: Setting<P>,
  options: Omit<SimulateOptions<P>, "probe">,
): Promise<SimulatedApplication<P>> {
  const { seed = 1, files = {}, network, startUtcUs, onFailure = "fail" } = options;
  const { boards } = texts;
  const run: Run = (work) => running.until(work);
  const [journal, links, failures, log] = [
    new Journal(),
    new LinkTable(),
    [] as Failure[],
    [] as string[],
  ];
  const { definition, probe } = probeOf(ports, run);
  const placed = boards.flatMap((board) => instancesFor(texts.app, texts.deployment, board));
  const watch = { application, definition, placed, journal, links, failures };
  const sim = new Simulation({
    seed,
    programs: {
      ...(await loadPrograms(() => Promise.resolve(application), ["chain"])),
      actor: watchedActor(watch),
    },
    assets: textAssets(files),
    onRecord: (line) => {
      if (log.push(line) > LOG_LINES_MAX) log.shift();
    },
    ...(network === undefined ? {} : { network }),
    ...(startUtcUs === undefined ? {} : { startUtcUs }),
  });
  const running: SimulatedApplication<P> = new SimulatedApplication<P>({
    ...{ sim, journal, links, failures, log, boards, probe },
    actors: placed.map(({ board, instanceName }) => ({ board, actor: instanceName })),
    connectingMs: (WAYS_TO_CONNECT * (network?.delayUsMax ?? WAY_US_MAX)) / 1000,
    failuresFail: onFailure === "fail",
    startBoard: (board) => startBoard(sim, board, printed(texts), failures),
  });
  for (const board of boards) startBoard(sim, board, printed(texts), failures);
  if (onFailure === "fail") await running.connected();
  return running;
}

function startBoard(
  sim: Simulation,
  board: string,
  application: NonNullable<NodeOptions["application"]>,
  failures: Failure[],
): void {
  const options: NodeOptions = {
    ...{ board, cluster: "test", beaconUdpPort: BEACON_UDP_PORT, application },
  };
  const node = sim.host(board).start({ program: "node", name: board, options });
  void node.exited.then(({ kind, reason }) => {
    if (kind === "failed") failures.push({ board, actor: "(agent)", error: new Error(reason) });
  });
}

function textAssets(files: Readonly<Record<string, string>>): Assets {
  return {
    text(path) {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      return text === undefined
        ? Promise.reject(new AgentError("ASSET_MISSING", { path }))
        : Promise.resolve(text);
    },
  };
}
