import type { LogEnd } from "./group-message.ts";
import type { Base, BaseState, Durable, Entry, EntryBody } from "./group-types.ts";
import type { Outbox } from "./outbox.ts";

/** The base of a log that has dropped nothing. */
export const EMPTY_BASE: Base = {
  index: 0,
  term: 0,
  state: { open: [], actions: [], recentIds: [], component: undefined },
};

/** Whether a log that ends at `end` holds at least what one that ends at `other` may have decided. */
export function isUpToDate(end: LogEnd, other: LogEnd): boolean {
  return end.term > other.term || (end.term === other.term && end.index >= other.index);
}

/** One member's copy of the log; its beginning may have been dropped. */
export class GroupLog {
  #base: Base;
  #entries: Entry[];
  readonly #out: () => Outbox;

  constructor(durable: Durable | undefined, out: () => Outbox) {
    this.#base = durable?.base ?? EMPTY_BASE;
    this.#entries = [...(durable?.entries ?? [])];
    this.#out = out;
  }

  get base(): Base {
    return this.#base;
  }

  get end(): LogEnd {
    const last = this.#entries.at(-1) ?? this.#base;
    return { term: last.term, index: last.index };
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Undefined before the base, and after the end. */
  termAt(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.at(index)?.term;
  }

  at(index: number): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  /** Up to `countMax` entries from `index` on. */
  from(index: number, countMax: number): readonly Entry[] {
    const start = index - this.#base.index - 1;
    return this.#entries.slice(start, start + countMax);
  }

  add(term: number, body: EntryBody): Entry {
    const entry = { index: this.end.index + 1, term, body };
    this.#push(entry);
    return entry;
  }

  /** Takes entries that follow one that agrees with the leader's; what contradicts them goes. */
  take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index <= this.#base.index) continue;
      const known = this.at(entry.index);
      if (known?.term === entry.term) continue;
      if (known !== undefined) this.#truncate(entry.index);
      this.#push(entry);
    }
  }

  /** Drops the entries up to `index`, whose outcome is `state`. */
  compact(index: number, state: BaseState): void {
    const term = this.termAt(index);
    if (term === undefined || index <= this.#base.index) return;
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index, term, state };
    this.#out().base = this.#base;
  }

  /** Takes another member's base in place of all that came before it. */
  install(base: Base): void {
    if (this.termAt(base.index) === base.term) {
      this.#entries = this.#entries.slice(base.index - this.#base.index);
    } else {
      this.#truncate(this.#base.index + 1);
    }
    this.#base = base;
    this.#out().base = base;
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#out().appended.push(entry);
  }

  #truncate(index: number): void {
    const out = this.#out();
    this.#entries.length = index - this.#base.index - 1;
    out.appended = out.appended.filter((entry) => entry.index < index);
    out.truncatedFrom = Math.min(out.truncatedFrom ?? index, index);
  }
}
