import type { DeploymentModel, PlacedActor, Placement } from "./deployment-model.ts";

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
  return [...new Set(targets)];
}

/** Whether some actor goes to every board of the fleet. */
export function placesEverywhere(deployment: DeploymentModel): boolean {
  return deployment.placements.some(({ targets }) => targets === "all");
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
    if (!isTarget(placement, boardNames)) continue;
    for (const placed of placement.actors) {
      const instanceName = placed.instanceName?.name ?? placed.actor.name;
      if (instances.has(instanceName)) skipped.push(placed);
      else instances.set(instanceName, { placed, instanceName });
    }
  }
  return { instances: [...instances.values()], skipped };
}

function isTarget({ targets }: Placement, boardNames: readonly string[]): boolean {
  return targets === "all" || targets.some(({ name }) => boardNames.includes(name));
}
