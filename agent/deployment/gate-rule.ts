import type { ReadyTerms } from "../bundle/manifest.ts";

/** What is to be done next with a version on trial. */
export type GateStep =
  /** Nothing before then, in ms, unless something happens. */
  | { readonly kind: "wait"; readonly durationMs: number }
  /** Ask the actors how they are, and tell `answered`. */
  | { readonly kind: "ask" }
  | { readonly kind: "healthy" }
  | { readonly kind: "sick"; readonly reason: string };

/** Time between two questions to actors that were not healthy yet, in ms. */
export const ASK_PAUSE_MS = 1_000;

/**
 * Whether a version that has just been started is to be kept: every actor is active and every component
 * says that it is healthy, before the deadline; and then none ends for as long as it takes to settle.
 * An end of any actor at any time before that is the end of the trial. Pure.
 */
export class GateRule {
  readonly #terms: ReadyTerms;
  readonly #startMs: number;
  readonly #awaited: Set<string>;
  #sick: string | undefined;
  #lastFault = "its components were not asked yet";
  #isAsked = false;
  #nextAskMs = 0;
  #healthySinceMs: number | undefined;

  constructor(actors: readonly string[], terms: ReadyTerms, nowMs: number) {
    this.#terms = terms;
    this.#startMs = nowMs;
    this.#awaited = new Set(actors);
  }

  /** An actor has said that it is active. */
  active(actor: string): void {
    this.#awaited.delete(actor);
  }

  /** An actor has ended. */
  ended(actor: string, reason: string): void {
    const [first = ""] = reason.split("\n");
    this.#sick ??= `actor ${actor} ended: ${first}`;
  }

  /** The actors have answered: `fault` is what one of them says is wrong. */
  answered(fault: string | undefined, nowMs: number): void {
    this.#isAsked = false;
    this.#nextAskMs = nowMs + ASK_PAUSE_MS;
    if (fault === undefined) this.#healthySinceMs ??= nowMs;
    else this.#lastFault = fault;
  }

  /** What follows at `nowMs`. */
  next(nowMs: number): GateStep {
    if (this.#sick !== undefined) return { kind: "sick", reason: this.#sick };
    const deadlineMs = this.#startMs + this.#terms.deadlineMs;
    if (this.#healthySinceMs !== undefined) {
      const settledMs = this.#healthySinceMs + this.#terms.settleMs;
      if (nowMs >= settledMs) return { kind: "healthy" };
      return { kind: "wait", durationMs: settledMs - nowMs };
    }
    if (nowMs >= deadlineMs) return { kind: "sick", reason: this.#lateReason() };
    if (this.#awaited.size > 0 || this.#isAsked)
      return { kind: "wait", durationMs: deadlineMs - nowMs };
    if (nowMs < this.#nextAskMs)
      return { kind: "wait", durationMs: Math.min(this.#nextAskMs, deadlineMs) - nowMs };
    this.#isAsked = true;
    return { kind: "ask" };
  }

  #lateReason(): string {
    const { deadlineMs } = this.#terms;
    if (this.#awaited.size > 0)
      return `not active after ${deadlineMs} ms: ${[...this.#awaited].sort().join(", ")}`;
    return `not healthy after ${deadlineMs} ms: ${this.#lastFault}`;
  }
}
