import type { Assignment, Offer, Trade } from "./market-terms.ts";

/**
 * Sets the price of every assignment, interval by interval (the paper leaves prices open):
 *
 * 1. One uniform price per interval, the midpoint of the highest matched ask and the lowest matched bid,
 *    rounded down, when the first is not above the second.
 * 2. Else the same for each group of offers that are connected by assignments.
 * 3. Else, inside such a group, each pair the midpoint of its own ask and bid, rounded down.
 *
 * Ties: none arise, since a midpoint does not depend on the order of offers or assignments. Every price
 * lies between its seller's ask and its buyer's bid: rounding down never goes below a whole ask.
 */
export function priceAssignments(
  assignments: readonly Assignment[],
  offerOf: (offerId: number) => Offer,
): readonly Trade[] {
  const byInterval = new Map<number, Assignment[]>();
  for (const assignment of assignments) {
    const group = byInterval.get(assignment.interval);
    if (group === undefined) byInterval.set(assignment.interval, [assignment]);
    else group.push(assignment);
  }
  return [...byInterval.values()].flatMap((group) => {
    const price = uniformPrice(group, offerOf);
    if (price !== undefined) return group.map((one) => ({ ...one, priceUnits: price }));
    return connectedGroups(group).flatMap((connected) => {
      const local = uniformPrice(connected, offerOf);
      return connected.map((one) => ({
        ...one,
        priceUnits: local ?? midpoint(askOf(one, offerOf), bidOf(one, offerOf)),
      }));
    });
  });
}

/** The one price that suits all of `assignments`; undefined when there is none. */
function uniformPrice(
  assignments: readonly Assignment[],
  offerOf: (offerId: number) => Offer,
): number | undefined {
  const ask = assignments.reduce((most, one) => Math.max(most, askOf(one, offerOf)), -Infinity);
  const bid = assignments.reduce((least, one) => Math.min(least, bidOf(one, offerOf)), Infinity);
  return ask <= bid ? midpoint(ask, bid) : undefined;
}

function midpoint(ask: number, bid: number): number {
  return Math.floor((ask + bid) / 2);
}

function askOf(one: Assignment, offerOf: (offerId: number) => Offer): number {
  return offerOf(one.sellerOffer).priceUnits;
}

function bidOf(one: Assignment, offerOf: (offerId: number) => Offer): number {
  return offerOf(one.buyerOffer).priceUnits;
}

/** Assignments that share offers, directly or through others, in the order of their first ones. */
function connectedGroups(assignments: readonly Assignment[]): readonly Assignment[][] {
  const groups: { offers: Set<number>; members: Assignment[] }[] = [];
  for (const one of assignments) {
    const ids = [one.sellerOffer, one.buyerOffer];
    const touched = groups.filter(({ offers }) => ids.some((id) => offers.has(id)));
    const [home = { offers: new Set<number>(), members: [] }, ...others] = touched;
    if (touched.length === 0) groups.push(home);
    for (const other of others) {
      for (const id of other.offers) home.offers.add(id);
      home.members.push(...other.members);
      groups.splice(groups.indexOf(other), 1);
    }
    for (const id of ids) home.offers.add(id);
    home.members.push(one);
  }
  return groups.map(({ members }) => members);
}
