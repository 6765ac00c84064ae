import type { Life } from "./life.ts";

/** Something that will happen. */
export interface SimEvent {
  /** Virtual time, in µs since 1970. */
  readonly timeUs: number;
  /** Orders what happens at one instant: in the order in which it was planned. */
  readonly sequence: number;
  /** Whom it happens to; passed over when dead. */
  readonly life: Life | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

/** Below this many cancelled events a clean-up is not worth its while. */
const CANCELLED_KEPT = 1024;

/** Events in the order of time, then of planning: a binary heap. */
export class EventQueue {
  #heap: SimEvent[] = [];
  #cancelledCount = 0;

  /** How many events are still to come. */
  get size(): number {
    return this.#heap.length - this.#cancelledCount;
  }

  push(event: SimEvent): void {
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
  }

  /** The next event, which stays; undefined when nothing is left. */
  peek(): SimEvent | undefined {
    while (this.#heap[0]?.cancelled === true) {
      this.#removeFirst();
      this.#cancelledCount -= 1;
    }
    return this.#heap[0];
  }

  /** Takes the next event. */
  pop(): SimEvent | undefined {
    const event = this.peek();
    if (event === undefined) return undefined;
    this.#removeFirst();
    // It is past being cancelled.
    event.cancelled = true;
    return event;
  }

  /** Takes back an event that has not happened yet. */
  cancel(event: SimEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#cancelledCount += 1;
    if (this.#cancelledCount < CANCELLED_KEPT || this.#cancelledCount * 2 < this.#heap.length)
      return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ cancelled }) => !cancelled).sort(compare);
    this.#cancelledCount = 0;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#inOrder(parent, index)) return;
      this.#swap(parent, index);
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#heap.length) return;
      if (child + 1 < this.#heap.length && this.#inOrder(child + 1, child)) child += 1;
      if (this.#inOrder(index, child)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #inOrder(first: number, second: number): boolean {
    return compare(this.#at(first), this.#at(second)) <= 0;
  }

  #swap(first: number, second: number): void {
    const event = this.#at(first);
    this.#heap[first] = this.#at(second);
    this.#heap[second] = event;
  }

  #at(index: number): SimEvent {
    const event = this.#heap[index];
    if (event === undefined) throw new Error(`no event at ${index}`);
    return event;
  }
}

function compare(first: SimEvent, second: SimEvent): number {
  return first.timeUs - second.timeUs || first.sequence - second.sequence;
}
