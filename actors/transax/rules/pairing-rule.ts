import type { Assignment, Offer } from "./market-terms.ts";

/** How much one offer trades in the interval at hand. */
export interface Amount {
  readonly offer: Offer;
  readonly energyWh: number;
}

/**
 * Pairs the amounts of one interval up: buyers from the lowest bid on, each from the lowest asks left.
 *
 * Works for whole and for real amounts that satisfy trading-program's carries. Pairing low with low keeps
 * prices of pairs close together and needs at most one assignment less than there are offers.
 * What cannot be paired (rounding noise of real amounts) is left out.
 */
export function pairUp(interval: number, amounts: readonly Amount[]): readonly Assignment[] {
  const side = (kind: Offer["kind"]): Amount[] =>
    amounts
      .filter(({ offer, energyWh }) => offer.kind === kind && energyWh > 0)
      .sort((a, b) => a.offer.priceUnits - b.offer.priceUnits || a.offer.offerId - b.offer.offerId);
  const sellers = side("sell");
  const assignments: Assignment[] = [];
  let at = 0;
  let soldWh = 0;
  for (const buyer of side("buy")) {
    let needWh = buyer.energyWh;
    while (needWh > 0) {
      const seller = sellers[at];
      if (seller === undefined || seller.offer.priceUnits > buyer.offer.priceUnits) break;
      const energyWh = Math.min(needWh, seller.energyWh - soldWh);
      if (energyWh > 0) {
        const { offerId: sellerOffer } = seller.offer;
        assignments.push({ interval, sellerOffer, buyerOffer: buyer.offer.offerId, energyWh });
      }
      needWh -= energyWh;
      soldWh += energyWh;
      if (soldWh >= seller.energyWh) {
        at += 1;
        soldWh = 0;
      }
    }
  }
  return assignments;
}
