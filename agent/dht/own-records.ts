import { Agenda } from "./agenda.ts";
import type { Id } from "./ids.ts";
import type { RecordFacts } from "./signed-record.ts";

interface Own {
  readonly key: Id;
  readonly slot: number;
  readonly value: string;
  isTombstone: boolean;
  sequence: number;
  /** Before the last renewal; boards that missed that one still have it. */
  previous: number;
  /** Of a tombstone: when nobody can have the value any more. */
  endsMs: number;
}

/**
 * What this board says of itself: numbers its records, renews them, and ends them with tombstones. Pure.
 *
 * Invariants: each signature has a greater sequence than the one before; all that is in force has one of
 * `floor` or above.
 */
export class OwnRecords {
  readonly #ttlS: number;
  readonly #own = new Map<number, Own>();
  readonly #renewals = new Agenda<Own>();
  #lastSlot = -1;
  #lastSequence = 0;

  /** @param ttlS for how long a signature counts, in s. */
  constructor(ttlS: number) {
    this.#ttlS = ttlS;
  }

  get size(): number {
    return this.#own.size;
  }

  /** When the next renewal is due. */
  get nextMs(): number {
    return this.#renewals.nextMs;
  }

  /** Numbers start here at least: milliseconds since 1970, so that they grow over restarts. */
  begin(utcMs: number): void {
    this.#lastSequence = Math.max(this.#lastSequence, utcMs);
  }

  /** A new value; its slot is its name from here on. */
  add(key: Id, value: string, renewMs: number): RecordFacts {
    this.#lastSlot += 1;
    const sequence = this.#next();
    const own = { key, slot: this.#lastSlot, value, isTombstone: false, sequence };
    const entry: Own = { ...own, previous: sequence, endsMs: Number.POSITIVE_INFINITY };
    this.#own.set(entry.slot, entry);
    this.#renewals.add(renewMs, entry);
    return this.#facts(entry);
  }

  /** Ends a value; undefined when it has ended. The tombstone stays as long as somebody may have the value. */
  end(slot: number, nowMs: number): RecordFacts | undefined {
    const own = this.#own.get(slot);
    if (own === undefined || own.isTombstone) return undefined;
    own.isTombstone = true;
    own.sequence = this.#next();
    own.endsMs = nowMs + 1000 * this.#ttlS;
    return this.#facts(own);
  }

  /**
   * What is due for renewal, signed anew: a tombstone is not. `nextRenewMs` says when each is due again.
   */
  due(nowMs: number, nextRenewMs: () => number): RecordFacts[] {
    const renewed: RecordFacts[] = [];
    for (
      let own = this.#renewals.take(nowMs);
      own !== undefined;
      own = this.#renewals.take(nowMs)
    ) {
      if (own.endsMs <= nowMs) {
        this.#own.delete(own.slot);
        continue;
      }
      this.#renewals.add(Math.min(own.endsMs, nextRenewMs()), own);
      if (!own.isTombstone) renewed.push(this.#renew(own));
    }
    return renewed;
  }

  /**
   * Somebody has a record of ours that is newer than all we know of: from a life of this board whose clock
   * was ahead. All is signed anew, above it. Source: RFC 2328, section 13.4 (self-originated LSAs).
   */
  overtake(sequence: number): RecordFacts[] {
    if (sequence <= this.#lastSequence) return [];
    this.#lastSequence = sequence;
    return [...this.#own.values()].map((own) => {
      const facts = this.#renew(own);
      own.previous = own.sequence;
      return facts;
    });
  }

  /** Somebody still has a value of an earlier life of this board: a tombstone for it. */
  bury(
    { key, slot, sequence }: Pick<RecordFacts, "key" | "slot" | "sequence">,
    nowMs: number,
  ): RecordFacts {
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    this.#lastSlot = Math.max(this.#lastSlot, slot);
    const next = this.#next();
    const endsMs = nowMs + 1000 * this.#ttlS;
    const own: Own = {
      key,
      slot,
      value: "",
      isTombstone: true,
      sequence: next,
      previous: next,
      endsMs,
    };
    this.#own.set(slot, own);
    this.#renewals.add(endsMs, own);
    return this.#facts(own);
  }

  has(slot: number): boolean {
    return this.#own.has(slot);
  }

  /** All that is in force. */
  get slots(): readonly number[] {
    return [...this.#own.values()].filter((own) => !own.isTombstone).map(({ slot }) => slot);
  }

  #renew(own: Own): RecordFacts {
    own.previous = own.sequence;
    own.sequence = this.#next();
    return this.#facts(own);
  }

  #next(): number {
    this.#lastSequence += 1;
    return this.#lastSequence;
  }

  #facts({ key, slot, value, isTombstone, sequence }: Own): RecordFacts {
    let floor = sequence;
    for (const { previous } of this.#own.values()) floor = Math.min(floor, previous);
    return {
      ...{ key, slot, sequence, floor, isTombstone },
      ...{ ttlS: this.#ttlS, value: isTombstone ? "" : value },
    };
  }
}
