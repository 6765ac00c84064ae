// Goal: times of handlers are kept in bounded space, and what is read from them is true within a bucket's width.
// Method: properties over any times; the exact quantile beside the one of the buckets.
// Seed: fast-check's own.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bucketEndUs,
  bucketOf,
  countsSince,
  HandlerTimes,
  quantileUs,
  sumOf,
} from "./handler-times.ts";

const spanUs = fc.double({ min: 0, max: 1e12, noNaN: true });

function timesOf(spansUs: readonly number[]): HandlerTimes {
  const times = new HandlerTimes();
  for (const us of spansUs) times.add(us / 1000);
  return times;
}

describe("times of handlers", () => {
  it("every time is in the one bucket whose ends are around it, at most a quarter apart", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 30 - 1, noNaN: true }), (us) => {
        const bucket = bucketOf(us);
        const end = bucketEndUs(bucket);
        const begin = bucket === 0 ? 0 : bucketEndUs(bucket - 1);
        assert(begin <= us && us < end, `${begin} ${us} ${end}`);
        assert(end - begin <= Math.max(1, begin / 4));
      }),
    );
  });

  it("longer ones are in the last bucket, and none is lost", () => {
    fc.assert(
      fc.property(fc.array(spanUs, { maxLength: 200 }), (spans) => {
        const { counts } = timesOf(spans);
        assert.equal(sumOf(counts), spans.length);
        assert(counts.length <= 240);
      }),
    );
  });

  it("a quantile is the end of the bucket that holds the exact one", () => {
    const spans = fc.array(fc.integer({ min: 0, max: 1e8 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(spans, fc.constantFrom(0, 0.5, 0.9, 0.99, 1), (all, q) => {
        const sorted = [...all].sort((one, other) => one - other);
        const exact = sorted[Math.max(0, Math.ceil(q * all.length) - 1)] ?? 0;
        // Through ms and back a whole µs may lose its last bit.
        const found = quantileUs(timesOf(all).counts, q) ?? 0;
        assert([bucketEndUs(bucketOf(exact)), bucketEndUs(bucketOf(exact - 1))].includes(found));
      }),
    );
    assert.equal(quantileUs([], 0.5), null);
  });

  it("what came since is what was added since; when counting began anew, it is all", () => {
    fc.assert(
      fc.property(fc.array(spanUs), fc.array(spanUs), (first, second) => {
        const before = timesOf(first).counts;
        const now = timesOf([...first, ...second]).counts;
        assert.deepEqual(countsSince(now, before), timesOf(second).counts);
      }),
    );
    assert.deepEqual(countsSince([3, 1], [3, 5]), [3, 1]);
    assert.deepEqual(countsSince([7, 4], [3, 5]), [7, 4]);
  });
});
