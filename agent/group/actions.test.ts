// Goal: who is late or unsure of the time does not act and says so, and the leader learns who acted when, within
// bounds that hold the truth, also when the leader changes.
// Method: the rules alone, with drawn readings; three simulated members with skewed clocks, cuts and power losses.
// Seed: in each test's name; properties draw their own.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type ClockReading, UNKNOWN_QUALITY } from "../core/clock.ts";
import { Simulation } from "../sim/simulation.ts";
import { reportOf } from "./action-report.ts";
import { type ActionMeeting, type ActionTerms, meetAction } from "./action-rule.ts";
import { ACTIONS_MAX, ActionTally } from "./action-tally.ts";
import { bytesOf, Switchboard, TestMember } from "./member.contract.ts";

const AT = 1_800_000_000_000_000;
const KEPT = { ...UNKNOWN_QUALITY, source: "peers" } as const;

const reading = (lateUs: number, boundUs: number, isKept = true): ClockReading => ({
  utcUs: AT + lateUs,
  earliestUtcUs: AT + lateUs - boundUs,
  latestUtcUs: AT + lateUs + boundUs,
  quality: isKept ? KEPT : UNKNOWN_QUALITY,
});

describe("actions: the rule", () => {
  it("late ones decline, or act and say so; unsure ones decline, but where nobody keeps the time", () => {
    const end = (terms: ActionTerms, given: ClockReading): string =>
      meetAction(AT, terms, given).end;
    assert.equal(end({}, reading(20_000, 20_000)), "acted");
    assert.equal(end({}, reading(20_001, 1)), "declined-late");
    assert.equal(end({ whenLate: "act" }, reading(20_001, 1)), "late");
    assert.equal(end({ lateUsMax: 0 }, reading(1, 1)), "declined-late");
    assert.equal(end({}, reading(0, 20_001)), "declined-clock");
    assert.equal(end({ whenLate: "act" }, reading(0, 20_001)), "declined-clock");
    assert.equal(end({ boundUsMax: 30_000 }, reading(0, 20_001)), "acted");
    const unknown = reading(0, Number.POSITIVE_INFINITY, false);
    assert.deepEqual(meetAction(AT, {}, unknown), { end: "acted", utcUs: AT, boundUs: undefined });
    assert.equal(end({ boundUsMax: 1e9 }, unknown), "declined-clock");
  });

  it("the spread that is reported holds the true one, whatever the clocks, as long as their bounds hold", () => {
    const member = fc.record({
      trueUs: fc.integer({ min: 0, max: 50_000 }),
      errorUs: fc.integer({ min: -9_000, max: 9_000 }),
      slackUs: fc.integer({ min: 0, max: 5_000 }),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 9 }), (members) => {
        const told = new Map<string, ActionMeeting>(
          members.map(({ trueUs, errorUs, slackUs }, index) => [
            `m${index}`,
            { end: "acted", utcUs: AT + trueUs + errorUs, boundUs: Math.abs(errorUs) + slackUs },
          ]),
        );
        const { spreadUs, spreadUsMax } = reportOf({ pollId: "p", atUtcUs: AT }, [], told);
        assert.ok(members.length > 1 || spreadUsMax === 0);
        const trueUs = members.map((each) => each.trueUs);
        assert.ok((spreadUsMax ?? -1) >= Math.max(...trueUs) - Math.min(...trueUs));
        assert.ok((spreadUs ?? -1) <= (spreadUsMax ?? 0));
      }),
    );
  });

  it("a report is given once, once more for a latecomer, and is bounded", () => {
    const tally = new ActionTally(1_000);
    const acted: ActionMeeting = { end: "acted", utcUs: AT, boundUs: undefined };
    tally.expect("p", AT);
    assert.deepEqual(tally.due(["a", "b"], AT), []);
    assert.equal(tally.told("p", AT, "a", acted), true);
    assert.equal(tally.told("p", AT, "a", acted), false);
    assert.deepEqual(tally.due(["a", "b"], AT + 999), []);
    const [first, ...more] = tally.due(["a", "b"], AT + 1_000);
    assert.deepEqual([first?.missing, first?.spreadUs, first?.spreadUsMax], [["b"], 0, 0]);
    assert.deepEqual([more, tally.due(["a", "b"], AT + 9_000)], [[], []]);
    tally.told("p", AT, "b", { end: "declined-late", utcUs: AT + 5_000, boundUs: 3 });
    const [second] = tally.due(["a", "b"], AT + 9_000);
    assert.deepEqual([second?.missing, second?.members[1]?.lateUs], [[], 5_000]);
    for (let index = 0; index < 3 * ACTIONS_MAX; index += 1)
      for (let member = 0; member < 200; member += 1)
        tally.told(`q${index}`, AT, `m${member}`, acted);
    assert.equal(tally.due([], AT + 9_000).length, ACTIONS_MAX);
  });
});

