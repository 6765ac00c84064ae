import type { Incoming } from "./group-message.ts";

/** Something that will happen, in ms of the attack's time. */
interface Planned {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** What happens when: a binary heap, in order of time, then of planning. */
export class Agenda {
  readonly #heap: Planned[] = [];
  #sequence = 0;
  nowMs = 0;

  plan(atMs: number, run: () => void): void {
    this.#sequence += 1;
    const planned = { atMs: Math.max(atMs, this.nowMs), sequence: this.#sequence, run };
    const heap = this.#heap;
    let index = heap.push(planned) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(planned, this.#at(parent))) break;
      heap[index] = this.#at(parent);
      index = parent;
    }
    heap[index] = planned;
  }

  /** Lets all happen that is due until `untilMs`. */
  runUntil(untilMs: number): void {
    while ((this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
      const next = this.#pop();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = untilMs;
  }

  #at(index: number): Planned {
    const planned = this.#heap[index];
    if (planned === undefined) throw new Error(`nothing is planned at ${index}`);
    return planned;
  }

  #pop(): Planned {
    const heap = this.#heap;
    const first = this.#at(0);
    const last = heap.pop() ?? first;
    const { length } = heap;
    if (length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(this.#at(child + 1), this.#at(child))) child += 1;
      if (!isBefore(this.#at(child), last)) break;
      heap[index] = this.#at(child);
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Planned, other: Planned): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}

/** How a network misbehaves; shares from 0 to 1, times in ms. */
export interface Weather {
  readonly lossShare: number;
  readonly repeatShare: number;
  /** Share of messages that take up to `detourMs` longer, so that later ones overtake them. */
  readonly detourShare: number;
  readonly detourMs: number;
}

/** A network without faults. */
export const CALM: Weather = { lossShare: 0, repeatShare: 0, detourShare: 0, detourMs: 0 };

/** Carries messages between members, or does not. */
export class AttackNetwork {
  weather: Weather = CALM;
  readonly #agenda: Agenda;
  readonly #random: () => number;
  readonly #linkMs: number;
  /** "from>to": nothing gets through. */
  readonly #cut = new Set<string>();

  constructor(agenda: Agenda, random: () => number, linkMs: number) {
    this.#agenda = agenda;
    this.#random = random;
    this.#linkMs = linkMs;
  }

  carry(to: string, incoming: Incoming, deliver: (incoming: Incoming) => void): void {
    const { lossShare, repeatShare, detourShare, detourMs } = this.weather;
    const random = this.#random;
    if (this.#cut.has(`${incoming.from}>${to}`)) return;
    if (lossShare > 0 && random() < lossShare) return;
    const copies = repeatShare > 0 && random() < repeatShare ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const detour = detourShare > 0 && random() < detourShare ? random() * detourMs : 0;
      const wayMs = this.#linkMs * (0.9 + 0.2 * random()) + detour;
      this.#agenda.plan(this.#agenda.nowMs + wayMs, () => deliver(incoming));
    }
  }

  /** Nothing from `from` reaches `to` any more; the other direction stays. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }
}
