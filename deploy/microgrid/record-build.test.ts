// Goal: the record says of each household, feeder and interval what the events say, and its sums agree.
// Method: hand-made days with numbers that can be checked by heart; random days for the sums.
// Seed: fast-check prints the failing one.
import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf } from "../../actors/transax/hex.ts";
import { billsOf } from "../../actors/transax/rules/bill-rule.ts";
import { decodeTrades } from "../../actors/transax/rules/solution-codec.ts";
import { type DayRecord, type DayTerms, recordFromJson, recordToJson } from "./record.ts";
import { buildRecord } from "./record-build.ts";
import type { DayFacts } from "./record-facts.ts";
import {
  EventScript,
  SAMPLE_RUN,
  SAMPLE_TERMS,
  sampleCommunity,
  sampleFacts,
} from "./record-sample.fixture.ts";

const TERMS: DayTerms = { ...SAMPLE_TERMS, intervalCount: 4 };

function recordOf(script: EventScript, facts: Partial<DayFacts> = {}): DayRecord {
  const all = { market: "0x01", events: script.events, transactions: [], blockCount: 3, ...facts };
  return buildRecord(all, TERMS, SAMPLE_RUN);
}

/** A producer (11) sells to 12 on its feeder and 21 on another one. */
function smallDay(): EventScript {
  const script = new EventScript().feeder(1, 500, 900).feeder(2);
  const seller = script.join("11", 1, 1_000);
  const near = script.join("12", 1);
  const far = script.join("21", 2);
  const sell = script.offer(seller, 300, 100, 1);
  const buyNear = script.offer(near, -120, 250, 1);
  const buyFar = script.offer(far, -400, 200, 1);
  script.finalize(0, []);
  script.feeder(1, 400, 900);
  script.finalize(1, [
    { sellerOffer: sell, buyerOffer: buyNear, energyWh: 120, priceUnits: 170 },
    { sellerOffer: sell, buyerOffer: buyFar, energyWh: 150, priceUnits: 150 },
  ]);
  script.feeder(1, 300, 900);
  script.readings(seller, 0, [0, 300, 50, -5]);
  script.readings(near, 0, [-10, -120, -30, 0]);
  script.readings(far, 0, [-20, -420]);
  return script;
}

