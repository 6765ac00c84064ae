import type { ActorType, AppModel } from "./app-model.ts";
import {
  COUNTERPART,
  connects,
  type Endpoint,
  endpointsOf,
  fits,
  type LinkPort,
  signature,
} from "./connection-rule.ts";
import type { DeploymentModel } from "./deployment-model.ts";
import { didYouMean, type ProblemList } from "./problem-list.ts";
import { messagesOf, scopeOfPort } from "./scope-rule.ts";

/** How strict checkDeployment is. */
export interface DeploymentCheckOptions {
  /**
   * What a port is that connects on no board: "error", the default, or "warning", for a deployment
   * that leaves an actor out on purpose, such as a logger.
   */
  readonly lonePorts?: "error" | "warning";
}

/**
 * Notes every port that this deployment can never connect: an error, unless the options say
 * otherwise, when it stays alone on every board, a warning when on some.
 */
export function checkConnections(
  found: ProblemList,
  app: AppModel,
  deployment: DeploymentModel,
  { lonePorts = "error" }: DeploymentCheckOptions,
): void {
  const endpoints = endpointsOf(app, deployment);
  // Only ports that fit can connect: looking them up keeps large deployments from being quadratic.
  const bySignature = groupBy(endpoints, ({ port }) => `${port.kind} ${signature(port)}`);
  const ports = groupBy(endpoints, ({ actor, componentInstance, port }) =>
    [actor.name, componentInstance, port.name].join("."),
  );
  for (const places of ports.values()) {
    const [first] = places;
    if (first === undefined) continue;
    const key = `${COUNTERPART[first.port.kind]} ${signature(first.port)}`;
    const candidates = bySignature.get(key) ?? [];
    const alone = places.filter(
      (place) => !place.isForeign && !candidates.some((other) => connects(place, other)),
    );
    const what = `port ${first.port.name} of ${first.componentInstance} in actor ${first.actor.name}`;
    if (alone.length === 0) continue;
    const hint = reasonFor(app, first, { candidates, bySignature });
    if (alone.length === places.length)
      found[lonePorts](first.port.position, `${what} can never connect`, hint);
    else {
      const boards = [...new Set(alone.map(({ board }) => board ?? "boards that are not named"))];
      const where = `${boards.slice(0, 5).join(", ")}${boards.length > 5 ? ", …" : ""}`;
      found.warning(first.port.position, `${what} cannot connect on ${where}`, hint);
    }
  }
}

interface PlacedPorts {
  /** Placed ports whose kind and messages fit. */
  readonly candidates: readonly Endpoint[];
  readonly bySignature: ReadonlyMap<string, readonly Endpoint[]>;
}

// Why a port is alone, from the nearest miss to the farthest.
function reasonFor(app: AppModel, endpoint: Endpoint, placed: PlacedPorts): string {
  const { port, scope } = endpoint;
  const kind = COUNTERPART[port.kind];
  const wanted = describe(kind, port);
  const sameScope = placed.candidates.find((other) => other.scope === scope);
  if (sameScope !== undefined) {
    const near = scope === "local" ? "on the same board" : "in the same actor";
    return `actor ${sameScope.actor.name} has ${wanted}, which must be ${near} as the scope is ${scope}`;
  }
  const [otherScope] = placed.candidates;
  if (otherScope !== undefined)
    return `actor ${otherScope.actor.name} has ${wanted}, with scope ${otherScope.scope} there and ${scope} here`;
  const swapped = [...messagesOf(port)].reverse().join("#");
  const [swappedPort] = placed.bySignature.get(`${kind} ${swapped}`) ?? [];
  if (swappedPort !== undefined)
    return `actor ${swappedPort.actor.name} has one with request and reply swapped; wanted: ${wanted}`;
  const unplaced = app.actors.find((other) =>
    portsOf(app, other).some(
      (candidate) => fits(port, candidate) && scopeOfPort(other, candidate) === scope,
    ),
  );
  if (unplaced !== undefined) return `actor ${unplaced.name} has ${wanted}, and is not placed`;
  const similar = app.components
    .flatMap((component) => component.ports.filter(isLink))
    .filter((other) => other.kind === kind);
  if (similar.some((other) => fits(port, other))) return `${wanted} is in no actor that is placed`;
  return `no component has ${wanted}${suggestion(port, similar)}`;
}

function suggestion(port: LinkPort, similar: readonly LinkPort[]): string {
  if (similar.length === 0) return "";
  const guess = didYouMean(signature(port), [...new Set(similar.map(signature))]);
  return guess.startsWith("did") ? `; ${guess}` : "";
}

function describe(kind: LinkPort["kind"], port: LinkPort): string {
  const messages = messagesOf(port);
  return `a port \`${kind} …: ${messages.length === 1 ? messages.join() : `(${messages.join(", ")})`}\``;
}

function portsOf(app: AppModel, actor: ActorType): readonly LinkPort[] {
  return actor.instances.flatMap((use) => {
    const component = app.components.find(({ name }) => name === use.component.name);
    return (component?.ports ?? []).filter(isLink);
  });
}

function isLink(port: { readonly kind: string }): port is LinkPort {
  return Object.hasOwn(COUNTERPART, port.kind);
}

// Map.groupBy is not in Node 20.
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
