// Goal: the market does what its functions promise, for honest callers.
// Method: the compiled contract on an EVM in memory; time is set by the test. No randomness.
import assert from "node:assert/strict";
import { hexToBytes } from "@ethereumjs/util";
import {
  buys,
  DSO,
  MarketHarness,
  refuses,
  sells,
  trade,
  WEI_PER_UNIT,
} from "./market-harness.contract.ts";

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
    const trades = [trade(48, [1, 3], 10, 8), trade(48, [2, 3], 20, 8), trade(49, [2, 4], 10, 7)];
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

  it("tells each offer as it was posted", async () => {
    const m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1023, 0, 0]);
    await m.join(5, 1023, 2n * 10n ** 19n);
    const largest = { energyWh: 2 ** 32 - 1, price: 2 ** 32 - 1, mask: 2n ** 64n - 1n };
    const first = 2 ** 32 - 1;
    const offers = [sells(7, 3, 9, 5n), buys(largest.energyWh, largest.price, first, largest.mask)];
    const { events } = await m.post(5, 1, offers);
    const common = { account: 1, feeder: 1023 };
    assert.deepEqual(
      events.map(({ name, args }) => [name, args]),
      [
        [
          "OfferPosted",
          { ...common, offerId: 1, kind: 0, energyWh: 7, price: 3, firstInterval: 9, mask: 5n },
        ],
        ["OfferPosted", { ...common, offerId: 2, kind: 1, ...largest, firstInterval: first }],
      ],
    );
    assert.deepEqual(await m.view("offerView", 2), {
      account: 1,
      buys: true,
      feeder: 1023,
      energyWh: largest.energyWh,
      usedWh: 0,
      priceUnits: largest.price,
      firstInterval: first,
      intervalMask: largest.mask,
    });
    const { escrowUnits } = (await m.view("accountView", 1)) as { escrowUnits: bigint };
    assert.equal(escrowUnits, (2n ** 32n - 1n) ** 2n);
    await refuses(m.view("offerView", 3), "OfferUnknown", [3]);
  });

  it("finalizes three further intervals from one old candidate, without any new solution", async () => {
    const m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    await m.join(1, 1);
    await m.join(2, 1, 10_000n);
    await m.post(1, 1, [sells(100, 5, 2, 0b101111n)]);
    await m.post(2, 1, [buys(100, 15, 2, 0b101111n)]);
    // Nothing in interval 6; the chain goes on behind it.
    const trades = [2, 3, 4, 7].map((interval) => trade(interval, [1, 2], 10 + interval));
    await m.solve(9, trades);
    let leftWh = 56;
    for (let interval = 0; interval < 8; interval += 1) {
      m.nowS = MarketHarness.finalizableS(interval);
      const tradedWh = trades.find((one) => one.interval === interval)?.energyWh ?? 0;
      const { events } = await m.finalize(9, interval, trades);
      const { args } = events.find(({ name }) => name === "Finalized")!;
      assert.deepEqual([args["tradedWh"], args["paidUnits"]].map(Number), [
        tradedWh,
        tradedWh * 10,
      ]);
      leftWh -= tradedWh;
      const [totalWh] = (await m.view("candidate")) as readonly [bigint];
      assert.equal(Number(totalWh), leftWh);
    }
    assert.deepEqual(await m.view("candidate"), [0n, 0, `0x${"00".repeat(32)}`]);
    const buyer = (await m.view("accountView", 2)) as { balanceUnits: bigint; escrowUnits: bigint };
    assert.deepEqual([buyer.balanceUnits, buyer.escrowUnits], [10_000n - 560n, 0n]);
  });

  it("releases a buyer of several trades in its last interval once", async () => {
    const m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    await m.join(1, 1);
    await m.join(2, 1, 10_000n);
    await m.post(1, 1, [sells(30, 5, 2), sells(30, 5, 2)]);
    await m.post(2, 1, [buys(100, 15, 2)]);
    const trades = [trade(2, [1, 3], 30, 6), trade(2, [2, 3], 30, 7)];
    await m.solve(9, trades);
    for (const interval of [0, 1, 2]) {
      m.nowS = MarketHarness.finalizableS(interval);
      await m.finalize(9, interval, trades);
    }
    const buyer = (await m.view("accountView", 2)) as { balanceUnits: bigint; escrowUnits: bigint };
    assert.deepEqual([buyer.balanceUnits, buyer.escrowUnits], [10_000n - 180n - 210n, 0n]);
  });

  it("lets a payee that refuses its money hinder nobody else", async () => {
    const m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    await m.join(1, 1, 100n);
    await m.join(2, 1, 100n);
    // The account's own code (EIP-7702) is a contract that reverts.
    const reverting = m.addressOf(77);
    await m.vm.stateManager.putCode(reverting, hexToBytes("0x60006000fd"));
    const delegation = `0xef0100${reverting.toString().slice(2)}` as const;
    await m.vm.stateManager.putCode(m.addressOf(1), hexToBytes(delegation));
    await refuses(m.send(1, "withdraw", [100n]), "PaymentRefused");
    await m.send(2, "withdraw", [100n]);
    assert.equal(await m.weiHeld(), 100n * WEI_PER_UNIT);
  });
});
