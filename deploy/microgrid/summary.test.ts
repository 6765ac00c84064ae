// Goal: the summary fits a terminal and says the record's numbers.
// Method: the made-up day of the 102 households, and a day on which nothing happened.
// Seed: none.
import assert from "node:assert/strict";
import { buildRecord } from "./record-build.ts";
import { SAMPLE_RUN, SAMPLE_TERMS, sampleFacts } from "./record-sample.fixture.ts";
import { summaryText } from "./summary.ts";

const record = buildRecord(sampleFacts(), SAMPLE_TERMS, SAMPLE_RUN);

function lineOf(text: string, label: string): string {
  return text.split("\n").find((line) => line.trim().startsWith(label)) ?? "";
}

describe("the summary", () => {
  it("says energy, money and gas", () => {
    const text = summaryText(record);
    const traded = (record.totals.tradedWh / 1_000).toFixed(1);
    assert.match(
      lineOf(text, "traded"),
      new RegExp(`${traded}  43\\.2 % of consumption, 45\\.0 %`),
    );
    assert.match(lineOf(text, "produced"), /788\.3$/);
    assert.match(lineOf(text, "consumed"), /820\.4$/);
    assert.match(lineOf(text, "average price"), /0\.18\d  per kWh; retail 0\.300, feed-in 0\.080/);
    assert.match(lineOf(text, "saved by the market"), /78\.04  42\.6 % of the bill/);
    assert.match(lineOf(text, "gas"), /fork prague/);
    assert.match(lineOf(text, "compiler"), /solc 0\.8\.37/);
    assert.match(lineOf(text, "postSolution"), /192 +18 /);
    assert.match(text, /postSolution: [\d,]+ gas per assignment/);
  });

  it("is never wider than asked, and loses nothing at 80 columns", () => {
    for (const width of [60, 80, 132])
      for (const line of summaryText(record, width).split("\n"))
        assert.ok(line.length <= width, line);
    assert.ok(!summaryText(record, 80).includes("…"));
  });

  it("warns of missing readings", () => {
    assert.ok(!summaryText(record).includes("missing"));
    const totals = { ...record.totals, missingReadings: 1_234 };
    assert.match(summaryText({ ...record, totals }), /1,234 meter readings are missing/);
  });

  it("has words for a day on which nothing happened", () => {
    const facts = { market: null, events: [], transactions: [], blockCount: 0 };
    const text = summaryText(buildRecord(facts, SAMPLE_TERMS, SAMPLE_RUN));
    assert.ok(!/NaN|Infinity|undefined|null/.test(text), text);
  });
});
