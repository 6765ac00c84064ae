// Goal: every loss is told, each once, and of one port and side at most once in LOSS_PAUSE_MS.
// Method: random losses in random steps of time.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { LOSS_PAUSE_MS, LossTally } from "./loss-tally.ts";

describe("loss tally", () => {
  it("tells all losses, summed up, and never too often", () => {
    const losses = fc.record({
      port: fc.constantFrom("a", "b"),
      side: fc.constantFrom("sent" as const, "received" as const),
      count: fc.integer({ min: 1, max: 9 }),
      stepMs: fc.integer({ min: 0, max: 700 }),
    });
    fc.assert(
      fc.property(fc.array(losses, { maxLength: 40 }), (plan) => {
        const tally = new LossTally();
        const told = new Map<string, number[]>();
        let nowMs = 5;
        let lostCount = 0;
        let toldCount = 0;
        const tell = (): void => {
          for (const { port, side, count } of tally.due(nowMs)) {
            toldCount += count;
            told.set(`${port} ${side}`, [...(told.get(`${port} ${side}`) ?? []), nowMs]);
          }
        };
        for (const { port, side, count, stepMs } of plan) {
          const dueMs = tally.add(port, side, count);
          assert(dueMs <= nowMs + LOSS_PAUSE_MS);
          assert(tally.nextDueMs <= dueMs);
          lostCount += count;
          nowMs += stepMs;
          tell();
        }
        while (tally.nextDueMs < Infinity) {
          nowMs = Math.max(nowMs, tally.nextDueMs);
          tell();
        }
        assert.equal(toldCount, lostCount);
        for (const atMs of told.values())
          for (const [index, each] of atMs.entries())
            assert(each - (atMs[index - 1] ?? -Infinity) >= LOSS_PAUSE_MS);
      }),
    );
  });

  it("the first loss is due at once, and none without a loss", () => {
    const tally = new LossTally();
    assert.equal(tally.nextDueMs, Infinity);
    assert(tally.add("a", "sent", 2) < 0);
    assert.deepEqual(tally.due(0), [{ port: "a", side: "sent", count: 2 }]);
    assert.deepEqual(tally.due(1e9), []);
  });
});
