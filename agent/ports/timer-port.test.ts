// Goal: periodic timers fire at whole multiples of their period, missed ticks are counted and not made up
// for, and what is set last replaces what was set before.
// Method: a clock that the test moves; the same in the simulator, on two boards.
// Seed: fast-check's own for properties; 1 in the simulator.
import assert from "node:assert/strict";
import fc from "fast-check";
import { UNKNOWN_QUALITY } from "../core/clock.ts";
import { hasCode } from "../core/store.contract.ts";
import { SteppedClock } from "../io/stepped-clock.ts";
import { Simulation } from "../sim/simulation.ts";
import { nextTickUtcUs, TimerPort } from "./timer-port.ts";

const START_UTC_US = 1_800_000_000_123_456;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function stepped(periodMs: number | undefined): {
  clock: SteppedClock;
  fired: number[];
  timer: TimerPort;
  to: (utcUs: number) => Promise<void>;
} {
  const clock = new SteppedClock(START_UTC_US);
  const fired: number[] = [];
  const timer = new TimerPort(clock, periodMs, (dueUtcUs) => fired.push(dueUtcUs));
  const to = async (utcUs: number): Promise<void> => {
    clock.advanceTo(utcUs);
    await turn();
  };
  return { clock, fired, timer, to };
}

describe("timer port", () => {
  it("the next tick is the first whole multiple of the period after now", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 52 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        (nowUtcUs, periodMs) => {
          const periodUs = periodMs * 1000;
          const next = nextTickUtcUs(nowUtcUs, periodUs);
          assert.equal(next % periodUs, 0);
          assert(next > nowUtcUs && next - periodUs <= nowUtcUs);
        },
      ),
    );
  });

  it("fires at every multiple, and counts those that a stall skipped", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 1, max: 5_000_000 }), { maxLength: 20 }),
        async (periodMs, stepsUs) => {
          const { clock, fired, timer, to } = stepped(periodMs);
          const periodUs = periodMs * 1000;
          timer.start();
          for (const stepUs of stepsUs) await to(clock.utcUs() + stepUs);
          timer.cancel();
          const ticks = Math.floor(clock.utcUs() / periodUs) - Math.floor(START_UTC_US / periodUs);
          assert.equal(fired.length + timer.missedCount, ticks);
          // A stall ends with one tick, not with all that it skipped.
          assert(fired.length <= stepsUs.length);
          assert(fired.every((dueUtcUs) => dueUtcUs % periodUs === 0));
          assert.deepEqual(
            fired,
            [...new Set(fired)].sort((a, b) => a - b),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("a sporadic timer fires once, when it is due, and at once when that is past", async () => {
    const { fired, timer, to } = stepped(undefined);
    timer.start();
    await to(START_UTC_US + 1_000_000);
    assert.deepEqual(fired, []);
    timer.fireAtUtc(START_UTC_US + 3_000_000);
    await to(START_UTC_US + 2_999_999);
    assert.deepEqual(fired, []);
    await to(START_UTC_US + 3_000_000);
    await to(START_UTC_US + 9_000_000);
    assert.deepEqual(fired, [START_UTC_US + 3_000_000]);
    timer.fireAtUtc(START_UTC_US);
    await turn();
    assert.deepEqual(fired.slice(1), [START_UTC_US]);
    assert.equal(timer.missedCount, 0);
  });

  it("what is set last replaces what was set before; cancel forgets it", async () => {
    const { clock, fired, timer, to } = stepped(undefined);
    timer.fireAtUtc(START_UTC_US + 1000);
    timer.fireAtUtc(START_UTC_US + 2000);
    await to(START_UTC_US + 1500);
    assert.deepEqual(fired, []);
    await to(START_UTC_US + 2500);
    assert.deepEqual(fired, [START_UTC_US + 2000]);
    timer.fireAtUtc(START_UTC_US + 3000);
    timer.cancel();
    timer.cancel();
    await to(START_UTC_US + 9000);
    assert.equal(fired.length, 1);
    assert.equal(clock.nextDueUtcUs(), undefined);
  });

  it("a periodic timer that is cancelled stops; set again it goes on at multiples", async () => {
    const { fired, timer, to } = stepped(1000);
    const second = (count: number): number => (Math.floor(START_UTC_US / 1e6) + count) * 1e6;
    timer.start();
    await to(second(1));
    timer.cancel();
    await to(second(5));
    assert.deepEqual(fired, [second(1)]);
    timer.fireAtUtc(second(5) + 300_000);
    await to(second(5) + 300_000);
    await to(second(6));
    assert.deepEqual(fired.slice(1), [second(5) + 300_000, second(6)]);
    timer[Symbol.dispose]();
    await to(second(9));
    assert.equal(fired.length, 3);
  });

  it("tells whether it will fire, and with which period; restart takes another one from now on", async () => {
    const { fired, timer, to } = stepped(1000);
    const second = (count: number): number => (Math.floor(START_UTC_US / 1e6) + count) * 1e6;
    assert.deepEqual([timer.isRunning, timer.periodMs], [false, 1000]);
    timer.start();
    assert(timer.isRunning);
    timer.cancel();
    assert.equal(timer.isRunning, false);
    await to(second(1));
    timer.restart(250);
    await to(second(1) + 250_000);
    assert.deepEqual(fired, [second(1) + 250_000]);
    assert.deepEqual([timer.isRunning, timer.periodMs], [true, 250]);
    timer.restart();
    await to(second(1) + 500_000);
    assert.deepEqual(fired.slice(1), [second(1) + 500_000]);
    timer[Symbol.dispose]();
    timer.restart();
    assert.equal(timer.isRunning, false, "it is over");
  });

  it("a sporadic timer fires after a delay, and then it is not running; with a period it becomes periodic", async () => {
    const { clock, fired, timer, to } = stepped(undefined);
    timer.restart();
    assert.deepEqual([timer.isRunning, timer.periodMs], [false, undefined]);
    timer.fireIn(1.5);
    assert(timer.isRunning);
    await to(START_UTC_US + 1499);
    assert.deepEqual(fired, []);
    await to(START_UTC_US + 1500);
    assert.deepEqual([fired, timer.isRunning], [[START_UTC_US + 1500], false]);
    timer.restart(1000);
    await to(clock.utcUs() + 1_000_000);
    await to(clock.utcUs() + 1_000_000);
    assert.equal(fired.length, 3);
    assert(timer.isRunning);
  });

  it("whatever sets it anew or cancels it forgets the tick that waits", () => {
    let forgottenCount = 0;
    const forget = (): void => void (forgottenCount += 1);
    const timer = new TimerPort(new SteppedClock(START_UTC_US), 1000, () => undefined, forget);
    for (const set of [
      () => timer.fireIn(1),
      () => timer.fireAtUtc(0),
      () => timer.restart(),
      () => timer.cancel(),
    ]) {
      forgottenCount = 0;
      set();
      assert.equal(forgottenCount, 1);
    }
  });

  it("has no period that is not one", () => {
    const { timer } = stepped(1000);
    for (const periodMs of [0, -1, 0.0001, Number.NaN, Infinity])
      assert.throws(() => timer.restart(periodMs), hasCode("TIMER_PERIOD_INVALID"));
    assert.throws(() => stepped(0), hasCode("TIMER_PERIOD_INVALID"));
    assert.equal(timer.periodMs, 1000);
  });

  it("a handler may cancel or set its own timer while it runs", async () => {
    const clock = new SteppedClock(START_UTC_US);
    const fired: number[] = [];
    const timer = new TimerPort(clock, 1000, (dueUtcUs) => {
      fired.push(dueUtcUs);
      if (fired.length === 1) timer.fireAtUtc(dueUtcUs + 7);
      else timer.cancel();
    });
    timer.start();
    const first = nextTickUtcUs(START_UTC_US, 1_000_000);
    for (const utcUs of [first, first + 7, first + 5_000_000]) {
      clock.advanceTo(utcUs);
      await turn();
    }
    assert.deepEqual(fired, [first, first + 7]);
  });

  it("all boards fire together", async () => {
    const sim = new Simulation({ seed: 1 });
    const fired: string[] = [];
    for (const [board, waitMs] of [
      ["a", 10],
      ["b", 333],
    ] as const) {
      await sim.runFor(waitMs);
      const { clock } = sim.host(board).openWorld("w");
      new TimerPort(clock, 250, (dueUtcUs) =>
        fired.push(`${board} ${dueUtcUs % 1_000_000}`),
      ).start();
    }
    await sim.runFor(500);
    assert.deepEqual(fired.slice(-4), ["a 500000", "b 500000", "a 750000", "b 750000"]);
  });
});

