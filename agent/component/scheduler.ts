import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { ComponentScheduler } from "../model/app-model.ts";
import { HandlerTimes } from "./handler-times.ts";
import { HandlerWatch, type WatchReports } from "./handler-watch.ts";
import { type Job, type JobEnd, Lane, type LaneHost, type LaneOptions } from "./lane.ts";
import { SCHEDULER_RULES, type SchedulerRule } from "./scheduler-rule.ts";

/** A handler that runs longer is reported, when the host says nothing else. */
export const HANG_MS = 10_000;
/** News from the board that wait; the oldest go first. Losses and deadlines are among them. */
export const NEWS_MAX = 1_000;

/** A handler to run. */
export type Task = () => unknown;

/** What a scheduler says of its handlers. */
export interface SchedulerReports extends WatchReports {
  /** A handler threw: "go-on" keeps the component running. */
  readonly threw: (handler: string, error: unknown) => "go-on" | "give-up";
  /** Told once: a handler threw and the component gives up. Nothing runs afterwards. */
  readonly failed: (error: unknown) => void;
  /** Told after each handler, but for those of life. */
  readonly handled?: () => void;
}

/** What a scheduler works with. */
export interface SchedulerParts {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly order: ComponentScheduler;
  readonly reports: SchedulerReports;
  /** Monotonic time after which a running handler is reported; default HANG_MS. */
  readonly hangMs?: number;
}

/** How a task ended; never: it was forgotten, or threw and the component gave up. */
export type TaskEnd = "done" | "never";

const UNBOUNDED = { lengthMax: Infinity, whenFull: "dropNewest" } as const;
const NEWS = { lengthMax: NEWS_MAX, whenFull: "dropOldest" } as const;

/**
 * Runs the handlers of one component: one at a time, each to its end, also when it is asynchronous, and
 * none before `start`. The next one is chosen by the rule of its model, among the lanes at which
 * something waits. Moments of life go before everything, news from the board before messages: both are
 * few. What comes by no port, such as events of contracts, takes its turn as a port with index 0.
 */
export class Scheduler implements LaneHost {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly #reports: SchedulerReports;
  readonly #rule: SchedulerRule;
  /** In the order of their index. */
  readonly #lanes: Lane[] = [];
  readonly #life: Lane;
  readonly #news: Lane;
  readonly #events: Lane;
  readonly #watch: HandlerWatch;
  #state: "waiting" | "running" | "draining" | "closed" = "waiting";
  #isPaused = false;
  #lastOrder = 0;
  #lastPlace = -1;
  /** Whether a handler runs, or the next one is being chosen. */
  #isBusy = false;
  /** Handlers beside the one that runs; see `aside`. */
  #asideCount = 0;
  /** Whose handler runs, and its lane. */
  #job: Job | undefined;
  #lane: Lane;
  #rested: (() => void)[] = [];
  /** Handlers are timed until then, in monotonic ms: a reading of the clock costs as much as a short handler. */
  #timedUntilMs = -Infinity;
  /** When the running handler began; NaN: it is not timed. */
  #beganMs = Number.NaN;

  constructor({ clock, activity, order, reports, hangMs = HANG_MS }: SchedulerParts) {
    this.clock = clock;
    this.activity = activity;
    this.#reports = reports;
    this.#rule = SCHEDULER_RULES[order];
    this.#watch = new HandlerWatch(clock, hangMs, reports, () =>
      this.#isPaused || this.#state === "waiting" ? [] : this.#lanes,
    );
    this.#life = this.#taskLane(UNBOUNDED);
    this.#news = this.#taskLane(NEWS);
    this.#events = this.#taskLane(UNBOUNDED);
    this.#addLane(this.#events);
    this.#lane = this.#life;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Opens a lane for what comes by a port. */
  lane(options: LaneOptions): Lane {
    const lane = new Lane(this, options);
    this.#addLane(lane);
    return lane;
  }

