// Goal: each host has clocks of its own, wrong as a test wants them; who sleeps wakes by them, never early,
// and however they are changed meanwhile, without a busy loop; perfect clocks cost nothing.
// Method: sleepers on hosts whose clocks drift, wander, jump, stand still, sleep or are steered.
// Seed: 1, and 1 to 20 for the random walk.
import assert from "node:assert/strict";
import { clockContract } from "../core/clock.contract.ts";
import { UNKNOWN_QUALITY } from "../core/clock.ts";
import { never } from "../core/run-in-world.contract.ts";
import type { World } from "../core/world.ts";
import type { SimHost } from "./sim-host.ts";
import { Simulation } from "./simulation.ts";

const SECOND_US = 1_000_000;
const HOUR_US = 3_600 * SECOND_US;

interface Bench {
  readonly sim: Simulation;
  readonly host: SimHost;
  readonly world: World;
  /** True time, since the start, at which each sleeper woke. */
  readonly wokenUs: Map<string, number>;
  readonly sleepFor: (name: string, durationMs: number) => void;
  readonly sleepUntil: (name: string, afterUs: number) => void;
}

function bench(seed = 1): Bench {
  const sim = new Simulation({ seed });
  const host = sim.host("a");
  const world = host.openWorld("w");
  const startUs = sim.utcUs;
  const wokenUs = new Map<string, number>();
  const woke = (name: string): void => void wokenUs.set(name, sim.trueUtcUs - startUs);
  return {
    ...{ sim, host, world, wokenUs },
    sleepFor: (name, durationMs) =>
      void world.clock.sleep(durationMs, never).then(() => woke(name)),
    sleepUntil: (name, afterUs) =>
      void world.clock.sleepUntilUtc(startUs + afterUs, never).then(() => woke(name)),
  };
}

