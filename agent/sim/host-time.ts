import type { ClockLine, Oscillator } from "../core/clock.ts";
import { utcUsOn } from "../core/clock-line.ts";
import type { EventLabel, Life, Timer } from "./life.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { Timeline } from "./timeline.ts";

/** How a host's clocks differ from true time; what is absent stays as it is. */
export interface ClockSetting {
  /** The system's UTC minus true time, in µs, from now on; it may jump for that. */
  readonly offsetUs?: number;
  /** How much faster than true time the oscillator runs, in parts per 10^9; above -10^9. */
  readonly driftPpb?: number;
  /** How far the oscillator's rate strays from `driftPpb` to either side, in parts per 10^9: a random walk. */
  readonly wanderPpb?: number;
  /** What the monotonic clock shows now, in µs: not less than it does. */
  readonly monotonicUs?: number;
}

const PARTS_PER_UNIT = 1_000_000_000;
/** One step of the random walk, in µs of true time. */
const WANDER_STEP_US = 1_000_000;
/** Largest step as a share of the whole reach. */
const WANDER_STEP_SHARE = 0.125;

/**
 * The clocks of one host, which all of its programs read: an oscillator, from which monotonic time comes;
 * the system's UTC and cluster time, which are lines over it. Perfect unless a test sets them.
 *
 * Only sums, products and quotients of doubles, which IEEE 754 fixes: the same on every machine.
 */
export class HostTime implements Oscillator {
  /** What cluster time follows; undefined: the system's clock. */
  line: ClockLine | undefined;
  readonly #timeline: Timeline;
  readonly #lives: ReadonlySet<Life>;
  readonly #random: SeededRandom;
  /** Monotonic time as a line over true time. */
  #oscillator: { atTrueUs: number; monotonicUs: number; ratePpb: number };
  #driftPpb = 0;
  #wanderPpb = 0;
  #strayPpb = 0;
  #nextStrayUs = 0;
  /** The system's UTC as a line over monotonic time. */
  #system: { atMonotonicUs: number; utcUs: number; ratePpb: number };
  #suspendedUs: number | undefined;
  #asleepUs = 0;
  /** Nobody has changed the oscillator. */
  #isPerfect = true;
  #lastUtcUs = Number.NEGATIVE_INFINITY;
  #lastNumber = 0;

  /** @param lives those whose timers run on these clocks */
  constructor(timeline: Timeline, lives: ReadonlySet<Life>, seed: string) {
    const { startUtcUs } = timeline;
    this.#timeline = timeline;
    this.#lives = lives;
    this.#random = new SeededRandom(`${seed} clock`);
    this.#oscillator = { atTrueUs: startUtcUs, monotonicUs: 0, ratePpb: 0 };
    this.#system = { atMonotonicUs: 0, utcUs: startUtcUs, ratePpb: 0 };
  }

  /** Cluster time minus true time, in µs. */
  get errorUs(): number {
    return this.utcUs() - this.#timeline.nowUs;
  }

