// Goal: whatever the market makes of the offers, the battery can deliver it, and no Wh is offered twice.
// Method: random windows and batteries; a random market takes random parts of every offer in random
// intervals of its mask; the battery is played through and never over or under its limits. Seed: 3.
import assert from "node:assert/strict";
import fc from "fast-check";
import { planOffers, powerWhPerInterval, type WindowPlan } from "./battery-rule.ts";
import { type NewOffer, offerIntervals } from "./market-terms.ts";

const plan = (
  forecastWh: readonly number[],
  battery?: readonly [capacityWh: number, powerWh: number, chargeWh: number],
): WindowPlan => ({
  firstInterval: 10,
  forecastWh,
  battery:
    battery === undefined
      ? undefined
      : { capacityWh: battery[0], powerWhPerInterval: battery[1], chargeWh: battery[2] },
  askUnits: 80,
  bidUnits: 300,
});

const brief = (offers: readonly NewOffer[]): unknown[] =>
  offers.map((offer) => [offer.kind, offer.energyWh, offerIntervals(offer)]);

const arbitraryPlan = fc
  .record({
    forecastWh: fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 100 }),
    capacityWh: fc.integer({ min: 0, max: 3_000 }),
    powerWh: fc.integer({ min: 0, max: 400 }),
    charge: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ forecastWh, capacityWh, powerWh, charge }) =>
    plan(forecastWh, [capacityWh, powerWh, Math.floor((capacityWh * charge) / 100)]),
  );

describe("transax battery rule", () => {
  it("without a battery sells and buys each interval by itself", () => {
    assert.deepEqual(brief(planOffers(plan([5, 0, -7]))), [
      ["sell", 5, [10]],
      ["buy", 7, [12]],
    ]);
    const [sell, buy] = planOffers(plan([5, -7]));
    assert.deepEqual([sell?.priceUnits, buy?.priceUnits], [80, 300]);
  });

  it("offers what the battery can keep in later calm intervals too", () => {
    const offers = planOffers(plan([100, 100, -10, -10, -10, -10], [60, 30, 0]));
    assert.deepEqual(brief(offers).slice(0, 4), [
      ["sell", 30, [10, 12, 13]],
      ["sell", 70, [10]],
      ["sell", 30, [11, 14, 15]],
      ["sell", 70, [11]],
    ]);
  });

  it("offers what is in the battery already, in calm intervals only", () => {
    const offers = planOffers(plan([50, 0, 0], [30, 20, 30]));
    assert.deepEqual(brief(offers), [
      ["sell", 20, [11]],
      ["sell", 10, [12]],
      ["sell", 50, [10]],
    ]);
  });

  it("turns power into energy per interval, rounded down", () => {
    assert.equal(powerWhPerInterval(5_000, 900), 1_250);
    assert.equal(powerWhPerInterval(1, 900), 0);
  });

  it("offers each interval's surplus exactly once, and asks for each deficit", () => {
    fc.assert(
      fc.property(arbitraryPlan, (one) => {
        const { forecastWh, firstInterval, battery } = one;
        const offers = planOffers(one);
        const sold = offers.filter(({ kind }) => kind === "sell");
        forecastWh.forEach((netWh, place) => {
          const here = offers.filter((offer) => offer.firstInterval === firstInterval + place);
          const wh = (kind: NewOffer["kind"]): number =>
            here
              .filter((offer) => offer.kind === kind)
              .reduce((sum, { energyWh }) => sum + energyWh, 0);
          assert.equal(wh("buy"), Math.max(0, -netWh));
          if (netWh > 0) assert.equal(wh("sell"), netWh);
        });
        const fromCharge = sold
          .filter((offer) => (forecastWh[offer.firstInterval - firstInterval] ?? 0) <= 0)
          .reduce((sum, { energyWh }) => sum + energyWh, 0);
        assert.ok(fromCharge <= (battery?.chargeWh ?? 0));
        for (const offer of offers) {
          assert.ok(offer.energyWh > 0);
          assert.ok(offer.intervalMask % 2n === 1n && offer.intervalMask < 2n ** 64n);
        }
        assert.deepEqual(planOffers(one), offers);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("can deliver whatever the market takes", () => {
    const draws = fc.infiniteStream(fc.integer({ min: 0, max: 1_000 }));
    fc.assert(
      fc.property(arbitraryPlan, draws, (one, stream) => {
        const { forecastWh, firstInterval, battery } = one;
        if (battery === undefined) return;
        const { capacityWh, powerWhPerInterval: powerWh, chargeWh } = battery;
        const flowWh = forecastWh.map(() => 0);
        const surplusOf = (interval: number): number => forecastWh[interval - firstInterval] ?? 0;
        for (const offer of planOffers(one)) {
          if (offer.kind === "buy") continue;
          const intervals = offerIntervals(offer);
          const fromStore = surplusOf(offer.firstInterval) <= 0;
          let leftWh = offer.energyWh;
          intervals.forEach((interval, index) => {
            // What no one buys leaves in the last interval: the block's place is not promised beyond.
            const isLast = index === intervals.length - 1;
            const takenWh = isLast ? leftWh : Math.floor((leftWh * stream.next().value) / 1_000);
            leftWh -= takenWh;
            const place = interval - firstInterval;
            if (index === 0 && !fromStore) flowWh[place] = (flowWh[place] ?? 0) + leftWh;
            else flowWh[place] = (flowWh[place] ?? 0) - takenWh;
          });
        }
        let storedWh = chargeWh;
        for (const wh of flowWh) {
          assert.ok(Math.abs(wh) <= powerWh, `moves ${String(wh)} of ${String(powerWh)}`);
          storedWh += wh;
          assert.ok(storedWh >= 0 && storedWh <= capacityWh, `holds ${String(storedWh)}`);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
