// Goal: a trader offers what it expects, for intervals that are still open, and no Wh twice; all boards
// forecast alike.
// Method: properties over forecasts and windows; known values for hashes and names.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesToHex, keccak256 as viemKeccak256 } from "viem";
import { bytesOf, hexOf, keccak256, meterId } from "./hex.ts";
import { firstOfPlan, PLAN_INTERVALS } from "./market-time.ts";
import { offerIntervals } from "./rules/market-terms.ts";
import { forecastOf, plannedOffers, type TraderOptions, windowOf } from "./trader-plan.ts";

const OPTIONS: TraderOptions = {
  ...{
    meter: "101",
    community: "c",
    askUnits: 90,
    bidUnits: 230,
    forecastErrorPercent: 0,
    seed: 1,
  },
  ...{ batteryWh: 0, batteryW: 0, fromInterval: 0, intervals: 96 },
};
const forecasts = fc.array(fc.integer({ min: -3000, max: 3000 }), { minLength: 1, maxLength: 20 });
const plans = fc.integer({ min: 1, max: 6 });
const openings = fc.nat(24);
const INTERVAL_S = 900;
const batteries = fc.record({ batteryWh: fc.nat(5000), batteryW: fc.nat(8000) });
const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

describe("trader plan", () => {
  it("offers exactly the forecast of the open intervals of its plan, without a battery", () => {
    const lengths = fc.integer({ min: 1, max: 24 });
    fc.assert(
      fc.property(forecasts, plans, openings, lengths, (forecast, plan, firstOpen, intervals) => {
        const options = { ...OPTIONS, intervals };
        const window = windowOf(options, plan, firstOpen);
        assert.equal(window.plan, plan);
        const offers = plannedOffers(options, forecast, window, INTERVAL_S);
        const net = new Map<number, number>();
        for (const offer of offers) {
          assert.equal(offer.intervalMask, 1n);
          assert.equal(offer.priceUnits, offer.kind === "sell" ? 90 : 230);
          net.set(offer.firstInterval, offer.energyWh * (offer.kind === "sell" ? 1 : -1));
        }
        assert.equal(net.size, offers.length);
        for (const [interval, wh] of forecast.entries()) {
          const isPlanned =
            interval >= Math.max(firstOfPlan(plan), firstOpen) &&
            interval < Math.min(firstOfPlan(plan) + PLAN_INTERVALS, intervals);
          assert.equal(net.get(interval) ?? 0, isPlanned ? wh : 0);
        }
      }),
    );
  });

  it("with a battery: the rest of the day at once, no closed interval, no Wh twice", () => {
    fc.assert(
      fc.property(forecasts, plans, openings, batteries, (forecast, plan, firstOpen, battery) => {
        const options = { ...OPTIONS, ...battery, batteryWh: battery.batteryWh + 1 };
        const window = windowOf(options, plan, firstOpen);
        // No plan is left for later: the last number of the day is taken.
        assert.equal(window.plan, options.intervals / PLAN_INTERVALS);
        const begin = Math.max(firstOfPlan(plan), firstOpen);
        const offers = plannedOffers(options, forecast, window, INTERVAL_S);
        for (const offer of offers)
          for (const interval of offerIntervals(offer))
            assert(interval >= begin && interval < options.intervals);
        const planned = forecast.slice(begin);
        const energy = (kind: string): number =>
          sum(offers.filter((offer) => offer.kind === kind).map(({ energyWh }) => energyWh));
        assert.equal(energy("sell"), sum(planned.filter((wh) => wh > 0)));
        assert.equal(energy("buy"), sum(planned.map((wh) => Math.max(0, -wh))));
      }),
    );
  });

  it("offers nothing before the interval it trades from", () => {
    const options = { ...OPTIONS, fromInterval: 6 };
    const window = windowOf(options, 2, 0);
    const offers = plannedOffers(options, Array<number>(12).fill(-50), window, INTERVAL_S);
    assert.deepEqual(
      offers.map(({ firstInterval }) => firstInterval),
      [6, 7],
    );
  });

  it("a battery may deliver a surplus later in the day, as far as its power and size go", () => {
    const options = { ...OPTIONS, batteryWh: 300, batteryW: 4000 };
    const window = windowOf(options, 1, 0);
    const offers = plannedOffers(options, [500, -200, -200, -200], window, INTERVAL_S);
    const stored = offers.filter((offer) => offer.kind === "sell" && offer.intervalMask !== 1n);
    assert.equal(sum(stored.map(({ energyWh }) => energyWh)), 300);
    for (const offer of stored) assert.equal(offer.firstInterval, 0);
  });

  it("a perfect forecast is the data; an imperfect one errs alike wherever it is made", () => {
    const netWh = Array.from({ length: 96 }, (_, interval) => (interval % 9) * 100 - 400);
    assert.deepEqual(forecastOf(OPTIONS, netWh), netWh);
    const options = { ...OPTIONS, forecastErrorPercent: 20 };
    const forecast = forecastOf(options, netWh);
    assert.deepEqual(forecastOf(options, netWh), forecast);
    assert.notDeepEqual(forecast, netWh);
    assert.notDeepEqual(forecastOf({ ...options, meter: "102" }, netWh), forecast);
    assert.notDeepEqual(forecastOf({ ...options, seed: 2 }, netWh), forecast);
    // The standard deviation of its errors, over many values, is what was asked for.
    const flat = Array<number>(20_000).fill(1000);
    const errors = forecastOf(options, flat).map((wh) => (wh - 1000) / 1000);
    const deviation = Math.sqrt(sum(errors.map((error) => error ** 2)) / errors.length);
    assert(Math.abs(deviation - 0.2) < 0.01, String(deviation));
    assert(Math.abs(sum(errors) / errors.length) < 0.01);
  });
});

describe("transax hex", () => {
  it("bytes and text are each other's inverse; the hash is Ethereum's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.deepEqual(bytesOf(hexOf(bytes)), bytes);
        assert.equal(hexOf(bytes), bytesToHex(bytes));
        assert.equal(hexOf(keccak256(bytes)), viemKeccak256(bytes));
      }),
    );
  });

  it("a meter's name is its UTF-8 with zeros behind", () => {
    assert.equal(meterId("101"), `0x313031${"0".repeat(58)}`);
    assert.equal(meterId(""), `0x${"0".repeat(64)}`);
    assert.notEqual(meterId("10"), meterId("101"));
  });
});
