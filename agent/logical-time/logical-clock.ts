import type { Clock } from "../core/clock.ts";
import { AgentError } from "../core/errors.ts";

const US_PER_MS = 1_000;

/**
 * What has cluster time that can be driven: the processes of a launch (`treeSteps`), or a simulation
 * (`simulationSteps` of deploy/process).
 */
export interface Steps {
  /** Where cluster time stands. */
  readonly utcUs: number;
  /**
   * The barrier: resolves when nobody has work left at this instant, with the next one that somebody waits for,
   * undefined when nobody does. Resolves at once when `signal` aborts.
   */
  rest(signal: AbortSignal): Promise<number | undefined>;
  /** Cluster time moves on to `utcUs`; called only at rest, and never with an instant behind the next one. */
  moveTo(utcUs: number): Promise<void>;
}

/** How a logical clock runs. */
export interface LogicalClockOptions {
  /** Cluster time goes no further; the run then ends. */
  readonly endUtcUs: number;
  /** Cluster seconds per real second at most; undefined: as fast as the work allows. */
  readonly speed?: number | undefined;
  /** Begins to stand where it is, until it is told to go on. Default false. */
  readonly isPaused?: boolean;
  /** Told of each instant that somebody waited for, when cluster time has moved on to it. */
  readonly advanced?: (utcUs: number) => void;
}

interface Advance {
  readonly utcUs: number;
  readonly resolve: (utcUs: number) => void;
}

/**
 * Cluster time, driven from outside: by a person (`--speed 60`, pause), by another simulator that hands out
 * its steps (GridLAB-D: `advanceTo` each of them), by a test.
 *
 * Invariants: time moves only at rest, from one instant that somebody waits for to the next, and never
 * goes back; whoever is told that an instant is reached finds that all work at and before it is done.
 */
export class LogicalClock {
  readonly #steps: Steps;
  readonly #clock: Pick<Clock, "monotonicMs" | "sleep">;
  readonly #endUtcUs: number;
  readonly #advanced: (utcUs: number) => void;
  readonly #advances: Advance[] = [];
  #isPaused: boolean;
  #speed: number | undefined;
  /** Where real time and cluster time are laid one on the other. */
  #anchor: { readonly monotonicMs: number; readonly utcUs: number };
  #isOver = false;
  #change = new AbortController();

  /** @param clock real time, for the speed */
  constructor(
    steps: Steps,
    clock: Pick<Clock, "monotonicMs" | "sleep">,
    { endUtcUs, speed, isPaused = false, advanced = () => undefined }: LogicalClockOptions,
  ) {
    this.#steps = steps;
    this.#clock = clock;
    this.#endUtcUs = endUtcUs;
    this.#advanced = advanced;
    this.#isPaused = isPaused;
    this.#speed = checked(speed);
    this.#anchor = this.#here();
  }

  get utcUs(): number {
    return this.#steps.utcUs;
  }

  /** It stands, or goes only as far as `advanceTo` said. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** See LogicalClockOptions. */
  get speed(): number | undefined {
    return this.#speed;
  }

  /** Stands at the instant that is reached, once its work is done. */
  pause(): void {
    this.#isPaused = true;
    this.#changed();
  }

  /** Goes on from where it stands, at its speed. */
  resume(): void {
    this.#isPaused = false;
    this.#changed();
  }

  /** From now on; undefined: as fast as the work allows. @throws AgentError TIME_SPEED_INVALID */
  setSpeed(speed: number | undefined): void {
    this.#speed = checked(speed);
    this.#changed();
  }

