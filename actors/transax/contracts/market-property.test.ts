// Goal: whatever is called in whatever order, money is conserved, offers are never over-used, and final
// trades keep every limit.
// Method: random sequences of calls, honest and corrupted, against a model that keeps its own books and
// predicts whether each call is taken. Limits are added up again from final trades alone. Seed: 6.
import assert from "node:assert/strict";
import { hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { infeasibilityOf } from "../rules/feasible.ts";
import { openHighs } from "../rules/highs-solver.ts";
import type { LinearSolver } from "../rules/linear-solver.ts";
import {
  type FeederLimits,
  type NewOffer,
  type Offer,
  offerIntervals,
  type Trade,
} from "../rules/market-terms.ts";
import { compareTrades, decodeTrades } from "../rules/solution-codec.ts";
import { solveTrading } from "../rules/solver-rule.ts";
import {
  DSO,
  INTERVAL_S,
  MarketHarness,
  Refused,
  START_S,
  WEI_PER_UNIT,
} from "./market-harness.contract.ts";

const MEMBERS = [1, 2, 3, 4, 5];
const FEEDER_OF = [0, 1, 1, 2, 2, 3];
const METER_LIMIT_WH = 30;
const HORIZON_INTERVALS = 4;
const ANYBODY = 50;
const LIMITS = new Map<number, FeederLimits>([
  [1, { externalLimitWh: 25, internalLimitWh: 40 }],
  [2, { externalLimitWh: undefined, internalLimitWh: 35 }],
  [3, { externalLimitWh: 20, internalLimitWh: undefined }],
]);

type Call =
  | { readonly kind: "deposit" | "withdraw"; readonly who: number; readonly units: number }
  | { readonly kind: "post"; readonly who: number; readonly offers: readonly NewOffer[] }
  | { readonly kind: "solve"; readonly corruption: number; readonly which: number }
  | { readonly kind: "finalize" | "release" }
  | { readonly kind: "wait"; readonly waitS: number };

const PLAIN = { noNullPrototype: true } as const;
const who = fc.constantFrom(...MEMBERS);
const units = fc.integer({ min: 0, max: 3_000 });
const offer: fc.Arbitrary<NewOffer> = fc
  .record(
    {
      kind: fc.constantFrom<"sell" | "buy">("sell", "buy"),
      energyWh: fc.integer({ min: 1, max: 45 }),
      priceUnits: fc.integer({ min: 0, max: 12 }),
      firstInterval: fc.integer({ min: 0, max: 6 }),
      intervalMask: fc.integer({ min: 0, max: 15 }).map((bits) => BigInt(2 * bits + 1)),
    },
    PLAIN,
  )
  .map((one) => ({ ...one, priceUnits: one.priceUnits + (one.kind === "buy" ? 4 : 0) }));
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constantFrom("deposit" as const, "withdraw" as const), who, units }, PLAIN),
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: fc.constant("post" as const), who, offers: fc.array(offer, { maxLength: 4 }) },
      PLAIN,
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: fc.constant("solve" as const), corruption: fc.nat(11), which: fc.nat(50) },
      PLAIN,
    ),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("finalize" as const) }, PLAIN) },
  fc.record({ kind: fc.constant("release" as const) }, PLAIN),
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: fc.constant("wait" as const), waitS: fc.integer({ min: 1, max: INTERVAL_S }) },
      PLAIN,
    ),
  },
);

/** The books of a market, kept with none of the market's code. */
class Model {
  readonly free = MEMBERS.map(() => 0);
  readonly plans = MEMBERS.map(() => 0);
  readonly offers: (Offer & { readonly owner: number; usedWh: number; released: boolean })[] = [];
  candidate: readonly Trade[] = [];
  readonly final: Trade[] = [];
  nextFinal = 0;

  escrowOf(owner: number): number {
    return this.offers
      .filter((one) => one.owner === owner && one.kind === "buy" && !one.released)
      .reduce((sum, one) => sum + (one.energyWh - one.usedWh) * one.priceUnits, 0);
  }

  addFree(owner: number, amount: number): void {
    this.free[owner - 1] = (this.free[owner - 1] ?? 0) + amount;
  }

  release(one: Model["offers"][number]): void {
    if (one.released || one.kind === "sell") return;
    this.addFree(one.owner, (one.energyWh - one.usedWh) * one.priceUnits);
    one.released = true;
  }

  isOver(one: Offer): boolean {
    return (offerIntervals(one).at(-1) ?? 0) < this.nextFinal;
  }
}

