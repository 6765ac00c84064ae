// Goal: solutions are feasible, whole, optimal, priced inside both reservation prices, and always the same.
// Method: random small markets; the optimum is found again by another program, with a whole variable for
// every pair and interval; feasibility is checked by feasible.ts, which is itself tested on broken trades.
// Seed: 2.
import assert from "node:assert/strict";
import fc from "fast-check";
import { infeasibilityOf } from "./feasible.ts";
import { openHighs } from "./highs-solver.ts";
import type { LinearRow, LinearSolver } from "./linear-solver.ts";
import { type FeederLimits, maskOf, type Offer, offerCovers, type Trade } from "./market-terms.ts";
import { priceAssignments } from "./price-rule.ts";
import { wholeAssignments } from "./repair-rule.ts";
import { ASSIGNMENTS_MAX } from "./solution-codec.ts";
import { solveTrading } from "./solver-rule.ts";
import { componentsOf, type TradingProblem } from "./trading-program.ts";

const offerOf = (
  offerId: number,
  kind: Offer["kind"],
  [energyWh, priceUnits, feeder = 1]: readonly number[],
  intervals: readonly number[],
): Offer => ({
  offerId,
  kind,
  energyWh: energyWh ?? 0,
  priceUnits: priceUnits ?? 0,
  feeder,
  usedWh: 0,
  firstInterval: intervals[0] ?? 0,
  intervalMask: maskOf(intervals[0] ?? 0, intervals),
});

const arbitraryProblem: fc.Arbitrary<TradingProblem> = fc.record({
  offers: fc
    .array(
      fc.record({
        kind: fc.constantFrom<Offer["kind"]>("sell", "buy"),
        energyWh: fc.integer({ min: 1, max: 40 }),
        used: fc.integer({ min: 0, max: 8 }),
        priceUnits: fc.integer({ min: 0, max: 6 }),
        feeder: fc.integer({ min: 1, max: 3 }),
        firstInterval: fc.integer({ min: 3, max: 7 }),
        mask: fc.integer({ min: 0, max: 7 }),
      }),
      { maxLength: 14 },
    )
    .map((list) =>
      list.map(({ used, mask, ...offer }, index) => ({
        ...offer,
        offerId: 10 * index + 1,
        usedWh: Math.min(used, offer.energyWh),
        intervalMask: BigInt(2 * mask + 1),
      })),
    ),
  limits: fc
    .array(
      fc.record({
        externalLimitWh: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
        internalLimitWh: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      }),
      { minLength: 2, maxLength: 3 },
    )
    .map((list) => new Map<number, FeederLimits>(list.map((one, index) => [index + 1, one]))),
  firstInterval: fc.constant(4),
  horizonIntervals: fc.integer({ min: 0, max: 4 }),
});

/** The optimum by a whole variable per pair and interval. */
function optimumByPairs(problem: TradingProblem, solver: LinearSolver): number {
  const pairs: { seller: Offer; buyer: Offer; interval: number }[] = [];
  for (let ahead = 0; ahead <= problem.horizonIntervals; ahead += 1) {
    const interval = problem.firstInterval + ahead;
    const open = problem.offers.filter((offer) => offerCovers(offer, interval));
    for (const seller of open.filter(({ kind }) => kind === "sell"))
      for (const buyer of open.filter(({ kind }) => kind === "buy"))
        if (seller.priceUnits <= buyer.priceUnits) pairs.push({ seller, buyer, interval });
  }
  if (pairs.length === 0) return 0;
  const rows: LinearRow[] = [];
  const row = (valueOf: (pair: (typeof pairs)[number]) => number, most: number, least: number) => {
    const columns = pairs.flatMap((pair, column) => (valueOf(pair) === 0 ? [] : [column]));
    const values = columns.map((column) => valueOf(pairs[column]!));
    if (columns.length > 0) rows.push({ lower: least, upper: most, columns, values });
  };
  for (const offer of problem.offers)
    row(
      ({ seller, buyer }) => (seller === offer || buyer === offer ? 1 : 0),
      offer.energyWh - offer.usedWh,
      -Infinity,
    );
  for (const [feeder, { externalLimitWh, internalLimitWh }] of problem.limits)
    for (const interval of new Set(pairs.map((pair) => pair.interval))) {
      const sells = (pair: (typeof pairs)[number]): number =>
        pair.interval === interval && pair.seller.feeder === feeder ? 1 : 0;
      const buys = (pair: (typeof pairs)[number]): number =>
        pair.interval === interval && pair.buyer.feeder === feeder ? 1 : 0;
      if (internalLimitWh !== undefined) row(sells, internalLimitWh, -Infinity);
      if (internalLimitWh !== undefined) row(buys, internalLimitWh, -Infinity);
      if (externalLimitWh !== undefined)
        row((pair) => sells(pair) - buys(pair), externalLimitWh, -externalLimitWh);
    }
  const found = solver.solve({
    upper: pairs.map(() => 1_000),
    rows,
    objectives: [pairs.map(() => 1)],
    whole: true,
  });
  assert.ok(found);
  return Math.round(found.objective);
}

