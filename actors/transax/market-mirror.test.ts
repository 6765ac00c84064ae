// Goal: after the same events a mirror equals the contract, as far as it is kept: who solves and finalizes
// by the mirror alone is not refused.
// Method: random calls on the compiled contract in memory; solutions and finalizations come from the mirror;
// after every third call every view is compared.
// Seed: 1 to 3.
import assert from "node:assert/strict";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import {
  DSO,
  INTERVAL_S,
  MarketHarness,
  type Receipt,
  Refused,
} from "./contracts/market-harness.contract.ts";
import { hexOf } from "./hex.ts";
import { MarketMirror } from "./market-mirror.ts";
import { openHighs } from "./rules/highs-solver.ts";
import type { LinearSolver } from "./rules/linear-solver.ts";
import { type NewOffer, offerIntervals } from "./rules/market-terms.ts";
import { encodeSolution } from "./rules/solution-codec.ts";
import { solveTrading } from "./rules/solver-rule.ts";

const HORIZON_INTERVALS = 6;
const FEEDERS = [1, 2];
const MEMBERS = [101, 102, 103, 104];
const CALLS = 24;

interface OfferView {
  readonly buys: boolean;
  readonly feeder: number;
  readonly energyWh: number;
  readonly usedWh: number;
  readonly priceUnits: number;
  readonly firstInterval: number;
  readonly intervalMask: bigint;
}

function follow(mirror: MarketMirror, { events }: Receipt): void {
  for (const { name, args } of events) {
    if (name === "OfferPosted") mirror.offerPosted(args as never);
    else if (name === "FeederSet") mirror.feederSet(args as never);
    else if (name === "SolutionPosted") mirror.solutionPosted(args as never);
    else if (name === "CandidateDropped") mirror.candidateDropped();
    else if (name === "Finalized") mirror.finalized(args as never);
  }
}

async function assertEqual(mirror: MarketMirror, market: MarketHarness): Promise<void> {
  assert.equal(mirror.nextFinal, await market.view("nextFinal"));
  const [candidateWh] = (await market.view("candidate")) as [bigint];
  assert.equal(BigInt(mirror.candidateWh), candidateWh);
  const open: unknown[] = [];
  const offerCount = (await market.view("offerCount")) as number;
  for (let offerId = 1; offerId <= offerCount; offerId += 1) {
    const { buys, feeder, energyWh, usedWh, priceUnits, firstInterval, intervalMask } =
      (await market.view("offerView", offerId)) as OfferView;
    const offer = {
      ...{ offerId, feeder, energyWh, usedWh, priceUnits, firstInterval, intervalMask },
      kind: buys ? ("buy" as const) : ("sell" as const),
    };
    if ((offerIntervals(offer).at(-1) ?? 0) >= mirror.nextFinal) open.push(offer);
  }
  assert.deepEqual(mirror.openOffers, open);
  for (const feeder of FEEDERS) {
    const { externalLimitWh, internalLimitWh } = mirror.limits.get(feeder) ?? {};
    assert.deepEqual(await market.view("feederLimits", feeder), [
      externalLimitWh ?? 0,
      internalLimitWh ?? 0,
    ]);
  }
}

class Run {
  readonly mirror = new MarketMirror();
  readonly counts = { post: 0, solve: 0, finalize: 0, refused: 0 };
  readonly #market: MarketHarness;
  readonly #random: SeededRandom;
  readonly #engine: LinearSolver;
  #plan = 0;

  constructor(market: MarketHarness, random: SeededRandom, engine: LinearSolver) {
    this.#market = market;
    this.#random = random;
    this.#engine = engine;
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  async take(receipt: Promise<Receipt>): Promise<void> {
    follow(this.mirror, await receipt);
  }

  setFeeder(feeder: number): Promise<void> {
    const limits = [this.below(3) * 30, this.below(3) * 40];
    return this.take(this.#market.send(DSO, "setFeeder", [feeder, ...limits]));
  }

  async post(): Promise<void> {
    this.#plan += 1;
    const first = Number(await this.#market.view("openFrom"));
    const offers = Array.from(
      { length: 1 + this.below(4) },
      (): NewOffer => ({
        kind: this.below(2) === 0 ? "sell" : "buy",
        energyWh: 1 + this.below(40),
        priceUnits: 1 + this.below(10),
        firstInterval: first + this.below(3),
        intervalMask: BigInt(2 * this.below(8) + 1),
      }),
    );
    await this.take(this.#market.post(MEMBERS[this.below(MEMBERS.length)]!, this.#plan, offers));
    this.counts.post += 1;
  }

  async solve(): Promise<void> {
    const { openOffers: offers, limits, nextFinal: firstInterval, candidateWh } = this.mirror;
    const problem = { offers, limits, firstInterval, horizonIntervals: HORIZON_INTERVALS };
    const { trades, totalWh } = solveTrading(problem, this.#engine);
    if (totalWh <= candidateWh) return;
    await this.take(this.#market.solvePacked(7, encodeSolution(trades)));
    this.counts.solve += 1;
  }

  async finalize(): Promise<void> {
    const { interval, trades, nextInterval, tail } = this.mirror.finalizeCall();
    this.#market.nowS = Math.max(this.#market.nowS, MarketHarness.finalizableS(interval));
    const args = [interval, hexOf(trades), nextInterval, hexOf(tail)];
    await this.take(this.#market.send(8, "finalize", args));
    this.counts.finalize += 1;
  }

  async step(): Promise<void> {
    const choice = this.below(20);
    try {
      if (choice < 8) await this.post();
      else if (choice < 13) await this.solve();
      else if (choice < 18) await this.finalize();
      else if (choice < 19) await this.setFeeder(FEEDERS[this.below(2)]!);
      else this.#market.nowS += this.below(INTERVAL_S);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Only an offer may be out of place; what comes from the mirror alone never is.
      assert(choice < 8, error.message);
      this.counts.refused += 1;
    }
  }
}

describe("market mirror", function () {
  this.timeout(120_000);
  for (let seed = 1; seed <= 3; seed += 1)
    it(`equals the contract after every third call (seed ${seed})`, async () => {
      const market = await MarketHarness.deploy({ horizonIntervals: HORIZON_INTERVALS });
      const run = new Run(market, new SeededRandom(`mirror ${seed}`), await openHighs());
      for (const feeder of FEEDERS) await run.setFeeder(feeder);
      for (const [index, member] of MEMBERS.entries())
        await market.join(member, FEEDERS[index % 2]!, 1_000_000n);
      for (let call = 0; call < CALLS; call += 1) {
        const { version } = run.mirror;
        await run.step();
        assert(run.mirror.version >= version);
        if (call % 3 === 2) await assertEqual(run.mirror, market);
      }
      const { post, solve, finalize } = run.counts;
      assert(
        post > 3 && solve > 0 && finalize > 2,
        `too little happened: ${JSON.stringify(run.counts)}`,
      );
    });

  it("before any event it finalizes interval 0, empty", () => {
    const call = new MarketMirror().finalizeCall();
    assert.deepEqual([call.interval, call.trades.length, call.nextInterval], [0, 0, 0]);
  });
});
