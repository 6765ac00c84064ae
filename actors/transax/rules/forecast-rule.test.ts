// Goal: without error a forecast is the data; a perturbed one errs as much as it is told, whole and signed.
// Method: a small congruential generator stands in for Random. Seed: 4.
import assert from "node:assert/strict";
import { type Chance, perturbedForecast } from "./forecast-rule.ts";

function chanceOf(seed: number): Chance {
  let state = seed;
  return {
    next: () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

describe("transax forecast rule", () => {
  it("without error is the data", () => {
    assert.deepEqual(perturbedForecast([1, -2, 0], 0, chanceOf(4)), [1, -2, 0]);
  });

  it("is the same for the same seed, and keeps signs", () => {
    const data = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 900 : -900));
    const first = perturbedForecast(data, 2, chanceOf(4));
    assert.deepEqual(perturbedForecast(data, 2, chanceOf(4)), first);
    assert.notDeepEqual(perturbedForecast(data, 2, chanceOf(5)), first);
    for (const [index, value] of first.entries()) {
      assert.ok(Number.isInteger(value) && !Object.is(value, -0));
      assert.ok(index % 2 === 0 ? value >= 0 : value <= 0);
    }
    assert.ok(first.includes(0), "a factor below 0 counts as 0");
  });

  it("has mean 1 and the deviation that it is told", () => {
    const data = new Array<number>(20_000).fill(1_000_000);
    const ratios = perturbedForecast(data, 0.2, chanceOf(4)).map((value) => value / 1_000_000);
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / ratios.length;
    assert.ok(Math.abs(mean - 1) < 0.01, String(mean));
    assert.ok(Math.abs(Math.sqrt(variance) - 0.2) < 0.01, String(variance));
  });
});