/** What a board's clock is off by, and what it says it may be off by; both in µs. */
interface Skew {
  readonly offUs: number;
  readonly boundUs: number;
}

const SKEWS: Readonly<Record<string, Skew>> = {
  a: { offUs: 0, boundUs: 200 },
  b: { offUs: 3_000, boundUs: 4_000 },
  c: { offUs: -2_500, boundUs: 2_600 },
};

/** Three boards with a member each, on clocks that are kept, and are wrong by what `skews` says. */
class Three {
  readonly sim: Simulation;
  readonly switchboard = new Switchboard();
  readonly members = new Map<string, TestMember>();
  readonly lines: string[] = [];

  constructor(seed: number) {
    this.sim = new Simulation({ seed, onRecord: (line) => void this.lines.push(line) });
  }

  static async of(seed: number, skews: Readonly<Record<string, Skew>> = SKEWS): Promise<Three> {
    const three = new Three(seed);
    for (const [name, { offUs, boundUs }] of Object.entries(skews)) {
      await three.join(name);
      const { oscillator } = three.sim.host(name).openWorld("time");
      oscillator.steer({
        ...{ atMonotonicUs: oscillator.monotonicUs(), utcUs: three.sim.utcUs + offUs, ratePpb: 0 },
        ...{ boundUs, growthPpb: 0, quality: KEPT },
      });
    }
    await three.led();
    return three;
  }

  async join(name: string): Promise<void> {
    const world = this.sim.host(name).openWorld(name);
    const options = { group: "g", self: name, size: 3 };
    this.members.set(name, await TestMember.join(world, this.switchboard, options));
  }

  kill(name: string): void {
    this.sim.host(name).powerOff();
    this.members.get(name)?.lost();
    this.members.delete(name);
  }

  async led(): Promise<TestMember> {
    const all = (): TestMember[] => [...this.members.values()];
    await this.sim.runWhile(() => {
      const leaders = all().map(({ group }) => group.leadership?.leader);
      return new Set(leaders).size > 1 || !all().some(({ group }) => group.isLeader);
    }, 200_000);
    return all().find(({ group }) => group.isLeader)!;
  }

  /** Asks for an action `aheadMs` from now, and returns its instant when it is decided. */
  async agreed(aheadMs: number, terms: ActionTerms = {}): Promise<number> {
    const leader = await this.led();
    const atUtcUs = this.sim.utcUs + aheadMs * 1_000;
    const end = leader.group.requestVote(bytesOf("x"), "majority", 400, { ...terms, atUtcUs });
    await this.sim.runFor(500);
    const { kind } = await end;
    assert.equal(kind, "decided");
    return atUtcUs;
  }

  logged(event: string): readonly string[] {
    return this.lines.filter((line) => line.includes(` ${event} `));
  }
}

