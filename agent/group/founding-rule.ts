import { EVERYONE, type FoundingMessage } from "./group-message.ts";
import type { Pledge, VoterSet } from "./group-types.ts";
import type { Outbox } from "./outbox.ts";

/** What the founding of a group depends on. */
export interface FoundingOptions {
  readonly self: string;
  readonly life: number;
  readonly size: number;
  /** Exactly these; undefined: the first ones in order of name that are there together. */
  readonly voters: readonly string[] | undefined;
  /** Between two repetitions. */
  readonly repeatMs: number;
  /** An attempt that is not complete by then is dropped. */
  readonly attemptMs: number;
  readonly random: () => number;
}

/**
 * Pins down who has a vote: one set of exactly `size` members, for good. Pure.
 *
 * The first one in order of name proposes a set; every member of it pledges itself, on disk, to this
 * set and to no other; with all pledges the set is founded. Only the proposer can complete its
 * attempt, so it alone may drop it, which it has on disk before it says so.
 * Invariant: two sets that were founded have no member in common, so that fewer than 2 × size
 * members never found two. Source: two-phase commit (Gray 1978), with all of the set as participants.
 */
export class FoundingRule {
  readonly #options: FoundingOptions;
  readonly #out: () => Outbox;
  /** By member, the life in which it pledged itself to this member's attempt. */
  readonly #pledged = new Map<string, number>();
  pledge: Pledge | undefined;
  voterSet: VoterSet | undefined;
  #dueMs: number;
  #dropMs = 0;

  constructor(
    options: FoundingOptions,
    durable: Pick<FoundingRule, "pledge" | "voterSet"> | undefined,
    nowMs: number,
    out: () => Outbox,
  ) {
    this.#options = options;
    this.#out = out;
    this.pledge = durable?.pledge;
    this.voterSet = durable?.voterSet;
    this.#dueMs = nowMs;
    this.#dropMs = nowMs + options.attemptMs;
    if (this.#isProposer) this.#pledged.set(options.self, options.life);
  }

  get dueMs(): number {
    return this.voterSet === undefined ? this.#dueMs : Number.POSITIVE_INFINITY;
  }

  /** `seen`: all members that are there, this one among them, in order of name. */
  tick(seen: readonly string[], nowMs: number): void {
    if (this.voterSet !== undefined || nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + this.#options.repeatMs;
    this.#out().send(EVERYONE, { kind: "hello" });
    if (this.#isProposer && nowMs >= this.#dropMs) this.#drop(nowMs);
    if (this.pledge === undefined) this.meet(seen, nowMs);
    else if (this.#isProposer) this.#propose();
    else this.#answer(this.pledge.proposer, this.pledge.attempt, true);
  }

  /** Proposes a set when enough members are there and it is this one's turn. */
  meet(seen: readonly string[], nowMs: number): void {
    const { self, life, size, voters, random, attemptMs, repeatMs } = this.#options;
    if (this.voterSet !== undefined || this.pledge !== undefined) return;
    const candidates = voters === undefined ? seen : seen.filter((name) => voters.includes(name));
    if (candidates.length < size || candidates[0] !== self) return;
    if (nowMs < this.#dropMs - attemptMs) return;
    const attempt = Math.floor(random() * 2 ** 48);
    this.#setPledge({ proposer: self, attempt, voters: candidates.slice(0, size) });
    this.#pledged.clear();
    this.#pledged.set(self, life);
    this.#dropMs = nowMs + attemptMs;
    this.#dueMs = nowMs + repeatMs;
    this.#propose();
    this.#complete();
  }

  receive(from: string, life: number, message: FoundingMessage, nowMs: number): void {
    switch (message.kind) {
      case "hello":
        if (this.voterSet !== undefined) this.#sayFounded([from]);
        break;
      case "found":
        this.#asked(from, message);
        break;
      case "pledge":
        this.#pledgeCame(from, life, message, nowMs);
        break;
      case "drop":
        if (this.pledge?.proposer === from && this.pledge.attempt === message.attempt)
          this.#setPledge(undefined);
        break;
      case "founded":
        if (this.voterSet === undefined && this.#isFit(message.voters)) this.#found(message);
        break;
    }
  }

  get #isProposer(): boolean {
    return this.pledge?.proposer === this.#options.self;
  }

  #asked(from: string, { attempt, voters }: { attempt: number; voters: readonly string[] }): void {
    if (this.voterSet !== undefined) {
      this.#sayFounded([from]);
      return;
    }
    const isMine = voters.includes(this.#options.self) && voters.includes(from);
    const isFree = this.pledge === undefined || this.pledge.attempt === attempt;
    const isGiven = isFree && isMine && this.#isFit(voters);
    if (isGiven && this.pledge === undefined) this.#setPledge({ proposer: from, attempt, voters });
    this.#answer(from, attempt, isGiven);
  }

  #pledgeCame(
    from: string,
    life: number,
    { attempt, isGiven }: { attempt: number; isGiven: boolean },
    nowMs: number,
  ): void {
    if (this.voterSet !== undefined) this.#sayFounded([from]);
    else if (!this.#isProposer || this.pledge?.attempt !== attempt) {
      if (isGiven) this.#out().send([from], { kind: "drop", attempt });
    } else if (!isGiven) this.#drop(nowMs);
    else if (this.pledge.voters.includes(from)) {
      this.#pledged.set(from, life);
      this.#complete();
    }
  }

  #propose(): void {
    const { pledge } = this;
    if (pledge === undefined) return;
    const missing = pledge.voters.filter((name) => !this.#pledged.has(name));
    const { attempt, voters } = pledge;
    this.#out().send(missing, { kind: "found", attempt, voters });
  }

  #complete(): void {
    const voters = this.pledge?.voters ?? [];
    if (voters.length === 0 || voters.some((name) => !this.#pledged.has(name))) return;
    this.#found({ voters, lives: voters.map((name) => this.#pledged.get(name) ?? 0) });
    this.#sayFounded(EVERYONE);
  }

  #found({ voters, lives }: VoterSet): void {
    this.voterSet = { voters, lives };
    this.pledge = undefined;
    this.#out().metaChanged = true;
    this.#out().tell({ kind: "founded", voters });
  }

  #drop(nowMs: number): void {
    const { self, attemptMs, random } = this.#options;
    const { attempt, voters } = this.pledge ?? { attempt: 0, voters: [] };
    const others = voters.filter((name) => name !== self);
    this.#setPledge(undefined);
    // A while of quiet, so that a set that was refused is not proposed again at once.
    this.#dropMs = nowMs + attemptMs * (1 + random());
    this.#out().send(others, { kind: "drop", attempt });
  }

  #setPledge(pledge: Pledge | undefined): void {
    this.pledge = pledge;
    this.#out().metaChanged = true;
  }

  #answer(to: string, attempt: number, isGiven: boolean): void {
    this.#out().send([to], { kind: "pledge", attempt, isGiven });
  }

  #sayFounded(to: readonly string[]): void {
    if (this.voterSet !== undefined) this.#out().send(to, { kind: "founded", ...this.voterSet });
  }

  #isFit(voters: readonly string[]): boolean {
    const { size, voters: wanted } = this.#options;
    if (voters.length !== size || new Set(voters).size !== size) return false;
    return wanted?.every((name) => voters.includes(name)) ?? true;
  }
}
