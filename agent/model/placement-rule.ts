import { unmet } from "./constraint-rule.ts";
import type { DeploymentModel, PlacedActor, Placement } from "./deployment-model.ts";
import { rendezvous } from "./rendezvous-rule.ts";

/** An actor of the deployment file with the name it has on a board. */
export interface PlacedInstance {
  readonly placed: PlacedActor;
  readonly instanceName: string;
}

/** What a deployment puts on one board. */
export interface BoardPlacement {
  readonly instances: readonly PlacedInstance[];
  /** Placements left out because their name is taken on this board, as the reference leaves them out. */
  readonly skipped: readonly PlacedActor[];
}

/** The hosts that a deployment names, each once, in the order of the file. */
export function namedBoards(deployment: DeploymentModel): readonly string[] {
  const targets = deployment.placements.flatMap((placement) =>
    placement.targets === "all" ? [] : placement.targets.map(({ name }) => name),
  );
  return [...new Set([...deployment.boards.map(({ name }) => name), ...targets])];
}

/** Whether some actor goes to boards that the file does not name. */
export function placesEverywhere(deployment: DeploymentModel): boolean {
  return deployment.placements.some(
    ({ targets, count, where }) => targets === "all" && count === null && where.length === 0,
  );
}

/** The name that an actor has on its boards. */
export function nameOf({ instanceName, actor }: PlacedActor): string {
  return instanceName?.name ?? actor.name;
}

/**
 * The named boards that a placement goes to: those of its targets that satisfy `where`, and of them
 * the `count` chosen by the hash of application, name of the actor and board. Too few: all of them.
 */
export function boardsOf(deployment: DeploymentModel, placement: Placement): readonly string[] {
  const { count, actors } = placement;
  const fit = candidatesOf(deployment, placement).flatMap(({ name, refusal }) =>
    refusal === null ? [name] : [],
  );
  if (count === null) return fit;
  return rendezvous([deployment.appName, ...actors.map(nameOf)].join("/"), fit, count);
}

/** Every named board that is a target, with the reason why it does not satisfy `where`; null: it does. */
export function candidatesOf(
  deployment: DeploymentModel,
  { targets, where }: Placement,
): readonly { readonly name: string; readonly refusal: string | null }[] {
  const names = targets === "all" ? namedBoards(deployment) : targets.map(({ name }) => name);
  const declared = new Map(deployment.boards.map((board) => [board.name, board]));
  return [...new Set(names)].map((name) => ({ name, refusal: unmet(declared.get(name), where) }));
}

/**
 * What a deployment puts on the board with these names (host name, address); with none: on a board
 * that the file does not name.
 */
export function placementOn(
  deployment: DeploymentModel,
  boardNames: readonly string[],
): BoardPlacement {
  const instances = new Map<string, PlacedInstance>();
  const skipped: PlacedActor[] = [];
  for (const placement of deployment.placements) {
    if (!isTarget(deployment, placement, boardNames)) continue;
    for (const placed of placement.actors) {
      const instanceName = nameOf(placed);
      if (instances.has(instanceName)) skipped.push(placed);
      else instances.set(instanceName, { placed, instanceName });
    }
  }
  return { instances: [...instances.values()], skipped };
}

function isTarget(
  deployment: DeploymentModel,
  placement: Placement,
  boardNames: readonly string[],
): boolean {
  const { targets, count, where } = placement;
  if (count === null && where.length === 0)
    return targets === "all" || targets.some(({ name }) => boardNames.includes(name));
  return boardsOf(deployment, placement).some((name) => boardNames.includes(name));
}
