// Goal: every refusal has its own error, leaves the state as it was, and starts at its exact second.
// Method: the compiled contract on an EVM in memory; each case is one wrong step from a right state.
import assert from "node:assert/strict";
import { bytesToHex } from "@ethereumjs/util";
import type { Trade } from "../rules/market-terms.ts";
import { encodeOffers } from "../rules/offer-codec.ts";
import { encodeSolution } from "../rules/solution-codec.ts";
import {
  buys,
  DSO,
  INTERVAL_S,
  MarketHarness,
  refuses,
  START_S,
  sells,
  trade,
} from "./market-harness.contract.ts";

const STRANGER = 99;
const SELLER = 1;
const BUYER = 2;
const NEIGHBOUR = 3;

/** Seller on feeder 1, buyer on feeder 2, neighbour (buys) on feeder 1; offers 1 to 4. */
async function book(externalLimitWh = 0, internalLimitWh = 0): Promise<MarketHarness> {
  const m = await MarketHarness.deploy({ horizonIntervals: 5 });
  await m.send(DSO, "setFeeders", [
    [1, 2].map((feeder) => ({ feeder, externalLimitWh, internalLimitWh })),
  ]);
  await m.join(SELLER, 1);
  await m.join(BUYER, 2, 1_000_000n);
  await m.join(NEIGHBOUR, 1, 1_000_000n);
  await m.post(SELLER, 1, [sells(100, 8, 2, 0b11n)]); // 1: intervals 2, 3
  await m.post(BUYER, 1, [buys(100, 12, 2, 0b1111n), buys(100, 9, 4, 1n)]); // 2: 2 to 5; 3: 4
  await m.post(NEIGHBOUR, 1, [buys(100, 12, 2, 0b1n)]); // 4: interval 2
  return m;
}

async function advance(m: MarketHarness, until: number): Promise<void> {
  for (let next = Number(await m.view("nextFinal")); next < until; next += 1) {
    m.nowS = Math.max(m.nowS, MarketHarness.finalizableS(next));
    await m.finalize(STRANGER, next);
  }
}

const candidateWh = async (m: MarketHarness): Promise<number> =>
  Number(((await m.view("candidate")) as bigint[])[0]);

describe("transax market: refusals at set-up", () => {
  let m: MarketHarness;
  beforeEach(async () => {
    m = await MarketHarness.deploy();
    await m.send(DSO, "setFeeder", [1, 0, 0]);
  });

  it("refuses options without intervals", async () => {
    await refuses(MarketHarness.deploy({ intervalS: 0 }), "BadOptions");
    await refuses(MarketHarness.deploy({ clearIntervals: 0 }), "BadOptions");
    await refuses(MarketHarness.deploy({ horizonIntervals: 1024 }), "BadOptions");
  });

  it("lets nobody but the operator set limits and meters", async () => {
    await refuses(m.send(STRANGER, "setFeeder", [1, 0, 0]), "NotDso");
    await refuses(m.send(STRANGER, "setFeeders", [[]]), "NotDso");
    await refuses(m.send(STRANGER, "registerSmartMeter", [m.meterOf(1), 1, 1, 1]), "NotDso");
    await refuses(m.send(STRANGER, "registerSmartMeters", [[]]), "NotDso");
  });

  it("refuses unknown feeders, and meters twice", async () => {
    await refuses(m.send(DSO, "setFeeder", [1024, 0, 0]), "FeederTooLarge", [1024]);
    await m.send(DSO, "setFeeder", [1023, 5, 6]);
    assert.deepEqual(await m.view("feederLimits", 1023), [5, 6]);
    assert.deepEqual(await m.view("feederLimits", 1), [0, 0]);
    await refuses(m.view("feederLimits", 7), "UnknownFeeder", [7]);
    await refuses(m.send(DSO, "registerSmartMeter", [m.meterOf(1), 7, 1, 1]), "UnknownFeeder", [7]);
    await refuses(m.send(DSO, "registerSmartMeter", [m.meterOf(1), 2000, 1, 1]), "UnknownFeeder");
    await m.send(DSO, "registerSmartMeter", [m.meterOf(1), 1, 1, 1]);
    await refuses(m.send(DSO, "registerSmartMeter", [m.meterOf(1), 1, 1, 1]), "MeterKnown");
  });

  it("registers a prosumer by the operator's certificate only, once", async () => {
    const meter = m.meterOf(5);
    await refuses(m.send(5, "registerProsumer", [meter, await m.certificate(5)]), "MeterUnknown");
    await m.send(DSO, "registerSmartMeter", [meter, 1, 1, 1]);
    const byStranger = await m.certificate(5, meter, STRANGER);
    await refuses(m.send(5, "registerProsumer", [meter, byStranger]), "BadCertificate");
    await refuses(m.send(5, "registerProsumer", [meter, "0x00"]), "BadCertificate");
    const zeros = `0x${"00".repeat(65)}`;
    await refuses(m.send(5, "registerProsumer", [meter, zeros]), "BadCertificate");
    // Somebody else's certificate, and the certificate of another meter.
    const good = await m.certificate(5);
    await refuses(m.send(6, "registerProsumer", [meter, good]), "BadCertificate");
    const otherMeter = await m.certificate(5, m.meterOf(6));
    await refuses(m.send(5, "registerProsumer", [meter, otherMeter]), "BadCertificate");
    await m.send(5, "registerProsumer", [meter, good]);
    assert.equal(await m.view("accountOf", m.addressOf(5).toString()), 1);
    assert.equal(await m.view("accountOfMeter", meter), 1);
    const forOther = await m.certificate(6, meter);
    await refuses(m.send(6, "registerProsumer", [meter, forOther]), "MeterUsed");
    await m.send(DSO, "registerSmartMeter", [m.meterOf(6), 1, 1, 1]);
    const second = await m.certificate(5, m.meterOf(6));
    await refuses(m.send(5, "registerProsumer", [m.meterOf(6), second]), "AlreadyRegistered");
  });

  it("takes a certificate for this contract only", async () => {
    const second = await m.deployAgain();
    assert.notEqual(second.market.toString(), m.market.toString());
    await second.send(DSO, "setFeeder", [1, 0, 0]);
    await second.send(DSO, "registerSmartMeter", [m.meterOf(5), 1, 1, 1]);
    const foreign = await m.certificate(5);
    await refuses(second.send(5, "registerProsumer", [m.meterOf(5), foreign]), "BadCertificate");
  });
});

