import { AttackCheck, Broken } from "./attack-check.ts";
import { AttackMember, type AttackShared, type Flaw } from "./attack-member.ts";
import { Agenda, AttackNetwork, CALM } from "./attack-network.ts";

/** What an attack is made of. */
export interface AttackOptions {
  /** Chance, which alone decides what happens. */
  readonly random: () => number;
  /** Default "suspect"; with "trusted" all disks keep what they were given. */
  readonly disk?: "suspect" | "trusted";
  /** A rule broken on purpose. */
  readonly flaw?: Flaw;
  /** Default 5000: faults go on for so long, in ms. */
  readonly durationMs?: number;
}

/** How an attack ended. */
export interface AttackReport {
  /** What was broken; undefined: nothing. */
  readonly broken: string | undefined;
  readonly leaderCount: number;
  readonly decidedCount: number;
  readonly verdictCount: number;
  readonly commandCount: number;
  readonly crashCount: number;
}

/** Faults are this far apart on average: in each run another time between these two. */
const FAULT_EVERY_MS_MIN = 40;
const FAULT_EVERY_MS_MAX = 300;
const REQUEST_EVERY_MS = 70;
/** After the last fault everything has to come right within this time, in ms. */
const CALM_MS = 4_000;

/**
 * One group under random faults: crashes between any two steps and in the middle of a write, restarts
 * with the disk as it was, as it was earlier, or empty, cuts in one direction or both, delay, loss,
 * duplication, reordering, clocks of different rates. Afterwards all is calm and must come right.
 */
export function attack(options: AttackOptions): AttackReport {
  const run = new Attack(options);
  let broken: string | undefined;
  try {
    run.run(options.durationMs ?? 5_000);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = error.message;
  }
  const { leaderCount, decidedCount, verdictCount, commandCount } = run.check;
  const { crashCount } = run;
  return { broken, leaderCount, decidedCount, verdictCount, commandCount, crashCount };
}

class Attack {
  readonly check = new AttackCheck();
  crashCount = 0;
  readonly #options: AttackOptions;
  readonly #random: () => number;
  readonly #agenda = new Agenda();
  readonly #network: AttackNetwork;
  readonly #members: AttackMember[];
  readonly #shared: AttackShared;
  /** The one that came back with less than it had and is not whole again. */
  #forgetful: AttackMember | undefined;
  #mayStandStill = false;
  #requestCount = 0;

  constructor(options: AttackOptions) {
    const { random } = options;
    this.#options = options;
    this.#random = random;
    this.#network = new AttackNetwork(this.#agenda, random, 5);
    const size = this.#pick([2, 3, 3, 3, 4, 5, 5]);
    const count = size > 2 && random() < 0.3 ? size + 1 : size;
    this.#shared = {
      size,
      random,
      agenda: this.#agenda,
      network: this.#network,
      check: this.check,
      disk: options.disk ?? "suspect",
      flaw: options.flaw,
      spiteShare: random() < 0.3 ? 0.3 : 0,
      others: () => this.#members,
    };
    this.#members = Array.from({ length: count }, (_, index) => {
      return new AttackMember(String.fromCharCode(97 + index), this.#shared);
    });
  }

  run(durationMs: number): void {
    for (const member of this.#members) member.start();
    this.#repeat(REQUEST_EVERY_MS, durationMs, () => this.#request());
    const spanMs = FAULT_EVERY_MS_MAX - FAULT_EVERY_MS_MIN;
    this.#repeat(FAULT_EVERY_MS_MIN + spanMs * this.#random(), durationMs, () => this.#fault());
    this.#agenda.runUntil(durationMs);
    this.#shared.spiteShare = 0;
    this.#network.weather = CALM;
    this.#network.heal();
    for (const member of this.#members) member.recover();
    this.#agenda.runUntil(durationMs + CALM_MS);
    if (this.#mayStandStill) return;
    const leaders = this.#members.filter(({ rule }) => rule?.isLeading === true);
    if (leaders.length !== 1) throw new Broken(`${leaders.length} leaders when all is calm`);
    for (const { name, rule } of this.#members)
      if (rule !== undefined) this.check.complete(name, rule);
  }

  #repeat(everyMs: number, untilMs: number, act: () => void): void {
    const again = (): void => {
      const atMs = this.#agenda.nowMs + everyMs * (0.3 + 1.4 * this.#random());
      if (atMs < untilMs)
        this.#agenda.plan(atMs, () => {
          act();
          again();
        });
    };
    again();
  }

  #request(): void {
    this.#requestCount += 1;
    this.#pick(this.#members).request(this.#requestCount);
  }

  #fault(): void {
    const roll = this.#random();
    const member = this.#pick(this.#members);
    if (roll < 0.4) {
      if (member.isUp) this.#crash(member);
      else this.#restart(member);
    } else if (roll < 0.55) {
      for (const each of this.#members) if (!each.isUp) this.#restart(each);
    } else if (roll < 0.7) this.#split();
    else if (roll < 0.8) this.#cutOneWay(member);
    else if (roll < 0.92) this.#network.heal();
    else {
      const [lossShare, repeatShare, detourShare] = [0.3, 0.3, 0.3].map(
        (most) => most * this.#random(),
      );
      const detourMs = this.#random() < 0.5 ? 100 : 1_500;
      this.#network.weather = {
        lossShare: lossShare ?? 0,
        repeatShare: repeatShare ?? 0,
        detourShare: detourShare ?? 0,
        detourMs,
      };
    }
  }

  #crash(member: AttackMember): void {
    this.crashCount += 1;
    member.crash(this.#pick(["now", "before-write", "after-write", "after-write"] as const));
  }

  #restart(member: AttackMember): void {
    if (this.#forgetful?.rule?.isWhole === true) this.#forgetful = undefined;
    const mayForget =
      this.#options.flaw?.kind === "trusts-stale-disk" ||
      (this.#options.disk ?? "suspect") === "suspect";
    if (mayForget && (this.#forgetful ?? member) === member && this.#random() < 0.4) {
      this.#forgetful = member;
      // What the others recalled may have been on this disk alone: they wait for it, for good.
      this.#mayStandStill ||= this.#members.some(
        ({ rule }) => rule?.voters !== undefined && !rule.isWhole,
      );
      member.forget(this.#random() < 0.3);
    }
    member.start();
  }

  #split(): void {
    const side = new Map(this.#members.map(({ name }) => [name, this.#random() < 0.5]));
    for (const { name: one } of this.#members)
      for (const { name: other } of this.#members)
        if (side.get(one) !== side.get(other)) this.#network.cut(one, other);
  }

  #cutOneWay({ name }: AttackMember): void {
    const isDeaf = this.#random() < 0.5;
    for (const { name: other } of this.#members)
      if (this.#random() < 0.7) this.#network.cut(isDeaf ? other : name, isDeaf ? name : other);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }
}
