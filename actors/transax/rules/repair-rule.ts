import type { Assignment, LimitsOf, Offer } from "./market-terms.ts";
import type { Component } from "./trading-program.ts";

/**
 * Makes whole assignments out of real ones, feasibly: rounds down, takes back what rounding has upset, then
 * adds what still fits, pair by pair in the order of intervals and numbers of offers.
 *
 * Rounding down keeps every limit but the external one: a feeder that sends 10 out and takes 2.5 in twice
 * has net 5, and 6 after it. The result is feasible, and no single pair can be enlarged; it need not be optimal.
 */
export function wholeAssignments(
  component: Component,
  limits: LimitsOf,
  assignments: readonly Assignment[],
): readonly Assignment[] {
  const book = new Book(component, limits);
  for (const one of assignments) book.add(one, Math.floor(one.energyWh + 1e-6));
  book.takeBack();
  book.fill(component);
  return book.assignments();
}

/**
 * At most `countMax` of the whole assignments of each interval, the largest ones, and of those as much as
 * keeps the limits: leaving one out can upset an external limit, as rounding can.
 */
export function largestAssignments(
  component: Component,
  limits: LimitsOf,
  assignments: readonly Assignment[],
  countMax: number,
): readonly Assignment[] {
  const book = new Book(component, limits);
  let isCut = false;
  for (const interval of component.intervals) {
    const here = assignments.filter((one) => one.interval === interval);
    isCut ||= here.length > countMax;
    // Sorting is stable: of equals the first stay.
    const kept = [...here].sort((a, b) => b.energyWh - a.energyWh).slice(0, countMax);
    for (const one of kept) book.add(one, one.energyWh);
  }
  if (!isCut) return assignments;
  book.takeBack();
  return book.assignments();
}

/** Whole energy per pair and interval, with the sums that limits are about. */
class Book {
  readonly #limits: LimitsOf;
  readonly #offers = new Map<number, Offer>();
  readonly #leftWh = new Map<number, number>();
  readonly #energyWh = new Map<string, { assignment: Assignment; energyWh: number }>();
  readonly #soldWh = new Map<string, number>();
  readonly #boughtWh = new Map<string, number>();

  constructor(component: Component, limits: LimitsOf) {
    this.#limits = limits;
    for (const { offer } of component.slots) {
      this.#offers.set(offer.offerId, offer);
      this.#leftWh.set(offer.offerId, offer.energyWh - offer.usedWh);
    }
  }

  add(assignment: Assignment, energyWh: number): void {
    const { interval, sellerOffer, buyerOffer } = assignment;
    const key = [interval, sellerOffer, buyerOffer].join(" ");
    const before = this.#energyWh.get(key)?.energyWh ?? 0;
    this.#energyWh.set(key, { assignment, energyWh: before + energyWh });
    for (const id of [sellerOffer, buyerOffer])
      this.#leftWh.set(id, (this.#leftWh.get(id) ?? 0) - energyWh);
    const sold = this.#flowKey(sellerOffer, interval);
    const bought = this.#flowKey(buyerOffer, interval);
    this.#soldWh.set(sold, (this.#soldWh.get(sold) ?? 0) + energyWh);
    this.#boughtWh.set(bought, (this.#boughtWh.get(bought) ?? 0) + energyWh);
  }

  /** Reduces assignments until every net flow is within its limit. Ends: each round takes at least 1 Wh. */
  takeBack(): void {
    for (let isUpset = true; isUpset; ) {
      isUpset = false;
      for (const { assignment, energyWh } of this.#energyWh.values()) {
        const excessWh = Math.max(
          this.#excessWh(assignment.sellerOffer, assignment.interval, 1),
          this.#excessWh(assignment.buyerOffer, assignment.interval, -1),
        );
        const lessWh = this.#isInner(assignment) ? 0 : Math.min(energyWh, excessWh);
        if (lessWh <= 0) continue;
        this.add(assignment, -lessWh);
        isUpset = true;
      }
    }
  }

  fill({ intervals, slots }: Component): void {
    for (const interval of intervals) {
      const here = slots.filter((slot) => slot.interval === interval).map(({ offer }) => offer);
      for (const { offerId: sellerOffer, priceUnits: ask } of here.filter((o) => o.kind === "sell"))
        for (const { offerId: buyerOffer, priceUnits: bid } of here.filter(
          (o) => o.kind === "buy",
        )) {
          const assignment = { interval, sellerOffer, buyerOffer, energyWh: 0 };
          const roomWh = ask <= bid ? this.#roomWh(assignment) : 0;
          if (roomWh > 0) this.add(assignment, roomWh);
        }
    }
  }

  assignments(): readonly Assignment[] {
    return [...this.#energyWh.values()]
      .filter(({ energyWh }) => energyWh > 0)
      .map(({ assignment, energyWh }) => ({ ...assignment, energyWh }))
      .sort(
        (a, b) =>
          a.interval - b.interval || a.sellerOffer - b.sellerOffer || a.buyerOffer - b.buyerOffer,
      );
  }

  #roomWh(assignment: Assignment): number {
    const { interval, sellerOffer, buyerOffer } = assignment;
    const seller = this.#flowKey(sellerOffer, interval);
    const buyer = this.#flowKey(buyerOffer, interval);
    const internal = (id: number): number =>
      this.#limits.get(this.#feederOf(id))?.internalLimitWh ?? Infinity;
    const room = Math.min(
      this.#leftWh.get(sellerOffer) ?? 0,
      this.#leftWh.get(buyerOffer) ?? 0,
      internal(sellerOffer) - (this.#soldWh.get(seller) ?? 0),
      internal(buyerOffer) - (this.#boughtWh.get(buyer) ?? 0),
    );
    if (this.#isInner(assignment)) return room;
    return Math.min(
      room,
      -this.#excessWh(sellerOffer, interval, 1),
      -this.#excessWh(buyerOffer, interval, -1),
    );
  }

  /** How far the net flow of the offer's feeder in `direction` (1: out) is beyond the limit; negative: room. */
  #excessWh(offerId: number, interval: number, direction: 1 | -1): number {
    const key = this.#flowKey(offerId, interval);
    const netWh = (this.#soldWh.get(key) ?? 0) - (this.#boughtWh.get(key) ?? 0);
    const limitWh = this.#limits.get(this.#feederOf(offerId))?.externalLimitWh ?? Infinity;
    return direction * netWh - limitWh;
  }

  #isInner({ sellerOffer, buyerOffer }: Assignment): boolean {
    return this.#feederOf(sellerOffer) === this.#feederOf(buyerOffer);
  }

  #feederOf(offerId: number): number {
    return this.#offers.get(offerId)?.feeder ?? -1;
  }

  #flowKey(offerId: number, interval: number): string {
    return `${String(this.#feederOf(offerId))} ${String(interval)}`;
  }
}