describe("actions of a group with skewed clocks, simulated", function () {
  this.timeout(60_000);

  for (const seed of [1, 2, 3])
    it(`the leader hears when all acted, and how far apart that may have been (seed ${seed})`, async () => {
      const three = await Three.of(seed);
      const atUtcUs = await three.agreed(1_000);
      await three.sim.runFor(1_000);
      const leader = await three.led();
      assert.equal(leader.reports.length, 1);
      const [report] = leader.reports;
      assert.deepEqual(
        report?.members.map(({ member, end, utcUs, boundUs }) => [member, end, utcUs, boundUs]),
        Object.entries(SKEWS).map(([name, { boundUs }]) => [name, "acted", atUtcUs, boundUs]),
      );
      // All by their own clocks in the same microsecond; in truth 5.5 ms apart.
      assert.deepEqual([report.missing, report.spreadUs], [[], 0]);
      assert.equal(report.spreadUsMax, 6_600);
      assert.equal(three.logged("group-action-report").length, 1);
      for (const member of three.members.values())
        if (member !== leader) assert.deepEqual(member.reports, []);
    });

  it("who was away at the instant declines, says so, and does it no more; the report is completed (seed 4)", async () => {
    const three = await Three.of(4);
    await three.agreed(2_000);
    const leader = await three.led();
    const away = [...three.members.keys()].find((name) => name !== leader.group.self)!;
    three.kill(away);
    await three.sim.runFor(4_000);
    assert.deepEqual(
      leader.reports.map(({ members, missing }) => [members.length, missing]),
      [[2, [away]]],
    );
    await three.join(away);
    await three.sim.runFor(3_000);
    const back = three.members.get(away)!;
    assert.deepEqual(back.actions, []);
    assert.equal(back.heard.filter((line) => line === "declined-late x").length, 1);
    const last = leader.reports.at(-1);
    assert.deepEqual([leader.reports.length, last?.missing], [2, []]);
    const own = last?.members.find(({ member }) => member === away);
    assert.ok(own?.end === "declined-late" && own.lateUs > 1_000_000);
    assert.equal(three.logged("group-action-declined").length, 1);
    three.kill(away);
    await three.join(away);
    await three.sim.runFor(3_000);
    assert.deepEqual(three.members.get(away)?.heard.includes("declined-late x"), false);
  });

  it("who was away acts late where that was agreed, and says by how much (seed 5)", async () => {
    const three = await Three.of(5);
    await three.agreed(2_000, { whenLate: "act" });
    const leader = await three.led();
    const away = [...three.members.keys()].find((name) => name !== leader.group.self)!;
    three.kill(away);
    await three.sim.runFor(4_000);
    await three.join(away);
    await three.sim.runFor(3_000);
    assert.equal(three.members.get(away)?.actions.length, 1);
    const own = leader.reports.at(-1)?.members.find(({ member }) => member === away);
    assert.ok(own?.end === "late" && own.lateUs > 1_000_000);
    assert.equal(three.logged("group-action-late").length, 1);
  });

  it("who is unsure of the time declines, and the others act (seed 6)", async () => {
    const three = await Three.of(6, { ...SKEWS, c: { offUs: 0, boundUs: 400_000 } });
    await three.agreed(1_000, { whenLate: "act" });
    await three.sim.runFor(1_000);
    const leader = await three.led();
    assert.deepEqual(
      leader.reports[0]?.members.map(({ end }) => end),
      ["acted", "acted", "declined-clock"],
    );
    assert.equal(leader.reports[0].spreadUsMax, 4_200, "those that acted");
    assert.deepEqual(three.members.get("c")?.actions, []);
  });

  it("a clock that is behind acts late in truth, and the bound of the spread says so (seed 7)", async () => {
    const three = await Three.of(7, { ...SKEWS, c: { offUs: -15_000, boundUs: 15_000 } });
    const atUtcUs = await three.agreed(1_000);
    await three.sim.runFor(1_000);
    const [report] = (await three.led()).reports;
    const actedUs = [...three.members.values()].map(({ actions }) => actions[0]?.atUs);
    assert.deepEqual(actedUs, [atUtcUs, atUtcUs, atUtcUs], "each by its own clock");
    // In truth b, which is ahead, acts 18 ms before c.
    assert.ok((report?.spreadUsMax ?? 0) >= 18_000);
  });

  for (const seed of [8, 9])
    it(`the next leader reports when the one that asked is gone (seed ${seed})`, async () => {
      const three = await Three.of(seed);
      await three.agreed(1_500);
      const old = (await three.led()).group.self;
      three.kill(old);
      await three.sim.runFor(4_000);
      const leader = await three.led();
      const [report] = leader.reports;
      assert.equal(leader.reports.length, 1);
      assert.deepEqual([report?.members.length, report?.missing], [2, [old]]);
    });

  it("a member that is cut off acts, and is reported when the network is whole again (seed 10)", async () => {
    const three = await Three.of(10);
    await three.agreed(1_500);
    const leader = await three.led();
    const names = [...three.members.keys()];
    const cut = names.find((name) => name !== leader.group.self)!;
    three.sim.partition(
      [cut],
      names.filter((name) => name !== cut),
    );
    await three.sim.runFor(4_000);
    assert.equal(three.members.get(cut)?.actions.length, 1);
    assert.deepEqual(leader.reports.at(-1)?.missing, [cut]);
    three.sim.heal();
    await three.sim.runFor(4_000);
    assert.deepEqual((await three.led()).reports.at(-1)?.missing, []);
  });
});
