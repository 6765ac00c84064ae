import type { ActorType, AppModel, MessagePort, PairPort } from "./app-model.ts";
import type { DeploymentModel } from "./deployment-model.ts";
import type { MessageScope } from "./instances.ts";
import { namedBoards, placementOn, placesEverywhere } from "./placement-rule.ts";
import { messagesOf, scopeOfPort } from "./scope-rule.ts";

/** A port that talks to other ports. */
export type LinkPort = MessagePort | PairPort;

/** The kind that each kind of port connects to. */
export const COUNTERPART = {
  pub: "sub",
  sub: "pub",
  clt: "srv",
  srv: "clt",
  req: "rep",
  rep: "req",
  qry: "ans",
  ans: "qry",
} as const satisfies Record<LinkPort["kind"], LinkPort["kind"]>;

/** A port of a placed component, and where it can be reached. */
export interface Endpoint {
  readonly actor: ActorType;
  readonly instanceName: string;
  readonly componentInstance: string;
  readonly port: LinkPort;
  readonly scope: MessageScope;
  /** Whether it is linked with a program that is not ours. */
  readonly isForeign: boolean;
  /** The board's name; null: any board that the deployment does not name. */
  readonly board: string | null;
}

/** Every port that a deployment brings to life; actors and components that do not exist are left out. */
export function endpointsOf(app: AppModel, deployment: DeploymentModel): readonly Endpoint[] {
  const boards: (string | null)[] = [...namedBoards(deployment)];
  if (placesEverywhere(deployment)) boards.push(null);
  return boards.flatMap((board) =>
    placementOn(deployment, board === null ? [] : [board]).instances.flatMap(
      ({ placed, instanceName }) => {
        const actor = app.actors.find(({ name }) => name === placed.actor.name);
        if (actor === undefined) return [];
        const foreign = placed.options?.foreign ?? [];
        return endpointsOfActor(app, actor, { board, instanceName }).map((endpoint) => ({
          ...endpoint,
          isForeign: foreign.some(
            ({ component, port }) =>
              component.name === endpoint.componentInstance && port.name === endpoint.port.name,
          ),
        }));
      },
    ),
  );
}

function endpointsOfActor(
  app: AppModel,
  actor: ActorType,
  place: Pick<Endpoint, "board" | "instanceName">,
): Omit<Endpoint, "isForeign">[] {
  return actor.instances.flatMap((use) => {
    const component = app.components.find(({ name }) => name === use.component.name);
    return (component?.ports ?? []).flatMap((port) => {
      if (!("message" in port) && !("request" in port)) return [];
      const scope = scopeOfPort(actor, port);
      return [{ actor, componentInstance: use.name, port, scope, ...place }];
    });
  });
}

/**
 * Whether two ports find each other: matching kinds, the same messages in the same order, the same
 * scope, and near enough for it. Source: the reference's discovery keys.
 */
export function connects(one: Endpoint, other: Endpoint): boolean {
  return fits(one.port, other.port) && one.scope === other.scope && isReachable(one, other);
}

/** Whether kinds and messages of two ports match, wherever they are. */
export function fits(one: LinkPort, other: LinkPort): boolean {
  return COUNTERPART[one.kind] === other.kind && signature(one) === signature(other);
}

/** The messages of a port as one word. */
export function signature(port: LinkPort): string {
  return messagesOf(port).join("#");
}

function isReachable(one: Endpoint, other: Endpoint): boolean {
  if (one.scope === "global") return true;
  const isSameBoard = one.board === other.board;
  return one.scope === "local"
    ? isSameBoard
    : isSameBoard && one.instanceName === other.instanceName;
}
