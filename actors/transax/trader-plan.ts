import { firstOfPlan, PLAN_INTERVALS } from "./market-time.ts";
import type { NewOffer } from "./rules/market-terms.ts";

/** What a deployment says of one household's trader. */
export interface TraderOptions {
  readonly meter: string;
  /** Folder of the community whose data it forecasts from. */
  readonly community: string;
  /** Least that it sells for, and most that it buys for: millionths of the currency per Wh. */
  readonly askUnits: number;
  readonly bidUnits: number;
  /** Standard deviation of its forecast, in per cent of the true value; 0: it knows the future. */
  readonly forecastErrorPercent: number;
  readonly seed: number;
  /** Size and power of its battery; 0: none. */
  readonly batteryWh: number;
  readonly batteryW: number;
  /** It trades for so many intervals from the market's start. */
  readonly intervals: number;
}

/**
 * The offers of plan `plan`: one per interval with energy to spare or to want, none for intervals
 * before `firstOpen`, which are closed. `forecast`: net Wh per interval from interval 0 on.
 */
export function plannedOffers(
  options: TraderOptions,
  forecast: readonly number[],
  plan: number,
  firstOpen: number,
): readonly NewOffer[] {
  const offers: NewOffer[] = [];
  const begin = firstOfPlan(plan);
  const end = Math.min(begin + PLAN_INTERVALS, options.intervals, forecast.length);
  for (let interval = Math.max(begin, firstOpen); interval < end; interval += 1) {
    const net = forecast[interval] ?? 0;
    if (net === 0) continue;
    offers.push({
      kind: net > 0 ? "sell" : "buy",
      energyWh: Math.abs(net),
      priceUnits: net > 0 ? options.askUnits : options.bidUnits,
      firstInterval: interval,
      intervalMask: 1n,
    });
  }
  return offers;
}
