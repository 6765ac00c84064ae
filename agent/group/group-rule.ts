import { ConsensusRule, type Start } from "./consensus-rule.ts";
import { FoundingRule } from "./founding-rule.ts";
import type { Incoming, Outgoing, RequestMessage } from "./group-message.ts";
import type {
  BaseState,
  Change,
  Durable,
  Entry,
  GroupEvent,
  Leadership,
  Meta,
  Now,
  PollRecord,
} from "./group-types.ts";
import { GroupLog } from "./log.ts";
import { Outbox } from "./outbox.ts";
import { PollRule } from "./poll-rule.ts";

/** What the rules of one member are made from; times in ms. */
export interface RuleOptions {
  readonly self: string;
  /** A number drawn at the start: tells this life from earlier ones. */
  readonly life: number;
  readonly size: number;
  readonly voters?: readonly string[];
  readonly priority: number;
  readonly heartbeatMs: number;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  readonly peerTimeoutMs: number;
  readonly disk: "suspect" | "trusted";
  readonly random: () => number;
  /** Entries beyond which the beginning of the log is dropped. */
  readonly logLengthMax: number;
  /** More than half of `size`; a test may lower it, to see that it matters. */
  readonly quorum?: number;
  /** For tests; see ConsensusOptions. */
  readonly isHasty?: boolean;
}

/** What happens to a member. */
export type Input =
  | { readonly kind: "tick" }
  | { readonly kind: "message"; readonly incoming: Incoming }
  /** The members that are there, this one among them, in order of name. */
  | { readonly kind: "seen"; readonly members: readonly string[] }
  /** A member has said goodbye. */
  | { readonly kind: "gone"; readonly member: string }
  | { readonly kind: "ask"; readonly poll: PollRecord }
  | { readonly kind: "answer"; readonly pollId: string; readonly isYes: boolean }
  | { readonly kind: "propose"; readonly proposalId: string; readonly command: Uint8Array }
  /** The component's state after the commands up to `index`. */
  | {
      readonly kind: "snapshot";
      readonly index: number;
      readonly component: Uint8Array | undefined;
    };

/** What follows: first the change is on disk, then the messages go out and the events are told. */
export interface Effects {
  readonly change: Change | undefined;
  readonly sends: readonly Outgoing[];
  readonly events: readonly GroupEvent[];
}

/** The beginning of the log goes only when that shortens it by this share at least. */
const DROPPED_SHARE = 0.5;

/** All that one member of a coordinated group decides: founding, elections, log, votes. Pure. */
export class GroupRule {
  readonly #options: RuleOptions;
  readonly #log: GroupLog;
  readonly #founding: FoundingRule;
  readonly #ballot: Durable["meta"] | undefined;
  #consensus: ConsensusRule | undefined;
  #polls: PollRule | undefined;
  #out = new Outbox();
  #seen: readonly string[];
  #set = "";
  #ledTerm: number | undefined;
  /** Votes that this leader has put into the log and that are not decided. */
  readonly #asked = new Set<string>();
  /** Votes that the component has been asked for. */
  readonly #told = new Set<string>();
  #repeatDueMs = Number.POSITIVE_INFINITY;
  /** Polls' state at the entry for which the component's state was asked. */
  #compaction: { readonly index: number; readonly state: BaseState } | undefined;
  /** Messages of members that belong to another set of voters. */
  foreignCount = 0;

  constructor(options: RuleOptions, durable: Durable | undefined, now: Now) {
    const { self, life, size, voters, heartbeatMs, peerTimeoutMs, random } = options;
    this.#options = options;
    this.#seen = [self];
    this.#ballot = durable?.meta;
    const out = (): Outbox => this.#out;
    this.#log = new GroupLog(durable, out);
    const times = { repeatMs: heartbeatMs, attemptMs: peerTimeoutMs };
    this.#founding = new FoundingRule(
      { self, life, size, voters, random, ...times },
      durable?.meta,
      now.ms,
      out,
    );
    if (this.#founding.voterSet === undefined) return;
    const isTrusted = options.disk === "trusted" && durable?.meta.isRecovering === false;
    this.#begin(isTrusted ? "trusted" : "suspect", now);
  }

  get leadership(): Leadership | undefined {
    return this.#consensus?.leadership;
  }

  get commitIndex(): number {
    return this.#consensus?.commitIndex ?? 0;
  }

  /** Names the set of voters; "" while none is known. */
  get set(): string {
    return this.#set;
  }

