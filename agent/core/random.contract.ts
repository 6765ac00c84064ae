// Goal: every body of Random is uniform over its range, and gives as many bytes as asked.
// Method: means over many draws, with bounds so wide that chance alone breaks them once in 10^9 runs.
// Seed: a body's own.
import assert from "node:assert/strict";
import type { RunIn } from "./run-in-world.contract.ts";

export function randomContract(name: string, run: RunIn<"random">): void {
  describe(`random contract: ${name}`, function () {
    this.timeout(30_000);
    it("draws from all of [0, 1) and repeats nothing", () =>
      run(async ({ random }) => {
        const draws = Array.from({ length: 10_000 }, () => random.next());
        assert(draws.every((draw) => draw >= 0 && draw < 1));
        assert(Math.abs(draws.reduce((sum, draw) => sum + draw) / draws.length - 0.5) < 0.02);
        assert(new Set(draws).size > 9990);
        return Promise.resolve();
      }));

    it("gives bytes of every value, as many as asked", () =>
      run(async ({ random }) => {
        for (const byteCount of [0, 1, 3, 32, 33])
          assert.equal(random.bytes(byteCount).byteLength, byteCount);
        assert.equal(new Set(random.bytes(10_000)).size, 256);
        assert.notDeepEqual(random.bytes(32), random.bytes(32));
        return Promise.resolve();
      }));
  });
}