describe("clocks of simulated hosts", () => {
  it("are perfect and alike unless a test sets them", async () => {
    const { sim, host, world } = bench();
    const other = sim.host("b").openWorld("w");
    sim.host("c").time.set({ offsetUs: 5, driftPpb: 9_000_000 });
    await sim.runFor(12_345);
    for (const { clock, oscillator } of [world, other]) {
      assert.equal(clock.utcUs(), sim.trueUtcUs);
      assert.equal(oscillator.systemUtcUs(), sim.trueUtcUs);
      assert.equal(clock.monotonicMs(), 12_345);
    }
    assert.equal(host.time.errorUs, 0);
  });

  it("an oscillator that is 500 ppm fast wakes its sleepers 500 ppm early, and its UTC runs ahead", async () => {
    const { sim, host, world, wokenUs, sleepFor, sleepUntil } = bench();
    host.time.set({ driftPpb: 500_000 });
    sleepFor("hour", HOUR_US / 1000);
    sleepUntil("utc", HOUR_US);
    await sim.runFor(HOUR_US / 1000);
    const earlyUs = HOUR_US - Math.ceil(HOUR_US / 1.0005);
    assert.equal(wokenUs.get("hour"), HOUR_US - earlyUs);
    assert.equal(wokenUs.get("utc"), HOUR_US - earlyUs);
    assert.equal(world.clock.monotonicMs(), 3_601_800);
    assert.equal(host.time.errorUs, 1_800_000);
  });

  it("a rate that changes while somebody sleeps counts from then on", async () => {
    const { sim, host, wokenUs, sleepFor } = bench();
    sleepFor("s", 2000);
    await sim.runFor(1000);
    host.time.set({ driftPpb: 1_000_000_000 });
    await sim.runFor(2000);
    assert.equal(wokenUs.get("s"), 1_500_000);
  });

  it("monotonic time starts where a test says, goes on from there, and never back", async () => {
    const { sim, host, world } = bench();
    host.time.set({ monotonicUs: 86_400 * SECOND_US });
    await sim.runFor(5);
    assert.equal(world.clock.monotonicMs(), 86_400_005);
    assert.equal(host.time.errorUs, 0);
    assert.throws(() => host.time.set({ monotonicUs: 0 }), RangeError);
    assert.throws(() => host.time.set({ driftPpb: -1_000_000_000 }), RangeError);
  });

  it("a jump of UTC by an hour wakes who waits for what is past, and leaves who measures alone", async () => {
    const { sim, host, wokenUs, sleepFor, sleepUntil } = bench();
    sleepUntil("later", HOUR_US + 60 * SECOND_US);
    sleepUntil("soon 2", 50 * SECOND_US);
    sleepUntil("soon 1", 40 * SECOND_US);
    sleepFor("span", 30_000);
    await sim.runFor(1000);
    host.time.jump(HOUR_US);
    await sim.runFor(0);
    assert.deepEqual([...wokenUs.keys()], ["soon 1", "soon 2"]);
    await sim.runFor(100_000);
    assert.equal(wokenUs.get("later"), 60 * SECOND_US);
    assert.equal(wokenUs.get("span"), 30 * SECOND_US);
  });

  it("a jump back makes who waits for an instant wait an hour longer, with a handful of events", async () => {
    const { sim, host, wokenUs, sleepUntil } = bench();
    sleepUntil("s", 10 * SECOND_US);
    await sim.runFor(1000);
    host.time.jump(-HOUR_US);
    const before = sim.counters["events"] ?? 0;
    await sim.runFor(2 * 3_600_000);
    assert.equal(wokenUs.get("s"), HOUR_US + 10 * SECOND_US);
    assert(sim.counters["events"]! - before <= 2);
  });

  it("a frozen UTC keeps its sleepers without an event, thawed it is late by as long", async () => {
    const { sim, host, world, wokenUs, sleepFor, sleepUntil } = bench();
    sleepUntil("utc", 10 * SECOND_US);
    sleepFor("span", 10_000);
    await sim.runFor(4000);
    host.time.freeze();
    await sim.runFor(60_000);
    assert.deepEqual([...wokenUs], [["span", 10 * SECOND_US]]);
    assert.equal(sim.counters["events"], 1);
    const frozenUtcUs = world.clock.utcUs();
    host.time.thaw();
    assert.equal(world.clock.utcUs(), frozenUtcUs);
    await sim.runFor(60_000);
    assert.equal(wokenUs.get("utc"), 70 * SECOND_US);
    assert.equal(host.time.errorUs, -60 * SECOND_US);
  });

  it("a leap second repeats a second of UTC, or leaves one out; monotonic time knows nothing of it", async () => {
    const { sim, host, world } = bench();
    host.time.leapSecond("insert");
    assert.equal(host.time.errorUs, -SECOND_US);
    host.time.leapSecond("delete");
    assert.equal(host.time.errorUs, 0);
    await sim.runFor(1);
    assert.equal(world.clock.monotonicMs(), 1);
  });

  it("a steered clock wakes by its line, also when the line changes, and never goes back", async () => {
    const { sim, host, world, wokenUs, sleepUntil } = bench();
    const line = { boundUs: 1, growthPpb: 0, quality: UNKNOWN_QUALITY };
    const startUs = sim.utcUs;
    host.time.set({ driftPpb: 100_000, offsetUs: 7 * SECOND_US });
    host.time.steer({ ...line, atMonotonicUs: 0, utcUs: startUs + 7 * SECOND_US, ratePpb: 0 });
    sleepUntil("ahead", 6 * SECOND_US);
    sleepUntil("s", 20 * SECOND_US);
    await sim.runFor(1000);
    assert.equal(wokenUs.get("ahead"), 0);
    // Now it knows better: seven seconds back, and 100 ppm slower than its oscillator.
    const atMonotonicUs = host.time.monotonicUs();
    host.time.steer({ ...line, atMonotonicUs, utcUs: sim.trueUtcUs, ratePpb: -99_990 });
    const shownUs = world.clock.utcUs();
    host.time.jump(-HOUR_US);
    await sim.runFor(6000);
    assert.equal(world.clock.utcUs(), shownUs);
    await sim.runFor(20_000);
    assert(Math.abs(wokenUs.get("s")! - 20 * SECOND_US) <= 2, String(wokenUs.get("s")));
    assert(Math.abs(host.time.errorUs) <= 2);
  });

  it("a line that is ahead wakes at once who waits for what is past on it", async () => {
    const { sim, host, wokenUs, sleepUntil } = bench();
    sleepUntil("s", HOUR_US);
    await sim.runFor(1000);
    const line = { ratePpb: 0, boundUs: 1, growthPpb: 0, quality: UNKNOWN_QUALITY };
    host.time.steer({ ...line, atMonotonicUs: 0, utcUs: sim.utcUs + HOUR_US });
    await sim.runFor(1);
    assert.equal(wokenUs.get("s"), SECOND_US);
  });

  it("a board that sleeps measures nothing; its clock with a battery goes on", async () => {
    const { sim, host, wokenUs, sleepFor, sleepUntil } = bench();
    sleepFor("span", 10_000);
    sleepUntil("utc", 10 * SECOND_US);
    await sim.runFor(4000);
    host.time.suspend();
    await sim.runFor(60_000);
    assert.equal(host.time.monotonicUs(), 4 * SECOND_US);
    host.time.resume();
    await sim.runFor(60_000);
    assert.equal(wokenUs.get("span"), 70 * SECOND_US);
    assert.equal(wokenUs.get("utc"), 64 * SECOND_US);
    assert.equal(host.time.errorUs, 0);
  });

  it("a rate that strays stays in its reach, differs by host and seed, and wakes nobody early", async () => {
    const errors = new Set<number>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const { sim, host, world } = bench(seed);
      host.time.set({ driftPpb: 20_000, wanderPpb: 10_000 });
      for (const durationMs of [1, 1000, 60_000]) {
        const fromMs = world.clock.monotonicMs();
        let isAwake = false;
        void world.clock.sleep(durationMs, never).then(() => (isAwake = true));
        await sim.runWhile(() => !isAwake, 20);
        const lateMs = world.clock.monotonicMs() - fromMs - durationMs;
        assert(lateMs >= 0 && lateMs < 0.01, `${lateMs} ms late`);
      }
      await sim.runFor(1_000_000);
      const { errorUs } = host.time;
      assert(errorUs > 1_000 * 10 && errorUs < 1_061 * 30 + 1, String(errorUs));
      errors.add(errorUs);
    }
    assert.equal(errors.size, 20);
  });

  for (const [name, driftPpb, wanderPpb] of [
    ["fast", 500_000, 0],
    ["slow and straying", -500_000, 50_000],
  ] as const)
    clockContract(`simulated, ${name}`, async (body) => {
      const { sim, host, world } = bench();
      host.time.set({ driftPpb, wanderPpb, offsetUs: 1_234_567, monotonicUs: 99.5 });
      let isOver = false;
      const done = body(world).finally(() => (isOver = true));
      done.catch(() => undefined); // told by the await below
      await sim.runWhile(() => !isOver, 100_000);
      await done;
    });
});
