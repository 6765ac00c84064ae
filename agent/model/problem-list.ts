import { type Problem, type SourcePosition, sortProblems } from "./problem.ts";

/** Collects what a check finds in one file. */
export class ProblemList {
  readonly #file: string;
  readonly #problems: Problem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** Notes what forbids to use the file. */
  error(position: SourcePosition, message: string, hint: string): void {
    this.#note({ position, message, hint, severity: "error" });
  }

  /** Notes what works, though hardly as meant. */
  warning(position: SourcePosition, message: string, hint: string): void {
    this.#note({ position, message, hint, severity: "warning" });
  }

  /** What was found, in the order of the file. */
  sorted(): readonly Problem[] {
    return sortProblems(this.#problems);
  }

  #note(
    fault: Pick<Problem, "message" | "severity"> & { position: SourcePosition; hint: string },
  ): void {
    const { message, severity, hint } = fault;
    const { line, column } = fault.position;
    this.#problems.push({ file: this.#file, line, column, message, expected: [], hint, severity });
  }
}

interface Named {
  readonly name: string;
  readonly position: SourcePosition;
}

/** Notes every name that was there before; `what` is such as "port". */
export function noteDuplicates(found: ProblemList, what: string, items: readonly Named[]): void {
  const seen = new Map<string, SourcePosition>();
  for (const { name, position } of items) {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, position);
    else
      found.error(
        position,
        `${what} ${name} is there twice`,
        `the first is at line ${first.line}, column ${first.column}`,
      );
  }
}

/** A hint that lists what could have been meant, the nearest spelling first. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return "there is none to choose from";
  const ranked = candidates.map((word) => ({ word, distance: editDistance(name, word) }));
  const [best] = ranked.sort((a, b) => a.distance - b.distance);
  // A guess must leave more of the word than it changes.
  if (best !== undefined && best.distance <= 1 + name.length / 4 && 2 * best.distance < name.length)
    return `did you mean ${best.word}?`;
  const shown = candidates.slice(0, 8).join(", ");
  return `there is: ${shown}${candidates.length > 8 ? ", …" : ""}`;
}

// Levenshtein's distance, one row at a time.
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
