import type { BoardConstraint, BoardDeclaration } from "./deployment-model.ts";

/** Why a board does not satisfy all of `where`, such as "memory 256 mb"; null: it does. */
export function unmet(
  board: BoardDeclaration | undefined,
  where: readonly BoardConstraint[],
): string | null {
  if (where.length === 0) return null;
  if (board === undefined) return "not declared";
  const reasons = where.flatMap((constraint) => reasonOf(board, constraint) ?? []);
  return reasons.length === 0 ? null : reasons.join(", ");
}

function reasonOf(board: BoardDeclaration, constraint: BoardConstraint): string | null {
  switch (constraint.kind) {
    case "memory":
      if (board.memoryBytes === null) return "memory unknown";
      return board.memoryBytes >= constraint.bytesMin
        ? null
        : `memory ${sizeText(board.memoryBytes)}`;
    case "cores":
      if (board.cores === null) return "cores unknown";
      return board.cores >= constraint.countMin ? null : `cores ${board.cores}`;
    case "arch":
      if (board.arch === null) return "arch unknown";
      return board.arch === constraint.arch ? null : `arch ${board.arch}`;
    case "tag":
      return board.tags.some(({ name }) => name === constraint.tag)
        ? null
        : `no tag ${constraint.tag}`;
  }
}

/** Bytes in the largest unit of the language that keeps them whole. */
export function sizeText(bytes: number): string {
  const units = { gb: 1024 ** 3, mb: 1024 ** 2 };
  for (const [unit, size] of Object.entries(units))
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size} ${unit}`;
  return `${bytes / 1024} kb`;
}
