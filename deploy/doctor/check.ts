import type { BoardFacts } from "./board-facts.ts";

/** ok; warn: works, but not well; fail: an agent will not work; unknown: it cannot be told from here. */
export type Verdict = "ok" | "warn" | "fail" | "unknown";

/** What a check found. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, in a few words. */
  readonly saw: string;
}

/** A repair that does no harm and is done only when it is asked for. */
export interface Repair {
  readonly command: string;
  readonly words: readonly string[];
}

/** One thing that a board has to have. Pure. */
export interface Check {
  /** Stable, for programs. */
  readonly id: string;
  /** What is asked, for people. */
  readonly question: string;
  readonly look: (facts: BoardFacts) => Finding;
  /** What to do when it is not ok. */
  readonly advice: string;
  /** See Repair; of those that fail or warn. */
  readonly repair?: (facts: BoardFacts) => Repair | undefined;
}

/** It is as it should be. */
export function ok(saw: string): Finding {
  return { verdict: "ok", saw };
}

/** It works, but not well. */
export function warn(saw: string): Finding {
  return { verdict: "warn", saw };
}

/** An agent will not work. */
export function fail(saw: string): Finding {
  return { verdict: "fail", saw };
}

/** It cannot be told from here. */
export function unknown(saw: string): Finding {
  return { verdict: "unknown", saw };
}