describe("transax market: refusals of money and offers", () => {
  let m: MarketHarness;
  beforeEach(async () => {
    m = await book();
  });

  it("takes whole units from members, and pays only what is free", async () => {
    await refuses(m.send(STRANGER, "deposit", [], 1n), "NoAccount");
    await refuses(m.sendWei(BUYER, "deposit", [], 10n ** 12n + 1n), "NotWholeUnits");
    await refuses(m.send(STRANGER, "withdraw", [1n]), "NoAccount");
    // 100 * 12 + 100 * 9 are set aside for the buyer's two offers.
    const free = 1_000_000n - 2_100n;
    await refuses(m.send(BUYER, "withdraw", [free + 1n]), "BalanceTooSmall", [free, free + 1n]);
    await m.send(BUYER, "withdraw", [free]);
    await refuses(m.send(BUYER, "withdraw", [1n]), "BalanceTooSmall", [0, 1]);
    await refuses(m.post(BUYER, 2, [buys(1, 1, 3)]), "BalanceTooSmall", [0, 1]);
  });

  it("takes a plan once, and only newer ones", async () => {
    await refuses(m.post(STRANGER, 1, []), "NoAccount");
    await refuses(m.post(SELLER, 1, [sells(1, 1, 2)]), "PlanNotNewer", [1]);
    await refuses(m.post(SELLER, 0, [sells(1, 1, 2)]), "PlanNotNewer", [1]);
    await m.post(SELLER, 7, [sells(1, 1, 2)]);
    assert.equal(await m.view("lastPlan", 1), 7);
    await refuses(m.post(SELLER, 6, [sells(1, 1, 2)]), "PlanNotNewer", [7]);
  });

  it("refuses malformed offers", async () => {
    await refuses(m.send(SELLER, "postOffers", [2, "0x00"]), "BadLength");
    await refuses(m.post(SELLER, 2, [sells(0, 1, 2)]), "NoEnergy");
    await refuses(m.post(SELLER, 2, [sells(1, 1, 2, 2n)]), "BadMask");
    const kind2 = encodeOffers([sells(1, 1, 2)]);
    kind2[0] = 2;
    await refuses(m.send(SELLER, "postOffers", [2, bytesToHex(kind2)]), "BadKind", [2]);
  });

  it("takes offers until the second at which their first interval may be finalized", async () => {
    m.nowS = MarketHarness.finalizableS(6) - 1;
    await m.post(SELLER, 2, [sells(1, 1, 6)]);
    m.nowS += 1;
    await refuses(m.post(SELLER, 3, [sells(1, 1, 6)]), "IntervalClosed", [6]);
    await m.post(SELLER, 3, [sells(1, 1, 7)]);
    m.nowS += 1;
    await refuses(m.post(SELLER, 4, [sells(1, 1, 6)]), "IntervalClosed", [6]);
    assert.equal(await m.view("openFrom"), 7n);
  });

  it("holds an offer to its meter's limit times its intervals", async () => {
    await m.join(8, 1, 10_000n, [10, 20]);
    await m.post(8, 1, [sells(30, 1, 2, 0b111n), buys(60, 1, 2, 0b111n)]);
    await refuses(m.post(8, 2, [sells(31, 1, 2, 0b111n)]), "OverMeterLimit", [31, 30]);
    await refuses(m.post(8, 2, [buys(61, 1, 2, 0b111n)]), "OverMeterLimit", [61, 60]);
    await refuses(m.post(8, 2, [sells(641, 1, 2, 2n ** 64n - 1n)]), "OverMeterLimit", [641, 640]);
    await m.post(8, 2, [sells(640, 1, 2, 2n ** 64n - 1n)]);
  });
});

