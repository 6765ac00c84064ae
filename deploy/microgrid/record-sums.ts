import type { EnergySums, MoneySums, Tariff } from "./record.ts";

/** What the events say of one household; lists are by interval. */
export interface Household {
  readonly prosumer: string;
  readonly feeder: number;
  readonly role: "producer" | "consumer";
  account: number | null;
  /** Readings, positive: production; undefined: none on the ledger. */
  readonly netWh: (number | undefined)[];
  readonly soldWh: number[];
  readonly boughtWh: number[];
  earnedUnits: bigint;
  spentUnits: bigint;
  offeredToSellWh: number;
  offeredToBuyWh: number;
}

/** Energy and money of a day. */
export type Sums = EnergySums & MoneySums;

/** Of nobody. */
export const NO_SUMS: Sums = {
  producedWh: 0,
  consumedWh: 0,
  soldWh: 0,
  boughtWh: 0,
  fromGridWh: 0,
  toGridWh: 0,
  earnedUnits: 0n,
  spentUnits: 0n,
  gridCostUnits: 0n,
  feedInIncomeUnits: 0n,
  billUnits: 0n,
  billWithoutMarketUnits: 0n,
};

/** What a household metered in an interval, and what trades left to the grid. */
export interface Residual {
  readonly producedWh: number;
  readonly consumedWh: number;
  readonly fromGridWh: number;
  readonly toGridWh: number;
}

/** Undefined without a reading: what the grid gave or took is then not known. */
export function residualOf(household: Household, interval: number): Residual | undefined {
  const net = household.netWh[interval];
  if (net === undefined) return undefined;
  const left = net - (household.soldWh[interval] ?? 0) + (household.boughtWh[interval] ?? 0);
  return {
    producedWh: Math.max(net, 0),
    consumedWh: Math.max(-net, 0),
    fromGridWh: Math.max(-left, 0),
    toGridWh: Math.max(left, 0),
  };
}

/** Energy and money of a household over the day. */
export function sumsOf(household: Household, { retailUnits, feedInUnits }: Tariff): Sums {
  const energy = { producedWh: 0, consumedWh: 0, fromGridWh: 0, toGridWh: 0 };
  for (let interval = 0; interval < household.netWh.length; interval += 1) {
    const residual = residualOf(household, interval);
    if (residual === undefined) continue;
    energy.producedWh += residual.producedWh;
    energy.consumedWh += residual.consumedWh;
    energy.fromGridWh += residual.fromGridWh;
    energy.toGridWh += residual.toGridWh;
  }
  const total = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0);
  const [retail, feedIn] = [BigInt(retailUnits), BigInt(feedInUnits)];
  const gridCostUnits = retail * BigInt(energy.fromGridWh);
  const feedInIncomeUnits = feedIn * BigInt(energy.toGridWh);
  const { earnedUnits, spentUnits } = household;
  return {
    ...energy,
    soldWh: total(household.soldWh),
    boughtWh: total(household.boughtWh),
    earnedUnits,
    spentUnits,
    gridCostUnits,
    feedInIncomeUnits,
    billUnits: gridCostUnits - feedInIncomeUnits + spentUnits - earnedUnits,
    billWithoutMarketUnits: retail * BigInt(energy.consumedWh) - feedIn * BigInt(energy.producedWh),
  };
}

/** Both together; other fields of the operands are left out. */
export function sumUp(a: Sums, b: Sums): Sums {
  return {
    producedWh: a.producedWh + b.producedWh,
    consumedWh: a.consumedWh + b.consumedWh,
    soldWh: a.soldWh + b.soldWh,
    boughtWh: a.boughtWh + b.boughtWh,
    fromGridWh: a.fromGridWh + b.fromGridWh,
    toGridWh: a.toGridWh + b.toGridWh,
    earnedUnits: a.earnedUnits + b.earnedUnits,
    spentUnits: a.spentUnits + b.spentUnits,
    gridCostUnits: a.gridCostUnits + b.gridCostUnits,
    feedInIncomeUnits: a.feedInIncomeUnits + b.feedInIncomeUnits,
    billUnits: a.billUnits + b.billUnits,
    billWithoutMarketUnits: a.billWithoutMarketUnits + b.billWithoutMarketUnits,
  };
}
