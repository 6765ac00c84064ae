import type { Trade } from "./market-terms.ts";

/** Prices of what is not traded, units per Wh. */
export interface Tariff {
  /** What a prosumer pays the operator for energy from the grid. */
  readonly retailUnits: number;
  /** What the operator pays a prosumer for energy to the grid. */
  readonly feedInUnits: number;
}

/** A prosumer's energy and money over a number of intervals. */
export interface Bill {
  readonly soldWh: number;
  readonly boughtWh: number;
  /** Consumed beyond what was bought. */
  readonly fromGridWh: number;
  /** Delivered beyond what was sold. */
  readonly toGridWh: number;
  /** Received for sold energy less paid for bought energy, units: exactly the market's payments. */
  readonly tradeUnits: bigint;
  /** Received for energy to the grid less paid for energy from it, units. */
  readonly gridUnits: bigint;
  /** Both together; negative: the prosumer pays. */
  readonly totalUnits: bigint;
  /** The same without a market: all energy at the tariff. Never compared across different measurements. */
  readonly withoutMarketUnits: bigint;
}

/** What is billed. */
export interface BillInput {
  /** By prosumer, measured net production per interval from `firstInterval` on, Wh. */
  readonly measuredWh: ReadonlyMap<number, readonly number[]>;
  readonly firstInterval: number;
  /** Final trades; those of other intervals or other prosumers are left out. */
  readonly trades: readonly Trade[];
  /** The prosumer behind an offer. */
  readonly prosumerOf: (offerId: number) => number | undefined;
  readonly tariff: Tariff;
}

/**
 * Bills every prosumer. Per interval, residual = measured + bought - sold: what is below 0 was taken from
 * the grid and is paid at the retail price, what is above 0 was given to it and is credited at feed-in.
 * Source: TRANSAX, equation 2.16, with its two prices in the right places.
 */
export function billsOf(input: BillInput): ReadonlyMap<number, Bill> {
  const { measuredWh, firstInterval, trades, prosumerOf } = input;
  const accounts = new Map<number, Ledger>();
  for (const [prosumer, series] of measuredWh)
    accounts.set(prosumer, { soldWh: 0, boughtWh: 0, tradeUnits: 0n, residualWh: [...series] });
  for (const trade of trades) {
    const place = trade.interval - firstInterval;
    const units = BigInt(trade.energyWh) * BigInt(trade.priceUnits);
    const seller = accountOf(accounts, prosumerOf(trade.sellerOffer), place);
    const buyer = accountOf(accounts, prosumerOf(trade.buyerOffer), place);
    if (seller !== undefined) {
      seller.soldWh += trade.energyWh;
      seller.tradeUnits += units;
      seller.residualWh[place] = (seller.residualWh[place] ?? 0) - trade.energyWh;
    }
    if (buyer !== undefined) {
      buyer.boughtWh += trade.energyWh;
      buyer.tradeUnits -= units;
      buyer.residualWh[place] = (buyer.residualWh[place] ?? 0) + trade.energyWh;
    }
  }
  return new Map(
    [...accounts].map(([prosumer, ledger]) => [
      prosumer,
      billFrom(ledger, measuredWh.get(prosumer) ?? [], input.tariff),
    ]),
  );
}

interface Ledger {
  soldWh: number;
  boughtWh: number;
  tradeUnits: bigint;
  readonly residualWh: number[];
}

function accountOf(
  accounts: ReadonlyMap<number, Ledger>,
  prosumer: number | undefined,
  place: number,
): Ledger | undefined {
  const account = prosumer === undefined ? undefined : accounts.get(prosumer);
  return account?.residualWh[place] === undefined ? undefined : account;
}

function billFrom(ledger: Ledger, measured: readonly number[], tariff: Tariff): Bill {
  const { soldWh, boughtWh, tradeUnits, residualWh } = ledger;
  const grid = atTariff(residualWh, tariff);
  return {
    soldWh,
    boughtWh,
    fromGridWh: grid.fromGridWh,
    toGridWh: grid.toGridWh,
    tradeUnits,
    gridUnits: grid.units,
    totalUnits: tradeUnits + grid.units,
    withoutMarketUnits: atTariff(measured, tariff).units,
  };
}

function atTariff(
  series: readonly number[],
  { retailUnits, feedInUnits }: Tariff,
): { fromGridWh: number; toGridWh: number; units: bigint } {
  const fromGridWh = series.reduce((sum, wh) => sum + Math.max(0, -wh), 0);
  const toGridWh = series.reduce((sum, wh) => sum + Math.max(0, wh), 0);
  const units = BigInt(toGridWh) * BigInt(feedInUnits) - BigInt(fromGridWh) * BigInt(retailUnits);
  return { fromGridWh, toGridWh, units };
}
