// Goal: what the market costs. Gas is exact and repeatable, so bounds are asserted, not only printed.
// Method: receipts (with intrinsic gas) of the compiled contract under Prague rules; second use of slots
// where a call is meant to be repeated. Paper's shape: 5 sellers, 97 buyers, 11 feeders.
import assert from "node:assert/strict";
import type { NewOffer, Trade } from "../rules/market-terms.ts";
import { buys, DSO, MarketHarness, sells, TX_GAS_MAX } from "./market-harness.contract.ts";

const SELLERS = 5;
const BUYERS = 97;
const FEEDERS = 11;
const PRICE = 100;
const table: Record<string, { gas: number; each?: number }> = {};

function note(what: string, gas: bigint, count = 1): number {
  const each = Number(gas) / count;
  table[what] = count === 1 ? { gas: Number(gas) } : { gas: Number(gas), each: Math.round(each) };
  return each;
}

/** 102 members, limits set; each posts one offer that names `intervals` intervals from 2 on. */
async function community(intervals: number): Promise<MarketHarness> {
  const m = await MarketHarness.deploy();
  const feeders = Array.from({ length: FEEDERS }, (_, index) => ({
    feeder: index + 1,
    externalLimitWh: 1_000_000,
    internalLimitWh: 1_000_000,
  }));
  await m.send(DSO, "setFeeders", [feeders]);
  const mask = 2n ** BigInt(intervals) - 1n;
  for (let who = 1; who <= SELLERS + BUYERS; who += 1) {
    await m.join(who, 1 + (who % FEEDERS), 1_000_000_000n);
    const offer: NewOffer =
      who <= SELLERS ? sells(1_000_000, 80, 2, mask) : buys(10_000, 120, 2, mask);
    await m.post(who, 1, [offer]);
  }
  return m;
}

/** Every buyer buys `energyWh` from one of the sellers in each of the intervals. */
const spread = (intervals: number, buyers: number, energyWh: number): Trade[] =>
  Array.from({ length: intervals * buyers }, (_, index) => ({
    interval: 2 + Math.floor(index / buyers),
    sellerOffer: 1 + (index % SELLERS),
    buyerOffer: SELLERS + 1 + (index % buyers),
    energyWh,
    priceUnits: PRICE,
  }));

describe("transax market: gas", function () {
  this.timeout(60_000);
  after(() => {
    for (const [what, { gas, each }] of Object.entries(table))
      console.log(
        `      ${what.padEnd(58)} ${String(gas).padStart(10)} ${each === undefined ? "" : `(${String(each)} each)`}`,
      );
  });

  it("verifies 97 assignments at 5,000 gas each or less, and finalizes them", async () => {
    const m = await community(1);
    const first = await m.solve(900, spread(1, BUYERS, 100));
    note("postSolution, 97 assignments, 1 interval, first ever", first.gas, BUYERS);
    const trades = spread(1, BUYERS, 200);
    const again = await m.solve(900, trades);
    const each = note("postSolution, 97 assignments, 1 interval", again.gas, BUYERS);
    assert.ok(each <= 5_000, `${String(each)} gas each`);
    m.nowS = MarketHarness.finalizableS(2);
    await m.finalize(900, 0);
    const empty = await m.finalize(900, 1);
    assert.ok(note("finalize, nothing traded", empty.gas) <= 60_000);
    const { gas } = await m.finalize(900, 2, trades);
    assert.ok(note("finalize, 97 trades", gas, BUYERS) <= 14_000);
  });

  it("verifies 800 assignments over 8 intervals within one transaction", async () => {
    const m = await community(8);
    const { gas } = await m.solve(900, spread(8, BUYERS, 100).concat());
    assert.ok(gas <= TX_GAS_MAX);
    assert.ok(note("postSolution, 776 assignments, 8 intervals", gas, 776) <= 1_700);
    const more = [...spread(8, BUYERS, 100), ...extra(24)];
    assert.equal(more.length, 800);
    const large = await m.solve(900, more);
    assert.ok(note("postSolution, 800 assignments, 8 intervals", large.gas, 800) <= 1_500);
  });

  it("can finalize the largest interval that a solution may have, every trade between strangers", async () => {
    const m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    const pairs = 40;
    const trades: Trade[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const [seller, buyer] = [1_000 + 2 * pair, 1_001 + 2 * pair];
      await m.join(seller, 1);
      await m.join(buyer, 1, 1_000_000n);
      // Energy is left over, so that the escrow's rest goes back too; all four bytes of numbers are used.
      await m.post(seller, 1, [sells(2 ** 30, 80, 2)]);
      await m.post(buyer, 1, [buys(7_654, 120, 2)]);
      const [sellerOffer, buyerOffer] = [2 * pair + 1, 2 * pair + 2];
      trades.push({ interval: 2, sellerOffer, buyerOffer, energyWh: 7_653, priceUnits: PRICE });
    }
    await m.solve(900, trades);
    m.nowS = MarketHarness.finalizableS(2);
    await m.finalize(900, 0);
    const empty = await m.finalize(900, 1);
    const { gas } = await m.finalize(900, 2, trades);
    const each = Number(gas - empty.gas) / pairs;
    note("finalize, a trade between strangers with a release", gas, pairs);
    // 16 bytes of calldata at most 16 gas each; here about half of them are zero.
    const worst = Number(empty.gas) + 700 * (each + 16 * 12);
    assert.equal(await m.view("ASSIGNMENTS_MAX"), 700n);
    assert.ok(worst <= Number(TX_GAS_MAX), String(worst));
  });

  it("posts offers in tens at 30,000 gas each or less", async () => {
    const m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    await m.join(1, 1, 10_000_000n);
    const ten = Array.from({ length: 10 }, (_, index) =>
      buys(1_000 + index, 250, 300 + index, 0xffn),
    );
    note("postOffers, the first ten of an account", (await m.post(1, 1, ten)).gas, 10);
    const each = note("postOffers, ten", (await m.post(1, 2, ten)).gas, 10);
    assert.ok(each <= 30_000, `${String(each)} gas each`);
    note("postOffers, one", (await m.post(1, 3, ten.slice(0, 1))).gas);
  });

  it("prices the rest", async () => {
    const m = await MarketHarness.deploy();
    note("setFeeder", (await m.send(DSO, "setFeeder", [1, 5, 5])).gas);
    const meter = await m.send(DSO, "registerSmartMeter", [m.meterOf(1), 1, 100, 100]);
    note("registerSmartMeter", meter.gas);
    const args = [m.meterOf(1), await m.certificate(1)];
    note("registerProsumer", (await m.send(1, "registerProsumer", args)).gas);
    note("deposit, first", (await m.send(1, "deposit", [], 100n)).gas);
    note("deposit", (await m.send(1, "deposit", [], 100n)).gas);
    note("withdraw", (await m.send(1, "withdraw", [50n])).gas);
    await m.send(1, "submitReadings", [0, "0x00000001"]);
    const readings = await m.send(1, "submitReadings", [1, "0xffffff00"]);
    assert.ok(note("submitReadings, one", readings.gas) <= 40_000);
  });
});

/** `count` further pairs of the last interval that `spread` does not name. */
function extra(count: number): Trade[] {
  return spread(1, count, 1).map((trade) => ({
    ...trade,
    interval: 9,
    sellerOffer: 1 + ((trade.sellerOffer + 2) % SELLERS),
  }));
}
