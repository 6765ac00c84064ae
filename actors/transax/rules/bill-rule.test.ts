// Goal: bills add up: every Wh is billed once, trades cost exactly their price, and residuals the tariff.
// Method: hand-made cases for the four kinds of deviation; random trades for the sums. Seed: 5.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bill, billsOf } from "./bill-rule.ts";
import type { Trade } from "./market-terms.ts";

const tariff = { retailUnits: 300, feedInUnits: 80 };
const trade = (interval: number, energyWh: number, priceUnits: number): Trade => ({
  interval,
  sellerOffer: 1,
  buyerOffer: 2,
  energyWh,
  priceUnits,
});

function bill(
  measured: Record<number, number[]>,
  trades: readonly Trade[],
): ReadonlyMap<number, Bill> {
  return billsOf({
    measuredWh: new Map(Object.entries(measured).map(([who, series]) => [Number(who), series])),
    firstInterval: 10,
    trades,
    prosumerOf: (offerId) => ({ 1: 101, 2: 102 })[offerId],
    tariff,
  });
}

describe("transax bill rule", () => {
  it("bills nothing but the trade to those who do as they traded", () => {
    const bills = bill({ 101: [50], 102: [-50] }, [trade(10, 50, 150)]);
    const common = { fromGridWh: 0, toGridWh: 0, gridUnits: 0n };
    assert.deepEqual(bills.get(101), {
      ...common,
      soldWh: 50,
      boughtWh: 0,
      tradeUnits: 7_500n,
      totalUnits: 7_500n,
      withoutMarketUnits: 4_000n,
    });
    assert.deepEqual(bills.get(102), {
      ...common,
      soldWh: 0,
      boughtWh: 50,
      tradeUnits: -7_500n,
      totalUnits: -7_500n,
      withoutMarketUnits: -15_000n,
    });
  });

  it("charges what is missing at retail and credits what is over at feed-in", () => {
    const missing = bill({ 101: [40], 102: [-60] }, [trade(10, 50, 150)]);
    assert.equal(missing.get(101)?.gridUnits, -3_000n);
    assert.equal(missing.get(102)?.gridUnits, -3_000n);
    const over = bill({ 101: [60], 102: [-40] }, [trade(10, 50, 150)]);
    assert.equal(over.get(101)?.gridUnits, 800n);
    assert.equal(over.get(102)?.gridUnits, 800n);
  });

  it("settles each interval by itself: noon's surplus does not pay for the night", () => {
    const bills = bill({ 101: [10, -10] }, []);
    assert.equal(bills.get(101)?.gridUnits, 10n * 80n - 10n * 300n);
    assert.equal(bills.get(101)?.totalUnits, bills.get(101)?.withoutMarketUnits);
  });

  it("leaves out trades of other intervals", () => {
    const bills = bill({ 101: [10] }, [trade(9, 5, 1), trade(11, 5, 1)]);
    assert.equal(bills.get(101)?.soldWh, 0);
    assert.equal(bills.get(101)?.tradeUnits, 0n);
  });

  it("adds up over everybody: trades to nothing, energy to what was measured", () => {
    const arbitraryTrade = fc.record({
      interval: fc.integer({ min: 10, max: 12 }),
      sellerOffer: fc.constant(1),
      buyerOffer: fc.constant(2),
      energyWh: fc.integer({ min: 1, max: 100 }),
      priceUnits: fc.integer({ min: 0, max: 500 }),
    });
    const series = fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(series, series, fc.array(arbitraryTrade), (first, second, trades) => {
        const bills = [...bill({ 101: first, 102: second }, trades).values()];
        assert.equal(
          bills.reduce((sum, one) => sum + one.tradeUnits, 0n),
          0n,
        );
        bills.forEach((one, index) => {
          const measured = ([first, second][index] ?? []).reduce((sum, wh) => sum + wh, 0);
          assert.equal(one.toGridWh - one.fromGridWh + one.soldWh - one.boughtWh, measured);
          assert.equal(one.totalUnits, one.tradeUnits + one.gridUnits);
          assert.equal(one.gridUnits, BigInt(one.toGridWh) * 80n - BigInt(one.fromGridWh) * 300n);
        });
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
