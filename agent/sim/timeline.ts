import type { Facts } from "../core/log.ts";
import { EventQueue } from "./event-queue.ts";
import type { EventLabel, Life, SimEvent } from "./life.ts";
import { probeSettling, settleNow } from "./settle.ts";
import { Transcript } from "./transcript.ts";

/** Counts of one run, by name. */
export type Counters = Record<string, number>;

/** After so many events the world outside gets a turn: a person's Ctrl-C, an asset that was read. */
const EVENTS_PER_TURN = 2048;
/** What ends a program that did not stop when it was asked to. */
export const GRACE_OVER = "grace-over";
/** Datagrams that wait for a program that stands still; more are dropped, as a socket's buffer does. */
const DATAGRAMS_HELD_MAX = 1000;

/**
 * The one virtual timeline of a simulation: what will happen, when, and to whom.
 * Invariant: program code runs only within an event, and comes to rest before the next.
 */
export class Timeline {
  readonly startUtcUs: number;
  readonly transcript = new Transcript();
  readonly counters: Counters = { events: 0 };
  nowUs: number;
  /** How many events have happened. */
  eventCount = 0;
  /** Told of each recorded line. */
  onRecord: ((line: string) => void) | undefined;
  /** Called when an event and all that it set off has come to rest; what it throws ends the run. */
  onEvent: (() => void) | undefined;
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
      timeUs: delayUs > 0 ? this.nowUs + Math.ceil(delayUs) : this.nowUs,
      sequence: this.#sequence,
      life,
      label,
      action,
      cancelled: false,
      isHeld: false,
      isSlotted: false,
    };
    this.#queue.push(event);
    return event;
  }

  cancel(event: SimEvent): void {
    if (event.isHeld) event.cancelled = true;
    else this.#queue.cancel(event);
  }

  /** Lets happen now, in their order, what a program that stood still has missed. */
  release(events: readonly SimEvent[]): void {
    for (const event of events) {
      if (event.cancelled) continue;
      this.#sequence += 1;
      Object.assign(event, { timeUs: this.nowUs, sequence: this.#sequence });
      event.isHeld = false;
      event.isSlotted = false;
      this.#queue.push(event);
    }
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

  /**
   * Lets events happen, each with everything that it sets off, for as long as `wants` says so before
   * the next one. What was set off before comes to rest first.
   */
  drive(wants: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let isInEvent = false;
      const turn = (): void => {
        try {
          probeSettling();
          for (let count = 0; count < EVENTS_PER_TURN; count += 1) {
            // Microtasks all run before an immediate; only work outside takes longer.
            if (this.#outsideCount > 0) break;
            if (isInEvent) this.#rested();
            isInEvent = false;
            if (!wants()) {
              resolve();
              return;
            }
            const event = this.#queue.pop();
            if (event === undefined) {
              resolve();
              return;
            }
            if (!this.#isItsTurn(event)) continue;
            isInEvent = true;
            this.#happen(event);
            if (!settleNow()) break;
          }
          setImmediate(turn);
        } catch (error) {
          this.current = undefined;
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      setImmediate(turn);
    });
  }

  /** Whether it happens now; else it is passed over, or kept for later. */
  #isItsTurn(event: SimEvent): boolean {
    const { life, timeUs } = event;
    if (life === undefined) return true;
    if (life.exit !== undefined) {
      event.cancelled = true;
      return false;
    }
    // Whoever stands still can still be killed.
    if (life.isPaused && event.label.kind !== GRACE_OVER) {
      this.#hold(event, life);
      return false;
    }
    const { cpu } = life;
    // Who is late because the processor was busy keeps others of its host waiting: nobody overtakes.
    if (event.isSlotted || (cpu.eventCostUs === 0 && cpu.busyUntilUs <= timeUs)) return true;
    const startUs = Math.max(timeUs, cpu.busyUntilUs);
    cpu.busyUntilUs = startUs + cpu.eventCostUs;
    if (startUs === timeUs) return true;
    event.timeUs = startUs;
    event.isSlotted = true;
    this.#queue.push(event);
    return false;
  }

  #hold(event: SimEvent, life: Life): void {
    this.nowUs = event.timeUs;
    event.isHeld = true;
    if (event.label.kind === "datagram") {
      life.heldDatagramCount += 1;
      if (life.heldDatagramCount > DATAGRAMS_HELD_MAX) {
        this.count("datagramsLost");
        return;
      }
    }
    life.held.push(event);
  }

  #happen(event: SimEvent): void {
    const { life, label } = event;
    this.nowUs = event.timeUs;
    // It is past being cancelled.
    event.cancelled = true;
    const { kind, from = "", to = life?.name ?? "", payload } = label;
    this.transcript.add(event.timeUs, `${kind} ${from} > ${to}`, payload);
    this.eventCount += 1;
    this.counters["events"] = this.eventCount;
    this.current = life;
    try {
      event.action();
    } catch (error) {
      if (life === undefined) throw error;
      life.fail(error);
    }
  }

  #rested(): void {
    this.current = undefined;
    this.onEvent?.();
  }
}
