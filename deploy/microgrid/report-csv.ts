import type { DayRecord, EnergySums, MoneySums } from "./record.ts";

type Cell = string | number | bigint | boolean | null;

/** The record as tables, by file name; energy in Wh, money in units, no value: an empty cell. */
export function reportCsv(record: DayRecord): Readonly<Record<string, string>> {
  return {
    "intervals.csv": intervalsCsv(record),
    "prosumers.csv": prosumersCsv(record),
    "trades.csv": tradesCsv(record),
  };
}

/** One row per interval; prices in units per Wh. */
export function intervalsCsv({ intervals, startS, intervalS }: DayRecord): string {
  return csv(
    intervals.map(({ interval, isFinal, missingReadings, ...numbers }) => ({
      interval,
      beginS: startS + interval * intervalS,
      isFinal,
      producedWh: numbers.producedWh,
      consumedWh: numbers.consumedWh,
      missingReadings,
      offeredToSellWh: numbers.offeredToSellWh,
      offeredToBuyWh: numbers.offeredToBuyWh,
      tradedWh: numbers.tradedWh,
      fromGridWh: numbers.fromGridWh,
      toGridWh: numbers.toGridWh,
      paidUnits: numbers.paidUnits,
      priceMean: numbers.priceMean === null ? null : Number(numbers.priceMean.toFixed(3)),
      priceMin: numbers.priceMin,
      priceMax: numbers.priceMax,
    })),
  );
}

/** One row per household. */
export function prosumersCsv({ prosumers }: DayRecord): string {
  return csv(
    prosumers.map((each) => ({
      prosumer: each.prosumer,
      account: each.account,
      feeder: each.feeder,
      role: each.role,
      missingReadings: each.missingReadings,
      offeredToSellWh: each.offeredToSellWh,
      offeredToBuyWh: each.offeredToBuyWh,
      ...sumsColumns(each),
    })),
  );
}

/** One row per final trade, in the order they became final; price in units per Wh. */
export function tradesCsv({ trades }: DayRecord): string {
  return csv(
    trades.map(({ interval, seller, buyer, energyWh, price }) => ({
      interval,
      seller,
      buyer,
      energyWh,
      price,
      paidUnits: BigInt(energyWh) * BigInt(price),
    })),
    ["interval", "seller", "buyer", "energyWh", "price", "paidUnits"],
  );
}

function sumsColumns(sums: EnergySums & MoneySums): Readonly<Record<string, Cell>> {
  return {
    producedWh: sums.producedWh,
    consumedWh: sums.consumedWh,
    soldWh: sums.soldWh,
    boughtWh: sums.boughtWh,
    fromGridWh: sums.fromGridWh,
    toGridWh: sums.toGridWh,
    earnedUnits: sums.earnedUnits,
    spentUnits: sums.spentUnits,
    gridCostUnits: sums.gridCostUnits,
    feedInIncomeUnits: sums.feedInIncomeUnits,
    billUnits: sums.billUnits,
    billWithoutMarketUnits: sums.billWithoutMarketUnits,
  };
}

/** Source: RFC 4180. `header` is needed where there may be no row. */
function csv(
  rows: readonly Readonly<Record<string, Cell>>[],
  header: readonly string[] = Object.keys(rows[0] ?? {}),
): string {
  const lines = [header, ...rows.map((row) => header.map((name) => row[name] ?? null))];
  return lines.map((cells) => `${cells.map(cellText).join(",")}\r\n`).join("");
}

function cellText(cell: Cell): string {
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
