import { compareDistance, type Id } from "./ids.ts";
import type { Contact } from "./packet.ts";
import type { RoutingTable } from "./routing-table.ts";

/** A board has come to keep a key. */
export interface PlanChange {
  readonly key: Id;
  readonly contact: Contact;
}

/**
 * Which boards keep which key: the k closest of all that are known, this one included. Pure.
 *
 * Invariant: for each tracked key `boardsOf` is what the routing table would say now. One comparison for
 * each key when a board joins; a search only for the keys of a board that is gone.
 */
export class ReplicaPlan {
  readonly #self: Contact;
  readonly #table: RoutingTable;
  readonly #count: number;
  readonly #keys = new Map<Id, Contact[]>();

  constructor(self: Contact, table: RoutingTable, replicaCount: number) {
    this.#self = self;
    this.#table = table;
    this.#count = replicaCount;
  }

  /** Begins to follow `key`. */
  track(key: Id): void {
    if (!this.#keys.has(key)) this.#keys.set(key, this.#search(key));
  }

  untrack(key: Id): void {
    this.#keys.delete(key);
  }

  isTracked(key: Id): boolean {
    return this.#keys.has(key);
  }

  /** The boards that keep `key`, closest first; this one may be among them. */
  boardsOf(key: Id): readonly Contact[] {
    return this.#keys.get(key) ?? this.#search(key);
  }

  /** The other boards that keep `key`. */
  othersOf(key: Id): readonly Contact[] {
    return this.boardsOf(key).filter(({ id }) => id !== this.#self.id);
  }

  /** Whether `id` is to keep `key`. */
  keeps(id: Id, key: Id): boolean {
    return this.boardsOf(key).some((board) => board.id === id);
  }

  /** Whether this board may be asked to keep a key that it does not follow: views differ a little. */
  isNear(key: Id): boolean {
    const nearer = this.#table.closest(key, 2 * this.#count).at(2 * this.#count - 1);
    return nearer === undefined || compareDistance(key, this.#self.id, nearer.id) < 0;
  }

  /** The table has come to know `contact`, or its new address. */
  added(contact: Contact): PlanChange[] {
    const changes: PlanChange[] = [];
    for (const [key, boards] of this.#keys) {
      const known = boards.findIndex(({ id }) => id === contact.id);
      if (known >= 0) {
        if (boards[known]?.address === contact.address) continue;
        this.#keys.set(key, boards.with(known, contact));
        changes.push({ key, contact });
        continue;
      }
      const last = boards[this.#count - 1];
      if (last !== undefined && compareDistance(key, last.id, contact.id) < 0) continue;
      this.#keys.set(key, this.#sorted(key, [...boards, contact]));
      changes.push({ key, contact });
    }
    return changes;
  }

  /** The table has forgotten the board `id`: others take its place. */
  removed(id: Id): PlanChange[] {
    const changes: PlanChange[] = [];
    for (const [key, boards] of this.#keys) {
      if (!boards.some((board) => board.id === id)) continue;
      const next = this.#search(key);
      this.#keys.set(key, next);
      for (const contact of next)
        if (!boards.some((board) => board.id === contact.id)) changes.push({ key, contact });
    }
    return changes;
  }

  get keys(): Iterable<Id> {
    return this.#keys.keys();
  }

  #search(key: Id): Contact[] {
    return this.#sorted(key, [...this.#table.closest(key, this.#count), this.#self]);
  }

  #sorted(key: Id, boards: Contact[]): Contact[] {
    return boards
      .sort((one, other) => compareDistance(key, one.id, other.id))
      .slice(0, this.#count);
  }
}
