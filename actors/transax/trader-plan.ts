import { firstOfPlan, PLAN_INTERVALS } from "./market-time.ts";
import { planOffers, powerWhPerInterval } from "./rules/battery-rule.ts";
import { type Chance, perturbedForecast } from "./rules/forecast-rule.ts";
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

/** What a trader expects of its household's whole day: the data, perturbed as its options say. */
export function forecastOf(
  { meter, seed, forecastErrorPercent }: TraderOptions,
  netWh: readonly number[],
): readonly number[] {
  const chance = seededChance(seed * 1_000_003 + Number(meter));
  return perturbedForecast(netWh, forecastErrorPercent / 100, chance);
}

/**
 * The offers of plan `plan`: for its intervals, without those before `firstOpen`, which are closed.
 * `forecast`: net Wh per interval from interval 0 on.
 */
export function plannedOffers(
  options: TraderOptions,
  forecast: readonly number[],
  window: { readonly plan: number; readonly firstOpen: number; readonly intervalS: number },
): readonly NewOffer[] {
  const { askUnits, bidUnits, batteryWh, batteryW, intervals } = options;
  const begin = Math.max(firstOfPlan(window.plan), window.firstOpen);
  const end = Math.min(firstOfPlan(window.plan) + PLAN_INTERVALS, intervals, forecast.length);
  if (end <= begin) return [];
  const battery = {
    capacityWh: batteryWh,
    powerWhPerInterval: powerWhPerInterval(batteryW, window.intervalS),
    // A plan empties what it stores: the next one begins with an empty battery.
    chargeWh: 0,
  };
  return planOffers({
    firstInterval: begin,
    forecastWh: forecast.slice(begin, end),
    ...(batteryWh > 0 ? { battery } : {}),
    askUnits,
    bidUnits,
  });
}

/** mulberry32: forecasts must err alike on every board and in every run of one seed. */
function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
