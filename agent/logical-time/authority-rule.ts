import { isLevel, isSame, type Report } from "./report.ts";

/** What the authority does after a wave. */
export type Verdict =
  /** Nobody has work left: cluster time may move. */
  | { readonly kind: "advance"; readonly toUtcUs: number }
  /** Nobody has work left and nobody waits for anything. */
  | { readonly kind: "asleep" }
  /** Ask again: something may still be on its way. */
  | { readonly kind: "again" };

/**
 * Decides when logical time may move. Pure.
 *
 * A wave asks every process, which answers once it has no work left. One wave is not enough: a
 * message may have been sent after its receiver answered. Two waves in a row with the same, level
 * counts are: whatever was sent before the first had arrived by the second. Source: F. Mattern,
 * "Algorithms for distributed termination detection", Distributed Computing 2 (1987), four counters.
 *
 * Messages to a process that died never arrive, so the counts of a cluster with deaths never level
 * again; then counts that stand still for `graceMs` are taken for rest, and the gap is remembered.
 */
export class AuthorityRule {
  readonly #graceMs: number;
  #last: Report | undefined;
  #sameSinceMs = 0;
  #lostCount = 0;

  /** @param graceMs longer than any message is on its way on this machine; default 200. */
  constructor(graceMs = 200) {
    this.#graceMs = graceMs;
  }

  /** Copies that were sent to processes which had died. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** @param report of all processes; @param nowMs monotonic. */
  judge(report: Report, nowMs: number): Verdict {
    const adjusted = { ...report, receivedCount: report.receivedCount + this.#lostCount };
    const last = this.#last;
    this.#last = adjusted;
    if (last === undefined || !isSame(last, adjusted)) {
      this.#sameSinceMs = nowMs;
      return { kind: "again" };
    }
    if (!isLevel(adjusted)) {
      if (nowMs - this.#sameSinceMs < this.#graceMs) return { kind: "again" };
      this.#lostCount += adjusted.sentCount - adjusted.receivedCount;
    }
    this.#last = undefined;
    const { nextDueUtcUs } = report;
    return nextDueUtcUs === undefined
      ? { kind: "asleep" }
      : { kind: "advance", toUtcUs: nextDueUtcUs };
  }
}
