import type { DayRecord, GasRecord, ProsumerRecord, TotalsRecord } from "./record.ts";
import { kwhText, moneyText, wholeText } from "./report-format.ts";

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (sign) => names[sign] ?? sign);
}

/** Gas per contract function. */
export function gasTable(gas: readonly GasRecord[]): string {
  const rows = gas.map(({ items, ...each }) => {
    const numbers = [
      each.callCount,
      each.refusedCount,
      each.gasMin,
      each.gasMedian,
      each.gasMax,
      each.gasTotal,
    ].map((value) => cell(wholeText(value), value));
    const perItem =
      items?.gasPerItem == null
        ? cell("–", -1)
        : cell(`${wholeText(items.gasPerItem)} per ${items.itemName}`, items.gasPerItem);
    const perCall =
      items === null || items.count === 0
        ? cell("–", -1)
        : cell(
            `${wholeText(items.perCallMin)} / ${wholeText(items.perCallMedian)} / ` +
              wholeText(items.perCallMax),
            items.perCallMedian,
          );
    return `<tr>${textCell(each.functionName)}${numbers.join("")}${perItem}${perCall}</tr>`;
  });
  const heads = [
    "Calls",
    "Refused",
    "Least gas",
    "Median gas",
    "Most gas",
    "Total gas",
    "Gas per item",
    "Items per call (least / median / most)",
  ];
  return `<table data-sortable><thead><tr>${head("Function", true)}${heads
    .map((name) => head(name))
    .join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

type Sums = ProsumerRecord | TotalsRecord;

/** Columns that add up, with kWh first and money after. */
const ENERGY_COLUMNS: readonly (readonly [string, (sums: Sums) => number])[] = [
  ["Produced", ({ producedWh }) => producedWh],
  ["Consumed", ({ consumedWh }) => consumedWh],
  ["Sold", ({ soldWh }) => soldWh],
  ["Bought", ({ boughtWh }) => boughtWh],
  ["From grid", ({ fromGridWh }) => fromGridWh],
  ["To grid", ({ toGridWh }) => toGridWh],
];

const MONEY_COLUMNS: readonly (readonly [string, (sums: Sums) => bigint])[] = [
  ["Earned", ({ earnedUnits }) => earnedUnits],
  ["Spent", ({ spentUnits }) => spentUnits],
  ["Grid cost", ({ gridCostUnits }) => gridCostUnits],
  ["Feed-in", ({ feedInIncomeUnits }) => feedInIncomeUnits],
  ["Bill", ({ billUnits }) => billUnits],
  ["Saved", ({ billUnits, billWithoutMarketUnits }) => billWithoutMarketUnits - billUnits],
];

/** Energy and money of every household; its last line is the community's. */
export function prosumerTable({ prosumers, totals }: DayRecord): string {
  const hasGaps = totals.missingReadings > 0;
  const sums = (of: Sums): string =>
    [
      ...ENERGY_COLUMNS.map(([, numberOf]) => cell(kwhText(numberOf(of), 2), numberOf(of))),
      ...MONEY_COLUMNS.map(([, numberOf]) => cell(moneyText(numberOf(of), 3), numberOf(of))),
      ...(hasGaps ? [cell(wholeText(of.missingReadings), of.missingReadings)] : []),
    ].join("");
  const rows = prosumers.map(
    (each) =>
      `<tr>${textCell(each.prosumer)}${cell(String(each.feeder), each.feeder)}` +
      `${textCell(each.role)}${sums(each)}</tr>`,
  );
  const heads = [
    head("Household", true),
    head("Feeder"),
    head("Role", true),
    ...[...ENERGY_COLUMNS, ...MONEY_COLUMNS].map(([name]) => head(name)),
    ...(hasGaps ? [head("Readings missing")] : []),
  ];
  return (
    `<table data-sortable><thead><tr>${heads.join("")}</tr></thead>` +
    `<tbody>${rows.join("")}</tbody>` +
    `<tfoot><tr><th class="text" colspan="3" scope="row">Community</th>${sums(totals)}</tr></tfoot></table>`
  );
}

function head(name: string, isText = false): string {
  const kind = isText ? ' class="text"' : "";
  return `<th scope="col"${kind}><button type="button">${name}</button></th>`;
}

function cell(text: string, value: number | bigint): string {
  return `<td data-value="${value}">${text}</td>`;
}

function textCell(text: string): string {
  return `<td class="text">${escapeHtml(text)}</td>`;
}
