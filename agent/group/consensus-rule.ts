import { type ConsensusOptions, isFresh } from "./consensus-options.ts";
import type { ElectionMessage, LogMessage } from "./group-message.ts";
import type { BaseState, Entry, EntryBody, Leadership } from "./group-types.ts";
import { Leading } from "./leading.ts";
import type { GroupLog } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import { type Ballot, Voter } from "./voter.ts";

/** How a member starts: it has never voted, it remembers all that it said, or it may have forgotten. */
export type Start = "founder" | "trusted" | "suspect";

/**
 * Elects at most one leader a term and copies the leader's log to all. Pure.
 *
 * Raft, with trial votes and leases: who still hears a leader votes for no other, so that a member
 * that comes back disturbs nobody, and a leader that hears no quorum has stood down before another
 * one can be elected. Answers count only within electionMinMs of their question, and a voter whose
 * disk is not trusted is silent until it has recalled what it may have promised: see RecallRule.
 * Source: Ongaro, "Consensus: Bridging Theory and Practice" (2014), figure 3.1, sections 6.4.1 and 9.6.
 */
export class ConsensusRule {
  readonly #options: ConsensusOptions;
  readonly #log: GroupLog;
  readonly #out: () => Outbox;
  readonly #others: readonly string[];
  readonly #applied: (entry: Entry) => void;
  readonly #installed: (index: number, state: BaseState) => void;
  readonly #voter: Voter;
  #role: "follower" | "trying" | "standing" = "follower";
  #leader: string | undefined;
  #commitIndex: number;
  #electionDueMs: number;
  /** When the leader was heard last. */
  #heardMs: number;
  /** When this member began to try or to stand. */
  #roundMs = 0;
  #votes = new Set<string>();
  /** Set when this member has won its term. */
  #leading: Leading | undefined;
  #observers: readonly string[] = [];

