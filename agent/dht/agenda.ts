/** What is due when: one ordered list instead of a timer for each thing. Ties go in the order of entry. */
export class Agenda<T> {
  /** A binary heap: no entry is due before its parent, at half its index. */
  readonly #heap: { readonly dueMs: number; readonly number: number; readonly item: T }[] = [];
  #lastNumber = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When something is due next; Infinity when nothing is. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  add(dueMs: number, item: T): void {
    this.#lastNumber += 1;
    const entry = { dueMs, number: this.#lastNumber, item };
    let place = this.#heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
  }

  /** Takes out the first thing that is due; undefined when none is. */
  take(nowMs: number): T | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first.item;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #sink(): void {
    let place = 0;
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2])
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined || second === undefined) return false;
    return (
      first.dueMs < second.dueMs || (first.dueMs === second.dueMs && first.number < second.number)
    );
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined || second === undefined) return;
    this.#heap[one] = second;
    this.#heap[other] = first;
  }
}
