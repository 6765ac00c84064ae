// Goal: every body of Clock sleeps long enough, in order, and wakes at once when aborted.
// Method: the same claims in a fresh world of each body.
// Seed: none.
import assert from "node:assert/strict";
import { never, type RunIn } from "./run-in-world.contract.ts";

export function clockContract(name: string, run: RunIn<"clock">): void {
  describe(`clock contract: ${name}`, function () {
    this.timeout(30_000);
    it("sleep lasts at least as long as asked, and monotonic time never goes back", () =>
      run(async ({ clock }) => {
        for (const durationMs of [0, 0.3, 1, 7]) {
          const startMs = clock.monotonicMs();
          await clock.sleep(durationMs, never);
          assert(clock.monotonicMs() - startMs >= durationMs);
        }
        const startMs = clock.monotonicMs();
        await clock.sleep(-5, never);
        assert(clock.monotonicMs() >= startMs);
      }));

    it("sleepUntilUtc ends at the instant or later, at once for the past", () =>
      run(async ({ clock }) => {
        assert(Number.isSafeInteger(clock.utcUs()));
        const dueUtcUs = clock.utcUs() + 5000;
        await clock.sleepUntilUtc(dueUtcUs, never);
        assert(clock.utcUs() >= dueUtcUs);
        await clock.sleepUntilUtc(dueUtcUs, never);
        await clock.sleepUntilUtc(0, never);
      }));

    it("precise sleepers too, also among ordinary ones, and an abort wakes them", () =>
      run(async ({ clock }) => {
        const dueUtcUs = clock.utcUs() + 20_000;
        const stop = new AbortController();
        const stopped = clock.sleepUntilUtc(dueUtcUs + 3600e6, stop.signal, "precise");
        await Promise.all(
          [0, 300, 1_500, 5_000].map(async (afterUs) => {
            await clock.sleepUntilUtc(dueUtcUs + afterUs, never, "precise");
            assert(clock.utcUs() >= dueUtcUs + afterUs);
            await clock.sleepUntilUtc(dueUtcUs, never, "precise");
          }),
        );
        stop.abort();
        await stopped;
      }));

    it("wakes sleepers of one instant in the order in which they went to sleep, earlier instants first", () =>
      run(async ({ clock }) => {
        const woken: string[] = [];
        const baseUtcUs = clock.utcUs();
        const sleep = async (label: string, afterUs: number): Promise<void> => {
          await clock.sleepUntilUtc(baseUtcUs + afterUs, never);
          woken.push(label);
        };
        const stop = new AbortController();
        await Promise.all([
          sleep("later 1", 40_000),
          sleep("first 1", 20_000),
          clock.sleepUntilUtc(baseUtcUs + 20_000, stop.signal),
          sleep("first 2", 20_000),
          sleep("later 2", 40_000),
          sleep("first 3", 20_000),
          Promise.resolve().then(() => stop.abort()),
        ]);
        assert.deepEqual(woken, ["first 1", "first 2", "first 3", "later 1", "later 2"]);
      }));

    it("an abort wakes at once, before and during sleep, however long it was to be", () =>
      run(async ({ clock }) => {
        const aborted = AbortSignal.abort();
        const yearMs = 365 * 24 * 3600 * 1000;
        const inAYearUs = clock.utcUs() + 1000 * yearMs;
        await clock.sleep(yearMs, aborted);
        await clock.sleepUntilUtc(inAYearUs, aborted);
        const stop = new AbortController();
        const sleeping = Promise.all([
          clock.sleep(yearMs, stop.signal),
          clock.sleep(Number.POSITIVE_INFINITY, stop.signal),
          clock.sleepUntilUtc(inAYearUs, stop.signal),
        ]);
        await clock.sleep(1, never);
        stop.abort();
        await sleeping;
        assert(clock.utcUs() < inAYearUs);
      }));
  });
}
