import type { AnyDefinition, Application } from "../component/define.ts";
import { AgentError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { aborted, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance } from "../model/instances.ts";
import { ComponentHost } from "./component-host.ts";
import { LedgerProxy } from "./ledger-proxy.ts";
import { namedLog } from "./named-log.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";
import { StandingWord } from "./standing-word.ts";

/**
 * The program of a crew: one actor, or several that share a process. It opens the ports of their
 * components, activates them, and hosts them until it is stopped. Rejects when a handler throws: the
 * agent, its supervisor, decides what follows.
 *
 * @param load gives the application's components by its name, or from the module at `codeUrl`.
 */
export function actorProgram(load: LoadApplication): Program {
  return async (world, options, parent, signal) => {
    const { actors, codeUrl } = options as CrewOptions;
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
    const running = actors.map((actor) => {
      const channel = channels.get(actor.instanceName) ?? new ActorChannel();
      const name = actor.instanceName;
      channel.send = (message) =>
        parent.send({ actor: name, message } satisfies Addressed<ToAgent>);
      const hasManyAgents = parent.renewed !== undefined;
      const parts = { world, actor, channel, hasManyAgents, signal };
      return hostActor(parts, load(actor.appName, codeUrl));
    });
    for (const each of running) each.catch(crash.reject);
    await Promise.race([crash.promise, Promise.all(running)]);
  };
}

/** Finds the code of an application. */
export type LoadApplication = (appName: string, codeUrl?: string) => Promise<Application>;

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
  readonly channel: ActorChannel;
  /** Whether the agent may be followed by another. */
  readonly hasManyAgents: boolean;
  readonly signal: AbortSignal;
}

async function hostActor(
  { world, actor, channel, hasManyAgents, signal }: ActorParts,
  loading: Promise<Application>,
): Promise<void> {
  const { send } = channel;
  const word = new StandingWord(send);
  const { tell } = word;
  const ledger = new LedgerProxy(send, hasManyAgents ? world.random : undefined);
  channel.renewed = () => {
    word.repeat();
    ledger.repeat();
  };
  const early: ToActor[] = [];
  let dispatch = (message: ToActor): void => void early.push(message);
  channel.receive((message) => {
    word.heard(message);
    ledger.receive(message);
    dispatch(message);
  });
  const crash = deferred<never>();
  const ended = new AbortController();
  const parts = { world, actor, ledger, tell, failed: crash.reject, signal: ended.signal };

  world.activity.begin();
  const application = await loading;
  const hosts: ComponentHost[] = [];
  for (const model of actor.components) {
    const definition = definitionOf(application, model.componentType);
    const log = namedLog(world.log, `${actor.instanceName}/${model.name}`);
    hosts.push(await ComponentHost.open({ ...parts, world: { ...world, log }, model, definition }));
  }
  dispatch = (message) => {
    if (message.kind !== "peers") return;
    const [component, port] = message.port.split("/");
    hosts.find(({ name }) => name === component)?.peers(port ?? "", message.endpoints);
  };
  for (const message of early) dispatch(message);
  tell({ kind: "active" });
  for (const host of hosts) host.activate();
  world.activity.end();

  await Promise.race([aborted(signal), crash.promise]);
  ended.abort();
  // Last come, first stopped: what was opened first may be needed by what came later.
  for (const host of hosts.reverse()) await host[Symbol.asyncDispose]();
  // A handler may have thrown on the way.
  await Promise.race([crash.promise, Promise.resolve()]);
}

function definitionOf(application: Application, componentType: string): AnyDefinition {
  const definition = application.components[componentType];
  if (definition === undefined)
    throw new AgentError("COMPONENT_UNKNOWN", { app: application.name, component: componentType });
  return definition;
}
