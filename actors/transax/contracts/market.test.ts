// Goal: the market does what its functions promise, for honest callers.
// Method: the compiled contract on an EVM in memory; time is set by the test. No randomness.
import assert from "node:assert/strict";
import type { Trade } from "../rules/market-terms.ts";
import { buys, DSO, MarketHarness, sells } from "./market-harness.contract.ts";

const trade = (
  interval: number,
  sellerOffer: number,
  buyerOffer: number,
  energyWh: number,
  priceUnits: number,
): Trade => ({ interval, sellerOffer, buyerOffer, energyWh, priceUnits });

async function example1(): Promise<MarketHarness> {
  const m = await MarketHarness.deploy({ horizonIntervals: 50 });
  await m.send(DSO, "setFeeder", [1, 0, 0]);
  for (const who of [101, 102, 103]) await m.join(who, 1, who === 101 ? 1_000n : 0n);
  m.nowS = MarketHarness.finalizableS(40);
  await m.post(102, 1, [sells(10, 5, 48)]); // offer 1
  await m.post(103, 1, [sells(30, 6, 48, 3n)]); // offer 2
  await m.post(101, 1, [buys(30, 10, 48), buys(10, 10, 49)]); // offers 3, 4
  return m;
}

describe("transax market", () => {
  it("example 1 of the paper trades 40, and money moves at the price", async () => {
    const m = await example1();
    const trades = [trade(48, 1, 3, 10, 8), trade(48, 2, 3, 20, 8), trade(49, 2, 4, 10, 7)];
    const posted = await m.solve(7, trades);
    assert.equal(posted.events[0]?.name, "SolutionPosted");
    for (let interval = 0; interval < 48; interval += 1) {
      m.nowS = Math.max(m.nowS, MarketHarness.finalizableS(interval));
      await m.finalize(8, interval, trades);
    }
    m.nowS = MarketHarness.finalizableS(49);
    const done = await m.finalize(8, 48, trades);
    assert.equal(done.events.at(-1)?.name, "Finalized");
    assert.deepEqual(done.events.at(-1)?.args["tradedWh"], 30n);
    await m.finalize(8, 49, trades);
    const accounts = (await Promise.all([1, 2, 3].map((n) => m.view("accountView", n)))) as {
      balanceUnits: bigint;
      escrowUnits: bigint;
    }[];
    assert.deepEqual(
      accounts.map((a) => [a.balanceUnits, a.escrowUnits]),
      [
        [1_000n - 240n - 70n, 0n],
        [80n, 0n],
        [160n + 70n, 0n],
      ],
    );
    await m.send(103, "withdraw", [230n]);
    assert.equal(await m.weiHeld(), (690n + 80n) * 10n ** 12n);
  });
});
