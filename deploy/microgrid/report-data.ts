import type { DayRecord, FeederFlow } from "./record.ts";

/** The numbers that the report's plots are drawn from: lists by interval, energy in kWh, null: nothing. */
export interface ReportData {
  /** Begin of each interval, hours from the begin of the day. */
  readonly hours: readonly number[];
  readonly prices: { readonly retail: number; readonly feedIn: number };
  readonly intervals: Readonly<Record<string, readonly (number | null)[]>>;
  readonly feeders: readonly {
    readonly net: readonly number[];
    readonly sold: readonly number[];
    readonly bought: readonly number[];
    readonly external: readonly (number | null)[];
    readonly internal: readonly (number | null)[];
  }[];
}

const SECONDS_PER_HOUR = 3_600;
const WH_PER_KWH = 1_000;
/** A price of one unit per Wh is a thousandth of the currency per kWh. */
const UNITS_PER_WH = 1_000;

/** Picks and scales what the plots need. */
export function reportData(record: DayRecord): ReportData {
  const { intervals, intervalS, tariff } = record;
  const pick = (numberOf: (interval: DayRecord["intervals"][number]) => number | null) =>
    intervals.map(numberOf);
  const price = (value: number | null): number | null =>
    value === null ? null : value / UNITS_PER_WH;
  return {
    hours: intervals.map(({ interval }) => (interval * intervalS) / SECONDS_PER_HOUR),
    prices: {
      retail: tariff.retailUnits / UNITS_PER_WH,
      feedIn: tariff.feedInUnits / UNITS_PER_WH,
    },
    intervals: {
      produced: pick(({ producedWh }) => producedWh / WH_PER_KWH),
      consumed: pick(({ consumedWh }) => consumedWh / WH_PER_KWH),
      traded: pick(({ tradedWh }) => tradedWh / WH_PER_KWH),
      shareOfConsumption: pick(({ tradedWh, consumedWh }) => share(tradedWh, consumedWh)),
      shareOfProduction: pick(({ tradedWh, producedWh }) => share(tradedWh, producedWh)),
      priceMean: pick(({ priceMean }) => price(priceMean)),
      priceMin: pick(({ priceMin }) => price(priceMin)),
      priceMax: pick(({ priceMax }) => price(priceMax)),
    },
    feeders: record.feeders.map(({ flows }) => {
      const kwh = (numberOf: (flow: FeederFlow) => number): readonly number[] =>
        flows.map((flow) => numberOf(flow) / WH_PER_KWH);
      const limit = (value: number | null): number | null =>
        value === null ? null : value / WH_PER_KWH;
      return {
        net: kwh(({ netWh }) => netWh),
        sold: kwh(({ soldWh }) => soldWh),
        bought: kwh(({ boughtWh }) => boughtWh),
        external: flows.map(({ externalLimitWh }) => limit(externalLimitWh)),
        internal: flows.map(({ internalLimitWh }) => limit(internalLimitWh)),
      };
    }),
  };
}

/** Per cent, cut at 100: a forecast may trade more than was then metered. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.min(100, (100 * part) / whole);
}
