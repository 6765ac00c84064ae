import type { Json } from "../../agent/core/rpc.ts";

/** Energy of a household, a feeder or all of them over the day, in Wh. */
export interface EnergySums {
  /** Net production as metered, summed over the intervals in which it was positive. */
  readonly producedWh: number;
  /** Net consumption as metered, summed over the intervals in which production was not positive. */
  readonly consumedWh: number;
  readonly soldWh: number;
  readonly boughtWh: number;
  /** What trades did not cover, from readings; an interval without a reading counts for nothing here. */
  readonly fromGridWh: number;
  readonly toGridWh: number;
}

/** Money over the day in units, 10^-6 of the currency; decimal text in JSON. */
export interface MoneySums {
  /** From trades with other households. */
  readonly earnedUnits: bigint;
  readonly spentUnits: bigint;
  /** What energy from the grid costs at the retail price. */
  readonly gridCostUnits: bigint;
  /** What energy to the grid brings at the feed-in price. */
  readonly feedInIncomeUnits: bigint;
  /** gridCost - feedInIncome + spent - earned; negative: the day brought money. */
  readonly billUnits: bigint;
  /** The same readings without any trade. */
  readonly billWithoutMarketUnits: bigint;
}

/** Energy offered; an offer for several intervals counts in the first of them. */
export interface OfferSums {
  readonly offeredToSellWh: number;
  readonly offeredToBuyWh: number;
}

/** One household. */
export interface ProsumerRecord extends EnergySums, MoneySums, OfferSums {
  /** Its meter's name. */
  readonly prosumer: string;
  /** Its account at the market; null: it never registered. */
  readonly account: number | null;
  readonly feeder: number;
  /** A producer's meter may deliver. */
  readonly role: "producer" | "consumer";
  /** Intervals of the day without a reading on the ledger. */
  readonly missingReadings: number;
}

/** A feeder's trades in one interval against the limits in force when the interval became final. */
export interface FeederFlow {
  readonly soldWh: number;
  readonly boughtWh: number;
  /** sold - bought: positive flows out of the feeder. */
  readonly netWh: number;
  /** Most net flow in either direction; null: no limit (Ce). */
  readonly externalLimitWh: number | null;
  /** Most sold, and most bought; null: no limit (Ci). */
  readonly internalLimitWh: number | null;
}

/** One feeder. */
export interface FeederRecord extends EnergySums, MoneySums {
  readonly feeder: number;
  readonly prosumerCount: number;
  /** By interval, from 0 on. */
  readonly flows: readonly FeederFlow[];
}

/** One interval of the day. */
export interface IntervalRecord extends OfferSums {
  readonly interval: number;
  /** Whether the market finalized it. */
  readonly isFinal: boolean;
  readonly producedWh: number;
  readonly consumedWh: number;
  /** Registered households without a reading for it. */
  readonly missingReadings: number;
  readonly tradedWh: number;
  readonly fromGridWh: number;
  readonly toGridWh: number;
  readonly paidUnits: bigint;
  /** Prices in units per Wh, weighted by energy for the mean (a ratio: for display); null: no trade. */
  readonly priceMean: number | null;
  readonly priceMin: number | null;
  readonly priceMax: number | null;
}

/** One trade that became final. */
export interface TradeRecord {
  readonly interval: number;
  readonly seller: string;
  readonly buyer: string;
  readonly energyWh: number;
  /** Units per Wh. */
  readonly price: number;
}

/** What calls of one contract function cost. */
export interface GasRecord {
  /** "(create)" makes a contract, "(transfer)" moves coins, "(unknown)" is no function of the market. */
  readonly functionName: string;
  readonly callCount: number;
  readonly refusedCount: number;
  readonly gasMin: number;
  readonly gasMedian: number;
  readonly gasMax: number;
  readonly gasTotal: number;
  /** What accepted calls carried, and their gas for each; null where calls carry no list. */
  readonly items: GasItems | null;
}

