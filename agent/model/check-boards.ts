import type { BoardDeclaration, DeploymentModel, Placement } from "./deployment-model.ts";
import { boardsOf, candidatesOf, nameOf } from "./placement-rule.ts";
import { noteDuplicates, type ProblemList } from "./problem-list.ts";

// A hint lists so many boards.
const REASONS_MAX = 8;

/** Notes boards that are declared wrongly, and placements that find too few of them. */
export function checkBoards(found: ProblemList, deployment: DeploymentModel): void {
  noteDuplicates(found, "board", deployment.boards);
  for (const board of deployment.boards) checkBoard(found, board);
  for (const placement of deployment.placements) checkPlacement(found, deployment, placement);
  checkDoors(found, deployment);
}

function checkBoard(found: ProblemList, board: BoardDeclaration): void {
  const { name, memoryBytes, cores, tags, position } = board;
  noteDuplicates(found, "tag", tags);
  if (memoryBytes !== null && memoryBytes < 1)
    found.error(position, `board ${name} has no memory`, "write such as: memory 512 mb");
  if (cores !== null && cores < 1)
    found.error(position, `board ${name} has no core`, "write such as: cores 1");
}

function checkPlacement(
  found: ProblemList,
  deployment: DeploymentModel,
  placement: Placement,
): void {
  const { count, where, position } = placement;
  if (count === null && where.length === 0) return;
  const what = placement.actors.map(nameOf).join(", ");
  if (count !== null && count < 1) {
    found.error(position, `${what} is placed ${count} times`, "give 1 or more, or leave it out");
    return;
  }
  const placed = boardsOf(deployment, placement).length;
  if (placed >= (count ?? 1)) return;
  const candidates = candidatesOf(deployment, placement);
  const reasons = candidates.flatMap(({ name, refusal }) =>
    refusal === null ? [] : [`${name}: ${refusal}`],
  );
  const shown = `${reasons.slice(0, REASONS_MAX).join("; ")}${reasons.length > REASONS_MAX ? "; …" : ""}`;
  const wanted =
    count === null
      ? `no board will do for ${what}`
      : `${what} is to be on ${count} board${count === 1 ? "" : "s"}, and ${placed === 0 ? "none" : placed} will do`;
  found.error(position, wanted, shown === "" ? hintFor(candidates, what) : `not on ${shown}`);
}

function hintFor(candidates: readonly { readonly name: string }[], what: string): string {
  return candidates.length === 0
    ? "declare boards before the placements: board name { memory 512 mb; }"
    : `name more boards than ${candidates.map(({ name }) => name).join(", ")}, or place fewer of ${what}`;
}

// Two programs cannot both be reached at one address of a board.
function checkDoors(found: ProblemList, deployment: DeploymentModel): void {
  const owners = new Map<string, string>();
  for (const placement of deployment.placements) {
    const boards = boardsOf(deployment, placement);
    for (const placed of placement.actors)
      for (const { how, address, position } of placed.options?.foreign ?? []) {
        if (how !== "bind") continue;
        const doors = boards.map((board) => `${board} ${address}`);
        const [taken] = doors.filter((door) => owners.has(door));
        for (const door of doors) owners.set(door, owners.get(door) ?? nameOf(placed));
        if (taken === undefined) continue;
        found.error(
          position,
          `${address} is already opened on ${taken.slice(0, taken.indexOf(" "))}, by ${owners.get(taken) ?? ""}`,
          "give each door a number of its own",
        );
      }
  }
}
