// Goal: boards with wrong clocks agree over real UDP: one time lies within what all of them say, at every action.
// Method: four boards in network namespaces of their own, each with an offset and a drift put on its clocks; spreads and
// convergence are figures of the bench. Seed: none.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { runClocks } from "./clocks.ts";

function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root: sudo npx mocha dist/deploy/testbed";
  try {
    execFileSync("ip", ["netns", "add", `hc${process.pid}t`], { stdio: "ignore" });
    execFileSync("ip", ["netns", "delete", `hc${process.pid}t`], { stdio: "ignore" });
    return undefined;
  } catch {
    return "needs iproute2 and network namespaces: apt-get install iproute2";
  }
}

describe("boards with wrong clocks in network namespaces", function () {
  this.timeout(60_000);
  it("act together: one time lies within what all say of theirs", async function () {
    const why = obstacle();
    if (why !== undefined) {
      process.stderr.write(`clocks: skipped, ${why}\n`);
      this.skip();
    }
    const { lines } = await runClocks({
      boardCount: 4,
      actionCount: 10,
      actionMs: 200,
      settleMs: 11_000,
    });
    assert.equal(lines.size, 4);
    // Of each board what it said last: from then on the clocks are set.
    const thetas = [...lines.values()].map((said) => said.at(-1));
    assert.ok(thetas.every((each) => each !== undefined && Number.isFinite(each.boundUs)));
    const earliest = Math.max(...thetas.map((each) => (each?.thetaUs ?? 0) - (each?.boundUs ?? 0)));
    const latest = Math.min(...thetas.map((each) => (each?.thetaUs ?? 0) + (each?.boundUs ?? 0)));
    // Cluster time runs on the root's oscillator, which is put off by 100 ppm, for at most one action more.
    assert.ok(earliest - latest <= 200 * 2 * 0.1, `${earliest - latest} µs apart`);
  });
});
