import type { Facts } from "../core/log.ts";
import { EventQueue, type SimEvent } from "./event-queue.ts";
import type { Life } from "./life.ts";
import { Transcript } from "./transcript.ts";

/** What the transcript says of an event. */
export interface EventLabel {
  /** What happens, such as "frame". */
  readonly kind: string;
  readonly from?: string;
  readonly to?: string;
  readonly payload?: Uint8Array;
}

/** Counts of one run, by name. */
export type Counters = Record<string, number>;

/**
 * The one virtual timeline of a simulation: what will happen, when, and to whom.
 * Invariant: program code runs only within an event, and comes to rest before the next.
 */
export class Timeline {
  readonly startUtcUs: number;
  readonly transcript = new Transcript();
  readonly counters: Counters = {};
  nowUs: number;
  /** Told of each recorded line. */
  onRecord: ((line: string) => void) | undefined;
  /** Who is running now; undefined between events. */
  current: Life | undefined;
  readonly #queue = new EventQueue();
  #sequence = 0;
  #outsideCount = 0;

  constructor(startUtcUs: number) {
    this.startUtcUs = startUtcUs;
    this.nowUs = startUtcUs;
  }

  /** How many events are planned. */
  get plannedCount(): number {
    return this.#queue.size;
  }

  /** When the next event is due; undefined when none is. */
  get nextUs(): number | undefined {
    return this.#queue.peek()?.timeUs;
  }

  /** Plans `action` for `life` after `delayUs`; passed over when `life` is dead by then. */
  plan(life: Life | undefined, delayUs: number, label: EventLabel, action: () => void): SimEvent {
    this.#sequence += 1;
    const event: SimEvent = {
      timeUs: this.nowUs + Math.max(0, Math.ceil(delayUs)),
      sequence: this.#sequence,
      cancelled: false,
      life,
      run: () => this.#happen(life, label, action),
    };
    this.#queue.push(event);
    return event;
  }

  cancel(event: SimEvent): void {
    this.#queue.cancel(event);
  }

  count(name: string, by = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  /** Adds a line of a program or a test to the transcript. */
  record(kind: string, facts: Facts): void {
    const line = `${kind} ${JSON.stringify(facts)}`;
    this.transcript.add(this.nowUs, line);
    this.onRecord?.(`${this.nowUs} ${line}`);
  }

  /** Time stands still until `work`, which the outside world does (a file read), is done. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outsideCount += 1;
    try {
      return await work;
    } finally {
      this.#outsideCount -= 1;
    }
  }

  /** Lets the next event happen and everything it sets off come to rest; false when there is none. */
  async step(): Promise<boolean> {
    const event = this.#queue.pop();
    if (event === undefined) return false;
    // Passed over: no code runs, so nothing can be pending.
    if (event.life?.dead === true) return true;
    this.nowUs = event.timeUs;
    event.run();
    await this.settle();
    this.current = undefined;
    return true;
  }

  /** Resolves when no promise of a program is left to be continued. */
  async settle(): Promise<void> {
    // Microtasks all run before an immediate; only work outside takes longer.
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#outsideCount > 0);
  }

  #happen(life: Life | undefined, label: EventLabel, action: () => void): void {
    const { kind, from = "", to = life?.name ?? "", payload } = label;
    this.transcript.add(this.nowUs, `${kind} ${from} > ${to}`, payload);
    this.count("events");
    this.current = life;
    try {
      action();
    } catch (error) {
      if (life === undefined) throw error;
      life.fail(error);
    }
  }
}
