import { integerOption, type Parameters, textOption } from "../../agent/component/options.ts";
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
  /** It trades from this interval of the market on, and for all before `intervals`. */
  readonly fromInterval: number;
  readonly intervals: number;
}

/** Reads a trader's parameters. @throws AgentError COMPONENT_OPTION_INVALID */
export function readTraderOptions(parameters: Parameters): TraderOptions {
  return {
    meter: textOption(parameters, "meter"),
    community: textOption(parameters, "community"),
    askUnits: integerOption(parameters, "askUnits"),
    bidUnits: integerOption(parameters, "bidUnits"),
    forecastErrorPercent: integerOption(parameters, "forecastErrorPercent"),
    seed: integerOption(parameters, "seed"),
    batteryWh: integerOption(parameters, "batteryWh"),
    batteryW: integerOption(parameters, "batteryW"),
    fromInterval: integerOption(parameters, "fromInterval"),
    intervals: integerOption(parameters, "intervals", 1),
  };
}

/** What a trader expects of its household's whole day: the data, perturbed as its options say. */
export function forecastOf(
  { meter, seed, forecastErrorPercent }: TraderOptions,
  netWh: readonly number[],
): readonly number[] {
  const chance = seededChance(seed * 1_000_003 + Number(meter));
  return perturbedForecast(netWh, forecastErrorPercent / 100, chance);
}

/** A part of the day that is planned at once. */
export interface PlanWindow {
  /** Its number; greater than those of all plans before. */
  readonly plan: number;
  readonly firstInterval: number;
  /** The interval behind its last one. */
  readonly endInterval: number;
}

/**
 * The window that begins with plan `plan`. A household with a battery plans the rest of its day at once,
 * since what it stores at noon is for the evening; the others go hour by hour, when they know more.
 */
export function windowOf(
  { batteryWh, fromInterval, intervals }: TraderOptions,
  plan: number,
  firstOpen: number,
): PlanWindow {
  const lastPlan = Math.ceil(intervals / PLAN_INTERVALS);
  const number = batteryWh > 0 ? Math.max(plan, lastPlan) : plan;
  return {
    plan: number,
    firstInterval: Math.max(firstOfPlan(plan), firstOpen, fromInterval),
    endInterval: Math.min(firstOfPlan(number + 1), intervals),
  };
}

/** The offers of a window. `forecast`: net Wh per interval from interval 0 on. */
export function plannedOffers(
  options: TraderOptions,
  forecast: readonly number[],
  { firstInterval, endInterval }: PlanWindow,
  intervalS: number,
): readonly NewOffer[] {
  const { askUnits, bidUnits, batteryWh, batteryW } = options;
  const forecastWh = forecast.slice(firstInterval, endInterval);
  if (endInterval <= firstInterval || forecastWh.length === 0) return [];
  const battery = {
    capacityWh: batteryWh,
    powerWhPerInterval: powerWhPerInterval(batteryW, intervalS),
    chargeWh: 0,
  };
  const stored = batteryWh > 0 ? { battery } : {};
  return planOffers({ firstInterval, forecastWh, ...stored, askUnits, bidUnits });
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
