import { AgentError } from "../core/errors.ts";
import type {
  ActorType,
  Actual,
  AppModel,
  ComponentUse,
  Formal,
  ParameterValue,
  Port,
  PortQueue,
} from "./app-model.ts";
import type { DeploymentModel } from "./deployment-model.ts";
import { deepFreeze } from "./freeze.ts";
import type {
  ActorInstance,
  ComponentInstance,
  Parameters,
  PortInstance,
  QueuePolicy,
} from "./instances.ts";
import { type PlacedInstance, placementOn } from "./placement-rule.ts";
import { resolveOptions } from "./resolve-options.ts";
import { scopeOfMessage, scopeOfPort } from "./scope-rule.ts";

/**
 * The actors that a deployment puts on a board, each with its components, ports, scopes and final
 * parameter values: component default, overridden by the instance's actual, which may name an
 * actor's formal, which takes the deployment's argument before its default.
 *
 * `board` is the name to report; hosts of the file are compared with it and with `aliases` (its
 * address, its name with a domain).
 * @throws AgentError MODEL_NOT_CHECKED when model or deployment have errors that checkApp or
 * checkDeployment tell of.
 */
export function instancesFor(
  app: AppModel,
  deployment: DeploymentModel,
  board: string,
  aliases: readonly string[] = [],
): readonly ActorInstance[] {
  const { instances } = placementOn(deployment, [board, ...aliases]);
  return deepFreeze(instances.map((instance) => resolveActor(app, board, instance)));
}

function resolveActor(
  app: AppModel,
  board: string,
  { placed, instanceName }: PlacedInstance,
): ActorInstance {
  const options = resolveOptions(placed.options);
  const actor = app.actors.find(({ name }) => name === placed.actor.name);
  if (actor === undefined) throw notChecked("actor", placed.actor.name);
  const parameters = parametersOfActor(actor, placed);
  return {
    appName: app.name,
    board,
    instanceName,
    actorType: actor.name,
    isRealTime: actor.isRealTime,
    scheduler: actor.scheduler ?? null,
    limits: actor.limits,
    ...options,
    parameters,
    scopes: Object.fromEntries(
      app.messages.map(({ name }) => [name, scopeOfMessage(actor, name)] as const),
    ),
    groups: app.groups.map(({ name, kind, message, timed, times }) => ({
      name,
      kind,
      message: message.name,
      scope: scopeOfMessage(actor, message.name),
      timed,
      times,
    })),
    components: actor.instances.map((use) => ({
      ...resolveComponent(app, actor, { use, parameters }),
      inWorker: placed.options?.workers.some(({ name }) => name === use.name) ?? false,
    })),
  };
}

// Parameters without any value stay out: the check lets them pass only when nobody uses them.
function parametersOfActor(actor: ActorType, placed: PlacedInstance["placed"]): Parameters {
  const values = actor.formals.flatMap((formal): [string, ParameterValue][] => {
    const argument = placed.arguments.find(({ name }) => name === formal.name);
    const literal = argument?.value ?? formal.default;
    return literal === undefined ? [] : [[formal.name, literal.value]];
  });
  return Object.fromEntries(values);
}

function resolveComponent(
  app: AppModel,
  actor: ActorType,
  { use, parameters }: { use: ComponentUse; parameters: Parameters },
): Omit<ComponentInstance, "inWorker"> {
  const component = app.components.find(({ name }) => name === use.component.name);
  if (component === undefined) throw notChecked("component", use.component.name);
  const values = component.formals.map((formal): [string, ParameterValue] => {
    const actual = use.actuals.find(({ name }) => name === formal.name);
    return [formal.name, valueOf(formal, actual, parameters)];
  });
  return {
    name: use.name,
    componentType: component.name,
    isDevice: component.isDevice,
    language: component.language,
    scheduler: component.scheduler,
    parameters: Object.fromEntries(values),
    ports: component.ports.map((port, index) => resolvePort(actor, port, index + 1)),
  };
}

function valueOf(
  formal: Formal,
  actual: Actual | undefined,
  parameters: Parameters,
): ParameterValue {
  if (actual === undefined) {
    if (formal.default === undefined) throw notChecked("parameter", formal.name);
    return formal.default.value;
  }
  if (actual.value.type === "literal") return actual.value.value;
  const { name } = actual.value;
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) throw notChecked("parameter", name);
  return value;
}

function resolvePort(actor: ActorType, port: Port, index: number): PortInstance {
  switch (port.kind) {
    case "pub":
    case "sub": {
      const { kind, name, message, timed, withinMs } = port;
      const scope = scopeOfPort(actor, port);
      const queue = resolveQueue(port.queue);
      return { kind, name, index, message: message.name, scope, timed, withinMs, queue };
    }
    case "timer":
      return {
        kind: port.kind,
        name: port.name,
        index,
        periodMs: port.periodMs,
        withinMs: port.withinMs,
        queue: resolveQueue(port.queue),
      };
    case "inside": {
      const { kind, name, isDefault } = port;
      return { kind, name, index, isDefault, queue: resolveQueue(port.queue) };
    }
    case "clt":
    case "srv":
    case "req":
    case "rep":
    case "qry":
    case "ans": {
      const { kind, name, request, reply, timed, withinMs } = port;
      const scope = scopeOfPort(actor, port);
      return {
        kind,
        name,
        index,
        request: request.name,
        reply: reply.name,
        scope,
        timed,
        withinMs,
        queue: resolveQueue(port.queue),
      };
    }
  }
}

function resolveQueue(queue: PortQueue | null): QueuePolicy | null {
  return queue === null ? null : { lengthMax: queue.lengthMax, whenFull: queue.whenFull };
}

function notChecked(what: string, name: string): AgentError {
  return new AgentError("MODEL_NOT_CHECKED", { what, name });
}
