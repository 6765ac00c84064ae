import type { SimEvent } from "./life.ts";

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
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
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
    if (event !== undefined) this.#removeFirst();
    return event;
  }

  /** Takes back an event that is in the queue. */
  cancel(event: SimEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#cancelledCount += 1;
    if (this.#cancelledCount < CANCELLED_KEPT || this.#cancelledCount * 2 < this.#heap.length)
      return;
    // A sorted array is a heap.
    this.#heap = this.#heap
      .filter(({ cancelled }) => !cancelled)
      .sort((first, second) => (isBefore(first, second) ? -1 : 1));
    this.#cancelledCount = 0;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    const size = heap.length;
    if (last === undefined || size === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let least = heap[child];
      if (least === undefined) break;
      const other = heap[child + 1];
      if (other !== undefined && isBefore(other, least)) {
        child += 1;
        least = other;
      }
      if (isBefore(last, least)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(first: SimEvent, second: SimEvent): boolean {
  return first.timeUs === second.timeUs
    ? first.sequence < second.sequence
    : first.timeUs < second.timeUs;
}
