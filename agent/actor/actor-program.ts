import type { AnyDefinition, Application } from "../component/define.ts";
import { AgentError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { aborted, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance } from "../model/instances.ts";
import { ComponentHost } from "./component-host.ts";
import { LedgerProxy } from "./ledger-proxy.ts";
import { limitedNetwork } from "./limited-network.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";

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
      channels.get(actor)?.arrived(message);
    });
    const crash = deferred<never>();
    const running = actors.map((actor) => {
      const channel = channels.get(actor.instanceName) ?? new ActorChannel();
      const name = actor.instanceName;
      channel.tell = (message) =>
        parent.send({ actor: name, message } satisfies Addressed<ToAgent>);
      return hostActor({ world, actor, channel, signal }, load(actor.appName, codeUrl));
    });
    for (const each of running) each.catch(crash.reject);
    await Promise.race([crash.promise, Promise.all(running)]);
  };
}

/** Finds the code of an application. */
export type LoadApplication = (appName: string, codeUrl?: string) => Promise<Application>;

/** One actor's half of the crew's channel. */
class ActorChannel {
  tell: (message: ToAgent) => void = () => undefined;
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
  readonly signal: AbortSignal;
}

async function hostActor(
  { world, actor, channel, signal }: ActorParts,
  loading: Promise<Application>,
): Promise<void> {
  const { tell } = channel;
  const ended = new AbortController();
  const own = limitedNetwork(world, actor.limits.network, { tell, signal: ended.signal });
  const ledger = new LedgerProxy(tell);
  const early: ToActor[] = [];
  let dispatch = (message: ToActor): void => void early.push(message);
  channel.receive((message) => {
    ledger.receive(message);
    dispatch(message);
  });
  const crash = deferred<never>();
  const parts = { world: own, actor, ledger, tell, failed: crash.reject, signal: ended.signal };

  world.activity.begin();
  const application = await loading;
  const hosts: ComponentHost[] = [];
  for (const model of actor.components) {
    const definition = definitionOf(application, model.componentType);
    hosts.push(await ComponentHost.open({ ...parts, model, definition }));
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