describe("transax market: refusals of solutions", () => {
  it("refuses each kind of wrong solution by its own error and keeps the candidate", async () => {
    const m = await book();
    const good = [trade(2, [1, 2], 40)];
    await m.solve(STRANGER, good);
    const head = await m.view("candidate");
    const wrong: [string, readonly Trade[], (readonly number[])?][] = [
      ["OfferOverused", [trade(2, [1, 2], 60), trade(3, [1, 2], 41)], [1]],
      ["OfferOverused", [trade(2, [1, 2], 101)], [1]],
      ["PriceOutside", [trade(2, [1, 2], 50, 7)], [1, 2, 7]],
      ["PriceOutside", [trade(2, [1, 2], 50, 13)], [1, 2, 13]],
      ["NoCommonInterval", [trade(4, [1, 2], 50)], [1, 2, 4]],
      ["NoCommonInterval", [trade(1, [1, 2], 50)], [1, 2, 1]],
      ["NoCommonInterval", [trade(3, [1, 4], 50)], [1, 4, 3]],
      ["BeyondHorizon", [trade(2, [1, 2], 50), trade(6, [1, 2], 1)], [6]],
      ["NotSeller", [trade(2, [2, 1], 50)], [2]],
      ["NotBuyer", [trade(2, [1, 1], 50)], [1]],
      ["NoEnergy", [trade(2, [1, 2], 0)]],
      ["OfferUnknown", [trade(2, [1, 9], 50)], [9]],
      ["NotBetter", [trade(2, [1, 2], 40)], [40, 40]],
      ["NotBetter", [trade(2, [1, 2], 39)], [40, 39]],
      ["NotBetter", [], [40, 0]],
    ];
    for (const [name, trades, args] of wrong) await refuses(m.solve(STRANGER, trades), name, args);
    assert.deepEqual(await m.view("candidate"), head);
    await m.solve(STRANGER, [trade(2, [1, 2], 41)]);
    assert.equal(await candidateWh(m), 41);
  });

  it("refuses an interval too large to be made final in one transaction", async () => {
    const m = await book();
    await m.post(SELLER, 2, [sells(701, 8, 2)]); // 5
    await m.post(BUYER, 2, [buys(701, 12, 2)]); // 6
    const crumbs = (count: number): Trade[] =>
      Array.from({ length: count }, () => trade(2, [5, 6], 1));
    await refuses(m.solve(STRANGER, crumbs(701)), "TooManyAssignments", [2]);
    await m.solve(STRANGER, crumbs(700));
  });

  it("counts over-use by one buyer of several sellers", async () => {
    const m = await book();
    await m.post(SELLER, 2, [sells(100, 8, 2)]); // 5
    const both = [trade(2, [1, 4], 60), trade(2, [5, 4], 41)];
    await refuses(m.solve(STRANGER, both), "OfferOverused", [4]);
  });

  it("refuses malformed packings", async () => {
    const m = await book();
    const { offerList, chunks } = encodeSolution([trade(2, [1, 2], 10), trade(3, [1, 2], 10)]);
    const listed = (...ids: number[]): Uint8Array =>
      Uint8Array.from(ids.flatMap((id) => [0, 0, 0, id]));
    const attempt = (list: Uint8Array, packed: Uint8Array): Promise<unknown> =>
      m.solvePacked(STRANGER, { offerList: list, chunks: packed });
    await refuses(attempt(listed(1, 1), chunks), "OfferListNotAscending");
    await refuses(attempt(listed(2, 1), chunks), "OfferListNotAscending");
    await refuses(attempt(listed(0, 1), chunks), "OfferListNotAscending");
    await refuses(attempt(listed(1), chunks), "IndexBeyondList", [1]);
    await refuses(attempt(offerList.slice(1), chunks), "BadLength");
    await refuses(attempt(offerList, chunks.slice(0, -1)), "BadLength");
    await refuses(attempt(offerList, chunks.slice(0, 5)), "BadLength");
    await refuses(attempt(offerList, chunks.slice(0, 8)), "BadLength");
    const swapped = Uint8Array.from([...chunks.slice(20), ...chunks.slice(0, 20)]);
    await refuses(attempt(offerList, swapped), "ChunksNotAscending");
    const twice = Uint8Array.from([...chunks.slice(0, 20), ...chunks.slice(0, 20)]);
    await refuses(attempt(offerList, twice), "ChunksNotAscending");
    const empty = Uint8Array.from([...chunks.slice(0, 4), 0, 0]);
    await refuses(attempt(offerList, empty), "NoEnergy");
    await attempt(offerList, chunks);
  });

  it("closes an interval for solutions when it is finalized, not before", async () => {
    const m = await book();
    m.nowS = MarketHarness.finalizableS(2) + 5;
    await advance(m, 2);
    await m.solve(STRANGER, [trade(2, [1, 2], 10)]);
    await m.finalize(STRANGER, 2, [trade(2, [1, 2], 10)]);
    await refuses(m.solve(STRANGER, [trade(2, [1, 2], 20)]), "IntervalClosed", [2]);
  });

  it("holds each feeder to its internal limit, selling and buying", async () => {
    const m = await book(0, 50);
    await refuses(m.solve(STRANGER, [trade(2, [1, 4], 51)]), "OverInternalLimit", [1, 2]);
    await refuses(m.solve(STRANGER, [trade(2, [1, 2], 51)]), "OverInternalLimit", [1, 2]);
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    await refuses(m.solve(STRANGER, [trade(2, [1, 2], 51)]), "OverInternalLimit", [2, 2]);
    // The limit holds per interval: 50 in each of two are fine.
    await m.solve(STRANGER, [trade(2, [1, 2], 50), trade(3, [1, 2], 50)]);
  });

  it("holds each feeder to its external limit in both directions; inner trade nets to zero", async () => {
    const m = await book(30, 0);
    await refuses(m.solve(STRANGER, [trade(2, [1, 2], 31)]), "OverExternalLimit", [1, 2]);
    await m.send(DSO, "setFeeder", [1, 0, 0]);
    // Now only feeder 2, which imports, is limited.
    await refuses(m.solve(STRANGER, [trade(2, [1, 2], 31)]), "OverExternalLimit", [2, 2]);
    await m.send(DSO, "setFeeder", [1, 30, 0]);
    // 70 stay inside feeder 1: its net is 100 - 70 = 30.
    await m.solve(STRANGER, [trade(2, [1, 4], 70), trade(2, [1, 2], 30)]);
    assert.equal(await candidateWh(m), 100);
  });

  it("drops the candidate when a limit is lowered, not when it is raised", async () => {
    const m = await book(0, 50);
    await m.solve(STRANGER, [trade(2, [1, 2], 50)]);
    await m.send(DSO, "setFeeder", [1, 0, 60]);
    assert.equal(await candidateWh(m), 50);
    const { events } = await m.send(DSO, "setFeeder", [1, 1_000, 60]);
    assert.equal(events[0]?.name, "CandidateDropped");
    assert.equal(await candidateWh(m), 0);
    await advance(m, 3);
    assert.equal(((await m.view("offerView", 1)) as { usedWh: number }).usedWh, 0);
    await m.solve(STRANGER, [trade(3, [1, 2], 1)]);
  });
});

