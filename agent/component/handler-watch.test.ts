// Goal: a deadline is told once, when it passes, whether its handler waits, runs or has ended; a handler that runs
// too long is reported at doubled intervals; with nothing to watch nothing wakes up.
// Method: a scheduler on virtual time.
// Seed: 1 for the simulator; fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { deferred } from "../core/waiting.ts";
import { HANG_MS } from "./scheduler.ts";
import { Harness, turn } from "./scheduler-harness.contract.ts";

const nothing = (): void => undefined;
const never = new AbortController().signal;

describe("deadlines", () => {
  it("count from arrival, and are told while the handler runs or waits", async () => {
    const harness = new Harness().started();
    const lane = harness.lane({ withinMs: 100 });
    const held = deferred<undefined>();
    lane.push(() => held.promise);
    await harness.sim.runFor(60);
    lane.push(nothing);
    await harness.sim.runFor(39);
    assert.deepEqual(harness.misses, []);
    await harness.sim.runFor(2);
    assert.deepEqual(harness.misses, [{ port: "in", lateMs: 0, isOver: false }], "it runs");
    await harness.sim.runFor(60);
    assert.equal(harness.misses.length, 2, "the other one waits");
    held.resolve(undefined);
    await harness.sim.runFor(1000);
    assert.equal(harness.misses.length, 2, "each is told once");
    assert.equal(lane.lateCount, 2);
    assert.equal(harness.busyCount, 0);
  });

  it("every job that ends late is told once, and no other", async () => {
    const plans = fc.array(
      fc.record({ afterMs: fc.nat(40), runningMs: fc.nat(60), within: fc.boolean() }),
      { maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(
        plans,
        fc.constantFrom("default" as const, "priority" as const),
        async (plan, order) => {
          const harness = new Harness(order).started();
          const { clock, sim } = harness;
          const withinMs = 50;
          const lanes = {
            true: harness.lane({ port: "strict", withinMs, index: 2 }),
            false: harness.lane({ port: "free" }),
          };
          let lateCount = 0;
          let tieCount = 0;
          for (const { afterMs, runningMs, within } of plan) {
            await sim.runFor(afterMs);
            const arrivedMs = clock.monotonicMs();
            lanes[`${within}`].push(async () => {
              await clock.sleep(runningMs, never);
              const tookMs = clock.monotonicMs() - arrivedMs;
              if (within && tookMs > withinMs) lateCount += 1;
              if (within && tookMs === withinMs) tieCount += 1;
            });
          }
          await sim.runFor(2000);
          // One that ends at its deadline, to the microsecond, may be told.
          const told = harness.misses.length;
          assert(told >= lateCount && told <= lateCount + tieCount);
          assert.equal(lanes.true.lateCount, told);
          assert.equal(lanes.true.handledCount + lanes.false.handledCount, plan.length);
          assert(harness.misses.every(({ port, lateMs }) => port === "strict" && lateMs >= 0));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("a handler that held up everything until it was late is told of at its end", () => {
    const harness = new Harness().started();
    const lane = harness.lane({ withinMs: -1 });
    lane.push(nothing);
    assert.deepEqual(
      harness.misses.map(({ isOver }) => isOver),
      [true],
    );
  });

  it("news of a miss run beside a handler that waits, else before the next one", async () => {
    const harness = new Harness().started();
    const log: string[] = [];
    harness.onLate = ({ isOver }) =>
      harness.scheduler.aside("handleDeadline", async () => {
        await Promise.resolve();
        log.push(`late ${isOver ? "and over" : ""}`.trim());
      });
    const lane = harness.lane({ withinMs: 10 });
    const held = deferred<undefined>();
    lane.push(() => held.promise.then(() => log.push("end")));
    await harness.sim.runFor(20);
    held.resolve(undefined);
    await turn();
    assert.deepEqual(log.splice(0), ["late", "end"]);
    harness.lane({ port: "strict", withinMs: -1 }).push(() => {
      lane.push(() => log.push("next"));
    });
    await turn();
    assert.deepEqual(log, ["late and over", "next"]);
    assert.equal(harness.busyCount, 0);
  });

  it("what runs beside a handler may throw as any other, and is waited for at the end", async () => {
    const harness = new Harness().started();
    harness.verdict = "go-on";
    const held = deferred<undefined>();
    const beside = deferred<undefined>();
    harness.lane().push(() => held.promise);
    harness.scheduler.aside("handleDeadline", () => {
      throw new Error("bug");
    });
    harness.scheduler.aside("handleDeadline", () => beside.promise);
    assert.deepEqual(harness.threw, ["handleDeadline"]);
    let isClosed = false;
    const closed = harness.scheduler.close().then(() => (isClosed = true));
    held.resolve(undefined);
    await turn();
    assert.equal(isClosed, false);
    beside.resolve(undefined);
    await closed;
    assert.equal(harness.busyCount, 0);
  });

  it("are not told while the component is paused, and then at once", async () => {
    const harness = new Harness().started();
    const { scheduler } = harness;
    const lane = harness.lane({ withinMs: 10 });
    scheduler.pause("handlePassivate", nothing);
    lane.push(nothing);
    await harness.sim.runFor(500);
    assert.deepEqual(harness.misses, []);
    scheduler.resume("handleResume", nothing);
    await harness.sim.runFor(1);
    assert.deepEqual(harness.misses, [{ port: "in", lateMs: 490, isOver: true }]);
  });
});

describe("watchdog", () => {
  it("reports a handler that runs too long, at doubled intervals, until it ends", async () => {
    const harness = new Harness().started();
    const held = deferred<undefined>();
    harness.lane().push(() => held.promise);
    await harness.sim.runFor(HANG_MS - 1);
    assert.deepEqual(harness.hangs, []);
    await harness.sim.runFor(8 * HANG_MS);
    assert.deepEqual(
      harness.hangs,
      [1, 2, 4, 8].map((times) => ["on_in", times * HANG_MS]),
    );
    held.resolve(undefined);
    await harness.sim.runFor(20 * HANG_MS);
    assert.equal(harness.hangs.length, 4);
  });

  it("says nothing of many handlers that each end in time", async () => {
    const harness = new Harness().started();
    const lane = harness.lane({ policy: { lengthMax: 1000, whenFull: "dropNewest" } });
    for (let each = 0; each < 50; each += 1)
      lane.push(() => harness.clock.sleep(HANG_MS - 1, never));
    await harness.sim.runFor(51 * HANG_MS);
    assert.deepEqual([harness.hangs, lane.handledCount], [[], 50]);
  });

  it("sleeps not at all while nothing runs and nothing waits", async () => {
    const harness = new Harness().started();
    const lane = harness.lane({ withinMs: 100 });
    await harness.sim.runFor(1);
    const sleeps: number[] = [];
    const { clock } = harness;
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (...call) => {
      sleeps.push(call[0]);
      return sleep(...call);
    };
    for (let each = 0; each < 100; each += 1) lane.push(nothing);
    await harness.sim.runFor(10 * HANG_MS);
    assert.deepEqual(sleeps, []);
    harness.lane({ port: "free" }).push(() => clock.sleep(1, never));
    await harness.sim.runFor(10 * HANG_MS);
    assert.deepEqual(sleeps, [1, HANG_MS], "its own, and one of the watch");
  });
});
