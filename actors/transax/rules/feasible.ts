import { type Offer, offerCovers, type Trade } from "./market-terms.ts";
import { ASSIGNMENTS_MAX } from "./solution-codec.ts";
import type { TradingProblem } from "./trading-program.ts";

/** Why a solution is not feasible; the contract's own name where it has one. */
export type Infeasibility =
  | "OfferUnknown"
  | "NotSeller"
  | "NotBuyer"
  | "NoEnergy"
  | "PriceOutside"
  | "NoCommonInterval"
  | "IntervalClosed"
  | "BeyondHorizon"
  | "TooManyAssignments"
  | "OfferOverused"
  | "OverInternalLimit"
  | "OverExternalLimit";

/**
 * Checks a solution against the rules as the paper prints them (2.2, 2.3, 2.6, 2.7 and the horizon), and
 * shares no code with what finds solutions. Undefined: it is feasible. Else the first rule it breaks.
 */
export function infeasibilityOf(
  { offers, limits, firstInterval, horizonIntervals }: TradingProblem,
  trades: readonly Trade[],
): Infeasibility | undefined {
  const offerOf = new Map(offers.map((offer) => [offer.offerId, offer]));
  const useOf = new Map(offers.map((offer) => [offer.offerId, offer.usedWh]));
  const flowOf = new Map<string, { feeder: number; soldWh: number; boughtWh: number }>();
  const flow = (feeder: number, interval: number): { soldWh: number; boughtWh: number } => {
    const key = `${String(feeder)} ${String(interval)}`;
    const known = flowOf.get(key) ?? { feeder, soldWh: 0, boughtWh: 0 };
    flowOf.set(key, known);
    return known;
  };
  for (const trade of trades) {
    const seller = offerOf.get(trade.sellerOffer);
    const buyer = offerOf.get(trade.buyerOffer);
    if (seller === undefined || buyer === undefined) return "OfferUnknown";
    const wrong = wrongPair(seller, buyer, trade);
    if (wrong !== undefined) return wrong;
    if (trade.interval < firstInterval) return "IntervalClosed";
    if (trade.interval > firstInterval + horizonIntervals) return "BeyondHorizon";
    for (const id of [trade.sellerOffer, trade.buyerOffer])
      useOf.set(id, (useOf.get(id) ?? 0) + trade.energyWh);
    flow(seller.feeder, trade.interval).soldWh += trade.energyWh;
    flow(buyer.feeder, trade.interval).boughtWh += trade.energyWh;
  }
  const countOf = new Map<number, number>();
  for (const { interval } of trades) countOf.set(interval, (countOf.get(interval) ?? 0) + 1);
  if ([...countOf.values()].some((count) => count > ASSIGNMENTS_MAX)) return "TooManyAssignments";
  for (const { offerId, energyWh } of offers)
    if ((useOf.get(offerId) ?? 0) > energyWh) return "OfferOverused";
  for (const { feeder, soldWh, boughtWh } of flowOf.values()) {
    const { externalLimitWh = Infinity, internalLimitWh = Infinity } = limits.get(feeder) ?? {};
    if (Math.max(soldWh, boughtWh) > internalLimitWh) return "OverInternalLimit";
    if (Math.abs(soldWh - boughtWh) > externalLimitWh) return "OverExternalLimit";
  }
  return undefined;
}

function wrongPair(seller: Offer, buyer: Offer, trade: Trade): Infeasibility | undefined {
  if (seller.kind !== "sell") return "NotSeller";
  if (buyer.kind !== "buy") return "NotBuyer";
  if (!Number.isInteger(trade.energyWh) || trade.energyWh < 1) return "NoEnergy";
  if (trade.priceUnits < seller.priceUnits || trade.priceUnits > buyer.priceUnits)
    return "PriceOutside";
  const common = offerCovers(seller, trade.interval) && offerCovers(buyer, trade.interval);
  return common ? undefined : "NoCommonInterval";
}