describe("transax solver rule", function () {
  this.timeout(60_000);
  let solver: LinearSolver;
  before(async () => {
    solver = await openHighs();
  });

  it("solves example 1 of the paper: 40, and the earlier interval first", () => {
    const offers = [
      offerOf(1, "sell", [10, 5], [48]),
      offerOf(2, "sell", [30, 5], [48, 49]),
      offerOf(3, "buy", [30, 9], [48]),
      offerOf(4, "buy", [10, 9], [49]),
    ];
    const { trades, totalWh } = solveTrading(
      { offers, limits: new Map(), firstInterval: 48, horizonIntervals: 5 },
      solver,
    );
    assert.equal(totalWh, 40);
    const common = { priceUnits: 7 };
    assert.deepEqual(trades, [
      { ...common, interval: 48, sellerOffer: 1, buyerOffer: 3, energyWh: 10 },
      { ...common, interval: 48, sellerOffer: 2, buyerOffer: 3, energyWh: 20 },
      { ...common, interval: 49, sellerOffer: 2, buyerOffer: 4, energyWh: 10 },
    ]);
  });

  it("of equal optima takes earlier intervals, then lower numbers of offers", () => {
    const offers = [
      offerOf(1, "sell", [10, 5], [4, 5]),
      offerOf(2, "sell", [10, 5], [4, 5]),
      offerOf(3, "buy", [10, 9], [4]),
      offerOf(4, "buy", [5, 9], [5]),
      offerOf(5, "buy", [10, 9], [5]),
    ];
    const { trades } = solveTrading(
      { offers: offers.slice(1), limits: new Map(), firstInterval: 4, horizonIntervals: 1 },
      solver,
    );
    assert.deepEqual(
      trades.map((one) => [one.interval, one.sellerOffer, one.buyerOffer, one.energyWh]),
      [[4, 2, 3, 10]],
    );
    const later = solveTrading(
      { offers: offers.slice(1), limits: new Map(), firstInterval: 5, horizonIntervals: 1 },
      solver,
    );
    assert.deepEqual(
      later.trades.map((one) => [one.buyerOffer, one.energyWh]),
      [
        [4, 5],
        [5, 5],
      ],
    );
  });

  it("has nothing to say about an empty, one-sided or mispriced book", () => {
    const problem = { limits: new Map(), firstInterval: 4, horizonIntervals: 1 };
    const lone = offerOf(1, "sell", [10, 5], [4]);
    const low = offerOf(2, "buy", [10, 4], [4]);
    for (const offers of [[], [lone], [low], [lone, low]])
      assert.deepEqual(solveTrading({ ...problem, offers }, solver), { trades: [], totalWh: 0 });
  });

  it("is feasible, optimal and repeatable on random markets", () => {
    fc.assert(
      fc.property(arbitraryProblem, (problem) => {
        const { trades, totalWh } = solveTrading(problem, solver);
        assert.equal(infeasibilityOf(problem, trades), undefined);
        assert.equal(totalWh, optimumByPairs(problem, solver));
        assert.deepEqual(solveTrading(problem, solver).trades, trades);
        const pairs = trades.map((one) => [one.interval, one.sellerOffer, one.buyerOffer].join());
        assert.equal(new Set(pairs).size, pairs.length);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it("rounds any real amounts to a feasible solution, with and without an engine", () => {
    const noEngine: LinearSolver = { solve: () => undefined };
    fc.assert(
      fc.property(
        arbitraryProblem,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (problem, noise) => {
          const whole = solveTrading(problem, solver);
          assert.equal(infeasibilityOf(problem, solveTrading(problem, noEngine).trades), undefined);
          // A mixture of a feasible solution and nothing is feasible in real numbers.
          const share = Number(noise.next().value);
          for (const component of componentsOf(problem)) {
            const real = whole.trades
              .filter(({ interval }) => component.intervals.includes(interval))
              .map((one) => ({ ...one, energyWh: one.energyWh * share }));
            const rounded = wholeAssignments(component, problem.limits, real);
            const byId = new Map(problem.offers.map((offer) => [offer.offerId, offer]));
            const trades = priceAssignments(rounded, (id) => byId.get(id)!);
            assert.equal(infeasibilityOf(problem, trades), undefined);
          }
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it("keeps a net flow that rounding down would push over its limit", () => {
    // Feeder 1 sends 10 out and takes 2.5 in twice: net 5. Rounded down, 10 and 4: one of the 10 must go.
    const offers = [
      offerOf(1, "sell", [10, 1, 1], [4]),
      offerOf(2, "sell", [5, 1, 2], [4]),
      offerOf(3, "buy", [2, 9, 1], [4]),
      offerOf(4, "buy", [2, 9, 1], [4]),
      offerOf(5, "buy", [10, 9, 3], [4]),
    ];
    const limits = new Map([[1, { externalLimitWh: 5 }]]);
    const problem = { offers, limits, firstInterval: 4, horizonIntervals: 0 };
    const [component] = componentsOf(problem);
    const real = [
      [2, 3, 2.5],
      [2, 4, 2.5],
      [1, 5, 10],
    ].map(([sellerOffer = 0, buyerOffer = 0, energyWh = 0]) => ({
      interval: 4,
      sellerOffer,
      buyerOffer,
      energyWh,
    }));
    const rounded = wholeAssignments(component!, limits, real);
    const trades = rounded.map((one) => ({ ...one, priceUnits: 5 }));
    assert.equal(infeasibilityOf(problem, trades), undefined);
    assert.deepEqual(
      rounded.map(({ sellerOffer, buyerOffer, energyWh }) => [sellerOffer, buyerOffer, energyWh]),
      [
        [1, 5, 9],
        [2, 3, 2],
        [2, 4, 2],
        // What rounding left over goes where it still fits.
        [2, 5, 1],
      ],
    );
  });
});

describe("transax solver rule: size", () => {
  it("names at most as many assignments per interval as can be made final, the largest ones", async () => {
    const solver = await openHighs();
    const pairs = Array.from({ length: ASSIGNMENTS_MAX + 5 }, (_, index) => index);
    // One price per pair, so that each can trade with its own partner only or with richer buyers.
    const offers = pairs.flatMap((index) => [
      offerOf(2 * index + 1, "sell", [10 + (index % 7), 1_000 + index, 1], [4]),
      offerOf(2 * index + 2, "buy", [10 + (index % 7), 1_000 + index, 2], [4]),
    ]);
    const problem = { offers, limits: new Map(), firstInterval: 4, horizonIntervals: 0 };
    const { trades } = solveTrading(problem, solver);
    assert.equal(trades.length, ASSIGNMENTS_MAX);
    assert.equal(trades.filter(({ energyWh }) => energyWh === 10).length, 96);
    const [one] = trades;
    const tooMany = pairs.map(() => ({ ...one!, energyWh: 1, priceUnits: 1_000 }));
    assert.equal(infeasibilityOf(problem, tooMany), "TooManyAssignments");
  });
});

describe("transax price rule", () => {
  const price = (offers: readonly Offer[], pairs: readonly (readonly [number, number])[]) =>
    priceAssignments(
      pairs.map(([sellerOffer, buyerOffer]) => ({
        interval: 4,
        sellerOffer,
        buyerOffer,
        energyWh: 1,
      })),
      (id) => offers[id]!,
    ).map(({ priceUnits }) => priceUnits);
  const at = (kind: Offer["kind"], ...prices: number[]): Offer[] =>
    prices.map((priceUnits) => offerOf(0, kind, [1, priceUnits], [4]));

  it("is one price, halfway between the highest ask and the lowest bid, rounded down", () => {
    const offers = [...at("sell", 2, 5), ...at("buy", 8, 20)];
    assert.deepEqual(
      price(offers, [
        [0, 2],
        [1, 3],
      ]),
      [6, 6],
    );
    assert.deepEqual(price([...at("sell", 5), ...at("buy", 5)], [[0, 1]]), [5]);
  });

  it("is one price per connected group when the interval has none, and the pair's own at last", () => {
    const apart = [...at("sell", 2, 9), ...at("buy", 5, 12)];
    assert.deepEqual(
      price(apart, [
        [0, 2],
        [1, 3],
      ]),
      [3, 10],
    );
    // Bound together by a third pair, 2 to 12: no price suits all three.
    assert.deepEqual(
      price(apart, [
        [0, 2],
        [1, 3],
        [0, 3],
      ]),
      [3, 10, 7],
    );
  });

  it("prices intervals apart from each other", () => {
    const offers = [...at("sell", 2, 9), ...at("buy", 5, 12)];
    const trades = priceAssignments(
      [
        { interval: 4, sellerOffer: 0, buyerOffer: 2, energyWh: 1 },
        { interval: 5, sellerOffer: 1, buyerOffer: 3, energyWh: 1 },
        { interval: 5, sellerOffer: 0, buyerOffer: 3, energyWh: 1 },
      ],
      (id) => offers[id]!,
    );
    assert.deepEqual(
      trades.map(({ priceUnits }) => priceUnits),
      [3, 10, 10],
    );
  });
});

describe("transax feasibility checker", () => {
  const offers = [
    offerOf(1, "sell", [100, 8, 1], [2, 3]),
    offerOf(2, "buy", [90, 12, 2], [2, 3, 9]),
  ];
  const problem: TradingProblem = {
    offers,
    limits: new Map([[1, { externalLimitWh: 50, internalLimitWh: 60 }]]),
    firstInterval: 2,
    horizonIntervals: 4,
  };
  const good: Trade = {
    interval: 2,
    sellerOffer: 1,
    buyerOffer: 2,
    energyWh: 50,
    priceUnits: 10,
  };
  const check = (change: Partial<Trade>, more: Partial<TradingProblem> = {}) =>
    infeasibilityOf({ ...problem, ...more }, [{ ...good, ...change }]);

  it("passes what is right, up to each limit", () => {
    assert.equal(check({}), undefined);
    assert.equal(check({ priceUnits: 8 }), undefined);
    assert.equal(check({ priceUnits: 12 }), undefined);
    assert.equal(
      infeasibilityOf(problem, [good, { ...good, interval: 3, energyWh: 40 }]),
      undefined,
    );
  });

  it("names what is wrong", () => {
    assert.equal(check({ sellerOffer: 7 }), "OfferUnknown");
    assert.equal(check({ sellerOffer: 2 }), "NotSeller");
    assert.equal(check({ buyerOffer: 1 }), "NotBuyer");
    assert.equal(check({ energyWh: 0 }), "NoEnergy");
    assert.equal(check({ energyWh: 1.5 }), "NoEnergy");
    assert.equal(check({ priceUnits: 7 }), "PriceOutside");
    assert.equal(check({ priceUnits: 13 }), "PriceOutside");
    assert.equal(check({ interval: 4 }), "NoCommonInterval");
    assert.equal(check({}, { firstInterval: 3 }), "IntervalClosed");
    assert.equal(check({ interval: 3 }, { horizonIntervals: 0 }), "BeyondHorizon");
    assert.equal(check({ energyWh: 51 }), "OverExternalLimit");
    assert.equal(check({ energyWh: 61 }), "OverInternalLimit");
    assert.equal(check({ energyWh: 91 }, { limits: new Map() }), "OfferOverused");
    const twice = [good, { ...good, interval: 3, energyWh: 41 }];
    assert.equal(infeasibilityOf(problem, twice), "OfferOverused");
  });
});
