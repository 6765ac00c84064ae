import type { AttackCheck } from "./attack-check.ts";
import type { Agenda, AttackNetwork } from "./attack-network.ts";
import type { Incoming } from "./group-message.ts";
import { FAST_TIMES } from "./group-options.ts";
import { type Effects, GroupRule, type Input } from "./group-rule.ts";
import type { Change, Durable, GroupEvent, Now } from "./group-types.ts";
import { EMPTY_BASE } from "./log.ts";

/** A rule broken on purpose, to see that the attack finds it. */
export interface Flaw {
  readonly kind: /** Half of the voters are enough. */
    | "small-quorum"
    | "term-not-stored"
    /** No flaw: what stored votes are good for shows only without trials and leases. */
    | "hasty"
    /** The same, and the vote is not stored. */
    | "hasty-vote-not-stored"
    /** Trusts a disk that has lost what was written. */
    | "trusts-stale-disk";
}

/** What the members of one attack have in common. */
export interface AttackShared {
  readonly size: number;
  readonly random: () => number;
  readonly agenda: Agenda;
  readonly network: AttackNetwork;
  readonly check: AttackCheck;
  readonly disk: "suspect" | "trusted";
  readonly flaw: Flaw | undefined;
  /** Share of votes that are followed by a crash of the voter; changes in the course of the attack. */
  spiteShare: number;
  readonly others: () => readonly AttackMember[];
}

/** Clocks run at 0.9 to 1.1 of the true rate. */
const RATE_SPREAD = 0.1;
const LOG_LENGTH_MAX = 12;
/** So that a tick is never early by a rounding error, which would plan it again for ever. */
const ROUNDING_MS = 0.001;
const HISTORY_MAX = 40;
const NOTHING = new Uint8Array();

/** One member: its rules while it is up, and its disk. */
export class AttackMember {
  readonly name: string;
  rule: GroupRule | undefined;
  readonly #shared: AttackShared;
  readonly #rate: number;
  #disk: Durable | undefined;
  /** The disk as it was, oldest first. */
  #history: (Durable | undefined)[] = [];
  #life = 0;
  #crashAt: "before-write" | "after-write" | undefined;
  #tickAtMs = Number.POSITIVE_INFINITY;
  #wonTerm: number | undefined;

  constructor(name: string, shared: AttackShared) {
    this.name = name;
    this.#shared = shared;
    this.#rate = 1 + RATE_SPREAD * (2 * shared.random() - 1);
  }

  get isUp(): boolean {
    return this.rule !== undefined;
  }

  start(): void {
    const { size, random, flaw, disk, others } = this.#shared;
    this.#life = Math.floor(random() * 2 ** 40);
    this.#crashAt = undefined;
    this.#wonTerm = undefined;
    this.#tickAtMs = Number.POSITIVE_INFINITY;
    const { heartbeatMs, electionMinMs, electionMaxMs, peerTimeoutMs } = FAST_TIMES;
    const times = { heartbeatMs, electionMinMs, electionMaxMs, peerTimeoutMs };
    const quorum = flaw?.kind === "small-quorum" ? Math.max(1, Math.floor(size / 2)) : undefined;
    this.rule = new GroupRule(
      {
        self: this.name,
        life: this.#life,
        size,
        priority: 0,
        disk: flaw?.kind === "trusts-stale-disk" ? "trusted" : disk,
        random,
        logLengthMax: LOG_LENGTH_MAX,
        isHasty: flaw?.kind.startsWith("hasty") === true,
        ...times,
        ...(quorum === undefined ? {} : { quorum }),
      },
      this.#disk,
      this.#now(),
    );
    this.#do(this.rule, this.rule.start(this.#now()));
    for (const other of others()) other.look();
  }

  /** Sees who is there. */
  look(): void {
    const members = this.#shared.others().filter(({ isUp }) => isUp);
    this.step({ kind: "seen", members: members.map(({ name }) => name).sort() });
  }

  /** Ends at once, or in the middle of the next write. */
  crash(when: "now" | "before-write" | "after-write"): void {
    if (when === "now") this.rule = undefined;
    else this.#crashAt = when;
  }

  /** From now on nothing happens to it any more. */
  recover(): void {
    this.#crashAt = undefined;
    if (!this.isUp) this.start();
  }

  /** Its disk is as it was earlier, or empty. */
  forget(all: boolean): void {
    const { random } = this.#shared;
    this.#disk = all ? undefined : this.#history[Math.floor(random() * this.#history.length)];
    this.#history = [];
  }

  /** Asks for a vote, or proposes a command. */
  request(number: number): void {
    const { random } = this.#shared;
    const id = `${this.name}${number}`;
    if (random() < 0.6) {
      this.step({ kind: "propose", proposalId: id, command: NOTHING });
      return;
    }
    const { utcUs } = this.#now();
    const poll = {
      pollId: id,
      rule: random() < 0.5 ? ("majority" as const) : ("consensus" as const),
      topic: NOTHING,
      atUtcUs: undefined,
      closesUtcUs: utcUs + 50_000 + Math.floor(random() * 1_500_000),
      from: this.name,
    };
    this.step({ kind: "ask", poll });
  }

