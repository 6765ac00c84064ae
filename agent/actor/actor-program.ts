import type { AnyDefinition, Application } from "../component/define.ts";
import { AgentError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { treeAssets } from "../core/tree-assets.ts";
import { aborted, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance } from "../model/instances.ts";
import type { ComponentHost } from "./component-host.ts";
import type { Adapt, CrewRecording } from "./crew-recording.ts";
import { KeptHost } from "./kept-host.ts";
import { LedgerProxy } from "./ledger-proxy.ts";
import { limitedNetwork } from "./limited-network.ts";
import type { LoadApplication } from "./load-application.ts";
import { namedLog } from "./named-log.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";
import { StandingWord } from "./standing-word.ts";
import { WorkerHost, type WorkerHostParts } from "./worker-host.ts";

/**
 * The program of a crew: one actor, or several that share a process. It opens the ports of their
 * components, activates them, and hosts them until it is stopped. Rejects when a handler throws: the
 * agent, its supervisor, decides what follows.
 *
 * @param load gives the application's components by its name, or from the module at `codeUrl`.
 */
export function actorProgram(load: LoadApplication): Program {
  return async (world, options, parent, signal) => {
    const crew = options as CrewOptions;
    const { actors } = crew;
    const hasManyAgents = crew.hasManyAgents === true || parent.renewed !== undefined;
    const channels = new Map(actors.map(({ instanceName }) => [instanceName, new ActorChannel()]));
    parent.receive((raw) => {
      const { actor, message } = raw as Addressed<ToActor>;
      // Answered here and at once: it asks whether the event loop turns, and nothing else.
      if (message.kind === "ping") {
        const { number } = message;
        parent.send({ actor, message: { kind: "pong", number } } satisfies Addressed<ToAgent>);
      } else channels.get(actor)?.arrived(message);
    });
    parent.renewed?.(() => {
      for (const channel of channels.values()) channel.renewed();
    });
    const crash = deferred<never>();
    const recording = await recordingOf(world, crew, signal);
    const running = actors.map((actor) => {
      const channel = channels.get(actor.instanceName) ?? new ActorChannel();
      const name = actor.instanceName;
      channel.send = (message) =>
        parent.send({ actor: name, message } satisfies Addressed<ToAgent>);
      const own = { ...crew, hasManyAgents };
      return hostActor({ world, actor, crew: own, load, channel, signal, adapt: recording?.adapt });
    });
    for (const each of running) each.catch(crash.reject);
    try {
      await Promise.race([crash.promise, Promise.all(running)]);
    } finally {
      await recording?.[Symbol.asyncDispose]();
    }
  };
}

/** Loaded by those who record or play, and by nobody else. */
async function recordingOf(
  world: World,
  crew: CrewOptions,
  signal: AbortSignal,
): Promise<CrewRecording | undefined> {
  if (crew.record !== true && crew.play === undefined) return undefined;
  const { recordedCrew } = await import("./crew-recording.ts");
  return recordedCrew(world, crew, signal);
}

/** One actor's half of the crew's channel. */
class ActorChannel {
  send: (message: ToAgent) => void = () => undefined;
  /** Called when another agent has taken over. */
  renewed: () => void = () => undefined;
  #early: ToActor[] | undefined = [];
  #receive: (message: ToActor) => void = (message) => void this.#early?.push(message);

  arrived(message: ToActor): void {
    this.#receive(message);
  }

  receive(receiver: (message: ToActor) => void): void {
    this.#receive = receiver;
    for (const message of this.#early ?? []) receiver(message);
    this.#early = undefined;
  }
}

interface ActorParts {
  readonly world: World;
  readonly actor: ActorInstance;
  readonly crew: CrewOptions;
  readonly load: LoadApplication;
  readonly channel: ActorChannel;
  readonly signal: AbortSignal;
  /** Absent: components are hosted as they are. */
  readonly adapt: Adapt | undefined;
}

async function hostActor(parts: ActorParts): Promise<void> {
  const { actor, crew, channel, signal } = parts;
  const word = new StandingWord(channel.send);
  const { tell } = word;
  let lastId = 0;
  const nextId = (): number => ++lastId;
  const crash = deferred<never>();
  const ended = new AbortController();
  const limited = { tell, signal: ended.signal };
  const world = withAssets(
    limitedNetwork(parts.world, actor.limits.network, limited),
    crew.assetsPath,
  );
  world.activity.begin();
  const ledger = new LedgerProxy(
    channel.send,
    crew.hasManyAgents ? world.random : undefined,
    nextId,
  );
  const workers = startWorkers(parts, { word, nextId, failed: crash.reject });
  channel.renewed = () => {
    word.repeat();
    ledger.repeat();
    for (const worker of workers.values()) worker.repeat();
  };
  const early: ToActor[] = [];
  let dispatch = (message: ToActor): void => void early.push(message);
  channel.receive((message) => {
    word.heard(message);
    ledger.receive(message);
    for (const worker of workers.values()) worker.receive(message);
    dispatch(message);
  });

  // A component in a thread may fail while others are still being opened.
  const more = { ledger, workers, tell, failed: crash.reject, signal: ended.signal };
  const hosts = await Promise.race([crash.promise, openComponents({ ...parts, world }, more)]);
  const here = hosts.filter((host) => host instanceof KeptHost);
  dispatch = (message) => {
    if (message.kind === "health") void answerHealth(here, message.number, tell);
    for (const { host } of here) hand(host, message);
    if (message.kind === "measure") {
      const components = here.map(({ host }) => host.measure());
      channel.send({ kind: "measures", number: message.number, components });
    }
  };
  for (const message of early) dispatch(message);
  tell({ kind: "active" });
  for (const host of here) host.activate();
  world.activity.end();

  await Promise.race([aborted(signal), crash.promise]);
  ended.abort();
  // Last come, first stopped: what was opened first may be needed by what came later.
  for (const host of hosts.reverse()) await host[Symbol.asyncDispose]();
  // A handler may have thrown on the way.
  await Promise.race([crash.promise, Promise.resolve()]);
}

/** Components in threads of their own are asked nothing: they are active, or the actor ends. */
async function answerHealth(
  here: readonly KeptHost[],
  number: number,
  tell: (message: ToAgent) => void,
): Promise<void> {
  const faults = await Promise.all(here.map(({ host }) => host.health()));
  const fault = faults.find((each) => each !== undefined) ?? null;
  tell({ kind: "health", number, fault });
}

/** What the agent says to the components that run here. */
function hand(host: ComponentHost, message: ToActor): void {
  switch (message.kind) {
    case "peers": {
      const [component, port = ""] = message.port.split("/");
      if (component === host.name) host.peers(port, message.endpoints);
      break;
    }
    case "notice":
      host.notice(message.notice);
      break;
    case "pause":
      host.pause();
      break;
    case "resume":
      host.resume();
      break;
    case "ping":
    case "health":
    case "measure":
    case "ledger-result":
    case "ledger-fault":
    case "event":
      break;
  }
}

function withAssets(world: World, folder: string | undefined): World {
  return folder === undefined ? world : { ...world, assets: treeAssets(world.tree, folder) };
}

/** The components that run in threads, by their models. */
type Workers = ReadonlyMap<ComponentInstance, WorkerHost>;

interface OpeningParts {
  readonly ledger: LedgerProxy;
  readonly workers: Workers;
  readonly tell: (message: ToAgent) => void;
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

function startWorkers(
  { world, actor, crew, channel: { send } }: ActorParts,
  more: Pick<WorkerHostParts, "word" | "nextId" | "failed">,
): Workers {
  const models = actor.components.filter(({ inWorker }) => inWorker);
  return new Map(
    models.map((model) => [model, new WorkerHost({ world, actor, model, crew, send, ...more })]),
  );
}

/** Opens the components that run here, and waits for those in threads: in the order of the model. */
async function openComponents(
  { world, actor, crew, load, adapt }: ActorParts,
  { workers, ...more }: OpeningParts,
): Promise<(KeptHost | WorkerHost)[]> {
  const { codeUrl, snapshots = {} } = crew;
  const application = await load(actor.appName, codeUrl);
  const hosts: (KeptHost | WorkerHost)[] = [];
  for (const model of actor.components) {
    const worker = workers.get(model);
    const name = `${actor.instanceName}/${model.name}`;
    const original = definitionOf(application, model.componentType);
    const definition = adapt?.(name, original) ?? original;
    const log = namedLog(world.log, name);
    const parts = { world: { ...world, log }, actor, model, definition, codeUrl, ...more };
    hosts.push(worker ?? (await KeptHost.open(parts, snapshots)));
  }
  for (const worker of workers.values()) await worker.active;
  return hosts;
}

function definitionOf(application: Application, componentType: string): AnyDefinition {
  const definition = application.components[componentType];
  if (definition === undefined)
    throw new AgentError("COMPONENT_UNKNOWN", { app: application.name, component: componentType });
  return definition;
}
