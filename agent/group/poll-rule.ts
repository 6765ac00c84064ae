import type {
  BaseState,
  Entry,
  EntryBody,
  GroupEvent,
  PollRecord,
  Verdict,
} from "./group-types.ts";

/** Most votes that are open at one time; a leader opens no more. */
export const POLLS_OPEN_MAX = 64;
const RECENT_IDS_MAX = 256;
/** How long after its instant an action is still kept for members that were away, in µs. */
export const ACTION_KEPT_US = 3_600_000_000;

/** What votes depend on. */
export interface PollOptions {
  readonly self: string;
  readonly voters: readonly string[];
  readonly quorum: number;
}

/**
 * What the log's entries say about votes, and, at the leader, the count. Pure.
 *
 * A vote is decided by the first verdict on it in the log, so it has the same outcome on every member
 * and under every later leader. Who asked counts as in favour.
 */
export class PollRule {
  readonly #options: PollOptions;
  readonly #open = new Map<string, PollRecord>();
  #actions: PollRecord[] = [];
  #recentIds: string[] = [];
  /** This member's own answers, which it repeats until the vote is over. */
  readonly #own = new Map<string, boolean>();
  /** At the leader: who said what. */
  readonly #counts = new Map<string, Map<string, boolean>>();
  /** At the leader: on these it has put a verdict into the log. */
  readonly #settled = new Set<string>();

  constructor(options: PollOptions, state: BaseState) {
    this.#options = options;
    this.restore(state);
  }

  restore({ open, actions, recentIds }: BaseState): void {
    this.#open.clear();
    for (const poll of open) this.#open.set(poll.pollId, poll);
    this.#actions = [...actions];
    this.#recentIds = [...recentIds];
  }

  /** The state to keep in place of the entries so far. */
  state(nowUtcUs: number, component: Uint8Array | undefined): BaseState {
    const isKept = ({ atUtcUs = 0 }: PollRecord): boolean => atUtcUs + ACTION_KEPT_US > nowUtcUs;
    this.#actions = this.#actions.filter(isKept);
    const open = [...this.#open.values()];
    return { open, actions: [...this.#actions], recentIds: [...this.#recentIds], component };
  }

  /** Takes one decided entry; returns what its member has to hear. */
  apply({ index, body }: Entry): GroupEvent | undefined {
    switch (body.kind) {
      case "start":
        return undefined;
      case "command":
        return { ...body, index };
      case "poll":
        if (this.isKnown(body.poll.pollId)) return undefined;
        this.#open.set(body.poll.pollId, body.poll);
        return undefined;
      case "verdict":
        return this.#decided(index, body);
    }
  }

  isKnown(pollId: string): boolean {
    return this.#open.has(pollId) || this.#recentIds.includes(pollId);
  }

  get isFull(): boolean {
    return this.#open.size >= POLLS_OPEN_MAX;
  }

  isOpen(pollId: string, nowUtcUs: number): boolean {
    return (this.#open.get(pollId)?.closesUtcUs ?? 0) > nowUtcUs;
  }

  /** Open votes in which this member has a vote, has not given it, and did not ask itself. */
  unanswered(nowUtcUs: number): readonly PollRecord[] {
    if (!this.#options.voters.includes(this.#options.self)) return [];
    return [...this.#open.values()].filter(
      ({ pollId, closesUtcUs, from }) =>
        from !== this.#options.self && !this.#own.has(pollId) && closesUtcUs > nowUtcUs,
    );
  }

  /** This member's answer; the first one stays. */
  answer(pollId: string, isYes: boolean): void {
    if (this.#open.has(pollId) && !this.#own.has(pollId)) this.#own.set(pollId, isYes);
  }

  /** This member's answers in votes that are not over. */
  get answers(): readonly (readonly [pollId: string, isYes: boolean])[] {
    return [...this.#own];
  }

  /** Another leadership begins: votes are counted anew. */
  forgetCounts(): void {
    this.#counts.clear();
    this.#settled.clear();
  }

  /** At the leader: `from` has answered. */
  count(from: string, pollId: string, isYes: boolean): void {
    const poll = this.#open.get(pollId);
    if (poll === undefined || !this.#options.voters.includes(from)) return;
    const count = this.#counts.get(pollId) ?? new Map<string, boolean>();
    if (!count.has(from)) count.set(from, isYes);
    this.#counts.set(pollId, count);
  }

  /** At the leader: the verdicts that are due; each is named once. */
  verdicts(nowUtcUs: number): readonly Extract<EntryBody, { kind: "verdict" }>[] {
    const due: Extract<EntryBody, { kind: "verdict" }>[] = [];
    for (const [pollId, poll] of this.#open) {
      const verdict = this.#settled.has(pollId) ? undefined : this.#verdict(poll, nowUtcUs);
      if (verdict === undefined) continue;
      this.#settled.add(pollId);
      due.push({ kind: "verdict", pollId, verdict });
    }
    return due;
  }

  /** At the leader: when the next vote closes. */
  get closesUtcUs(): number {
    let closesUtcUs = Number.POSITIVE_INFINITY;
    for (const poll of this.#open.values())
      if (!this.#settled.has(poll.pollId)) closesUtcUs = Math.min(closesUtcUs, poll.closesUtcUs);
    return closesUtcUs;
  }

  #verdict({ pollId, rule, closesUtcUs, from }: PollRecord, nowUtcUs: number): Verdict | undefined {
    if (nowUtcUs >= closesUtcUs) return "expired";
    const { voters, quorum } = this.#options;
    const wanted = rule === "majority" ? quorum : voters.length;
    const count = this.#counts.get(pollId);
    const answerOf = (name: string): boolean | undefined => name === from || count?.get(name);
    const yes = voters.filter((name) => answerOf(name) === true).length;
    const no = voters.filter((name) => answerOf(name) === false).length;
    if (yes >= wanted) return "accepted";
    return no > voters.length - wanted ? "refused" : undefined;
  }

  #decided(
    index: number,
    { pollId, verdict }: { pollId: string; verdict: Verdict },
  ): GroupEvent | undefined {
    const poll = this.#open.get(pollId);
    if (poll === undefined) return undefined;
    this.#open.delete(pollId);
    this.#own.delete(pollId);
    this.#counts.delete(pollId);
    this.#settled.delete(pollId);
    this.#recentIds = [...this.#recentIds, pollId].slice(-RECENT_IDS_MAX);
    if (verdict === "accepted" && poll.atUtcUs !== undefined) this.#actions.push(poll);
    return { kind: "verdict", index, poll, verdict };
  }
}