class Run {
  readonly m: MarketHarness;
  readonly model = new Model();
  readonly solver: LinearSolver;

  constructor(m: MarketHarness, solver: LinearSolver) {
    this.m = m;
    this.solver = solver;
  }

  static async open(solver: LinearSolver): Promise<Run> {
    const m = await MarketHarness.deploy({ horizonIntervals: HORIZON_INTERVALS });
    m.nowS = START_S - 2 * INTERVAL_S;
    for (const [feeder, { externalLimitWh = 0, internalLimitWh = 0 }] of LIMITS)
      await m.send(DSO, "setFeeder", [feeder, externalLimitWh, internalLimitWh]);
    const run = new Run(m, solver);
    for (const member of MEMBERS) {
      const limits = [METER_LIMIT_WH, METER_LIMIT_WH];
      await m.join(member, FEEDER_OF[member] ?? 0, 6_000n, limits);
      run.model.addFree(member, 6_000);
    }
    return run;
  }

  async #taken(attempt: Promise<unknown>): Promise<boolean> {
    try {
      await attempt;
      return true;
    } catch (error) {
      if (error instanceof Refused) return false;
      throw error;
    }
  }

  async play(one: Call): Promise<void> {
    switch (one.kind) {
      case "wait":
        this.m.nowS += one.waitS;
        return;
      case "deposit":
        await this.m.send(one.who, "deposit", [], BigInt(one.units));
        this.model.addFree(one.who, one.units);
        return;
      case "withdraw": {
        const expected = one.units <= (this.model.free[one.who - 1] ?? 0);
        const sent = this.m.send(one.who, "withdraw", [BigInt(one.units)]);
        assert.equal(await this.#taken(sent), expected, "withdraw");
        if (expected) this.model.addFree(one.who, -one.units);
        return;
      }
      case "post":
        return this.#post(one.who, one.offers);
      case "solve":
        return this.#solve(one.corruption, one.which);
      case "finalize":
        return this.#finalize();
      case "release":
        return this.#release();
    }
  }

  async #post(owner: number, offers: readonly NewOffer[]): Promise<void> {
    const { model } = this;
    const plan = (model.plans[owner - 1] ?? 0) + 1;
    const cost = offers
      .filter(({ kind }) => kind === "buy")
      .reduce((sum, { energyWh, priceUnits }) => sum + energyWh * priceUnits, 0);
    const expected =
      cost <= (model.free[owner - 1] ?? 0) &&
      offers.every(
        (one) =>
          this.m.nowS < MarketHarness.finalizableS(one.firstInterval) &&
          one.energyWh <= METER_LIMIT_WH * offerIntervals(one).length,
      );
    assert.equal(await this.#taken(this.m.post(owner, plan, offers)), expected, "post");
    if (!expected) return;
    model.plans[owner - 1] = plan;
    model.addFree(owner, -cost);
    for (const one of offers)
      model.offers.push({
        ...one,
        offerId: model.offers.length + 1,
        feeder: FEEDER_OF[owner] ?? 0,
        usedWh: 0,
        owner,
        released: false,
      });
  }

  async #solve(corruption: number, which: number): Promise<void> {
    const { model } = this;
    const problem = {
      // Copies: the books go on while a candidate waits.
      offers: model.offers.map((one) => ({ ...one })),
      limits: LIMITS,
      firstInterval: model.nextFinal,
      horizonIntervals: HORIZON_INTERVALS,
    };
    const trades = corrupted(solveTrading(problem, this.solver).trades, corruption, which);
    const total = (list: readonly Trade[]): number =>
      list.reduce((sum, { energyWh }) => sum + energyWh, 0);
    const expected =
      infeasibilityOf(problem, trades) === undefined && total(trades) > total(model.candidate);
    assert.equal(await this.#taken(this.m.solve(ANYBODY, trades)), expected, "solve");
    if (expected) model.candidate = [...trades].sort(compareTrades);
  }

  async #finalize(): Promise<void> {
    const { model } = this;
    const interval = model.nextFinal;
    const expected = this.m.nowS >= MarketHarness.finalizableS(interval);
    const sent = this.m.finalize(ANYBODY, interval, model.candidate);
    assert.equal(await this.#taken(sent), expected, "finalize");
    if (!expected) return;
    const { events } = await sent;
    const packed = events[0]?.args["trades"] as `0x${string}`;
    const trades = decodeTrades(interval, hexToBytes(packed)) ?? [];
    assert.deepEqual(
      trades,
      model.candidate.filter((one) => one.interval === interval),
    );
    model.final.push(...trades);
    model.candidate = model.candidate.filter((one) => one.interval !== interval);
    model.nextFinal += 1;
    for (const { sellerOffer, buyerOffer, energyWh, priceUnits } of trades) {
      const seller = model.offers[sellerOffer - 1]!;
      const buyer = model.offers[buyerOffer - 1]!;
      seller.usedWh += energyWh;
      buyer.usedWh += energyWh;
      model.addFree(seller.owner, energyWh * priceUnits);
      model.addFree(buyer.owner, energyWh * (buyer.priceUnits - priceUnits));
    }
    for (const { buyerOffer } of trades) {
      const buyer = model.offers[buyerOffer - 1]!;
      if (model.isOver(buyer)) model.release(buyer);
    }
  }

  async #release(): Promise<void> {
    const over = this.model.offers.filter((one) => this.model.isOver(one));
    await this.m.send(ANYBODY, "releaseOffers", [over.map(({ offerId }) => offerId)]);
    for (const one of over) this.model.release(one);
  }

  async check(): Promise<void> {
    const { model } = this;
    let sum = 0;
    for (const member of MEMBERS) {
      const account = (await this.m.view("accountView", member)) as Record<string, bigint>;
      const expected = [model.free[member - 1], model.escrowOf(member)];
      assert.deepEqual([account["balanceUnits"], account["escrowUnits"]].map(Number), expected);
      sum += Number(account["balanceUnits"]) + Number(account["escrowUnits"]);
    }
    assert.equal(await this.m.weiHeld(), BigInt(sum) * WEI_PER_UNIT);
    const [candidateWh] = (await this.m.view("candidate")) as readonly [bigint];
    assert.equal(
      Number(candidateWh),
      model.candidate.reduce((wh, { energyWh }) => wh + energyWh, 0),
    );
  }

  /** From final trades alone: every offer's use, every feeder's flows. */
  async checkFinal(): Promise<void> {
    const { model } = this;
    const asPosted = model.offers.map((one) => ({ ...one, usedWh: 0 }));
    const whole = { offers: asPosted, limits: LIMITS, firstInterval: 0, horizonIntervals: 100 };
    assert.equal(infeasibilityOf(whole, model.final), undefined);
    for (const { offerId } of model.offers) {
      const view = (await this.m.view("offerView", offerId)) as { usedWh: number };
      const wh = model.final
        .filter((one) => one.sellerOffer === offerId || one.buyerOffer === offerId)
        .reduce((sum, { energyWh }) => sum + energyWh, 0);
      assert.equal(view.usedWh, wh);
    }
  }
}