  get voters(): readonly string[] | undefined {
    return this.#founding.voterSet?.voters;
  }

  /** Whether its vote counts. */
  get isFull(): boolean {
    return this.#consensus?.isFull ?? false;
  }

  /** Whether also its log reaches as far as what it may have forgotten. */
  get isWhole(): boolean {
    return this.#consensus?.isWhole ?? false;
  }

  /** The term that this member has won, if it has not lost it yet. */
  get wonTerm(): number | undefined {
    return this.#consensus?.wonTerm;
  }

  get isLeading(): boolean {
    return this.#consensus?.isLeading ?? false;
  }

  get log(): GroupLog {
    return this.#log;
  }

  /** When a tick is due: on the monotonic clock, and on cluster time. */
  get due(): Now {
    const consensusMs = this.#consensus?.dueMs ?? Number.POSITIVE_INFINITY;
    const ms = Math.min(this.#founding.dueMs, consensusMs, this.#repeatDueMs);
    const isLeading = this.#consensus?.isLeading === true;
    return {
      ms,
      utcUs: isLeading
        ? (this.#polls?.closesUtcUs ?? Number.POSITIVE_INFINITY)
        : Number.POSITIVE_INFINITY,
    };
  }

  /** What is there at the start: the component's state on disk. */
  start(now: Now): Effects {
    const { index, state } = this.#log.base;
    if (index > 0) this.#out.tell({ kind: "restored", index, state });
    return this.#finish(now);
  }

  step(input: Input, now: Now): Effects {
    switch (input.kind) {
      case "tick":
        this.#founding.tick(this.#seen, now.ms);
        this.#consensus?.tick(now.ms);
        break;
      case "seen":
        this.#seen = input.members;
        this.#consensus?.observe(input.members);
        this.#founding.meet(input.members, now.ms);
        break;
      case "gone":
        this.#consensus?.gone(input.member, now.ms);
        break;
      case "message":
        this.#receive(input.incoming, now);
        break;
      case "ask":
        this.#request({ kind: "ask", poll: input.poll }, now);
        break;
      case "propose":
        this.#request(input, now);
        break;
      case "answer":
        this.#polls?.answer(input.pollId, input.isYes);
        this.#sendAnswers(now);
        break;
      case "snapshot":
        this.#compact(input.index, input.component);
        break;
    }
    return this.#finish(now);
  }

  #begin(start: Start, now: Now): void {
    const { voterSet } = this.#founding;
    if (voterSet === undefined) return;
    const { self, size, quorum = Math.floor(size / 2) + 1 } = this.#options;
    const { voters } = voterSet;
    this.#set = voters.join(" ");
    this.#polls = new PollRule({ self, voters, quorum }, this.#log.base.state);
    const parts = {
      ballot: this.#ballot,
      log: this.#log,
      out: () => this.#out,
      applied: (entry: Entry) => this.#applied(entry),
      installed: (index: number, state: BaseState) => {
        this.#polls?.restore(state);
        this.#out.tell({ kind: "restored", index, state });
      },
    };
    this.#consensus = new ConsensusRule({ ...this.#options, voters, quorum }, parts, start, now.ms);
    this.#consensus.observe(this.#seen);
    if (start === "suspect") this.#out.metaChanged = true;
  }

  #receive({ from, life, set, message }: Incoming, now: Now): void {
    if (this.#set !== "" && set !== "" && set !== this.#set) {
      this.foreignCount += 1;
      if (this.foreignCount === 1) this.#out.tell({ kind: "foreign", from });
      return;
    }
    switch (message.kind) {
      case "hello":
        if (set === "") this.#founding.receive(from, life, message, now.ms);
        break;
      case "found":
      case "pledge":
      case "drop":
      case "founded":
        this.#founding.receive(from, life, message, now.ms);
        break;
      case "ask":
      case "ballot":
      case "propose":
        this.#requested(from, message, now);
        break;
      case "vote":
      case "voted":
      case "recall":
      case "recalled":
      case "append":
      case "install":
      case "appended":
        if (set === this.#set) this.#consensus?.receive(from, life, message, now.ms);
    }
  }

  /** Takes a request to the leader, which may be this member. */
  #request(message: RequestMessage, now: Now): void {
    const leader = this.leadership?.leader;
    if (leader === this.#options.self) this.#requested(leader, message, now);
    else if (leader !== undefined) this.#out.send([leader], message);
  }

  #requested(from: string, message: RequestMessage, now: Now): void {
    const [consensus, polls] = [this.#consensus, this.#polls];
    if (consensus === undefined || polls === undefined || !consensus.isLeading) return;
    switch (message.kind) {
      case "ask": {
        const { poll } = message;
        if (polls.isFull || this.#asked.has(poll.pollId) || polls.isKnown(poll.pollId)) return;
        this.#asked.add(poll.pollId);
        consensus.append({ kind: "poll", poll }, now.ms);
        break;
      }
      case "ballot":
        polls.count(from, message.pollId, message.isYes);
        break;
      case "propose":
        consensus.append({ ...message, kind: "command" }, now.ms);
        break;
    }
  }

  #applied(entry: Entry): void {
    const event = this.#polls?.apply(entry);
    if (event !== undefined) this.#out.tell(event);
    if (entry.body.kind === "poll") this.#asked.delete(entry.body.poll.pollId);
    if (entry.body.kind === "verdict") this.#told.delete(entry.body.pollId);
  }

  #sendAnswers(now: Now): void {
    const answers = this.#polls?.answers ?? [];
    this.#repeatDueMs =
      answers.length === 0 ? Number.POSITIVE_INFINITY : now.ms + this.#options.heartbeatMs;
    for (const [pollId, isYes] of answers) this.#request({ kind: "ballot", pollId, isYes }, now);
  }

