// Goal: both real clocks keep the contract; the system clock notices steps; the stepped one obeys.
// Method: the contract (a stepped clock is driven to each next instant); a system clock that we set.
// Seed: none.
import assert from "node:assert/strict";
import { clockContract } from "../core/clock.contract.ts";
import { never } from "../core/run-in-world.contract.ts";
import { SteppedClock } from "./stepped-clock.ts";
import { SystemClock } from "./system-clock.ts";

clockContract("system", (body) => body({ clock: new SystemClock() }));

clockContract("stepped, driven from sleeper to sleeper", async (body) => {
  const clock = new SteppedClock(1_800_000_000_000_000);
  const state = { done: false };
  const running = body({ clock }).finally(() => {
    state.done = true;
  });
  while (!state.done) {
    await new Promise((resolve) => setImmediate(resolve));
    const dueUtcUs = clock.nextDueUtcUs();
    // A year ahead is the sleeper that waits for its abort.
    if (dueUtcUs !== undefined && dueUtcUs < clock.utcUs() + 1e12) clock.advanceTo(dueUtcUs);
  }
  await running;
});

describe("system clock", function () {
  this.timeout(30_000);
  it("a step of the system clock past the instant wakes its sleepers", async () => {
    let utcMs = 1_800_000_000_000;
    const clock = new SystemClock(() => utcMs);
    const asleep = clock.sleepUntilUtc(clock.utcUs() + 3600e6, never);
    utcMs += 7200e3;
    await asleep;
    assert(clock.utcUs() >= 1_800_003_600_000_000);
  });
});

describe("stepped clock", function () {
  this.timeout(30_000);
  it("stands still until advanced, tells the next instant, and never goes back", async () => {
    const clock = new SteppedClock(1000);
    assert.equal(clock.nextDueUtcUs(), undefined);
    const stop = new AbortController();
    const woken: number[] = [];
    const sleepers = [3000, 2000, 4000].map(async (utcUs) => {
      await clock.sleepUntilUtc(utcUs, utcUs === 2000 ? stop.signal : never);
      woken.push(utcUs);
    });
    assert.equal(clock.nextDueUtcUs(), 2000);
    stop.abort();
    await sleepers[1];
    assert.equal(clock.nextDueUtcUs(), 3000);
    clock.advanceTo(2999);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(woken, [2000]);
    clock.advanceTo(5000);
    await Promise.all(sleepers);
    assert.deepEqual(woken, [2000, 3000, 4000]);
    assert.equal(clock.nextDueUtcUs(), undefined);
    assert.throws(() => clock.advanceTo(4999), /never goes back/);
  });
});
