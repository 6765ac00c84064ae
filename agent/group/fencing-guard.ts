/**
 * Protects one resource from leaders of the past: it remembers the largest term that it saw and
 * refuses all smaller ones. The resource itself has to hold it; a guard on the leader's side guards nothing.
 * Source: Kleppmann, "How to do distributed locking" (2016), on fencing tokens.
 */
export class FencingGuard {
  #term: number;

  /** @param term the largest term of the resource's earlier life, from its own memory. */
  constructor(term = 0) {
    this.#term = term;
  }

  /** The largest term seen. */
  get term(): number {
    return this.#term;
  }

  /** Whether an order of the leader of `term` is still to be followed. */
  admits(term: number): boolean {
    if (term < this.#term) return false;
    this.#term = term;
    return true;
  }
}
