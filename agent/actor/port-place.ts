import type { Port } from "../component/ports.ts";
import { AgentError } from "../core/errors.ts";
import type { BindOptions, Reach } from "../core/wire.ts";
import type { ActorInstance, MessageScope, PortInstance } from "../model/instances.ts";
import { providerKey } from "./provider-key.ts";

/** Who can reach a port, and whom it reaches beside the providers of its application. */
export interface ServingPlace {
  readonly bind: BindOptions;
  /** Endpoints of programs that are not ours. */
  readonly foreign: readonly string[];
}

/**
 * How far the port of a message of this scope is reached; `isSpread`: the actor's components run in
 * several threads or processes.
 */
export function reachOf(scope: MessageScope, isSpread: boolean): Reach {
  if (scope === "global") return "network";
  return scope === "local" || isSpread ? "board" : "process";
}

/** A component that stands here alone may have the others of its actor in other threads. */
function isSpreadByModel({ components }: ActorInstance): boolean {
  return components.length === 1 || components.some(({ inWorker }) => inWorker);
}

/**
 * Where the port called `name` ("component/port") of `actor` is bound and connects to.
 * @throws AgentError COMPONENT_UNFIT when it has several doors.
 */
export function placeOf(
  actor: ActorInstance,
  model: PortInstance,
  name: string,
  isSpread = isSpreadByModel(actor),
): ServingPlace {
  const links = actor.foreign.filter(({ port }) => port === name);
  const doors = links.filter(({ how }) => how === "bind").map(({ address }) => address);
  if (doors.length > 1)
    throw new AgentError("COMPONENT_UNFIT", { port: name, faults: "a port has one door at most" });
  const [door] = doors;
  const foreign = links
    .filter(({ how }) => how === "connect")
    .map(({ address, curveKey }) => `plain+${address}${curveKey === null ? "" : `#${curveKey}`}`);
  const reach = reachOf("scope" in model ? model.scope : "internal", isSpread);
  return { bind: { reach, ...(door === undefined ? {} : { door }) }, foreign };
}

/** The key by which the port meets its providers or requesters. */
export function portKey(actor: ActorInstance, model: PortInstance, port: Port): string {
  const place = { app: actor.appName, board: actor.board, actor: actor.instanceName };
  const scope = "scope" in model ? model.scope : "internal";
  switch (port.kind) {
    case "pub":
    case "sub":
      return providerKey(place, scope, "pub", [port.message]);
    case "tim":
    case "ins":
      return providerKey(place, scope, "srv", []);
    case "req":
    case "rep":
      return providerKey(place, scope, "rep", [port.request, port.reply]);
    case "qry":
    case "ans":
      return providerKey(place, scope, "ans", [port.request, port.reply]);
    case "clt":
    case "srv":
      return providerKey(place, scope, "srv", [port.request, port.reply]);
  }
}