  step(input: Input): void {
    const { rule } = this;
    if (rule === undefined) return;
    const before = rule.commitIndex;
    const effects = rule.step(input, this.#now());
    this.#shared.check.decided(this.name, rule, before);
    this.#checkLead(rule);
    this.#do(rule, effects);
  }

  #now(): Now {
    const { nowMs } = this.#shared.agenda;
    return { ms: nowMs * this.#rate, utcUs: Math.round(nowMs * 1_000) };
  }

  #do(rule: GroupRule, { change, sends, events }: Effects): void {
    const { network, random, others } = this.#shared;
    if (change !== undefined) {
      if (this.#crashAt !== "before-write") this.#write(change);
      if (this.#crashAt !== undefined) this.rule = undefined;
    }
    // Of a member that ended just after it wrote, some messages may still have left.
    const isGone = this.rule === undefined;
    if (isGone && this.#crashAt === "before-write") return;
    for (const { to, message } of sends) {
      const { name: from } = this;
      const incoming: Incoming = { from, life: this.#life, set: rule.set, message };
      for (const other of others()) {
        const isMeant = to[0] === "*" ? other !== this : to.includes(other.name);
        if (isMeant && !(isGone && random() < 0.5))
          network.carry(other.name, incoming, (each) =>
            other.step({ kind: "message", incoming: each }),
          );
      }
    }
    for (const event of events) this.#heard(rule, event);
    if (this.rule !== rule) return;
    this.#planTick(rule);
    const candidate = change?.meta?.votedFor;
    if (candidate !== undefined && candidate !== this.name && random() < this.#shared.spiteShare)
      this.#loseMind(candidate);
  }

  /** The worst moment for a crash: just after it has voted, while the one it voted for is cut off. */
  #loseMind(candidate: string): void {
    const { agenda, network, random, others } = this.#shared;
    this.rule = undefined;
    for (const { name } of others()) if (name !== candidate) network.cut(candidate, name);
    agenda.plan(agenda.nowMs + 5 + random() * 40, () => {
      if (!this.isUp) this.start();
    });
  }

  #checkLead(rule: GroupRule): void {
    const { check, flaw, others } = this.#shared;
    const { wonTerm } = rule;
    if (wonTerm === undefined) return;
    if (wonTerm !== this.#wonTerm)
      check.leads(rule, { leader: this.name, term: wonTerm }, this.#life);
    this.#wonTerm = wonTerm;
    if (!rule.isLeading || flaw?.kind.startsWith("hasty") === true) return;
    const rival = others().find((other) => other !== this && other.rule?.isLeading === true);
    check.leadsAlone(this.name, rival?.name);
  }

  #heard(rule: GroupRule, event: GroupEvent): void {
    const { check, random, agenda } = this.#shared;
    check.heard(this.name, rule, event);
    if (this.rule === undefined) return;
    if (event.kind === "compact")
      agenda.plan(agenda.nowMs, () => {
        if (this.rule === rule)
          this.step({ kind: "snapshot", index: event.index, component: undefined });
      });
    if (event.kind === "asked") {
      const isYes = random() < 0.85;
      if (isYes) check.saidYes(this.name, event.poll);
      agenda.plan(agenda.nowMs + random() * 60, () => {
        if (this.rule === rule) this.step({ kind: "answer", pollId: event.poll.pollId, isYes });
      });
    }
  }

  #planTick(rule: GroupRule): void {
    const { agenda } = this.#shared;
    const { ms, utcUs } = rule.due;
    const atMs = Math.max(agenda.nowMs, Math.min(ms / this.#rate, utcUs / 1_000) + ROUNDING_MS);
    if (atMs >= this.#tickAtMs || !Number.isFinite(atMs)) return;
    this.#tickAtMs = atMs;
    agenda.plan(atMs, () => {
      if (this.rule !== rule || this.#tickAtMs !== atMs) return;
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      this.step({ kind: "tick" });
    });
  }

  #write({ meta, base, truncatedFrom, appended }: Change): void {
    const disk = this.#disk;
    if (this.#history.length < HISTORY_MAX) this.#history.push(disk);
    else this.#history[Math.floor(this.#shared.random() * HISTORY_MAX)] = disk;
    const newBase = base ?? disk?.base ?? EMPTY_BASE;
    const kept = (disk?.entries ?? []).filter(
      ({ index }) => index > newBase.index && index < (truncatedFrom ?? Number.POSITIVE_INFINITY),
    );
    const added = appended.filter(({ index }) => index > newBase.index);
    const newMeta = meta ?? disk?.meta ?? EMPTY_META;
    this.#disk = {
      meta: this.#flawed(newMeta, disk?.meta),
      base: newBase,
      entries: [...kept, ...added],
    };
  }

  #flawed(meta: Durable["meta"], before: Durable["meta"] | undefined): Durable["meta"] {
    const { flaw } = this.#shared;
    if (flaw?.kind === "term-not-stored") return { ...meta, term: before?.term ?? 0 };
    if (flaw?.kind === "hasty-vote-not-stored") return { ...meta, votedFor: undefined };
    return meta;
  }
}

const EMPTY_META: Durable["meta"] = {
  pledge: undefined,
  voterSet: undefined,
  term: 0,
  votedFor: undefined,
  isRecovering: false,
};
