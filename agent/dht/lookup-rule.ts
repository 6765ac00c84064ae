import { compareDistance, type Id } from "./ids.ts";
import type { Contact } from "./packet.ts";

type State = "new" | "asked" | "answered" | "failed";

/** Most contacts that one lookup considers: whoever answers with contacts without end gains nothing. */
const CANDIDATES_MAX = 256;

/**
 * Finds the k contacts closest to a target by asking ever closer ones. Pure: told who answered what.
 * It ends when the k closest that did not fail have all answered.
 * Source: Maymounkov, Mazieres, "Kademlia", IPTPS 2002, section 2.3.
 */
export class Lookup {
  readonly target: Id;
  readonly #count: number;
  readonly #parallel: number;
  /** Closest first. */
  readonly #candidates: { readonly contact: Contact; state: State }[] = [];
  readonly #known = new Set<Id>();
  /** For whoever runs it: its result has been handed over. */
  isTold = false;
  /** Contacts asked so far. */
  askedCount = 0;

  /** @param parallel alpha: how many are asked at a time. */
  constructor(target: Id, start: readonly Contact[], count: number, parallel: number) {
    this.target = target;
    this.#count = count;
    this.#parallel = parallel;
    this.#add(start);
  }

  /** Whom to ask now; they count as asked from here on. */
  next(): readonly Contact[] {
    const best = this.#candidates.filter(({ state }) => state !== "failed").slice(0, this.#count);
    let free = this.#parallel - this.#candidates.filter(({ state }) => state === "asked").length;
    const chosen: Contact[] = [];
    for (const candidate of best) {
      if (free <= 0) break;
      if (candidate.state !== "new") continue;
      candidate.state = "asked";
      chosen.push(candidate.contact);
      free -= 1;
    }
    this.askedCount += chosen.length;
    return chosen;
  }

  answered(id: Id, contacts: readonly Contact[]): void {
    this.#set(id, "answered");
    this.#add(contacts);
  }

  failed(id: Id): void {
    this.#set(id, "failed");
  }

  get isDone(): boolean {
    const best = this.#candidates.filter(({ state }) => state !== "failed").slice(0, this.#count);
    return best.every(({ state }) => state === "answered");
  }

  /** The closest that have answered, at most k. */
  get result(): readonly Contact[] {
    return this.#candidates
      .filter(({ state }) => state === "answered")
      .slice(0, this.#count)
      .map(({ contact }) => contact);
  }

  #set(id: Id, state: State): void {
    const candidate = this.#candidates.find(({ contact }) => contact.id === id);
    if (candidate !== undefined) candidate.state = state;
  }

  #add(contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      if (this.#known.has(contact.id) || this.#known.size >= CANDIDATES_MAX) continue;
      this.#known.add(contact.id);
      this.#candidates.push({ contact, state: "new" });
    }
    this.#candidates.sort((one, other) =>
      compareDistance(this.target, one.contact.id, other.contact.id),
    );
  }
}
