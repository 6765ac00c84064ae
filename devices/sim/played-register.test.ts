// Goal: a played meter counts what its recording says: spans add up, and whole intervals are exact.
// Method: properties over random recordings and instants.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { playedRegister } from "./played-register.ts";

const START_UTC_US = 1_800_000_000_000_000;
const profiles = fc.record({
  netWh: fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 12 }),
  startUtcUs: fc.constant(START_UTC_US),
  intervalMs: fc.constantFrom(1000, 900_000),
});
/** A place in a recording, and somewhat before and after it. */
const shares = fc.double({ min: -0.5, max: 1.5, noNaN: true });

describe("played register", () => {
  it("the energies of adjoining spans add up, and none is negative", async () => {
    await fc.assert(
      fc.asyncProperty(profiles, fc.tuple(shares, shares, shares), async (profile, places) => {
        const register = playedRegister(profile);
        const lengthUs = (profile.netWh.length + 1) * profile.intervalMs * 1000;
        const [a, b, c] = places
          .map((share) => START_UTC_US + Math.round(share * lengthUs))
          .sort((one, other) => one - other) as [number, number, number];
        const [early, late, all] = await Promise.all([
          register.energyBetween(a, b),
          register.energyBetween(b, c),
          register.energyBetween(a, c),
        ]);
        assert.equal(early.importedWh + late.importedWh, all.importedWh);
        assert.equal(early.exportedWh + late.exportedWh, all.exportedWh);
        for (const wh of [early.importedWh, early.exportedWh, late.importedWh, late.exportedWh])
          assert(Number.isSafeInteger(wh) && wh >= 0);
      }),
    );
  });

  it("a whole interval has exactly what was recorded, and outside the recording nothing passes", async () => {
    await fc.assert(
      fc.asyncProperty(profiles, async (profile) => {
        const register = playedRegister(profile);
        const at = (interval: number): number =>
          START_UTC_US + interval * profile.intervalMs * 1000;
        for (const [interval, net] of profile.netWh.entries()) {
          const energy = await register.energyBetween(at(interval), at(interval + 1));
          assert.deepEqual(energy, {
            importedWh: Math.max(0, -net),
            exportedWh: Math.max(0, net),
          });
        }
        const { length } = profile.netWh;
        const nothing = { importedWh: 0, exportedWh: 0 };
        assert.deepEqual(await register.energyBetween(at(-9), at(0)), nothing);
        assert.deepEqual(await register.energyBetween(at(length), at(length + 9)), nothing);
      }),
    );
  });

  it("within an interval it counts evenly, in whole Wh rounded down", async () => {
    const register = playedRegister({
      netWh: [10, -7],
      startUtcUs: START_UTC_US,
      intervalMs: 1000,
    });
    const until = async (ms: number): Promise<[number, number]> => {
      const energy = await register.energyBetween(START_UTC_US, START_UTC_US + ms * 1000);
      return [energy.exportedWh, energy.importedWh];
    };
    assert.deepEqual(await until(99), [0, 0]);
    assert.deepEqual(await until(550), [5, 0]);
    assert.deepEqual(await until(1500), [10, 3]);
    assert.deepEqual(await until(2000), [10, 7]);
  });
});
