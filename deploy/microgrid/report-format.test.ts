// Goal: numbers read well and keep their sign.
// Method: examples, at the edges.
// Seed: none.
import assert from "node:assert/strict";
import {
  clockText,
  fixedText,
  moneyText,
  priceText,
  shareText,
  shortText,
  spanText,
  wholeText,
} from "./report-format.ts";

describe("numbers for people", () => {
  it("groups digits, of negative numbers too", () => {
    assert.deepEqual([0, 999, 1_000, 1_234_567, -1_000, -999].map(wholeText), [
      "0",
      "999",
      "1,000",
      "1,234,567",
      "-1,000",
      "-999",
    ]);
    assert.equal(wholeText(12_345_678_901_234_567_890n), "12,345,678,901,234,567,890");
    assert.deepEqual([fixedText(-1_234.56, 1), fixedText(-0.04, 1)], ["-1,234.6", "0.0"]);
  });

  it("scales units", () => {
    assert.deepEqual([moneyText(65_530_000n), moneyText(-1_500n, 3)], ["65.53", "-0.002"]);
    assert.equal(priceText(300), "0.300");
  });

  it("has a dash for a share of nothing", () => {
    assert.deepEqual([shareText(1, 0), shareText(1, 3)], ["–", "33.3 %"]);
  });

  it("counts the day's hours", () => {
    assert.deepEqual(
      [0, 1, 49, 96].map((interval) => clockText(interval, 900)),
      ["00:00", "00:15", "12:15", "24:00"],
    );
  });

  it("shortens spans and counts", () => {
    assert.deepEqual([950, 59_999, 412_345, 93_600_000].map(spanText), [
      "0.9 s",
      "1 min 0 s",
      "6 min 52 s",
      "26 h 0 min",
    ]);
    assert.deepEqual([7, 1_234, 612_345_678, 2e9].map(shortText), [
      "7",
      "1.23 k",
      "612 M",
      "2.00 G",
    ]);
  });
});