  #compact(index: number, component: Uint8Array | undefined): void {
    if (this.#compaction?.index !== index) return;
    this.#log.compact(index, { ...this.#compaction.state, component });
    this.#compaction = undefined;
  }

  /** What every step ends with. */
  #finish(now: Now): Effects {
    if (this.#consensus === undefined && this.#founding.voterSet !== undefined) this.#founded(now);
    const [consensus, polls] = [this.#consensus, this.#polls];
    if (consensus !== undefined && polls !== undefined) {
      if (consensus.isLeading) this.#lead(consensus, polls, now);
      else this.#ledTerm = undefined;
      if (now.ms >= this.#repeatDueMs) this.#sendAnswers(now);
      for (const poll of polls.unanswered(now.utcUs))
        if (!this.#told.has(poll.pollId)) {
          this.#told.add(poll.pollId);
          this.#out.tell({ kind: "asked", poll });
        }
      this.#checkLength(consensus, polls, now);
    }
    return this.#effects();
  }

  #founded(now: Now): void {
    const { self, life } = this.#options;
    const { voters, lives } = this.#founding.voterSet ?? { voters: [], lives: [] };
    // Founded in this life: it has never voted. A later life cannot know that.
    const isFounder = lives[voters.indexOf(self)] === life;
    this.#begin(isFounder ? "founder" : "suspect", now);
    if (isFounder && voters[0] === self) {
      this.#consensus?.hurry(now.ms);
      this.#consensus?.tick(now.ms);
    }
  }

  #lead(consensus: ConsensusRule, polls: PollRule, now: Now): void {
    const { term } = consensus.leadership ?? { term: 0 };
    if (this.#ledTerm !== term) {
      this.#ledTerm = term;
      this.#asked.clear();
      polls.forgetCounts();
    }
    for (const [pollId, isYes] of polls.answers) polls.count(this.#options.self, pollId, isYes);
    for (const body of polls.verdicts(now.utcUs)) consensus.append(body, now.ms);
  }

  #checkLength(consensus: ConsensusRule, polls: PollRule, now: Now): void {
    const { logLengthMax } = this.#options;
    if (this.#log.length < logLengthMax || this.#compaction !== undefined) return;
    const index = consensus.commitIndex;
    if (index - this.#log.base.index < logLengthMax * DROPPED_SHARE) return;
    this.#compaction = { index, state: polls.state(now.utcUs, undefined) };
    this.#out.tell({ kind: "compact", index });
  }

  #effects(): Effects {
    const { sends, events, metaChanged, base, truncatedFrom, appended } = this.#out;
    const isChanged =
      metaChanged || base !== undefined || truncatedFrom !== undefined || appended.length > 0;
    const meta = metaChanged ? this.#meta() : undefined;
    this.#out = new Outbox();
    const change = isChanged ? { meta, base, truncatedFrom, appended } : undefined;
    return { change, sends, events };
  }

  #meta(): Meta {
    const { pledge, voterSet } = this.#founding;
    const ballot = this.#consensus?.ballot ?? { term: 0, votedFor: undefined, isRecovering: false };
    return { pledge, voterSet, ...ballot };
  }
}
