// Goal: lines of boards go out in order of cluster time, each once, and none is lost, however they come.
// Method: boards that log at any times and answer in any order, in parts; one that goes away.
// Seed: fast-check's own.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { LogLine } from "../../agent/core/log-history.ts";
import { sinceUtcUs } from "../cli/logs-command.ts";
import { LogMerge } from "./log-merge.ts";

function line(utcUs: number, program: string): LogLine {
  return { utcUs, level: "info", program, event: "e", facts: {} };
}

describe("logs of several boards", () => {
  it("go out in order and complete, whatever each board tells at a time", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(2_000_000)), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const merge = new LogMerge();
        for (const board of ["a", "b", "c"])
          merge.heard(board, { utcUs: 0, lines: [], cursor: "0", isMore: false, hasGap: false });
        const out: LogLine[] = [];
        let utcUs = 0;
        for (const [board, gap] of all) {
          utcUs += gap;
          const lines = [line(utcUs - 1, board)];
          merge.heard(board, { utcUs, lines, cursor: String(utcUs), isMore: false, hasGap: false });
          out.push(...merge.take());
        }
        out.push(...merge.take(true));
        assert.equal(out.length, all.length);
        const times = out.map((each) => each.utcUs);
        assert.deepEqual(
          times,
          [...times].sort((one, other) => one - other),
        );
      }),
    );
  });

  it("wait for a board that answers, and not for one that does not", () => {
    const merge = new LogMerge();
    const answer = { cursor: "x", isMore: false, hasGap: false };
    merge.heard("a", { ...answer, utcUs: 2e6, lines: [line(1e6, "a")] });
    merge.heard("b", { ...answer, utcUs: 5e5, lines: [] });
    assert.deepEqual(merge.take(), []);
    merge.silent("b");
    assert.equal(merge.take().length, 1);
    assert.equal(merge.cursorOf("b"), "x");
    merge.heard("b", { ...answer, utcUs: 3e6, lines: [line(7e5, "b")] });
    assert.equal(merge.take().length, 1);
  });
});

describe("--since", () => {
  it("takes an instant, or how long ago; nothing else", () => {
    const now = Date.parse("2027-01-15T08:00:00Z");
    assert.equal(sinceUtcUs("2027-01-15T07:59:00Z", now), (now - 60_000) * 1000);
    assert.equal(sinceUtcUs("2h", now), (now - 7_200_000) * 1000);
    assert.equal(sinceUtcUs(undefined, now), (now - 600_000) * 1000);
    for (const wrong of ["soon", "10", "-5m", "5w"])
      assert.throws(() => sinceUtcUs(wrong, now), /--since takes a time/);
  });
});
