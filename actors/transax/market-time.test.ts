// Goal: the traders' idea of time is the contract's: what is open, what may be final, which plan is next.
// Method: properties over instants and markets; the contract's formula beside ours.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  beginUtcUs,
  finalizableUtcUs,
  firstOfPlan,
  firstOpen,
  nextPlan,
  PLAN_INTERVALS,
  planUtcUs,
} from "./market-time.ts";

const START_S = 1_800_000_000;
const times = fc.record({
  startS: fc.constant(START_S),
  intervalS: fc.integer({ min: 1, max: 86_400 }),
  clearIntervals: fc.integer({ min: 1, max: 20 }),
});
const nows = fc
  .integer({ min: -3_000_000, max: 30_000_000 })
  .map((s) => (START_S + s) * 1e6 + 999_999);

describe("market time", () => {
  it("an interval takes offers exactly until it may be finalized", () => {
    fc.assert(
      fc.property(times, nows, (time, nowUtcUs) => {
        const open = firstOpen(time, nowUtcUs);
        assert(nowUtcUs < finalizableUtcUs(time, open));
        if (open > 0) assert(nowUtcUs >= finalizableUtcUs(time, open - 1));
      }),
    );
  });

  it("the first open interval is the contract's openFrom at the block of that second", () => {
    fc.assert(
      fc.property(times, nows, (time, nowUtcUs) => {
        const timestamp = BigInt(Math.floor(nowUtcUs / 1e6));
        const ahead = timestamp + BigInt(time.clearIntervals * time.intervalS);
        const start = BigInt(time.startS);
        const openFrom = ahead < start ? 0n : (ahead - start) / BigInt(time.intervalS) + 1n;
        assert.equal(BigInt(firstOpen(time, nowUtcUs)), openFrom);
      }),
    );
  });

  it("intervals follow each other without gap", () => {
    fc.assert(
      fc.property(times, fc.nat(10_000), (time, interval) => {
        const lengthUs = beginUtcUs(time, interval + 1) - beginUtcUs(time, interval);
        assert.equal(lengthUs, time.intervalS * 1e6);
        assert.equal(beginUtcUs(time, 0), START_S * 1e6);
        const earlierUs = time.clearIntervals * time.intervalS * 1e6;
        assert.equal(finalizableUtcUs(time, interval), beginUtcUs(time, interval) - earlierUs);
      }),
    );
  });

  it("the next plan has an open interval, and no earlier one that is allowed has", () => {
    fc.assert(
      fc.property(times, nows, fc.integer({ min: 1, max: 50 }), (time, nowUtcUs, planMin) => {
        const plan = nextPlan(time, nowUtcUs, planMin);
        const open = firstOpen(time, nowUtcUs);
        const lastOf = (each: number): number => firstOfPlan(each) + PLAN_INTERVALS - 1;
        assert(plan >= planMin && lastOf(plan) >= open);
        if (plan > planMin) assert(lastOf(plan - 1) < open);
      }),
    );
  });

  it("a plan is posted while all of its intervals are still open, when clearing is short", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 500 }), (time, plan) => {
        const open = firstOpen(time, planUtcUs(time, plan));
        if (time.clearIntervals < 4) assert(open <= firstOfPlan(plan));
        assert.equal(firstOfPlan(plan + 1) - firstOfPlan(plan), PLAN_INTERVALS);
        assert.equal(firstOfPlan(1), 0);
      }),
    );
  });
});
