// Goal: every check tells a board whose time is kept well from one on which the thing it looks at is wrong, and says what
// to do; of a board that tells nothing it says so.
// Method: one healthy board, of which each line of a table breaks one thing; a check without a line fails. Seed: none.
import assert from "node:assert/strict";
import {
  BROKEN_TIME,
  CPSW,
  HEALTHY_TIME,
  NOW_S,
  says,
  type TimeBoard,
  VIRTUAL,
} from "./healthy-time.fixture.ts";
import { parseStamping } from "./stamping.ts";
import { DAEMON_CHECKS, type TimeFacts } from "./time-checks.ts";

function factsOf({ commands, files }: TimeBoard): TimeFacts {
  return {
    text: (path) => files[path],
    names: (path) =>
      Object.keys(files).some((each) => each.startsWith(path)) ? ["pps0"] : undefined,
    run(command, ...words) {
      const out = commands[[command, ...words].join(" ")];
      return out === undefined ? { status: 1, out: "" } : { status: 0, out };
    },
    nowUtcMs: NOW_S * 1_000,
    interfaces: [
      { name: "lo", isInternal: true },
      { name: "eth0", isInternal: false },
    ],
  };
}
describe("checks of a board's time", () => {
  it("find nothing wrong where time is kept well", () => {
    for (const { id, look } of DAEMON_CHECKS)
      assert.deepEqual([id, look(factsOf(HEALTHY_TIME)).verdict], [id, "ok"]);
  });

  it("have names of their own, and each is broken below", () => {
    const ids = DAEMON_CHECKS.map(({ id }) => id);
    assert.deepEqual([...new Set(BROKEN_TIME.map(([id]) => id))].sort(), [...ids].sort());
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const [at, [id, verdict, board]] of BROKEN_TIME.entries())
    it(`${id}: ${verdict} (board ${at + 1}), and what to do`, () => {
      const check = DAEMON_CHECKS.find((each) => each.id === id);
      assert.ok(check);
      const { verdict: found, saw } = check.look(factsOf(board));
      assert.equal(found, verdict, saw);
      assert.ok(saw.length > 0 && check.advice.length > 20);
    });

  it("of those that set no clock, one may run beside chrony", () => {
    const check = DAEMON_CHECKS.find(({ id }) => id === "clock-fight");
    for (const board of [
      says("pgrep -a -x phc2sys", "702 /usr/sbin/phc2sys -a -r -r\n"),
      {
        ...says("pgrep -x ntpd", "701\n"),
        files: {},
        commands: { "pgrep -x ntpd": "701\n", "pgrep -a -x chronyd": "7 chronyd -x -d\n" },
      },
    ])
      assert.equal(check?.look(factsOf(board)).verdict, "ok");
  });

  it("of a board that tells nothing, say so", () => {
    const nothing = { ...factsOf({ commands: {}, files: {} }), run: () => undefined };
    for (const { id, look } of DAEMON_CHECKS)
      assert.deepEqual([id, look(nothing).verdict], [id, "unknown"]);
  });
});

describe("ethtool's report", () => {
  it("tells hardware that stamps both ways from what does not", () => {
    assert.deepEqual(parseStamping(CPSW), { hasHardware: true, hasSoftware: true, ptpClock: 0 });
    assert.deepEqual(parseStamping(VIRTUAL), {
      ...{ hasHardware: false, hasSoftware: true, ptpClock: undefined },
    });
    assert.equal(parseStamping(CPSW.replace("\thardware-receive\n", ""))?.hasHardware, false);
    const newer = CPSW.replace("PTP Hardware Clock: 0", "Hardware timestamp provider index: 0");
    assert.equal(parseStamping(newer)?.hasHardware, true);
    assert.equal(parseStamping("Cannot get device time stamping settings"), undefined);
  });
});