/** Items carried by accepted calls of one function. */
export interface GasItems {
  readonly itemName: string;
  readonly count: number;
  readonly perCallMin: number;
  readonly perCallMedian: number;
  readonly perCallMax: number;
  /** Rounded; null when there was no item. */
  readonly gasPerItem: number | null;
}

/** Sums over the whole day. */
export interface TotalsRecord extends EnergySums, MoneySums, OfferSums {
  /** Equal to soldWh and to boughtWh. */
  readonly tradedWh: number;
  /** Equal to earnedUnits and to spentUnits. */
  readonly paidUnits: bigint;
  readonly tradeCount: number;
  readonly offerCount: number;
  readonly solutionCount: number;
  readonly finalIntervals: number;
  readonly missingReadings: number;
  readonly gasUsed: number;
  readonly transactionCount: number;
  readonly refusedCount: number;
  readonly blockCount: number;
}

/** What is told about the market, beside its events. */
export interface DayTerms {
  /** The options of the run, for the reader. */
  readonly options: Json;
  /** Begin of interval 0, seconds since 1970. */
  readonly startS: number;
  readonly intervalS: number;
  /** First interval of the record. */
  readonly firstInterval: number;
  /** The interval behind its last one; what lies outside is not part of the record. */
  readonly intervalCount: number;
  readonly tariff: Tariff;
  readonly ledger: LedgerFacts;
}

/** Prices of the utility, and what money is called. */
export interface Tariff {
  /** Price of energy from the grid, units per Wh. */
  readonly retailUnits: number;
  /** Price of energy to the grid, units per Wh. */
  readonly feedInUnits: number;
  /** Name of the currency, of which a unit is a millionth. */
  readonly currency: string;
}

/** The tariff where nobody says another: 0.30 and 0.08 of the currency per kWh. */
export const DEFAULT_TARIFF: Tariff = { retailUnits: 300, feedInUnits: 80, currency: "coins" };

/** What gas numbers depend on. */
export interface LedgerFacts {
  /** Such as prague. */
  readonly fork: string;
  /** Compiler of the contract with its settings, for people. */
  readonly compiler: string;
}

/** How the day was run. */
export interface RunFacts {
  readonly mode: "processes" | "simulation";
  readonly seed: number;
  /** Real time that the run took. */
  readonly wallMs: number;
  /** Cluster time at begin and end, seconds since 1970. */
  readonly logicalStartS: number;
  readonly logicalEndS: number;
}

/**
 * One day of the market, as plain data.
 *
 * Invariants: for each kind of energy and money, prosumers and feeders add up to the totals; sold equals
 * bought equals traded, and earned equals spent equals paid, in each interval and in total.
 */
export interface DayRecord extends DayTerms {
  /** Of this format. */
  readonly version: 1;
  readonly run: RunFacts;
  /** Address of the market's contract; null: none was created. */
  readonly market: string | null;
  readonly totals: TotalsRecord;
  readonly intervals: readonly IntervalRecord[];
  readonly feeders: readonly FeederRecord[];
  readonly prosumers: readonly ProsumerRecord[];
  readonly trades: readonly TradeRecord[];
  readonly gas: readonly GasRecord[];
}

/** The record as JSON; money as decimal text. */
export function recordToJson(record: DayRecord, indent?: number): string {
  const plain = (_key: string, value: unknown): unknown =>
    typeof value === "bigint" ? value.toString() : value;
  return JSON.stringify(record, plain, indent);
}

/** The record behind what recordToJson gave. `text` is trusted: it is our own file. */
export function recordFromJson(text: string): DayRecord {
  const revive = (key: string, value: unknown): unknown =>
    key.endsWith("Units") && typeof value === "string" && /^-?\d+$/.test(value)
      ? BigInt(value)
      : value;
  return JSON.parse(text, revive) as DayRecord;
}