  monotonicUs(): number {
    return Math.floor(this.#exactUs());
  }

  asleepUs(): number {
    return this.#asleepUs;
  }

  systemUtcUs(): number {
    return Math.round(this.#systemUs(this.#exactUs()));
  }

  steer(line: ClockLine): void {
    this.utcUs();
    this.line = line;
    this.#replan("utc");
  }

  /** Cluster time; on a line it never goes back. */
  utcUs(): number {
    const utcUs =
      this.line === undefined
        ? this.systemUtcUs()
        : Math.max(this.#lastUtcUs, Math.round(utcUsOn(this.line, this.monotonicUs())));
    this.#lastUtcUs = utcUs;
    return utcUs;
  }

  /** Changes the clocks from now on. @throws RangeError for a monotonic clock that would go back. */
  set(setting: ClockSetting): void {
    const { offsetUs, driftPpb, wanderPpb, monotonicUs } = setting;
    const exactUs = this.#exactUs();
    if (monotonicUs !== undefined && monotonicUs < exactUs)
      throw new RangeError(`the monotonic clock shows ${exactUs} and cannot go back`);
    if (driftPpb !== undefined && driftPpb <= -PARTS_PER_UNIT)
      throw new RangeError("an oscillator does not run backwards; suspend() stops it");
    if (driftPpb !== undefined) this.#driftPpb = driftPpb;
    if (wanderPpb !== undefined) {
      this.#wanderPpb = wanderPpb;
      this.#strayPpb = 0;
      this.#nextStrayUs = this.#timeline.nowUs + WANDER_STEP_US;
    }
    const systemUs =
      offsetUs === undefined ? this.#systemUs(exactUs) : this.#timeline.nowUs + offsetUs;
    this.#turn(monotonicUs ?? exactUs);
    this.#replan("monotonic");
    this.#setSystem(systemUs, this.#system.ratePpb);
  }

  /** The system's UTC jumps by `us`, to either side; a line that cluster time follows does not. */
  jump(us: number): void {
    this.#setSystem(this.#systemUs(this.#exactUs()) + us, this.#system.ratePpb);
  }

  /** A leap second as most systems have it: UTC repeats a second, or leaves one out. */
  leapSecond(kind: "insert" | "delete"): void {
    this.jump(kind === "insert" ? -1_000_000 : 1_000_000);
  }

  /** The system's UTC stands still until `thaw`; monotonic time goes on. */
  freeze(): void {
    this.#setSystem(this.#systemUs(this.#exactUs()), -PARTS_PER_UNIT);
  }

  /** The system's UTC goes on from where it stood, late by as long. */
  thaw(): void {
    this.#setSystem(this.#systemUs(this.#exactUs()), 0);
  }

  /** Monotonic time stands still, as on a board that sleeps. */
  suspend(): void {
    if (this.#suspendedUs !== undefined) return;
    const exactUs = this.#exactUs();
    this.#suspendedUs = this.#timeline.nowUs;
    this.#turn(exactUs);
    this.#replan();
  }

  /** Monotonic time goes on; a clock with a battery has kept UTC going meanwhile. */
  resume(): void {
    if (this.#suspendedUs === undefined) return;
    const exactUs = this.#exactUs();
    const asleepUs = this.#timeline.nowUs - this.#suspendedUs;
    const systemUs = this.#systemUs(exactUs) + asleepUs;
    this.#suspendedUs = undefined;
    this.#asleepUs += asleepUs;
    this.#turn(exactUs);
    this.#replan("monotonic");
    this.#setSystem(systemUs, this.#system.ratePpb);
  }

  /** Calls `wake` for `life` when `durationUs` of monotonic time have passed. */
  after(life: Life, durationUs: number, label: EventLabel, wake: () => void): Timer {
    const nowUs = this.monotonicUs();
    let dueUs = nowUs + Math.max(0, Math.ceil(durationUs));
    // In milliseconds a difference may come out a hair too small: then a microsecond more is as asked.
    if (!this.#isPerfect && dueUs / 1000 - nowUs / 1000 < durationUs / 1000) dueUs += 1;
    return this.#add("monotonic", life, dueUs, { label, wake });
  }

  /** Calls `wake` for `life` when cluster time has reached `dueUs`, whatever becomes of that clock. */
  atUtc(life: Life, dueUs: number, label: EventLabel, wake: () => void): Timer {
    return this.#add("utc", life, dueUs, { label, wake });
  }

  cancel(timer: Timer): void {
    timer.life.timers.delete(timer);
    if (timer.event !== undefined) this.#timeline.cancel(timer.event);
  }

  #add(
    clock: Timer["clock"],
    life: Life,
    dueUs: number,
    { label, wake }: Pick<Timer, "label" | "wake">,
  ): Timer {
    this.#lastNumber += 1;
    const timer: Timer = {
      life,
      clock,
      dueUs,
      number: this.#lastNumber,
      label,
      wake,
      event: undefined,
      fire: () => this.#due(timer),
    };
    life.timers.add(timer);
    this.#plan(timer, 0);
    return timer;
  }

  #plan(timer: Timer, delayUsMin: number): void {
    const delayUs = this.#untilUs(timer);
    // A clock that stands still is waited for without an event.
    timer.event = Number.isFinite(delayUs)
      ? this.#timeline.plan(timer.life, Math.max(delayUs, delayUsMin), timer.label, timer.fire)
      : undefined;
  }

  #due(timer: Timer): void {
    const nowUs = timer.clock === "utc" ? this.utcUs() : this.monotonicUs();
    // Rounding, or a rate that strays, may have made it early: never again at this instant.
    if (nowUs < timer.dueUs) {
      this.#plan(timer, 1);
      return;
    }
    timer.life.timers.delete(timer);
    timer.wake();
  }

  /** At the soonest, in µs of true time; infinite while its clock stands still. */
  #untilUs({ clock, dueUs }: Timer): number {
    const exactUs = this.#exactUs();
    let targetUs = dueUs;
    if (clock === "utc") {
      if (this.utcUs() >= dueUs) return 0;
      const { atMonotonicUs, utcUs, ratePpb } = this.line ?? this.#system;
      if (ratePpb <= -PARTS_PER_UNIT) return Number.POSITIVE_INFINITY;
      targetUs = Math.ceil(atMonotonicUs + divided(dueUs - utcUs, ratePpb));
    }
    const restUs = targetUs - exactUs;
    if (restUs <= 0) return 0;
    if (this.#suspendedUs !== undefined) return Number.POSITIVE_INFINITY;
    return Math.ceil(divided(restUs, this.#driftPpb + this.#wanderPpb));
  }

  #exactUs(): number {
    if (this.#wanderPpb > 0) this.#stray();
    return this.#exactAt(this.#timeline.nowUs);
  }

  #exactAt(trueUs: number): number {
    const { atTrueUs, monotonicUs, ratePpb } = this.#oscillator;
    const elapsedUs = trueUs - atTrueUs;
    return monotonicUs + elapsedUs + (elapsedUs * ratePpb) / PARTS_PER_UNIT;
  }

  #systemUs(exactUs: number): number {
    const { atMonotonicUs, utcUs, ratePpb } = this.#system;
    const elapsedUs = exactUs - atMonotonicUs;
    return utcUs + elapsedUs + (elapsedUs * ratePpb) / PARTS_PER_UNIT;
  }

  /** Takes the steps of the random walk that are due. */
  #stray(): void {
    while (this.#nextStrayUs <= this.#timeline.nowUs) {
      const atTrueUs = this.#nextStrayUs;
      const monotonicUs = this.#exactAt(atTrueUs);
      const reachPpb = this.#wanderPpb;
      const stepPpb = (2 * this.#random.next() - 1) * reachPpb * WANDER_STEP_SHARE;
      this.#strayPpb = Math.max(-reachPpb, Math.min(reachPpb, this.#strayPpb + stepPpb));
      this.#oscillator = { atTrueUs, monotonicUs, ratePpb: this.#ratePpb };
      this.#nextStrayUs = atTrueUs + WANDER_STEP_US;
    }
  }

  get #ratePpb(): number {
    return this.#suspendedUs === undefined ? this.#driftPpb + this.#strayPpb : -PARTS_PER_UNIT;
  }

  /** From now on the oscillator runs at its present rate, from `monotonicUs`. */
  #turn(monotonicUs: number): void {
    const { nowUs } = this.#timeline;
    this.#isPerfect = false;
    this.#oscillator = { atTrueUs: nowUs, monotonicUs, ratePpb: this.#ratePpb };
  }

  #setSystem(utcUs: number, ratePpb: number): void {
    this.#system = { atMonotonicUs: this.#exactUs(), utcUs, ratePpb };
    this.#replan("utc");
  }

  /** A clock is not what it was: everything that waits for it is planned anew. */
  #replan(which?: Timer["clock"]): void {
    const timers = [...this.#lives]
      .flatMap((life) => [...life.timers])
      .filter(({ clock }) => which === undefined || clock === which);
    timers.sort((one, other) => one.dueUs - other.dueUs || one.number - other.number);
    for (const timer of timers) {
      if (timer.event !== undefined) this.#timeline.cancel(timer.event);
      this.#plan(timer, 0);
    }
  }
}

/** How much of a clock has to pass for `us` of a line over it that runs faster by `ratePpb`. */
function divided(us: number, ratePpb: number): number {
  return ratePpb === 0 ? us : us / (1 + ratePpb / PARTS_PER_UNIT);
}
