// Goal: the report is one file that needs nothing else, says the record's numbers, and cannot be broken out
// of by a name on the chain.
// Method: its text, and its script run against a page of stand-ins; how it looks is for eyes.
// Seed: none.
import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import type { DayRecord } from "./record.ts";
import { buildRecord } from "./record-build.ts";
import { SAMPLE_RUN, SAMPLE_TERMS, sampleFacts } from "./record-sample.fixture.ts";
import { reportHtml } from "./report-html.ts";

const record = buildRecord(sampleFacts(), SAMPLE_TERMS, SAMPLE_RUN);
const page = reportHtml(record);

function scriptsOf(html: string): readonly string[] {
  return [...html.matchAll(/<script(?: [^>]*)?>([\s\S]*?)<\/script>/g)].map(
    ([, text]) => text ?? "",
  );
}

/** What the page's script asks of a browser, as far as drawing needs it. */
function runPage(html: string): { readonly drawn: { options: PlotOptions; columns: Column[] }[] } {
  const [json = "", , script = ""] = scriptsOf(html);
  const drawn: { options: PlotOptions; columns: Column[] }[] = [];
  class Plot {
    static readonly paths = { stepped: () => undefined };
    constructor(options: PlotOptions, columns: Column[]) {
      drawn.push({ options, columns });
    }
    destroy(): void {
      return;
    }
  }
  const holder = { clientWidth: 600, dataset: {} };
  const feeders = [...html.matchAll(/data-feeder="(\d+)"/g)].map(([, feeder]) => ({
    clientWidth: 250,
    dataset: { feeder },
  }));
  const document = {
    documentElement: { dataset: {} },
    getElementById: (id: string) => (id === "data" ? { textContent: json } : holder),
    querySelector: () => holder,
    querySelectorAll: (selector: string) => (selector === "[data-feeder]" ? feeders : []),
  };
  runInNewContext(script, {
    document,
    uPlot: Plot,
    getComputedStyle: () => ({ getPropertyValue: () => "#123456" }),
    matchMedia: () => ({ addEventListener: () => undefined }),
    addEventListener: () => undefined,
    ResizeObserver: class {
      observe(): void {
        return;
      }
    },
  });
  return { drawn };
}

type Column = (number | null)[];
interface PlotOptions {
  readonly series: readonly { readonly label: string }[];
}

describe("the report", () => {
  it("needs no network", () => {
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
    const outside = page.replace(/<script>\/\*! https:\/\/github\.com\/leeoniya\/uPlot/, "");
    assert.ok(!/(?:src|href)\s*=|url\(|@import/.test(outside.replace(/<script>[\s\S]*/, "")));
  });

  it("carries uPlot with its notice", () => {
    assert.ok(page.includes("The MIT License (MIT)"));
    assert.ok(page.includes("Copyright (c) 2022 Leon Sorokin"));
    assert.ok(page.includes("uPlot (v1.6.32)"));
  });

  it("says the totals, every household and every function", () => {
    for (const text of ["788.3", "820.4", "43.2 % of consumption", "5,495", "solc 0.8.37"])
      assert.ok(page.includes(text), text);
    assert.equal([...page.matchAll(/<td class="text">(?:producer|consumer)<\/td>/g)].length, 102);
    for (const { functionName } of record.gas) assert.ok(page.includes(`>${functionName}</td>`));
  });

  it("gives every figure a unit and a caption", () => {
    const figures = [...page.matchAll(/<figure>([\s\S]*?)<\/figure>/g)].map(
      ([, text]) => text ?? "",
    );
    assert.equal(figures.length, 4);
    for (const text of figures) {
      assert.match(text, /<span class="unit">[^<]+<\/span>/);
      assert.match(text, /<figcaption>[A-Z][^<]+\.<\/figcaption>/);
    }
  });

  it("draws every plot with a value for each interval and the end of the last", () => {
    const { drawn } = runPage(page);
    assert.equal(drawn.length, 3 + 11);
    for (const { options, columns } of drawn) {
      assert.equal(columns.length, options.series.length);
      for (const column of columns) assert.equal(column.length, 97);
    }
    const [hours = [], traded = []] = drawn[0]?.columns ?? [];
    assert.equal(hours.at(-1), 24);
    const sum = traded.slice(0, -1).reduce<number>((total, kwh) => total + (kwh ?? 0), 0);
    assert.equal(Math.round(sum * 1_000), record.totals.tradedWh);
  });

  it("draws a day on which nothing happened", () => {
    const facts = { market: null, events: [], transactions: [], blockCount: 0 };
    const empty = reportHtml(buildRecord(facts, SAMPLE_TERMS, SAMPLE_RUN));
    assert.equal(runPage(empty).drawn.length, 3);
    assert.ok(!/NaN|Infinity|undefined/.test(empty.replace(/<script[\s\S]*/, "")));
  });

  it("takes names and options for text, whatever is in them", () => {
    const attack = '</script><img src=x onerror="alert(1)">';
    const [first] = record.prosumers;
    const bent = {
      ...record,
      options: { note: attack },
      prosumers: [{ ...first, prosumer: attack }],
      tariff: { ...record.tariff, currency: attack },
    } as DayRecord;
    const html = reportHtml(bent);
    assert.ok(!html.includes("<img"));
    assert.equal(scriptsOf(html).length, scriptsOf(page).length);
  });
});
