import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { QueuePolicy } from "../model/instances.ts";
import type { Arrival } from "./calls.ts";
import type { HandlerTimes } from "./handler-times.ts";
import { InputQueue, type Waiting } from "./input-queue.ts";
import type { Input } from "./scheduler-rule.ts";

const US_PER_MS = 1_000;

/** Something that came in and waits for its handler, or is being handled. */
export interface Job extends Waiting {
  /** Name of the handler, such as "on_tick". */
  readonly handler: string;
  readonly message: unknown;
  /** What belongs to it beside the message, such as the request that is to be answered. */
  readonly detail: unknown;
  readonly arrival: Arrival;
  /** Whether its deadline passed and that was told. */
  isLate: boolean;
}

/**
 * What became of a job: its handler ran to its end, or threw; it found no place and was dropped, or
 * refused; or the component ended first.
 */
export type JobEnd = "done" | "threw" | "dropped" | "refused" | "forgotten";

/** One input of a component. */
export interface LaneOptions {
  /** Name of the port; "" for what comes by none. */
  readonly port: string;
  /** See Input. */
  readonly index: number;
  readonly handler: string;
  readonly policy: QueuePolicy;
  /** See InputQueue. */
  readonly slackMax?: number;
  /** null: no deadline. */
  readonly withinMs: number | null;
  /** Calls the handler; what it returns is awaited when it is a promise. */
  readonly run: (job: Job) => unknown;
  /** Told once of every job; before the next one begins. */
  readonly ended?: (job: Job, end: JobEnd) => void;
  /** Full, of a lane that refuses: its senders should hold on; and again when it is half empty. */
  readonly hold?: (isFull: boolean) => void;
}

/** What a lane needs of its scheduler. */
export interface LaneHost {
  readonly clock: Clock;
  readonly activity: Activity;
  /** Whether the lane still takes jobs in. */
  accepts(lane: Lane): boolean;
  /** A number for the next arrival, larger than all before. */
  nextOrder(): number;
  /** Handles `job` now, if nothing else runs; then it never waits in its lane. */
  takes(lane: Lane, job: Job): boolean;
  /** A job came, or may be handled now that might not before. */
  arrived(): void;
  /** The lane has a job that must have ended at `deadlineMs`. */
  watch(deadlineMs: number): void;
  /** A job of the lane was dropped. */
  dropped(lane: Lane): void;
}

/** The queue before one handler of a component, with its counters. */
export class Lane implements Input {
  readonly options: LaneOptions;
  readonly index: number;
  /** Its place among the lanes that take turns; -1: it takes none. */
  place = -1;
  readonly #host: LaneHost;
  readonly #queue: InputQueue<Job>;
  #isHeld = false;
  #isBlocked = false;
  /** So many at the front of the queue are late, and told. */
  #lateAtFront = 0;
  receivedCount = 0;
  handledCount = 0;
  droppedCount = 0;
  refusedCount = 0;
  lateCount = 0;
  /** How long its handlers took; absent until somebody wants to know. */
  times: HandlerTimes | undefined;

  constructor(host: LaneHost, options: LaneOptions) {
    this.#host = host;
    this.options = options;
    this.index = options.index;
    this.#queue = new InputQueue(options.policy, options.slackMax);
  }

  get next(): Job | undefined {
    return this.#isBlocked ? undefined : this.#queue.first;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Nothing of this lane is handled while it is blocked. */
  set isBlocked(isBlocked: boolean) {
    this.#isBlocked = isBlocked;
    if (!isBlocked) this.#host.arrived();
  }

  /** Queues a job; `handler` when it is not the lane's own. */
  push(message: unknown, sentUtcUs?: number, detail?: unknown, handler?: string): void {
    const host = this.#host;
    const { withinMs } = this.options;
    const receivedUtcUs = host.clock.utcUs();
    const job: Job = {
      order: host.nextOrder(),
      deadlineMs: withinMs === null ? Infinity : host.clock.monotonicMs() + withinMs,
      handler: handler ?? this.options.handler,
      message,
      detail,
      arrival: {
        sentUtcUs,
        receivedUtcUs,
        deadlineUtcUs: withinMs === null ? undefined : receivedUtcUs + withinMs * US_PER_MS,
      },
      isLate: false,
    };
    this.receivedCount += 1;
    if (!host.accepts(this)) {
      this.options.ended?.(job, "forgotten");
      return;
    }
    if (!this.#isBlocked && host.takes(this, job)) return;
    const dropped = this.#queue.offer(job);
    if (dropped !== job) host.activity.begin();
    if (dropped !== undefined) this.#drop(dropped, job);
    if (this.#queue.isFull && !this.#isHeld) this.#hold(true);
    host.arrived();
    if (this.length > 0 && withinMs !== null) host.watch(job.deadlineMs);
  }

  /** Takes the next job out, to be handled. */
  take(): Job | undefined {
    return this.#isBlocked ? undefined : this.#shift();
  }

  /** Takes out all that waits: nobody will handle it. */
  forget(): void {
    for (let job = this.#shift(); job !== undefined; job = this.#shift()) {
      this.options.ended?.(job, "forgotten");
      this.#host.activity.end();
    }
  }

  /** Calls `tell` once of each waiting job that is late at `nowMs`; returns when the next one will be. */
  tellLate(nowMs: number, tell: (lane: Lane, job: Job) => void): number {
    for (;;) {
      const job = this.#queue.at(this.#lateAtFront);
      if (job === undefined) return Infinity;
      if (job.deadlineMs > nowMs) return job.deadlineMs;
      this.#lateAtFront += 1;
      tell(this, job);
    }
  }

  #shift(): Job | undefined {
    const job = this.#queue.shift();
    if (this.#lateAtFront > 0) this.#lateAtFront -= 1;
    if (this.#isHeld && 2 * this.length <= this.options.policy.lengthMax) this.#hold(false);
    return job;
  }

  /** `newest` came, and `dropped` had to go. */
  #drop(dropped: Job, newest: Job): void {
    const isRefused = this.options.policy.whenFull === "refuse";
    if (isRefused) this.refusedCount += 1;
    else this.droppedCount += 1;
    if (dropped !== newest) {
      if (this.#lateAtFront > 0) this.#lateAtFront -= 1;
      this.#host.activity.end();
    }
    this.options.ended?.(dropped, isRefused ? "refused" : "dropped");
    if (!isRefused) this.#host.dropped(this);
  }

  #hold(isFull: boolean): void {
    const { hold, policy } = this.options;
    if (hold === undefined || policy.whenFull !== "refuse") return;
    this.#isHeld = isFull;
    hold(isFull);
  }
}
