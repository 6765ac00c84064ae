import { uptime } from "node:os";
import type { Clock, ClockLine, ClockReading, Oscillator } from "../core/clock.ts";
import { readingOn, utcUsOn } from "../core/clock-line.ts";
import { monotonicSleep } from "./sleep.ts";
import { SystemUtc } from "./system-utc.ts";
import { UtcSleepers } from "./utc-sleepers.ts";

/** A step of the system clock (NTP, a person) is noticed by a sleeper within this time. */
const RECHECK_MS_MAX = 1000;

/**
 * Time of this machine: monotonic from the kernel; cluster time from the system clock, or on the line
 * that the time manager has given.
 */
export class SystemClock implements Clock, Oscillator {
  readonly #sleepers = new UtcSleepers();
  readonly #nowUtcMs: () => number;
  readonly #systemUtc: SystemUtc;
  #line: ClockLine | undefined;
  /** On a line cluster time never goes back: the latest that was given out. */
  #lastUtcUs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `nowUtcMs` replaces the system clock in tests. */
  constructor(nowUtcMs = (): number => Date.now()) {
    this.#nowUtcMs = nowUtcMs;
    this.#systemUtc = new SystemUtc(nowUtcMs, () => this.monotonicUs());
  }

  monotonicMs(): number {
    return performance.now();
  }

  /** CLOCK_MONOTONIC: the same in all processes of the board. */
  monotonicUs(): number {
    return Number(process.hrtime.bigint()) / 1000;
  }

  /** CLOCK_BOOTTIME goes on in sleep. Source: proc(5), uptime; clock_gettime(2). */
  asleepUs(): number {
    return uptime() * 1e6 - this.monotonicUs();
  }

  /** See SystemUtc. */
  systemUtcUs(): number {
    return this.#systemUtc.read();
  }

  utcUs(): number {
    const utcUs =
      this.#line === undefined
        ? this.#nowUtcMs() * 1000
        : Math.max(this.#lastUtcUs, Math.round(utcUsOn(this.#line, this.monotonicUs())));
    this.#lastUtcUs = utcUs;
    return utcUs;
  }

  reading(): ClockReading {
    return readingOn(this.#line, this.monotonicUs(), this.utcUs());
  }

  steer(line: ClockLine): void {
    this.utcUs();
    this.#line = line;
    this.#arm();
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return monotonicSleep(durationMs, signal);
  }

  async sleepUntilUtc(untilUtcUs: number, signal: AbortSignal): Promise<void> {
    if (untilUtcUs <= this.utcUs()) return;
    const slept = this.#sleepers.sleep(untilUtcUs, signal);
    this.#arm();
    await slept;
    // After an abort nobody may be left who needs the timer.
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const dueUtcUs = this.#sleepers.nextDueUtcUs;
    if (dueUtcUs === undefined) return;
    const leftMs = Math.max(0, (dueUtcUs - this.utcUs()) / 1000);
    this.#timer = setTimeout(
      () => {
        this.#sleepers.wakeUntil(this.utcUs());
        this.#arm();
      },
      Math.ceil(Math.min(leftMs, RECHECK_MS_MAX)),
    );
  }
}
