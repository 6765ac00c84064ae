import type { Clock } from "../core/clock.ts";
import { Alarm } from "./alarm.ts";
import type { Job, Lane } from "./lane.ts";
import type { DeadlineMiss, Loss } from "./life.ts";
import { LossTally } from "./loss-tally.ts";

/** What a watch says. */
export interface WatchReports {
  /** A handler has been running for `runningMs`; told again at each doubling. */
  readonly hangs: (handler: string, runningMs: number) => void;
  /** Once of every job whose deadline passed. */
  readonly late: (miss: DeadlineMiss) => void;
  readonly lost: (loss: Loss) => void;
}

/**
 * Watches the handlers of one component in monotonic time: which one hangs, which deadline passes, and
 * when losses are due to be told. It looks when something is due, and sleeps when nothing is.
 */
export class HandlerWatch implements Disposable {
  readonly #clock: Clock;
  readonly #hangMs: number;
  readonly #reports: WatchReports;
  readonly #lanes: () => readonly Lane[];
  readonly #losses = new LossTally();
  readonly #alarm: Alarm;
  /** The job whose handler is waited for. */
  #job: Job | undefined;
  #lane: Lane | undefined;
  #beganMs = 0;
  #hangsAtMs = Infinity;

  /** `lanes` gives those whose waiting jobs are to be watched at this moment. */
  constructor(clock: Clock, hangMs: number, reports: WatchReports, lanes: () => readonly Lane[]) {
    this.#clock = clock;
    this.#hangMs = hangMs;
    this.#reports = reports;
    this.#lanes = lanes;
    this.#alarm = new Alarm(clock, (nowMs) => this.#ring(nowMs));
  }

  /** The handler of `job` did not end at once. */
  waits(lane: Lane, job: Job): void {
    this.#job = job;
    this.#lane = lane;
    this.#beganMs = this.#clock.monotonicMs();
    this.#hangsAtMs = this.#beganMs + this.#hangMs;
    this.#alarm.at(Math.min(this.#hangsAtMs, dueMs(job)));
  }

  /** The handler of `job` has ended. */
  ended(lane: Lane, job: Job): void {
    this.#job = undefined;
    if (dueMs(job) !== Infinity && this.#clock.monotonicMs() > job.deadlineMs)
      this.#late(lane, job, true);
  }

  /** Looks again now, and then when something is due. */
  look(): void {
    this.#alarm.at(this.#clock.monotonicMs());
  }

  /** Looks at `deadlineMs` at the latest. */
  lookAt(deadlineMs: number): void {
    this.#alarm.at(deadlineMs);
  }

  /** A port lost messages. */
  lost(port: string, side: Loss["side"], count: number): void {
    this.#alarm.at(this.#losses.add(port, side, count));
  }

  [Symbol.dispose](): void {
    this.#alarm[Symbol.dispose]();
  }

  #ring(nowMs: number): number {
    let nextMs = Infinity;
    const job = this.#job;
    if (job !== undefined && this.#lane !== undefined) {
      if (nowMs >= this.#hangsAtMs) {
        const runningMs = nowMs - this.#beganMs;
        this.#hangsAtMs = this.#beganMs + 2 * runningMs;
        this.#reports.hangs(job.handler, runningMs);
      }
      if (nowMs >= dueMs(job)) this.#late(this.#lane, job, false);
      nextMs = Math.min(this.#hangsAtMs, dueMs(job));
    }
    for (const lane of this.#lanes()) nextMs = Math.min(nextMs, lane.tellLate(nowMs, this.#isLate));
    for (const loss of this.#losses.due(nowMs)) this.#reports.lost(loss);
    return Math.min(nextMs, this.#losses.nextDueMs);
  }

  readonly #isLate = (lane: Lane, job: Job): void => this.#late(lane, job, false);

  #late(lane: Lane, job: Job, isOver: boolean): void {
    job.isLate = true;
    lane.lateCount += 1;
    const lateMs = this.#clock.monotonicMs() - job.deadlineMs;
    this.#reports.late({ port: lane.options.port, lateMs, isOver });
  }
}

/** When the deadline of a job has to be looked at; Infinity: never, or it was told already. */
function dueMs(job: Job): number {
  return job.isLate ? Infinity : job.deadlineMs;
}