  /**
   * Goes on to `utcUs` as fast as the work allows, and stands there. Resolves when all work at and before it is
   * done, with where time stands then: `utcUs`, or earlier when the run ended before.
   * @throws AgentError TIME_ADVANCE_BACK when that has passed.
   */
  advanceTo(utcUs: number): Promise<number> {
    const { utcUs: nowUtcUs } = this.#steps;
    if (!(utcUs >= nowUtcUs)) throw new AgentError("TIME_ADVANCE_BACK", { utcUs, nowUtcUs });
    if (this.#isOver) return Promise.resolve(nowUtcUs);
    return new Promise((resolve) => {
      this.#advances.push({ utcUs, resolve });
      this.pause();
    });
  }

  /**
   * Lets time go on as it is told. Resolves with the instant reached: the end, or earlier when `signal` aborts
   * or, unless it is paused, nobody waits for anything any more. Called once.
   */
  async run(signal: AbortSignal): Promise<number> {
    const stop = (): void => this.#changed();
    signal.addEventListener("abort", stop);
    try {
      this.#anchor = this.#here();
      return await this.#go(signal);
    } finally {
      signal.removeEventListener("abort", stop);
      this.#isOver = true;
      for (const { resolve } of this.#advances.splice(0)) resolve(this.#steps.utcUs);
    }
  }

  async #go(signal: AbortSignal): Promise<number> {
    const steps = this.#steps;
    while (!signal.aborted) {
      const dueUtcUs = await steps.rest(signal);
      if (isAborted(signal)) break;
      this.#tellAdvances();
      const change = this.#change.signal;
      const limitUtcUs = this.#limit();
      if (dueUtcUs === undefined || dueUtcUs > limitUtcUs) {
        const isAsleep = dueUtcUs === undefined && !this.#isPaused;
        if (isAsleep || steps.utcUs >= this.#endUtcUs) return steps.utcUs;
        if (limitUtcUs > steps.utcUs) await steps.moveTo(limitUtcUs);
        else await aborted(change);
        continue;
      }
      const nextUtcUs = Math.max(steps.utcUs, dueUtcUs);
      const waitMs = this.#waitMs(nextUtcUs);
      if (waitMs > 0) {
        await this.#clock.sleep(waitMs, change);
        // Told something else meanwhile: what is due is looked at anew.
        if (change.aborted) continue;
      }
      await this.#moveTo(nextUtcUs);
    }
    return steps.utcUs;
  }

  async #moveTo(utcUs: number): Promise<void> {
    await this.#steps.moveTo(utcUs);
    this.#advanced(utcUs);
  }

  /** How far time may go now. */
  #limit(): number {
    if (!this.#isPaused) return this.#endUtcUs;
    const nearest = Math.min(...this.#advances.map(({ utcUs }) => utcUs));
    return Math.min(this.#endUtcUs, this.#advances.length === 0 ? this.#steps.utcUs : nearest);
  }

  #waitMs(nextUtcUs: number): number {
    if (this.#isPaused || this.#speed === undefined) return 0;
    const { monotonicMs, utcUs } = this.#anchor;
    const dueMs = monotonicMs + (nextUtcUs - utcUs) / US_PER_MS / this.#speed;
    return dueMs - this.#clock.monotonicMs();
  }

  #tellAdvances(): void {
    const { utcUs: nowUtcUs } = this.#steps;
    const reached = this.#advances.filter(({ utcUs }) => utcUs <= nowUtcUs);
    for (const advance of reached) {
      this.#advances.splice(this.#advances.indexOf(advance), 1);
      advance.resolve(nowUtcUs);
    }
  }

  #changed(): void {
    this.#anchor = this.#here();
    const change = this.#change;
    this.#change = new AbortController();
    change.abort();
  }

  #here(): { readonly monotonicMs: number; readonly utcUs: number } {
    return { monotonicMs: this.#clock.monotonicMs(), utcUs: this.#steps.utcUs };
  }
}

function checked(speed: number | undefined): number | undefined {
  if (speed !== undefined && !(speed > 0 && Number.isFinite(speed)))
    throw new AgentError("TIME_SPEED_INVALID", { speed });
  return speed;
}

/** Asked anew after each wait, which the compiler would not believe. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
