// Goal: a terminal gets one line that never wraps, a log gets few lines.
// Method: a list as the writer, progress told by hand.
// Seed: none.
import assert from "node:assert/strict";
import { ProgressDisplay, type ProgressOptions } from "./progress.ts";
import type { DayProgress } from "./record-chain.ts";

const PROGRESS: DayProgress = {
  blockNumber: 812,
  blockTimeS: 1_800_000_000,
  finalIntervals: 49,
  prosumerCount: 102,
  tradedWh: 123_456,
  offerCount: 3_120,
  readingCount: 4_000,
  transactionCount: 5_210,
  refusedCount: 0,
  gasUsed: 612_345_678,
};

function display(changes: Partial<ProgressOptions>): { told: string[]; shown: ProgressDisplay } {
  const told: string[] = [];
  const write = (text: string): void => void told.push(text);
  const options = { write, isTerminal: true, intervalS: 900, intervalCount: 96, ...changes };
  return { told, shown: new ProgressDisplay(options) };
}

describe("the progress display", () => {
  it("redraws one line on a terminal, and only when it says something new", () => {
    const { told, shown } = display({ columns: 120 });
    shown.show(PROGRESS, 206);
    shown.show(PROGRESS);
    shown.show({ ...PROGRESS, offerCount: 3_121 });
    shown.end();
    assert.equal(told.length, 3);
    assert.equal(
      told[0],
      "\r12:15 ██████████░░░░░░░░░░  51 %  123.5 kWh traded  3,120 offers  5,210 tx  612 M gas  206 actors\u001b[K",
    );
    assert.match(told[1] ?? "", /3,121 offers.*206 actors/);
    assert.equal(told[2], "\n");
  });

  it("leaves the last column free, however narrow the terminal", () => {
    for (const columns of [20, 60, 80, 200]) {
      const { told, shown } = display({ columns });
      shown.show({ ...PROGRESS, finalIntervals: 96, refusedCount: 12 }, 206);
      const line = (told[0] ?? "").slice(1, -"\u001b[K".length);
      assert.ok(line.length < columns, line);
      assert.ok(line.startsWith("24:00"));
    }
  });

  it("writes a plain line every few intervals where there is no terminal", () => {
    const { told, shown } = display({ isTerminal: false, plainIntervals: 8 });
    for (let finalIntervals = 0; finalIntervals <= 96; finalIntervals += 1)
      for (let block = 0; block < 3; block += 1) shown.show({ ...PROGRESS, finalIntervals });
    shown.end();
    assert.equal(told.length, 13);
    assert.match(told[1] ?? "", /^02:00 {2,}8 % {2}123\.5 kWh traded .*\n$/);
    assert.match(told.at(-1) ?? "", /^24:00 100 %/);
    assert.ok(told.every((line) => !/[\r\u001b]/.test(line)));
  });
});