  /** How long handlers take is counted from now on, by lane, for `durationMs`. */
  timeHandlers(durationMs: number): void {
    this.#timedUntilMs = this.clock.monotonicMs() + durationMs;
    for (const lane of this.#lanes) lane.times ??= new HandlerTimes();
  }

  /** Runs `first`, then what was queued before, then what comes. */
  start(handler: string, first: Task): void {
    if (this.#state !== "waiting") return;
    this.#state = "running";
    this.#life.push(first, undefined, undefined, handler);
    this.#watch.look();
  }

  /** Queues a moment of the component's life, ahead of all messages; also while it is paused. */
  life(handler: string, task: Task): Promise<TaskEnd> {
    return new Promise((resolve) => this.#life.push(task, undefined, resolve, handler));
  }

  /** Queues what comes by no port and is never dropped: its number is bounded by who sends it. */
  event(handler: string, task: Task): Promise<TaskEnd> {
    return new Promise((resolve) => this.#events.push(task, undefined, resolve, handler));
  }

  /** Queues news from the board, ahead of all messages. */
  news(handler: string, task: Task): void {
    this.#news.push(task, undefined, undefined, handler);
  }

  /** Runs news that must not wait for the handler that runs now: at once beside it, where it waits itself. */
  aside(handler: string, task: Task): void {
    if (this.#job === undefined) this.news(handler, task);
    else void this.#runAside(handler, task);
  }

  /** The component hears of messages that a port of it could not send. */
  unsent(port: string, count: number): void {
    this.#watch.lost(port, "sent", count);
  }

  /** Lets the running handler end; then handles nothing but `task` and what else is of life. */
  pause(handler: string, task: Task): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    void this.life(handler, task);
  }

  resume(handler: string, task: Task): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    void this.life(handler, task);
    this.#watch.look();
  }

  /** Takes nothing more in, handles what waits (a paused component forgets it), then runs `last`. */
  async stop(handler: string, last: Task): Promise<void> {
    if (this.#state === "running") this.#state = "draining";
    if (this.#isPaused) this.#forget();
    await this.#rest();
    this.#forget();
    if (this.#state === "draining") await this.life(handler, last);
  }

  /** Takes nothing more in, lets the running handler end, forgets what waits. */
  async close(): Promise<void> {
    this.#end();
    await this.#rest();
  }

  // What lanes ask of their host.

  nextOrder(): number {
    return (this.#lastOrder += 1);
  }

  accepts(lane: Lane): boolean {
    if (this.#state === "draining") return lane === this.#life;
    return this.#state !== "closed";
  }

  takes(lane: Lane, job: Job): boolean {
    if (this.#isBusy || this.#state === "waiting") return false;
    if (this.#isPaused && lane !== this.#life) return false;
    this.#isBusy = true;
    this.activity.begin();
    if (lane.place >= 0) this.#lastPlace = lane.place;
    if (this.#begin(lane, job)) this.#run();
    return true;
  }

  arrived(): void {
    if (this.#isBusy || this.#state === "waiting") return;
    this.#isBusy = true;
    this.#run();
  }

  watch(deadlineMs: number): void {
    this.#watch.lookAt(deadlineMs);
  }

  dropped(lane: Lane): void {
    const { port } = lane.options;
    if (port !== "") this.#watch.lost(port, "received", 1);
  }

  #addLane(lane: Lane): void {
    this.#lanes.push(lane);
    this.#lanes.sort((one, other) => one.index - other.index);
    for (const [place, each] of this.#lanes.entries()) each.place = place;
  }

  #taskLane(policy: LaneOptions["policy"]): Lane {
    const ended = ({ detail }: Job, end: JobEnd): void => {
      const hasRun = end === "done" || (end === "threw" && this.#state !== "closed");
      (detail as ((end: TaskEnd) => void) | undefined)?.(hasRun ? "done" : "never");
    };
    const run = ({ message }: Job): unknown => (message as Task)();
    return new Lane(this, {
      ...{ port: "", index: 0, handler: "" },
      policy,
      withinMs: null,
      run,
      ended,
    });
  }

  /** Runs handlers until one has to be waited for, or none is left. */
  #run(): void {
    for (;;) {
      const lane = this.#choose();
      const job = lane?.take();
      if (lane === undefined || job === undefined) break;
      if (!this.#begin(lane, job)) return;
    }
    this.#isBusy = false;
    this.#wakeRested();
  }

  /** Calls a handler; false when its end has to be waited for. */
  #begin(lane: Lane, job: Job): boolean {
    this.#job = job;
    this.#lane = lane;
    this.#beganMs = this.#timedUntilMs > 0 ? this.clock.monotonicMs() : Number.NaN;
    let result: unknown;
    try {
      result = lane.options.run(job);
    } catch (error) {
      this.#threw(job, error);
      return true;
    }
    if (isPromise(result)) {
      this.#watch.waits(lane, job);
      result.then(this.#onDone, this.#onThrown);
      return false;
    }
    this.#finish(job, "done");
    return true;
  }

  #choose(): Lane | undefined {
    if (this.#life.length > 0) return this.#life;
    if (this.#isPaused) return undefined;
    if (this.#news.length > 0) return this.#news;
    const place = this.#rule(this.#lanes, this.#lastPlace);
    if (place >= 0) this.#lastPlace = place;
    return this.#lanes[place];
  }

  readonly #onDone = (): void => {
    if (this.#job !== undefined) this.#finish(this.#job, "done");
    this.#run();
  };

  readonly #onThrown = (error: unknown): void => {
    if (this.#job !== undefined) this.#threw(this.#job, error);
    this.#run();
  };

  #threw(job: Job, error: unknown): void {
    this.#judge(job.handler, error);
    this.#finish(job, "threw");
  }

  #finish(job: Job, end: JobEnd): void {
    const lane = this.#lane;
    this.#job = undefined;
    this.#watch.ended(lane, job);
    lane.handledCount += 1;
    if (this.#timedUntilMs > 0) this.#time(lane);
    lane.options.ended?.(job, end);
    if (lane !== this.#life) this.#reports.handled?.();
    this.activity.end();
  }

  #time(lane: Lane): void {
    const nowMs = this.clock.monotonicMs();
    if (!Number.isNaN(this.#beganMs)) lane.times?.add(nowMs - this.#beganMs);
    if (nowMs > this.#timedUntilMs) this.#timedUntilMs = -Infinity;
  }

  #judge(handler: string, error: unknown): void {
    if (this.#reports.threw(handler, error) === "go-on" || this.#state === "closed") return;
    this.#end();
    this.#reports.failed(error);
  }

  async #runAside(handler: string, task: Task): Promise<void> {
    this.#asideCount += 1;
    this.activity.begin();
    try {
      await task();
    } catch (error) {
      this.#judge(handler, error);
    }
    this.activity.end();
    this.#asideCount -= 1;
    this.#wakeRested();
  }

  /** Nothing is taken in, and nothing begins. */
  #end(): void {
    this.#state = "closed";
    this.#watch[Symbol.dispose]();
    this.#life.forget();
    this.#forget();
  }

  #forget(): void {
    this.#news.forget();
    for (const lane of this.#lanes) lane.forget();
  }

  /** Resolves when nothing runs and nothing can. */
  async #rest(): Promise<void> {
    while (this.#isBusy || this.#asideCount > 0)
      await new Promise<void>((resolve) => this.#rested.push(resolve));
  }

  #wakeRested(): void {
    if (this.#rested.length === 0) return;
    for (const resolve of this.#rested.splice(0)) resolve();
  }
}

function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as { readonly then?: unknown } | undefined)?.then === "function";
}