/** The solver's trades with one of several things wrong with them; from 6 on nothing. */
function corrupted(trades: readonly Trade[], corruption: number, which: number): readonly Trade[] {
  const victim = trades[which % Math.max(1, trades.length)];
  if (victim === undefined || corruption > 5) return trades;
  const changes: readonly Partial<Trade>[] = [
    { energyWh: victim.energyWh + 1 },
    { priceUnits: victim.priceUnits + 3 },
    { interval: victim.interval + 1 },
    { sellerOffer: victim.sellerOffer + 1 },
    { energyWh: victim.energyWh - 1 },
  ];
  const change = changes[corruption];
  if (change === undefined) return [...trades, { ...victim }];
  return trades.map((one) => (one === victim ? { ...one, ...change } : one));
}

describe("transax market: property", function () {
  this.timeout(120_000);

  it("conserves money, offers and limits through any sequence of calls", async () => {
    const solver = await openHighs();
    let tradedWh = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 30, maxLength: 60 }), async (calls) => {
        const run = await Run.open(solver);
        for (const one of calls) {
          await run.play(one);
          if (one.kind !== "wait") await run.check();
        }
        // At the end nothing stays locked.
        run.m.nowS += 100 * INTERVAL_S;
        while (run.model.nextFinal < 12) await run.play({ kind: "finalize" });
        await run.play({ kind: "release" });
        await run.check();
        await run.checkFinal();
        for (const member of MEMBERS) {
          assert.equal(run.model.escrowOf(member), 0);
          const amount = run.model.free[member - 1] ?? 0;
          await run.play({ kind: "withdraw", who: member, units: amount });
        }
        assert.equal(await run.m.weiHeld(), 0n);
        tradedWh += run.model.final.reduce((sum, { energyWh }) => sum + energyWh, 0);
      }),
      { seed: 6, numRuns: 8, endOnFailure: true },
    );
    // The property is not about markets in which nothing happens.
    assert.ok(tradedWh > 300, String(tradedWh));
  });
});
