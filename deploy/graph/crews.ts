import type { ForeignClause } from "../../agent/model/actor-options-model.ts";
import { sizeText } from "../../agent/model/constraint-rule.ts";
import type { BoardDeclaration, PlacedActor } from "../../agent/model/deployment-model.ts";
import { nameOf } from "../../agent/model/placement-rule.ts";

/** So many actors of one type on a board are drawn as one. */
const CREW_MIN = 3;

/** One actor, or several of one type on one board. */
export interface Crew {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  readonly isShared: boolean;
  readonly foreign: readonly ForeignClause[];
}

/** The actors of a board, those that differ in nothing drawn but their names put together. */
export function crewsOf(placed: readonly PlacedActor[], isEveryActor: boolean): readonly Crew[] {
  const kinds = new Map<string, PlacedActor[]>();
  for (const each of placed) {
    const { actor, options } = each;
    const isAlone = isEveryActor || (options?.foreign.length ?? 0) > 0;
    const key = isAlone
      ? `alone ${kinds.size}`
      : `${actor.name} ${options?.isolation?.mode ?? "own"}`;
    const alike = kinds.get(key) ?? [];
    alike.push(each);
    kinds.set(key, alike);
  }
  return [...kinds.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    if (alike.length < CREW_MIN) return alike.map((each) => crew(each, 1));
    return [{ ...crew(first, alike.length), name: first.actor.name }];
  });
}

function crew(placed: PlacedActor, count: number): Crew {
  const { actor, options } = placed;
  return {
    name: nameOf(placed),
    type: actor.name,
    count,
    isShared: options?.isolation?.mode === "shared",
    foreign: options?.foreign ?? [],
  };
}

/** What is declared of a board, in few words. */
export function boardNote(board: BoardDeclaration | undefined): string {
  if (board === undefined) return "";
  const { memoryBytes, cores, arch, tags } = board;
  return [
    ...(memoryBytes === null ? [] : [sizeText(memoryBytes)]),
    ...(cores === null ? [] : [`${cores} core${cores === 1 ? "" : "s"}`]),
    ...(arch === null ? [] : [arch]),
    ...tags.map(({ name }) => name),
  ].join(", ");
}