describe("the record of a day", () => {
  it("tells trades, prices and grid energy of an interval", () => {
    const { intervals } = recordOf(smallDay());
    assert.deepEqual(intervals[1], {
      interval: 1,
      isFinal: true,
      producedWh: 300,
      consumedWh: 540,
      missingReadings: 0,
      offeredToSellWh: 300,
      offeredToBuyWh: 520,
      tradedWh: 270,
      fromGridWh: 270,
      toGridWh: 30,
      paidUnits: 42_900n,
      priceMean: 42_900 / 270,
      priceMin: 150,
      priceMax: 170,
    });
    assert.deepEqual(
      intervals.map(({ isFinal }) => isFinal),
      [true, true, false, false],
    );
    assert.equal(intervals[0]?.priceMean, null);
  });

  it("tells missing readings apart from readings of zero", () => {
    const { intervals, prosumers, totals } = recordOf(smallDay());
    assert.deepEqual(
      intervals.map(({ missingReadings }) => missingReadings),
      [0, 0, 1, 1],
    );
    assert.deepEqual(
      prosumers.map(({ missingReadings }) => missingReadings),
      [0, 0, 2],
    );
    assert.equal(totals.missingReadings, 2);
  });

  it("makes the bill of a household", () => {
    const [seller, near, far] = recordOf(smallDay()).prosumers;
    assert.ok(seller && near && far);
    assert.deepEqual(
      [seller.soldWh, seller.toGridWh, seller.fromGridWh, seller.earnedUnits],
      [270, 80, 5, 42_900n],
    );
    assert.equal(seller.billUnits, 5n * 300n - 80n * 80n - 42_900n);
    assert.equal(seller.billWithoutMarketUnits, 5n * 300n - 350n * 80n);
    assert.deepEqual([near.boughtWh, near.fromGridWh, near.spentUnits], [120, 40, 20_400n]);
    assert.equal(far.billUnits, 290n * 300n + 22_500n);
    assert.deepEqual(
      [seller.role, near.role, seller.prosumer, far.feeder],
      ["producer", "consumer", "11", 2],
    );
  });

  it("holds feeders against the limits of the moment their interval became final", () => {
    const [first, second] = recordOf(smallDay()).feeders;
    assert.deepEqual(first?.flows[1], {
      soldWh: 270,
      boughtWh: 120,
      netWh: 150,
      externalLimitWh: 400,
      internalLimitWh: 900,
    });
    assert.deepEqual(
      first.flows.map(({ externalLimitWh }) => externalLimitWh),
      [500, 400, 300, 300],
    );
    assert.deepEqual([second?.flows[1]?.netWh, second?.flows[1]?.externalLimitWh], [-150, null]);
  });

  it("knows a meter that nobody registered with", () => {
    const { prosumers, totals } = recordOf(new EventScript().feeder(1).meter("17", 1));
    assert.deepEqual([prosumers[0]?.prosumer, prosumers[0]?.account], ["17", null]);
    assert.equal(totals.missingReadings, 4);
  });

  it("leaves out what lies beyond the day", () => {
    const script = smallDay();
    const sell = script.offer(1, 10, 1, 4);
    const buy = script.offer(2, -10, 1, 4);
    script.finalize(4, [{ sellerOffer: sell, buyerOffer: buy, energyWh: 10, priceUnits: 1 }]);
    script.readings(1, 4, [99, 99]);
    assert.deepEqual(recordOf(script).totals, recordOf(smallDay()).totals);
  });

  it("refuses a trade of an offer that was never told", () => {
    const trade = { sellerOffer: 8, buyerOffer: 9, energyWh: 1, priceUnits: 1 };
    assert.throws(() => recordOf(new EventScript().finalize(0, [trade])), /never told of offer 8/);
  });

  it("sums gas by function and per item, the dearest first", () => {
    const call = (functionName: string, gasUsed: number, itemCount?: number, succeeded = true) => ({
      functionName,
      gasUsed,
      succeeded,
      itemCount,
    });
    const { gas, totals } = recordOf(new EventScript(), {
      transactions: [
        call("deposit", 40),
        call("postSolution", 1_000, 3),
        call("postSolution", 500, undefined, false),
        call("postSolution", 2_001, 6),
        call("postSolution", 3_000, 1),
      ],
    });
    assert.deepEqual(gas, [
      {
        functionName: "postSolution",
        callCount: 4,
        refusedCount: 1,
        gasMin: 500,
        gasMedian: 1_500,
        gasMax: 3_000,
        gasTotal: 6_501,
        items: {
          itemName: "assignment",
          count: 10,
          perCallMin: 1,
          perCallMedian: 3,
          perCallMax: 6,
          gasPerItem: 600,
        },
      },
      {
        functionName: "deposit",
        callCount: 1,
        refusedCount: 0,
        gasMin: 40,
        gasMedian: 40,
        gasMax: 40,
        gasTotal: 40,
        items: null,
      },
    ]);
    assert.deepEqual(
      [totals.gasUsed, totals.transactionCount, totals.refusedCount, totals.blockCount],
      [6_541, 5, 1, 3],
    );
  });

  it("survives JSON", () => {
    const record = recordOf(smallDay());
    assert.deepEqual(recordFromJson(recordToJson(record)), record);
  });
});