  constructor(
    options: ConsensusOptions,
    parts: {
      readonly ballot: Ballot | undefined;
      readonly log: GroupLog;
      readonly out: () => Outbox;
      readonly applied: (entry: Entry) => void;
      readonly installed: (index: number, state: BaseState) => void;
    },
    start: Start,
    nowMs: number,
  ) {
    const { voters, self } = options;
    this.#options = options;
    this.#log = parts.log;
    this.#out = parts.out;
    this.#applied = parts.applied;
    this.#installed = parts.installed;
    this.#others = voters.filter((name) => name !== self);
    this.#voter = new Voter(options, parts);
    if (start === "suspect") this.#voter.suspect(nowMs);
    this.#commitIndex = this.#log.base.index;
    this.#heardMs = start === "founder" ? Number.NEGATIVE_INFINITY : nowMs;
    this.#electionDueMs = nowMs + this.#patienceMs();
    if (this.#voter.isVoter && voters.length === 1) this.#electionDueMs = nowMs;
  }

  get ballot(): Ballot {
    return this.#voter.ballot;
  }

  get leadership(): Leadership | undefined {
    return this.#leader === undefined
      ? undefined
      : { leader: this.#leader, term: this.#voter.term };
  }

  /** The term that it has won; others may have won later ones. Leadership is told when a quorum has agreed. */
  get wonTerm(): number | undefined {
    return this.#leading === undefined ? undefined : this.#voter.term;
  }

  /** Whether it leads, alone. */
  get isLeading(): boolean {
    return this.#leader === this.#options.self;
  }

  get commitIndex(): number {
    return this.#commitIndex;
  }

  /** Whether it remembers all that it said, so that its vote counts. */
  get isFull(): boolean {
    return this.#voter.isFull;
  }

  /** Whether also its log reaches as far as what it may have forgotten. */
  get isWhole(): boolean {
    return this.#voter.isWhole;
  }

  /** When `tick` is due, on this member's monotonic clock. */
  get dueMs(): number {
    if (this.#leading !== undefined) return this.#leading.dueMs;
    return this.#voter.dueMs ?? this.#electionDueMs;
  }

  /** Members without a vote that are there: they get copies of the log. */
  observe(names: readonly string[]): void {
    this.#observers = names.filter(
      (name) => !this.#options.voters.includes(name) && name !== this.#options.self,
    );
    this.#leading?.keep(this.#observers);
  }

  /** Stands for election at once: for the member that completed the founding. */
  hurry(nowMs: number): void {
    this.#electionDueMs = nowMs;
  }

  /** `member` has said that it is gone for good: if it led, another one may at once. */
  gone(member: string, nowMs: number): void {
    if (this.#leader !== member) return;
    const { electionMinMs, electionMaxMs, random } = this.#options;
    this.#lose(nowMs);
    this.#heardMs = Number.NEGATIVE_INFINITY;
    this.#electionDueMs = nowMs + random() * (electionMaxMs - electionMinMs);
  }

  tick(nowMs: number): void {
    if (this.#leading !== undefined) {
      if (nowMs >= this.#leading.leaseEndMs) this.#follow(undefined, nowMs);
      else this.#leading.beat(this.#observers, this.#commitIndex, nowMs);
      return;
    }
    this.#voter.ask(nowMs);
    if (nowMs < this.#electionDueMs) return;
    // Its log may lack what it acknowledged once: it must not lead before it has that again.
    if (this.#voter.isFull && this.#voter.isWhole) this.#try(nowMs);
    else this.#lose(nowMs);
  }

  /** Adds to the log; undefined when this member does not lead. */
  append(body: EntryBody, nowMs: number): Entry | undefined {
    if (this.#leading === undefined) return undefined;
    const entry = this.#log.add(this.#voter.term, body);
    this.#commit(this.#leading, nowMs);
    this.#leading.copyToAll(this.#observers, this.#commitIndex, nowMs);
    return entry;
  }

  receive(from: string, life: number, message: ElectionMessage | LogMessage, nowMs: number): void {
    switch (message.kind) {
      case "vote":
        this.#voteAsked(from, life, message, nowMs);
        break;
      case "voted":
        this.#voteCame(from, message, nowMs);
        break;
      case "recall":
        this.#voter.remind(from, life, message.sentMs);
        break;
      case "recalled":
        if (this.#voter.recalled(from, message, nowMs)) this.#lose(nowMs);
        break;
      case "append":
      case "install":
        this.#copyCame(from, life, message, nowMs);
        break;
      case "appended":
        this.#answerCame(from, life, message, nowMs);
        break;
    }
  }

  #hearsLeader(nowMs: number): boolean {
    if (this.#leading !== undefined) return nowMs < this.#leading.leaseEndMs;
    return nowMs - this.#heardMs < this.#options.electionMinMs;
  }

  #patienceMs(): number {
    const { electionMinMs, electionMaxMs, priority, random } = this.#options;
    const spanMs = (electionMaxMs - electionMinMs) * (1 - priority / 10);
    return electionMinMs + random() * spanMs;
  }

  #try(nowMs: number): void {
    const { electionMinMs, electionMaxMs, random, isHasty } = this.#options;
    this.#lose(nowMs);
    this.#role = "trying";
    this.#begin(nowMs);
    // Sooner than the first time: whoever votes at the same time has lost time already.
    this.#electionDueMs =
      nowMs +
      electionMinMs / 3 +
      random() * Math.max(electionMaxMs - electionMinMs, electionMinMs / 2);
    if (isHasty === true) this.#stand(nowMs);
    else this.#ask(true, this.#voter.term + 1, nowMs);
  }

  #stand(nowMs: number): void {
    this.#role = "standing";
    this.#voter.stand();
    this.#begin(nowMs);
    this.#ask(false, this.#voter.term, nowMs);
  }

  #begin(nowMs: number): void {
    this.#roundMs = nowMs;
    this.#votes = new Set([this.#options.self]);
  }

  #ask(isTrial: boolean, term: number, nowMs: number): void {
    const end = this.#log.end;
    this.#out().send(this.#others, { kind: "vote", isTrial, term, end, sentMs: nowMs });
    this.#count(nowMs);
  }

  #voteAsked(
    from: string,
    life: number,
    { isTrial, term, end, sentMs }: Extract<ElectionMessage, { kind: "vote" }>,
    nowMs: number,
  ): void {
    if (!this.#voter.isVoter || !this.#options.voters.includes(from)) return;
    const hearsLeader = this.#options.isHasty !== true && this.#hearsLeader(nowMs);
    if (!isTrial && term > this.#voter.term && !hearsLeader) this.#enter(term, nowMs);
    const isGiven = !hearsLeader && this.#voter.vote(from, term, end, isTrial);
    if (isGiven && !isTrial) this.#electionDueMs = nowMs + this.#patienceMs();
    const echo = { life, sentMs };
    this.#out().send([from], {
      kind: "voted",
      isTrial,
      term,
      isGiven,
      ownTerm: this.#voter.term,
      echo,
    });
  }

  #voteCame(
    from: string,
    { isTrial, term, isGiven, ownTerm, echo }: Extract<ElectionMessage, { kind: "voted" }>,
    nowMs: number,
  ): void {
    if (!this.#options.voters.includes(from)) return;
    if (!isGiven && ownTerm > this.#voter.term) {
      this.#enter(ownTerm, nowMs);
      return;
    }
    const isOfRound = echo.sentMs === this.#roundMs && isFresh(this.#options, echo, nowMs);
    const isWanted = isTrial
      ? this.#role === "trying" && term === this.#voter.term + 1
      : this.#role === "standing" && term === this.#voter.term;
    if (!isGiven || !isOfRound || !isWanted) return;
    this.#votes.add(from);
    this.#count(nowMs);
  }

  #count(nowMs: number): void {
    if (this.#votes.size < this.#options.quorum) return;
    if (this.#role === "trying") this.#stand(nowMs);
    else if (this.#role === "standing") this.#lead(this.#roundMs, nowMs);
  }

  #lead(askedMs: number, nowMs: number): void {
    const parts = {
      options: this.#options,
      log: this.#log,
      out: this.#out,
      term: this.#voter.term,
    };
    this.#role = "follower";
    this.#leading = new Leading({ ...parts, votes: this.#votes, askedMs });
    this.append({ kind: "start" }, nowMs);
  }

  /** Goes on to a later term, in which it knows no leader. */
  #enter(term: number, nowMs: number): void {
    this.#voter.enter(term);
    this.#follow(undefined, nowMs);
  }

  #follow(leader: string | undefined, nowMs: number): void {
    // Who only learns of a later term stays as impatient as it was: its log may be the longest one.
    if (this.#role !== "follower" || this.#leading !== undefined || leader !== undefined)
      this.#electionDueMs = nowMs + this.#patienceMs();
    this.#role = "follower";
    this.#leading = undefined;
    this.#setLeader(leader);
  }

  /** Nobody leads, as far as is known here. */
  #lose(nowMs: number): void {
    this.#electionDueMs = nowMs + this.#patienceMs();
    this.#setLeader(undefined);
  }

  #setLeader(leader: string | undefined): void {
    const before = this.#told;
    this.#leader = leader;
    const told = leader === undefined ? undefined : this.#voter.term;
    if (told === before) return;
    this.#told = told;
    this.#out().tell({ kind: "leadership", leadership: this.leadership });
  }

