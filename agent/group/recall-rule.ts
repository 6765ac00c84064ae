import type { LogEnd } from "./group-message.ts";
import { isUpToDate } from "./log.ts";

/** What one recovery depends on. */
export interface RecallOptions {
  readonly voters: readonly string[];
  readonly self: string;
  readonly quorum: number;
  /** How long an answer counts at its asker; see Echo. */
  readonly answerWindowMs: number;
  readonly repeatMs: number;
}

/** What a voter could have known, as far as the others remember. */
export interface Recalled {
  /** It may have voted in any term up to this one. */
  readonly term: number;
  /** It may have acknowledged entries up to here. */
  readonly end: LogEnd;
}

/** Clocks of members may differ in rate by less than this factor. */
const RATE_FACTOR = 1.25;

/**
 * Brings a voter back whose disk may have lost what it promised. Pure.
 *
 * First it waits until nothing that it said before its restart can count any more: askers count an
 * answer only for ANSWER_WINDOW of their own time. What did count, an election or a decision, stands
 * on a quorum, so on quorum - 1 others; any size - quorum + 1 others have one of those among them. So
 * that many answers, given after the wait, name a term and an end of the log that are at least as far as
 * what it forgot. It then votes in later terms only, and only for logs that reach that end.
 * Assumes that not more than one voter at a time comes back with less than it had.
 */
export class RecallRule {
  readonly #options: RecallOptions;
  readonly #untilMs: number;
  readonly #answers = new Map<string, Recalled>();
  #dueMs: number;

  constructor(options: RecallOptions, nowMs: number) {
    this.#options = options;
    this.#untilMs = nowMs + options.answerWindowMs * RATE_FACTOR;
    this.#dueMs = this.#untilMs;
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  /** Whom to ask now; nobody before the wait is over. */
  ask(nowMs: number): readonly string[] {
    if (nowMs < this.#dueMs) return [];
    this.#dueMs = nowMs + this.#options.repeatMs;
    const { voters, self } = this.#options;
    return voters.filter((name) => name !== self && !this.#answers.has(name));
  }

  /** Takes the answer to a question of `sentMs`; returns what was recalled when it is enough. */
  answered(from: string, sentMs: number, answer: Recalled): Recalled | undefined {
    const { voters, quorum } = this.#options;
    if (sentMs < this.#untilMs || !voters.includes(from)) return undefined;
    this.#answers.set(from, answer);
    return this.#answers.size > voters.length - quorum ? this.#recalled() : undefined;
  }

  /** The furthest of all answers. */
  #recalled(): Recalled {
    let term = 0;
    let end: LogEnd = { term: 0, index: 0 };
    for (const answer of this.#answers.values()) {
      term = Math.max(term, answer.term);
      if (isUpToDate(answer.end, end)) end = answer.end;
    }
    return { term, end };
  }
}
