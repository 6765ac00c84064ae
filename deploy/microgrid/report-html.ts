import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { DayRecord, FeederRecord } from "./record.ts";
import { reportData } from "./report-data.ts";
import {
  clockText,
  fixedText,
  kwhText,
  moneyText,
  priceText,
  shareText,
  shortText,
  spanText,
  wholeText,
} from "./report-format.ts";
import { escapeHtml, gasTable, prosumerTable } from "./report-tables.ts";

/** The page with its script and style lies among the sources: the code runs from dist. */
const PAGE_FOLDER = new URL("../../../deploy/microgrid/", import.meta.url);

/**
 * One HTML file that shows the day: totals, plots, gas and households. It needs no network, and draws with
 * uPlot (MIT), which it carries with its notice.
 */
export function reportHtml(record: DayRecord): string {
  const parts: Readonly<Record<string, string>> = {
    ...readLibrary(),
    pageStyle: pageFile("report-page.css") + pageFile("report-page-media.css"),
    header: headerHtml(record),
    main: `${energyHtml(record)}${feedersHtml(record)}${tablesHtml(record)}`,
    footer: footerHtml(record),
    // Inside a script only "<" could end it.
    data: JSON.stringify(reportData(record)).replaceAll("<", "\\u003c"),
  };
  return pageFile("report-page.html").replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new TypeError(`the page wants ${name}, which nobody makes`);
    return part;
  });
}

function pageFile(name: string): string {
  return readFileSync(new URL(name, PAGE_FOLDER), "utf8");
}

function readLibrary(): Readonly<Record<string, string>> {
  const folder = join(createRequire(import.meta.url).resolve("uplot/package.json"), "..");
  return {
    library: readFileSync(join(folder, "dist/uPlot.iife.min.js"), "utf8"),
    libraryStyle: readFileSync(join(folder, "dist/uPlot.min.css"), "utf8"),
    licence: readFileSync(join(folder, "LICENSE"), "utf8").trim(),
  };
}

type Tile = readonly [name: string, value: string, unit: string, remark: string];

function headerHtml(record: DayRecord): string {
  const { totals, prosumers, feeders, intervals, intervalS } = record;
  const producers = prosumers.filter(({ role }) => role === "producer").length;
  const { missingReadings } = totals;
  const warning =
    missingReadings === 0
      ? ""
      : `<p class="warning">${wholeText(missingReadings)} meter readings are missing on the ledger: ` +
        "energy metered and energy from and to the grid are too low by them.</p>";
  const tiles = tilesOf(record).map(
    ([name, value, unit, remark]) =>
      `<div><dt>${name}</dt><dd class="value">${value} <small>${escapeHtml(unit)}</small></dd>` +
      `<dd class="remark">${remark}</dd></div>`,
  );
  return `<h1>A day on the local energy market</h1>
<p class="lead">${prosumers.length} households, ${producers} of them producers, on ${feeders.length} feeders,
in ${intervals.length} intervals of ${intervalS / 60} minutes. Every trade was checked by a contract on the
ledger; ${totals.finalIntervals} of ${intervals.length} intervals became final.</p>
${warning}<dl class="tiles">${tiles.join("")}</dl>
<div class="split">${splitHtml("Consumption", totals.tradedWh, totals.consumedWh, "grid")}
${splitHtml("Production", totals.tradedWh, totals.producedWh, "grid")}</div>`;
}

function tilesOf({ totals, tariff }: DayRecord): readonly Tile[] {
  const { tradedWh, paidUnits, consumedWh, producedWh, billUnits, billWithoutMarketUnits } = totals;
  const saved = billWithoutMarketUnits - billUnits;
  const mean = tradedWh === 0 ? "–" : priceText(Number(paidUnits) / tradedWh);
  const { currency, retailUnits, feedInUnits } = tariff;
  return [
    ["Traded", kwhText(tradedWh), "kWh", `${shareText(tradedWh, consumedWh)} of consumption`],
    [
      "From the grid",
      kwhText(totals.fromGridWh),
      "kWh",
      `${shareText(totals.fromGridWh, consumedWh)} of consumption`,
    ],
    [
      "To the grid",
      kwhText(totals.toGridWh),
      "kWh",
      `${shareText(totals.toGridWh, producedWh)} of production`,
    ],
    [
      "Offered to sell",
      kwhText(totals.offeredToSellWh),
      "kWh",
      `to buy ${kwhText(totals.offeredToBuyWh)} kWh`,
    ],
    ["Money moved", moneyText(paidUnits), currency, `in ${wholeText(totals.tradeCount)} trades`],
    [
      "Average price",
      mean,
      `${currency}/kWh`,
      `retail ${priceText(retailUnits)}, feed-in ${priceText(feedInUnits)}`,
    ],
    [
      "Saved by the market",
      moneyText(saved),
      currency,
      `of a bill of ${moneyText(billWithoutMarketUnits)}`,
    ],
    [
      "Transactions",
      wholeText(totals.transactionCount),
      "",
      `${wholeText(totals.refusedCount)} refused; ${shortText(totals.gasUsed)} gas`,
    ],
  ];
}

function splitHtml(name: string, tradedWh: number, wholeWh: number, rest: string): string {
  const percent = wholeWh === 0 ? 0 : Math.min(100, (100 * tradedWh) / wholeWh);
  const text = `${fixedText(percent, 1)} %`;
  return (
    `<p><span><strong>${name}</strong>, ${kwhText(wholeWh)} kWh</span>` +
    `<span>${text} traded in the community, the other ${fixedText(100 - percent, 1)} % with the ${rest}` +
    `</span></p><div class="bar" role="img" aria-label="${name}: ${text} traded">` +
    `<span style="width:${percent.toFixed(2)}%"></span></div>`
  );
}

