import { type ConsensusOptions, isFresh } from "./consensus-options.ts";
import type { LogMessage } from "./group-message.ts";
import type { GroupLog } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import { ProgressTable } from "./progress.ts";

/** A leader that has not heard a quorum for this share of electionMinMs stands down. */
const LEASE_SHARE = 0.8;
const ENTRIES_PER_MESSAGE_MAX = 100;

/** What a leader starts from. */
export interface LeadingParts {
  readonly options: ConsensusOptions;
  readonly log: GroupLog;
  readonly out: () => Outbox;
  readonly term: number;
  /** Who voted, and when they were asked. */
  readonly votes: ReadonlySet<string>;
  readonly askedMs: number;
}

/** One member's leadership of one term: copies its log to the others and counts who holds what. */
export class Leading {
  readonly #parts: LeadingParts;
  readonly #progress: ProgressTable;
  readonly #others: readonly string[];
  #heartbeatDueMs = Number.NEGATIVE_INFINITY;
  /** Its first entry: with it all that came before is decided. */
  readonly startIndex: number;

  constructor(parts: LeadingParts) {
    const { options, log, votes, askedMs } = parts;
    const { voters, self, quorum } = options;
    this.#parts = parts;
    this.#others = voters.filter((name) => name !== self);
    this.#progress = new ProgressTable(voters, self, quorum);
    this.startIndex = log.end.index + 1;
    for (const name of votes)
      if (name !== self) this.#progress.of(name, this.startIndex).heardMs = askedMs;
  }

  /** Until then nobody else can be elected. */
  get leaseEndMs(): number {
    const leaseMs = this.#parts.options.electionMinMs * LEASE_SHARE;
    return this.#progress.quorumHeardMs(Number.POSITIVE_INFINITY) + leaseMs;
  }

  get dueMs(): number {
    return Math.min(this.#heartbeatDueMs, this.leaseEndMs);
  }

  /** Drops what is known of observers other than these. */
  keep(observers: readonly string[]): void {
    this.#progress.keep(new Set([...this.#others, ...observers]));
  }

  /** The last entry that a quorum holds, counted at this moment. */
  quorumIndex(nowMs: number): number {
    const { options, log } = this.#parts;
    return this.#progress.quorumIndex(log.end.index, nowMs, options.electionMinMs);
  }

  beat(observers: readonly string[], commitIndex: number, nowMs: number): void {
    if (nowMs >= this.#heartbeatDueMs) this.copyToAll(observers, commitIndex, nowMs);
  }

  /** Sends to all what they lack, as far as is known, and a sign of life. */
  copyToAll(observers: readonly string[], commitIndex: number, nowMs: number): void {
    const { options, log } = this.#parts;
    this.#heartbeatDueMs = nowMs + options.heartbeatMs;
    const byNext = new Map<number, string[]>();
    for (const name of [...this.#others, ...observers]) {
      const { nextIndex } = this.#progress.of(name, log.end.index + 1);
      byNext.set(nextIndex, [...(byNext.get(nextIndex) ?? []), name]);
    }
    for (const [nextIndex, names] of byNext)
      this.#copy(names, nextIndex, { commitIndex, sentMs: nowMs });
  }

  /** Takes in what `from` has of the log, and sends what it still lacks. */
  answered(
    from: { readonly name: string; readonly life: number },
    message: Extract<LogMessage, { kind: "appended" }>,
    commitIndex: number,
    nowMs: number,
  ): void {
    const { options, log } = this.#parts;
    const { echo, isTaken, index, isFull } = message;
    if (!isFresh(options, echo, nowMs)) return;
    const progress = this.#progress.of(from.name, log.end.index + 1);
    if (progress.life !== from.life) {
      // Another life may have lost what this one had: it starts from nothing.
      progress.life = from.life;
      progress.matchIndex = 0;
      progress.heardMs = Number.NEGATIVE_INFINITY;
    }
    progress.isFull = isFull;
    if (isFull) progress.heardMs = Math.max(progress.heardMs, echo.sentMs);
    const isBehind = progress.nextIndex <= index;
    if (isTaken) {
      progress.matchIndex = Math.max(progress.matchIndex, index);
      progress.nextIndex = Math.max(progress.nextIndex, index + 1);
    } else progress.nextIndex = Math.max(1, Math.min(index + 1, progress.nextIndex));
    if (!isTaken || (isBehind && progress.nextIndex <= log.end.index))
      this.#copy([from.name], progress.nextIndex, { commitIndex, sentMs: nowMs });
  }

  #copy(
    to: readonly string[],
    nextIndex: number,
    { commitIndex, sentMs }: { commitIndex: number; sentMs: number },
  ): void {
    const { log, out, term } = this.#parts;
    const beforeTerm = log.termAt(nextIndex - 1);
    if (beforeTerm === undefined) {
      out().send(to, { kind: "install", term, base: log.base, sentMs });
      return;
    }
    const before = { term: beforeTerm, index: nextIndex - 1 };
    const entries = log.from(nextIndex, ENTRIES_PER_MESSAGE_MAX);
    out().send(to, { kind: "append", term, before, entries, commitIndex, sentMs });
  }
}