describe("a timer of 10 ms on cluster time, simulated", function () {
  this.timeout(60_000);
  it("keeps its period for 10 minutes while the host's clock drifts, and says what it missed (seed 1)", async () => {
    const sim = new Simulation({ seed: 1 });
    const host = sim.host("a");
    host.time.set({ driftPpb: 90_000, wanderPpb: 5_000, offsetUs: 2_000_000 });
    const { clock, oscillator } = host.openWorld("timer");
    // As a time manager does it: what is left of the drift is found out and taken back every four seconds.
    const steer = (): void =>
      oscillator.steer({
        ...{ atMonotonicUs: oscillator.monotonicUs(), utcUs: sim.utcUs, ratePpb: -90_000 },
        ...{ boundUs: 100, growthPpb: 10_000, quality: UNKNOWN_QUALITY },
      });
    steer();
    const trueUs: number[] = [];
    const dueUs: number[] = [];
    const timer = new TimerPort(clock, 10, (dueUtcUs) => {
      trueUs.push(sim.utcUs);
      dueUs.push(dueUtcUs);
    });
    timer.start();
    for (let second = 0; second < 600; second += 4) {
      await sim.runFor(4_000);
      steer();
      if (second !== 300) continue;
      // It sleeps for a second: those ticks are missed, and it says so.
      host.time.suspend();
      await sim.runFor(1_000);
      host.time.resume();
      steer();
    }
    const spanUs = (trueUs.at(-1) ?? 0) - (trueUs[0] ?? 0);
    const meanUs = spanUs / (trueUs.length - 1 + timer.missedCount);
    assert.ok(Math.abs(meanUs - 10_000) < 1, `${meanUs} µs, 0.01 % is 1 µs`);
    assert.ok(timer.missedCount >= 99 && timer.missedCount <= 101, String(timer.missedCount));
    assert.equal(
      trueUs.length + timer.missedCount,
      ((dueUs.at(-1) ?? 0) - (dueUs[0] ?? 0)) / 10_000 + 1,
    );
    assert.ok(dueUs.every((due) => due % 10_000 === 0));
    timer.cancel();
  });
});