function figure(name: string, title: string, unit: string, caption: string): string {
  return `<figure><h3>${title} <span class="unit">${escapeHtml(unit)}</span></h3>
<div class="plot" id="plot-${name}"></div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function energyHtml({ intervalS, tariff }: DayRecord): string {
  const perInterval = `kWh per ${intervalS / 60} min`;
  return `<h2>Energy and price</h2>
${figure(
  "energy",
  "Production, consumption and trades",
  perInterval,
  "What all meters together produced and consumed in each interval, and how much of it was traded between households.",
)}
${figure(
  "price",
  "Clearing price",
  `${tariff.currency} per kWh`,
  "Average price of each interval's trades by energy, within the range of its lowest and highest price; between feed-in and retail both sides gain.",
)}
${figure(
  "share",
  "Share that was traded",
  "per cent",
  "How much of each interval's consumption and of its production changed hands in the community.",
)}`;
}

function feedersHtml({ feeders, intervalS }: DayRecord): string {
  const key = (view: string, hidden: boolean, items: readonly (readonly [string, string])[]) =>
    `<ul class="key" data-view="${view}"${hidden ? " hidden" : ""}>${items
      .map(([name, colour]) => {
        const kind = colour === "limit" ? ' class="dashed"' : "";
        return `<li><i${kind} style="border-color:var(--${colour})"></i>${name}</li>`;
      })
      .join("")}</ul>`;
  const plots = feeders.map(
    (feeder, index) =>
      `<div><h4>Feeder ${feeder.feeder} <span>${feederText(feeder)}</span></h4>` +
      `<div data-feeder="${index}"></div></div>`,
  );
  return `<h2>Feeders</h2>
<figure><h3>Trade flow and its limits <span class="unit">kWh per ${intervalS / 60} min</span></h3>
<p class="choice"><button type="button" data-view="net" aria-pressed="true">Net flow, external limit</button
><button type="button" data-view="gross" aria-pressed="false">Sold and bought, internal limit</button></p>
${key("net", false, [
  ["net flow, positive: out of the feeder", "trade"],
  ["external limit", "limit"],
])}${key("gross", true, [
  ["sold", "production"],
  ["bought, drawn downwards", "consumption"],
  ["internal limit", "limit"],
])}
<div class="multiples">${plots.join("")}</div>
<figcaption>Energy that trades moved out of each feeder (up) and into it (down), all on one scale; peak: largest
net flow in per cent of the external limit, which no solution may cross.</figcaption></figure>`;
}

function feederText({ prosumerCount, flows }: FeederRecord): string {
  const loads = flows.flatMap(({ netWh, externalLimitWh }) =>
    externalLimitWh === null ? [] : [Math.abs(netWh) / externalLimitWh],
  );
  const households = `${prosumerCount} household${prosumerCount === 1 ? "" : "s"}`;
  return loads.length === 0
    ? `${households}, no limit`
    : `${households}, peak ${fixedText(100 * Math.max(...loads), 0)} %`;
}

function tablesHtml(record: DayRecord): string {
  const { currency } = record.tariff;
  return `<h2>Gas per contract function</h2>
<div class="table" tabindex="0" role="region" aria-label="Gas per contract function">${gasTable(record.gas)}</div>
<p class="note">Gas as the receipts say, refused calls included; gas per item is of accepted calls. Fork
${escapeHtml(record.ledger.fork)}; ${escapeHtml(record.ledger.compiler)}.</p>
<h2>Households</h2>
<p class="note">Energy in kWh, money in ${escapeHtml(currency)}. Bill: grid cost − feed-in + spent − earned. Saved: against
a day with the same readings and no trade. Press a column's name to sort.</p>
<div class="table long" tabindex="0" role="region" aria-label="Households">${prosumerTable(record)}</div>`;
}

function footerHtml(record: DayRecord): string {
  const { run, totals, ledger, market, tariff } = record;
  const logicalMs = (run.logicalEndS - run.logicalStartS) * 1_000;
  const facts: readonly (readonly [string, string])[] = [
    ["Run", `${run.mode}, seed ${run.seed}, ${spanText(run.wallMs)} for ${spanText(logicalMs)}`],
    [
      "Market time",
      `${isoText(record.startS)}, up to ${clockText(totals.finalIntervals, record.intervalS)}`,
    ],
    ["Contract", market ?? "none"],
    [
      "Chain",
      `${wholeText(totals.blockCount)} blocks, ${wholeText(totals.transactionCount)} transactions, ` +
        `${wholeText(totals.offerCount)} offers, ${wholeText(totals.solutionCount)} solutions, ` +
        `${wholeText(totals.gasUsed)} gas, fork ${ledger.fork}`,
    ],
    [
      "Tariff",
      `retail ${priceText(tariff.retailUnits)}, feed-in ${priceText(tariff.feedInUnits)} ` +
        `${tariff.currency} per kWh`,
    ],
    ["Options", JSON.stringify(record.options)],
  ];
  const list = facts.map(([name, text]) => `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<dl>${list.join("")}</dl>
<noscript><p class="warning">Plots are drawn by a script, which this browser does not run.</p></noscript>
<p>Made by Hedgerow from the ledger's events alone. Plots: uPlot 1.6.32, © 2022 Leon Sorokin, MIT licence.</p>`;
}

function isoText(timeS: number): string {
  return `${new Date(timeS * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
