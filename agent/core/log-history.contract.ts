// Goal: every body of LogHistory gives what was logged, in order, once each, and goes on where it was left.
// Method: a program of the body logs; batches of all sizes are read.
// Seed: none.
import assert from "node:assert/strict";
import type { LogHistory, LogLine } from "./log-history.ts";
import type { RunIn } from "./run-in-world.contract.ts";

/** All that is there after `cursor`, in batches of at most `linesMax`. */
async function rest(
  history: LogHistory,
  cursor: string,
  linesMax: number,
): Promise<{ readonly lines: readonly LogLine[]; readonly cursor: string }> {
  const lines: LogLine[] = [];
  for (;;) {
    const batch = await history.read({ cursor, linesMax });
    assert(batch.lines.length <= linesMax);
    assert(!batch.hasGap);
    lines.push(...batch.lines);
    cursor = batch.cursor;
    if (!batch.isMore) return { lines, cursor };
  }
}

export function logHistoryContract(name: string, run: RunIn<"log" | "history">): void {
  describe(`log history contract: ${name}`, () => {
    it("gives every line once and in order, in batches of any size", () =>
      run(async ({ log, history }) => {
        for (let number = 0; number < 50; number += 1) log.write("info", "counted", { number });
        for (const linesMax of [1, 7, 50, 1000]) {
          const { lines, cursor } = await rest(history, "", linesMax);
          const numbers = lines.map(({ facts }) => facts["number"]);
          assert.deepEqual(numbers, [...numbers.keys()]);
          assert.equal(lines.length, 50);
          assert.deepEqual((await rest(history, cursor, linesMax)).lines, []);
        }
      }));

    it("goes on after its cursor with what came since; debug lines are not kept", () =>
      run(async ({ log, history }) => {
        log.write("warn", "before", {});
        const { cursor } = await rest(history, "", 10);
        log.write("debug", "never", {});
        log.write("error", "after", { why: "ä" });
        const { lines } = await rest(history, cursor, 10);
        assert.equal(lines.length, 1);
        const { utcUs, level, event, facts, program } = lines[0]!;
        assert.deepEqual([level, event, facts], ["error", "after", { why: "ä" }]);
        assert(utcUs > 0 && program.length > 0);
      }));

    it("a cursor that is none begins anew", () =>
      run(async ({ log, history }) => {
        log.write("info", "first", {});
        const { lines } = await history.read({ cursor: "no such thing", linesMax: 10 });
        assert.equal(lines.length, 1);
      }));
  });
}