  /** Term of the leadership that was told last. */
  #told: number | undefined;

  #copyCame(
    from: string,
    life: number,
    message: Extract<LogMessage, { kind: "append" | "install" }>,
    nowMs: number,
  ): void {
    if (!this.#options.voters.includes(from)) return;
    const echo = { life, sentMs: message.sentMs };
    const answer = (isTaken: boolean, index: number): void => {
      const isFull = this.isFull;
      const term = this.#voter.term;
      this.#out().send([from], { kind: "appended", term, isTaken, index, isFull, echo });
    };
    if (message.term < this.#voter.term) {
      answer(false, this.#log.end.index);
      return;
    }
    if (message.term > this.#voter.term) this.#enter(message.term, nowMs);
    this.#follow(from, nowMs);
    this.#heardMs = nowMs;
    if (message.kind === "install") {
      if (message.base.index > this.#commitIndex) {
        this.#log.install(message.base);
        this.#commitIndex = message.base.index;
        this.#installed(message.base.index, message.base.state);
      }
      answer(true, message.base.index);
      return;
    }
    const { before, entries, commitIndex } = message;
    const known = this.#log.termAt(before.index);
    if (known !== before.term && before.index > this.#log.base.index) {
      answer(false, Math.min(this.#log.end.index, before.index - 1));
      return;
    }
    this.#log.take(entries);
    const agreed = before.index + entries.length;
    this.#applyTo(Math.min(commitIndex, agreed));
    answer(true, agreed);
  }

  #answerCame(
    from: string,
    life: number,
    message: Extract<LogMessage, { kind: "appended" }>,
    nowMs: number,
  ): void {
    if (message.term > this.#voter.term) {
      if (this.#options.voters.includes(from)) this.#enter(message.term, nowMs);
      return;
    }
    if (this.#leading === undefined || message.term < this.#voter.term) return;
    this.#leading.answered({ name: from, life }, message, this.#commitIndex, nowMs);
    this.#commit(this.#leading, nowMs);
  }

  #commit(leading: Leading, nowMs: number): void {
    const index = leading.quorumIndex(nowMs);
    // Only an entry of its own term is decided by counting; those before it are with it (section 3.6.2).
    if (index <= this.#commitIndex || this.#log.termAt(index) !== this.#voter.term) return;
    this.#applyTo(index);
    if (index >= leading.startIndex) this.#setLeader(this.#options.self);
  }

  #applyTo(index: number): void {
    while (this.#commitIndex < index) {
      this.#commitIndex += 1;
      const entry = this.#log.at(this.#commitIndex);
      if (entry !== undefined) this.#applied(entry);
    }
  }
}
