// Goal: time is told to move only when two waves agree that nothing is on its way, or the dead cannot answer.
// Method: properties on reports; the rule told exact times.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { AuthorityRule } from "./authority-rule.ts";
import { isLevel, isSame, joined, ownReport, type Report } from "./report.ts";

const reports: fc.Arbitrary<Report> = fc
  .record({
    sentCount: fc.nat(100),
    receivedCount: fc.nat(100),
    nextDueUtcUs: fc.option(fc.nat(1000), { nil: undefined }),
    positions: fc.dictionary(
      fc.constantFrom("chain", "x"),
      fc
        .tuple(fc.nat(9), fc.nat(9))
        .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const),
      { noNullPrototype: true },
    ),
  })
  .map((report) => ({ ...report }));

const level = (change: Partial<Report> = {}): Report => ({
  ...{ sentCount: 5, receivedCount: 5, nextDueUtcUs: 70, positions: {} },
  ...change,
});

describe("time reports", () => {
  it("join in any order and grouping to the same", () => {
    fc.assert(
      fc.property(reports, reports, reports, (a, b, c) => {
        assert.deepEqual(joined(a, b), joined(b, a));
        assert.deepEqual(joined(joined(a, b), c), joined(a, joined(b, c)));
        const both = joined(a, b);
        assert.equal(both.sentCount, a.sentCount + b.sentCount);
        assert.equal(both.receivedCount, a.receivedCount + b.receivedCount);
        const dues = [a.nextDueUtcUs, b.nextDueUtcUs].filter((due) => due !== undefined);
        assert.equal(both.nextDueUtcUs, dues.sort((x, y) => x - y)[0]);
      }),
    );
  });

  it("are level when every copy arrived and followers of each stream stand together", () => {
    assert.equal(isLevel(level()), true);
    assert.equal(isLevel(level({ sentCount: 6 })), false);
    assert.equal(isLevel(level({ receivedCount: 6 })), false);
    assert.equal(isLevel(level({ positions: { chain: [3, 3], x: [9, 9] } })), true);
    assert.equal(isLevel(level({ positions: { chain: [3, 4] } })), false);
    const one = level({ positions: { chain: [3, 3] } });
    assert.equal(isLevel(joined(one, level({ positions: { chain: [4, 4] } }))), false);
    assert.equal(isLevel(joined(one, level({ positions: { x: [4, 4] } }))), true);
  });

  it("of one process say what it counted", () => {
    const counted = {
      ...{ busyCount: 0, sentCount: 1, receivedCount: 2 },
      positions: new Map([["chain", 7]]),
    };
    const clock = { utcUs: () => 0, advanceTo: () => undefined, nextDueUtcUs: () => 9 };
    const report = ownReport(counted, clock);
    assert.deepEqual(report, {
      sentCount: 1,
      receivedCount: 2,
      nextDueUtcUs: 9,
      positions: { chain: [7, 7] },
    });
    assert.equal(isSame(report, ownReport(counted, clock)), true);
    assert.equal(isSame(report, ownReport({ ...counted, sentCount: 2 }, clock)), false);
  });
});

describe("authority rule", () => {
  it("moves on after two equal, level waves, and never after one", () => {
    const rule = new AuthorityRule();
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(rule.judge(level(), round), { kind: "again" });
      assert.deepEqual(rule.judge(level(), round), { kind: "advance", toUtcUs: 70 });
    }
    assert.equal(rule.lostCount, 0);
  });

  it("asks again whenever anything changed between two waves, though each was level", () => {
    const rule = new AuthorityRule();
    for (let count = 0; count < 10; count += 1) {
      const report = level({ sentCount: count, receivedCount: count });
      assert.deepEqual(rule.judge(report, 10_000 * count), { kind: "again" });
    }
    assert.deepEqual(rule.judge(level({ sentCount: 9, receivedCount: 9, nextDueUtcUs: 8 }), 0), {
      kind: "again",
    });
  });

  it("sleeps when nobody waits for anything", () => {
    const rule = new AuthorityRule();
    const report = level({ nextDueUtcUs: undefined });
    rule.judge(report, 0);
    assert.deepEqual(rule.judge(report, 0), { kind: "asleep" });
  });

  it("copies for the dead: waits the grace out, remembers the gap, and does not wait again", () => {
    const rule = new AuthorityRule(200);
    const short = level({ receivedCount: 3 });
    assert.equal(rule.judge(short, 1000).kind, "again");
    assert.equal(rule.judge(short, 1199).kind, "again");
    assert.equal(rule.judge(short, 1200).kind, "advance");
    assert.equal(rule.lostCount, 2);
    // The gap is known now: level counts are again judged by two waves.
    const later = level({ sentCount: 9, receivedCount: 7 });
    assert.equal(rule.judge(later, 1201).kind, "again");
    assert.equal(rule.judge(later, 1202).kind, "advance");
    assert.equal(rule.lostCount, 2);
    // One that died had sent what others received: the gap goes the other way.
    const fewer = level({ sentCount: 4, receivedCount: 7 });
    for (const nowMs of [2000, 2199]) assert.equal(rule.judge(fewer, nowMs).kind, "again");
    assert.equal(rule.judge(fewer, 2200).kind, "advance");
    assert.equal(rule.lostCount, -3);
  });

  it("a copy that arrives within the grace starts it anew", () => {
    const rule = new AuthorityRule(200);
    assert.equal(rule.judge(level({ receivedCount: 3 }), 0).kind, "again");
    assert.equal(rule.judge(level({ receivedCount: 4 }), 199).kind, "again");
    assert.equal(rule.judge(level({ receivedCount: 4 }), 398).kind, "again");
    assert.equal(rule.judge(level({ receivedCount: 4 }), 399).kind, "advance");
    assert.equal(rule.lostCount, 1);
  });
});
