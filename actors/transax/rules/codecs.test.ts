// Goal: what is packed unpacks to the same, noise unpacks to undefined, and numbers that do not fit throw.
// Method: round trips over random offers and solutions. Seed: 1.
import assert from "node:assert/strict";
import fc from "fast-check";
import { emptyFinalizeCall, finalizeCalls } from "./candidate-chain.ts";
import { maskOf, type NewOffer, offerCovers, offerIntervals, type Trade } from "./market-terms.ts";
import { decodeOffers, encodeOffers, OFFER_BYTES } from "./offer-codec.ts";
import {
  compareTrades,
  decodeSolution,
  decodeTrades,
  encodeSolution,
  encodeTrades,
} from "./solution-codec.ts";

const SEED = { seed: 1, numRuns: 200 };
const PLAIN = { noNullPrototype: true } as const;
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const offer: fc.Arbitrary<NewOffer> = fc.record(
  {
    kind: fc.constantFrom("sell", "buy"),
    energyWh: uint32,
    priceUnits: uint32,
    firstInterval: uint32,
    intervalMask: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
  },
  PLAIN,
);
const trade: fc.Arbitrary<Trade> = fc.record(
  {
    interval: fc.oneof(uint32, fc.integer({ min: 0, max: 3 })),
    sellerOffer: fc.oneof(uint32, fc.integer({ min: 1, max: 20 })),
    buyerOffer: fc.oneof(uint32, fc.integer({ min: 1, max: 20 })),
    energyWh: uint32,
    priceUnits: fc.oneof(uint32, fc.integer({ min: 0, max: 3 })),
  },
  PLAIN,
);

describe("transax codecs", () => {
  it("offers survive packing, and take 21 bytes each", () => {
    fc.assert(
      fc.property(fc.array(offer), (offers) => {
        const bytes = encodeOffers(offers);
        assert.equal(bytes.length, offers.length * OFFER_BYTES);
        assert.deepEqual(decodeOffers(bytes), offers);
      }),
      SEED,
    );
  });

  it("offers that do not fit throw; bytes that are none are undefined", () => {
    const good: NewOffer = {
      kind: "sell",
      energyWh: 1,
      priceUnits: 1,
      firstInterval: 1,
      intervalMask: 1n,
    };
    for (const wrong of [
      { energyWh: -1 },
      { energyWh: 2 ** 32 },
      { priceUnits: 0.5 },
      { firstInterval: Number.NaN },
      { intervalMask: 0n },
      { intervalMask: 2n ** 64n },
    ])
      assert.throws(() => encodeOffers([{ ...good, ...wrong }]), RangeError);
    assert.equal(decodeOffers(new Uint8Array(20)), undefined);
    assert.equal(decodeOffers(new Uint8Array(21).fill(2)), undefined);
  });

  it("solutions survive packing, sorted, whatever array their bytes lie in", () => {
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 40 }), (trades) => {
        const { offerList, chunks } = encodeSolution(trades);
        const inside = new Uint8Array(chunks.length + 3);
        inside.set(chunks, 3);
        const decoded = decodeSolution({ offerList, chunks: inside.subarray(3) });
        assert.deepEqual(decoded, [...trades].sort(compareTrades));
      }),
      SEED,
    );
  });

  it("a solution cut anywhere but between two intervals is undefined", () => {
    const trades = [0, 1].map((interval) => ({
      interval,
      sellerOffer: 1,
      buyerOffer: 2,
      energyWh: 3,
      priceUnits: 4,
    }));
    const { offerList, chunks } = encodeSolution(trades);
    for (let length = 0; length < chunks.length; length += 1) {
      const decoded = decodeSolution({ offerList, chunks: chunks.slice(0, length) });
      assert.equal(decoded?.length, { 0: 0, 20: 1 }[length], `cut at ${String(length)}`);
    }
    assert.equal(decodeSolution({ offerList: offerList.slice(1), chunks }), undefined);
    assert.equal(decodeSolution({ offerList: offerList.slice(4), chunks }), undefined);
  });

  it("final trades survive packing", () => {
    fc.assert(
      fc.property(fc.array(trade), (trades) => {
        const here = trades.map((one) => ({ ...one, interval: 7 }));
        assert.deepEqual(decodeTrades(7, encodeTrades(here)), here);
      }),
      SEED,
    );
    assert.equal(decodeTrades(7, new Uint8Array(15)), undefined);
  });

  it("a mask names the intervals that it is made of", () => {
    const places = fc.uniqueArray(fc.integer({ min: 1, max: 63 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), places, (first, others) => {
        const intervals = [0, ...others].map((place) => first + place).sort((a, b) => a - b);
        const one: NewOffer = {
          kind: "sell",
          energyWh: 1,
          priceUnits: 1,
          firstInterval: first,
          intervalMask: maskOf(first, intervals),
        };
        assert.deepEqual(offerIntervals(one), intervals);
        for (let interval = first - 2; interval < first + 70; interval += 1)
          assert.equal(offerCovers(one, interval), intervals.includes(interval));
      }),
      SEED,
    );
  });

  it("a chain's calls cover its intervals in order and end in zeros", () => {
    const sum = (bytes: Uint8Array): Uint8Array =>
      new Uint8Array(32).fill(bytes.reduce((a, b) => (a * 31 + b) % 251, 7));
    const trades = [2, 3, 3, 9].map((interval, index) => ({
      interval,
      sellerOffer: 1,
      buyerOffer: 2 + index,
      energyWh: 3,
      priceUnits: 4,
    }));
    const calls = finalizeCalls(trades, sum);
    assert.deepEqual(
      calls.map(({ interval, nextInterval, trades: packed }) => [
        interval,
        nextInterval,
        packed.length,
      ]),
      [
        [2, 3, 16],
        [3, 9, 32],
        [9, 0, 16],
      ],
    );
    assert.deepEqual(calls[2]?.tail, emptyFinalizeCall(9).tail);
    // What is left when an interval is final has the same links.
    assert.deepEqual(finalizeCalls(trades.slice(1), sum), calls.slice(1));
    assert.deepEqual(finalizeCalls([], sum), []);
  });
});
