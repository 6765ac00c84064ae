import type { AnyDefinition, Application } from "../component/define.ts";
import { AgentError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { aborted, deferred } from "../core/waiting.ts";
import type { ActorInstance } from "../model/instances.ts";
import { ComponentHost } from "./component-host.ts";
import { LedgerProxy } from "./ledger-proxy.ts";
import type { ToActor, ToAgent } from "./protocol.ts";

/**
 * The program of one actor: opens the ports of its components, activates them, and hosts them until
 * it is stopped. Rejects when a handler throws: the agent, its supervisor, decides what follows.
 *
 * @param load gives the application's components by its name.
 */
export function actorProgram(load: (appName: string) => Promise<Application>): Program {
  return async (world, options, parent, signal) => {
    const actor = options as ActorInstance;
    const tell = (message: ToAgent): void => parent.send(message);
    const ledger = new LedgerProxy(tell);
    const early: ToActor[] = [];
    let dispatch = (message: ToActor): void => void early.push(message);
    parent.receive((message) => {
      ledger.receive(message as ToActor);
      dispatch(message as ToActor);
    });
    const crash = deferred<never>();
    const ended = new AbortController();
    const parts = { world, actor, ledger, tell, failed: crash.reject, signal: ended.signal };

    world.activity.begin();
    const application = await load(actor.appName);
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
  };
}

function definitionOf(application: Application, componentType: string): AnyDefinition {
  const definition = application.components[componentType];
  if (definition === undefined)
    throw new AgentError("COMPONENT_UNKNOWN", { app: application.name, component: componentType });
  return definition;
}