describe("transax market: refusals at the end", () => {
  it("finalizes in order, from the exact second on, each interval once", async () => {
    const m = await book();
    await refuses(m.finalize(STRANGER, 1), "FinalizeOutOfOrder", [0]);
    m.nowS = START_S - INTERVAL_S - 1;
    await refuses(m.finalize(STRANGER, 0), "FinalizeTooEarly", [START_S - INTERVAL_S]);
    m.nowS += 1;
    await m.finalize(STRANGER, 0);
    await refuses(m.finalize(STRANGER, 0), "AlreadyFinalized", [0]);
    await refuses(m.finalize(STRANGER, 1), "FinalizeTooEarly", [START_S]);
    m.nowS = START_S + 1;
    await m.finalize(STRANGER, 1);
    assert.equal(await m.view("nextFinal"), 2);
  });

  it("finalizes nothing but the candidate's own trades", async () => {
    const m = await book();
    const trades = [trade(2, [1, 2], 40), trade(3, [1, 2], 20)];
    await m.solve(STRANGER, trades);
    await advance(m, 2);
    m.nowS = MarketHarness.finalizableS(2);
    const forged: readonly Trade[][] = [
      [],
      [trade(2, [1, 2], 41), trade(3, [1, 2], 20)],
      [trade(2, [1, 2], 40)],
      [trade(2, [1, 2], 40), trade(4, [1, 2], 20)],
      [trade(2, [1, 4], 40), trade(3, [1, 2], 20)],
    ];
    for (const wrong of forged) await refuses(m.finalize(STRANGER, 2, wrong), "WrongChunk");
    await m.finalize(STRANGER, 2, trades);
    await refuses(m.finalize(STRANGER, 2, trades), "AlreadyFinalized", [2]);
    m.nowS = MarketHarness.finalizableS(4);
    await refuses(m.finalize(STRANGER, 3, []), "WrongChunk");
    await m.finalize(STRANGER, 3, trades);
    await refuses(m.finalize(STRANGER, 4, [trade(4, [1, 2], 1)]), "WrongChunk");
    await m.finalize(STRANGER, 4);
  });

  it("releases an offer after its last interval, once, for anybody who asks", async () => {
    const m = await book();
    await refuses(m.send(STRANGER, "releaseOffers", [[9]]), "OfferUnknown", [9]);
    await refuses(m.send(STRANGER, "releaseOffers", [[0]]), "OfferUnknown", [0]);
    await advance(m, 5);
    await refuses(m.send(STRANGER, "releaseOffers", [[3, 2]]), "OfferStillOpen", [2]);
    const { events } = await m.send(STRANGER, "releaseOffers", [[3, 4, 1]]);
    assert.deepEqual(
      events.map(({ name, args }) => [name, args["offerId"], args["units"]]),
      [
        ["OfferReleased", 3, 900n],
        ["OfferReleased", 4, 1_200n],
      ],
    );
    assert.deepEqual((await m.send(STRANGER, "releaseOffers", [[3, 4, 1]])).events, []);
    await advance(m, 6);
    await m.send(STRANGER, "releaseOffers", [[2]]);
    const buyer = (await m.view("accountView", 2)) as Record<string, bigint>;
    assert.deepEqual([buyer["balanceUnits"], buyer["escrowUnits"]], [1_000_000n, 0n]);
  });

  it("takes readings of a meter in order, without gaps", async () => {
    const m = await book();
    const readings = (...wh: number[]): string =>
      bytesToHex(new Uint8Array(new DataView(Int32Array.from(wh).buffer).buffer));
    await refuses(m.send(STRANGER, "submitReadings", [0, readings(1)]), "NoAccount");
    await refuses(m.send(SELLER, "submitReadings", [0, "0x"]), "BadLength");
    await refuses(m.send(SELLER, "submitReadings", [0, "0x000000"]), "BadLength");
    const { events } = await m.send(SELLER, "submitReadings", [32, readings(5, -6, 7)]);
    assert.equal(events[0]?.args["firstInterval"], 32);
    assert.equal(await m.view("nextReading", 1), 35);
    for (const first of [32, 34, 36])
      await refuses(
        m.send(SELLER, "submitReadings", [first, readings(1)]),
        "ReadingOutOfOrder",
        [35],
      );
    await m.send(SELLER, "submitReadings", [35, readings(1)]);
    await m.send(BUYER, "submitReadings", [0, readings(1)]);
    assert.equal(await m.view("nextReading", 2), 1);
  });
});