const household = fc.record({
  feeder: fc.integer({ min: 1, max: 3 }),
  isProducer: fc.boolean(),
  netWh: fc.array(fc.integer({ min: -9_000, max: 9_000 }), { maxLength: 6 }),
});
const trade = fc.record({
  interval: fc.integer({ min: 0, max: 4 }),
  seller: fc.nat(99),
  buyer: fc.nat(99),
  energyWh: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  priceUnits: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

const SUMMED = [
  ...["producedWh", "consumedWh", "soldWh", "boughtWh", "fromGridWh", "toGridWh"],
  ...["earnedUnits", "spentUnits", "gridCostUnits", "feedInIncomeUnits"],
  ...["billUnits", "billWithoutMarketUnits"],
] as const;

function total(items: readonly object[], field: string): bigint {
  return items.reduce(
    (sum, item) => sum + BigInt((item as Readonly<Record<string, number | bigint>>)[field] ?? 0),
    0n,
  );
}

describe("the sums of a record", () => {
  it("agree over households, feeders, intervals and trades, whatever happened", () => {
    const days = fc.tuple(
      fc.array(household, { minLength: 1, maxLength: 8 }),
      fc.array(trade, { maxLength: 20 }),
    );
    const agree = fc.property(days, ([households, trades]) => {
      const script = new EventScript().feeder(1, 50).feeder(2);
      const accounts = households.map(({ feeder, isProducer }, index) =>
        script.join(String(index), feeder, isProducer ? 9 : 0),
      );
      const offers = accounts.map((account) => script.offer(account, 1, 1, 0));
      const offerAt = (index: number): number => offers[index % offers.length] ?? 0;
      for (let interval = 0; interval <= 4; interval += 1)
        script.finalize(
          interval,
          trades
            .filter((each) => each.interval === interval)
            .map(({ seller, buyer, energyWh, priceUnits }) => ({
              sellerOffer: offerAt(seller),
              buyerOffer: offerAt(buyer),
              energyWh,
              priceUnits,
            })),
        );
      households.forEach(({ netWh }, index) => script.readings(accounts[index] ?? 0, 0, netWh));
      const { prosumers, feeders, intervals, totals, trades: told } = recordOf(script);
      for (const field of SUMMED) {
        assert.equal(total(prosumers, field), total([totals], field), field);
        assert.equal(total(feeders, field), total([totals], field), field);
      }
      for (const field of ["producedWh", "consumedWh", "fromGridWh", "toGridWh", "tradedWh"])
        assert.equal(total(intervals, field), total([totals], field), field);
      assert.equal(total(intervals, "paidUnits"), totals.paidUnits);
      assert.equal(total(told, "energyWh"), BigInt(totals.tradedWh));
      assert.deepEqual([totals.soldWh, totals.boughtWh], [totals.tradedWh, totals.tradedWh]);
      assert.equal(totals.earnedUnits, totals.paidUnits, "money in");
      assert.equal(totals.spentUnits, totals.paidUnits, "money out");
      const grid = totals.gridCostUnits - totals.feedInIncomeUnits;
      assert.equal(totals.billUnits, grid, "trades move money, and make none");
      const flow = feeders.flatMap(({ flows }) => flows);
      assert.equal(total(flow, "netWh"), 0n, "what leaves a feeder enters another");
    });
    fc.assert(agree, { numRuns: 200 });
  });

  it("make the same bills as the market's own rule", () => {
    const facts = sampleFacts();
    const record = buildRecord(facts, SAMPLE_TERMS, SAMPLE_RUN);
    const offers = facts.events.flatMap((event) =>
      event.name === "OfferPosted" ? [event.args] : [],
    );
    const meterOf = new Map(record.prosumers.map(({ account, prosumer }) => [account, prosumer]));
    const sideOf = new Map(
      offers.map(({ offerId, account }) => [offerId, Number(meterOf.get(account))]),
    );
    const trades = facts.events.flatMap((event) =>
      event.name === "Finalized"
        ? (decodeTrades(event.args.interval, bytesOf(event.args.trades)) ?? [])
        : [],
    );
    const bills = billsOf({
      measuredWh: sampleCommunity().netWh,
      firstInterval: 0,
      trades,
      prosumerOf: (offerId) => sideOf.get(offerId),
      tariff: SAMPLE_TERMS.tariff,
    });
    for (const each of record.prosumers) {
      const bill = bills.get(Number(each.prosumer));
      assert.deepEqual(
        [-each.billUnits, -each.billWithoutMarketUnits, each.fromGridWh, each.toGridWh],
        [bill?.totalUnits, bill?.withoutMarketUnits, bill?.fromGridWh, bill?.toGridWh],
        each.prosumer,
      );
    }
  });

  it("balance for every household whose meter told everything", () => {
    for (const { missingReadings, ...each } of recordOf(smallDay()).prosumers)
      if (missingReadings === 0)
        assert.equal(
          each.producedWh + each.boughtWh + each.fromGridWh,
          each.consumedWh + each.soldWh + each.toGridWh,
          each.prosumer,
        );
  });
}).timeout(30_000);
