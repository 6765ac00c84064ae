import { type ConsensusOptions, isFresh } from "./consensus-options.ts";
import type { ElectionMessage, LogEnd } from "./group-message.ts";
import { type GroupLog, isUpToDate } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import { RecallRule } from "./recall-rule.ts";

/** What a voter keeps on disk beside the log. */
export interface Ballot {
  readonly term: number;
  readonly votedFor: string | undefined;
  readonly isRecovering: boolean;
}

/** Nobody is called so: the vote of a term in which it may have been given already. */
const NOBODY = "*";

/** What one member has promised: its term, its vote, and what it may have promised and forgotten. Pure. */
export class Voter {
  readonly #options: ConsensusOptions;
  readonly #log: GroupLog;
  readonly #out: () => Outbox;
  readonly isVoter: boolean;
  term: number;
  #votedFor: string | undefined;
  #recall: RecallRule | undefined;
  /** Votes go only to logs that reach this far, beside its own. */
  #floor: LogEnd = { term: 0, index: 0 };

  constructor(
    options: ConsensusOptions,
    parts: {
      readonly ballot: Ballot | undefined;
      readonly log: GroupLog;
      readonly out: () => Outbox;
    },
  ) {
    const { voters, self } = options;
    this.#options = options;
    this.#log = parts.log;
    this.#out = parts.out;
    this.isVoter = voters.includes(self);
    this.term = Math.max(parts.ballot?.term ?? 0, this.#log.end.term);
    this.#votedFor = this.term === parts.ballot?.term ? parts.ballot.votedFor : undefined;
  }

  /** It may have forgotten: it is silent until it has recalled. */
  suspect(nowMs: number): void {
    const { voters, self, quorum, electionMinMs, heartbeatMs } = this.#options;
    if (!this.isVoter || voters.length === 1) return;
    const times = { answerWindowMs: electionMinMs, repeatMs: heartbeatMs };
    this.#recall = new RecallRule({ voters, self, quorum, ...times }, nowMs);
  }

  get ballot(): Ballot {
    return { term: this.term, votedFor: this.#votedFor, isRecovering: !this.isWhole };
  }

  /** Whether it remembers all that it said, so that its vote counts. */
  get isFull(): boolean {
    return this.isVoter && this.#recall === undefined;
  }

  /** Whether also its log reaches as far as what it may have forgotten. */
  get isWhole(): boolean {
    return this.#recall === undefined && isUpToDate(this.#log.end, this.#floor);
  }

  /** When it asks the others again; undefined: it has nothing to ask. */
  get dueMs(): number | undefined {
    return this.#recall?.dueMs;
  }

  /** Asks the others what it may have forgotten. */
  ask(nowMs: number): void {
    const names = this.#recall?.ask(nowMs) ?? [];
    this.#out().send(names, { kind: "recall", sentMs: nowMs });
  }

  /** Says to another one that asks so how far it got itself. */
  remind(from: string, life: number, sentMs: number): void {
    const end = isUpToDate(this.#log.end, this.#floor) ? this.#log.end : this.#floor;
    const echo = { life, sentMs };
    this.#out().send([from], { kind: "recalled", term: this.term, end, echo });
  }

  /** Takes another one's answer; true when it has recalled enough. */
  recalled(
    from: string,
    { term, end, echo }: Extract<ElectionMessage, { kind: "recalled" }>,
    nowMs: number,
  ): boolean {
    if (this.#recall === undefined || !isFresh(this.#options, echo, nowMs)) return false;
    const recalled = this.#recall.answered(from, echo.sentMs, { term, end });
    if (recalled === undefined) return false;
    this.#recall = undefined;
    this.#floor = recalled.end;
    this.enter(recalled.term);
    // In this term, and in those before it, it may have voted already.
    if (recalled.term === this.term) this.#votedFor ??= NOBODY;
    this.#out().metaChanged = true;
    return true;
  }

  /** Goes on to a later term; false when it is there already. */
  enter(term: number): boolean {
    if (term <= this.term) return false;
    this.term = term;
    this.#votedFor = undefined;
    this.#out().metaChanged = true;
    return true;
  }

  /** Goes on to the next term and votes for itself in it. */
  stand(): void {
    this.enter(this.term + 1);
    this.#votedFor = this.#options.self;
  }

  /** Whether `from`, whose log reaches to `end`, would get its vote, or gets it. */
  vote(from: string, term: number, end: LogEnd, isTrial: boolean): boolean {
    const isInTerm = isTrial ? term > this.term : term === this.term;
    const reaches = isUpToDate(end, this.#log.end) && isUpToDate(end, this.#floor);
    const isFree = isTrial || this.#votedFor === undefined || this.#votedFor === from;
    const isGiven = this.isFull && isInTerm && reaches && isFree;
    if (isGiven && !isTrial && this.#votedFor === undefined) {
      this.#votedFor = from;
      this.#out().metaChanged = true;
    }
    return isGiven;
  }
}
