// Goal: the tables hold the record, one row each, and any spreadsheet can read them.
// Method: the made-up day, read back by hand.
// Seed: none.
import assert from "node:assert/strict";
import type { DayRecord } from "./record.ts";
import { buildRecord } from "./record-build.ts";
import { SAMPLE_RUN, SAMPLE_TERMS, sampleFacts } from "./record-sample.fixture.ts";
import { prosumersCsv, reportCsv, tradesCsv } from "./report-csv.ts";

const record = buildRecord(sampleFacts(), SAMPLE_TERMS, SAMPLE_RUN);

function tableOf(text: string | undefined): readonly Readonly<Record<string, string>>[] {
  const [header = [], ...rows] = (text ?? "")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] ?? ""])));
}

function sumOf(text: string | undefined, column: string): number {
  return tableOf(text).reduce((sum, row) => sum + Number(row[column]), 0);
}

describe("the tables", () => {
  it("have a row for each interval, household and trade, and the record's sums", () => {
    const files = reportCsv(record);
    assert.deepEqual(
      Object.values(files).map((text) => tableOf(text).length),
      [96, 102, record.trades.length],
    );
    const { tradedWh, paidUnits, billUnits } = record.totals;
    assert.equal(sumOf(files["intervals.csv"], "tradedWh"), tradedWh);
    assert.equal(sumOf(files["trades.csv"], "energyWh"), tradedWh);
    assert.equal(sumOf(files["trades.csv"], "paidUnits"), Number(paidUnits));
    assert.equal(sumOf(files["prosumers.csv"], "billUnits"), Number(billUnits));
  });

  it("leave a cell empty where there is no price", () => {
    assert.equal(tableOf(reportCsv(record)["intervals.csv"])[0]?.["priceMean"], "");
  });

  it("have a header even without a row", () => {
    const text = tradesCsv({ ...record, trades: [] });
    assert.equal(text, "interval,seller,buyer,energyWh,price,paidUnits\r\n");
  });

  it("quote names that would break a row", () => {
    const [first] = record.prosumers;
    const prosumers = [{ ...first, prosumer: 'a,"b"\n' }] as DayRecord["prosumers"];
    assert.ok(prosumersCsv({ ...record, prosumers }).includes('\r\n"a,""b""\n",1,1,'));
  });
});
