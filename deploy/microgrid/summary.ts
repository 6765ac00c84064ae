import type { DayRecord, GasRecord } from "./record.ts";
import {
  clockText,
  kwhText,
  moneyText,
  priceText,
  shareText,
  spanText,
  wholeText,
} from "./report-format.ts";

/** A line of the table: what, its number, and a remark. */
type Row = readonly [label: string, value: string, remark?: string];

const INDENT = "  ";
const LABEL_WIDTH = 20;
const VALUE_WIDTH = 12;

/** The day in one screen, `width` columns wide (60 to 200), without colours. */
export function summaryText(record: DayRecord, width = 80): string {
  const rule = "─".repeat(width);
  const lines = [
    ...titleOf(record),
    rule,
    "Energy, kWh",
    ...energyRows(record).map(rowText),
    "",
    `Money, ${record.tariff.currency}`,
    ...moneyRows(record).map(rowText),
    "",
    "Ledger",
    ...ledgerRows(record).map(rowText),
    "",
    ...gasTable(record.gas, width),
    rule,
  ];
  return `${lines.map((line) => cut(line, width)).join("\n")}\n`;
}

function titleOf(record: DayRecord): readonly string[] {
  const { prosumers, feeders, intervals, firstInterval, intervalS, totals, run } = record;
  const producers = prosumers.filter(({ role }) => role === "producer").length;
  const lines = [
    `Local energy market: ${prosumers.length} households (${producers} producers) on ` +
      `${feeders.length} feeders`,
    `${intervals.length} intervals of ${intervalS / 60} min from ` +
      `${clockText(firstInterval, intervalS)}, ${totals.finalIntervals} final; run as ${run.mode}, seed ${run.seed}`,
  ];
  const { missingReadings } = totals;
  if (missingReadings > 0)
    lines.push(`${wholeText(missingReadings)} meter readings are missing: grid energy is too low`);
  return lines;
}

function energyRows({ totals }: DayRecord): readonly Row[] {
  const { producedWh, consumedWh, tradedWh, fromGridWh, toGridWh } = totals;
  const traded =
    `${shareText(tradedWh, consumedWh)} of consumption, ` +
    `${shareText(tradedWh, producedWh)} of production`;
  return [
    ["produced", kwhText(producedWh)],
    ["consumed", kwhText(consumedWh)],
    ["offered to sell", kwhText(totals.offeredToSellWh)],
    ["offered to buy", kwhText(totals.offeredToBuyWh)],
    ["traded", kwhText(tradedWh), traded],
    ["from the grid", kwhText(fromGridWh), `${shareText(fromGridWh, consumedWh)} of consumption`],
    ["to the grid", kwhText(toGridWh), `${shareText(toGridWh, producedWh)} of production`],
  ];
}

function moneyRows({ totals, tariff }: DayRecord): readonly Row[] {
  const { tradedWh, paidUnits, billUnits, billWithoutMarketUnits } = totals;
  const saved = billWithoutMarketUnits - billUnits;
  const price = tradedWh === 0 ? "–" : priceText(Number(paidUnits) / tradedWh);
  const tariffs = `per kWh; retail ${priceText(tariff.retailUnits)}, feed-in ${priceText(tariff.feedInUnits)}`;
  return [
    ["moved in trades", moneyText(paidUnits)],
    ["average price", price, tariffs],
    ["paid for grid energy", moneyText(totals.gridCostUnits)],
    ["earned by feed-in", moneyText(totals.feedInIncomeUnits)],
    [
      "bill of all together",
      moneyText(billUnits),
      `${moneyText(billWithoutMarketUnits)} without market`,
    ],
    [
      "saved by the market",
      moneyText(saved),
      `${shareText(Number(saved), Math.abs(Number(billWithoutMarketUnits)))} of the bill without market`,
    ],
  ];
}

function ledgerRows({ totals, ledger, run }: DayRecord): readonly Row[] {
  const { transactionCount, refusedCount, blockCount, gasUsed } = totals;
  const logicalMs = (run.logicalEndS - run.logicalStartS) * 1_000;
  return [
    ["transactions", wholeText(transactionCount), `${wholeText(refusedCount)} refused`],
    ["blocks", wholeText(blockCount)],
    ["offers, solutions", `${wholeText(totals.offerCount)}, ${wholeText(totals.solutionCount)}`],
    ["trades", wholeText(totals.tradeCount)],
    ["gas", wholeText(gasUsed), `fork ${ledger.fork}`],
    ["time", spanText(run.wallMs), `for ${spanText(logicalMs)} of market time`],
    ["compiler", "", ledger.compiler],
  ];
}

function rowText([label, value, remark = ""]: Row): string {
  const head = value === "" ? "" : `${value.padStart(VALUE_WIDTH)}  `;
  return `${INDENT}${label.padEnd(LABEL_WIDTH)}${head}${remark}`.trimEnd();
}

function gasTable(gas: readonly GasRecord[], width: number): readonly string[] {
  const nameWidth = Math.max(0, ...gas.map(({ functionName }) => functionName.length));
  const widths = [nameWidth, 7, 7, 10, 10, 13];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join(" ");
  const rows = gas.map((each) =>
    line([
      each.functionName,
      wholeText(each.callCount),
      wholeText(each.refusedCount),
      wholeText(each.gasMedian),
      wholeText(each.gasMax),
      wholeText(each.gasTotal),
    ]),
  );
  const perItem = gas.flatMap(({ functionName, items }) =>
    items?.gasPerItem == null
      ? []
      : [
          `${INDENT}${functionName}: ${wholeText(items.gasPerItem)} gas per ${items.itemName}, ` +
            `median ${wholeText(items.perCallMedian)} and at most ${wholeText(items.perCallMax)} per call`,
        ],
  );
  const header = line(["", "calls", "refused", "median", "max", "total"]);
  const title = "Gas per function";
  return [
    `${title}${header.slice(title.length)}`,
    ...[...rows, ""].map((row) => `${INDENT}${row}`.trimEnd()),
    ...perItem,
  ].map((row) => cut(row, width));
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
