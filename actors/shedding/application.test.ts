// Goal: one leader at a time, all shed once and at one instant, without the leader too, and never a minority.
// Method: five feeders in the simulator; their log says who led in which term, and who shed what and when.
// Seed: in each test's name.
import assert from "node:assert/strict";
import { readModelFiles } from "../../deploy/testkit/model-files.ts";
import { type SimulatedApplication, simulate } from "../../deploy/testkit/simulate.ts";
import { application } from "./application.ts";

const { modelText, deploymentText } = await readModelFiles(import.meta.url, "shedding");

const BOARDS = ["f1", "f2", "f3", "f4", "f5"];
const SEEDS = [1, 2, 3, 4, 5];
/** Five of 900 W behind a transformer for `limitW`. */
const five = (limitW: number): string => `app LoadShedding {
${BOARDS.map((board) => `  on (${board}) Feeder(loadW = 900, limitW = ${limitW}, feeders = 5);`).join("\n")}
}`;
/** Too little for all, for all but one, and for three of them. */
const LIMIT_W = 2000;

type Running = SimulatedApplication<Readonly<Record<string, never>>>;

interface Logged {
  /** When it was logged. */
  readonly utcUs: number;
  readonly board: string;
}

interface Shed extends Logged {
  readonly loadW: number;
  /** The instant that was voted for. */
  readonly atUtcUs: number;
  readonly lateUs: number;
}

interface Led extends Logged {
  readonly leader: string;
  readonly term: number;
}

/** What members logged as `event`, oldest first. */
function logged(app: Running, event: string): readonly Logged[] {
  const line = new RegExp(`^(\\d+) log info (\\w+):\\S+ ${event} (\\{.*\\})$`);
  return app.log.flatMap((text) => {
    const [, utcUs, board = "", facts = "{}"] = line.exec(text) ?? [];
    return utcUs === undefined
      ? []
      : [{ ...(JSON.parse(facts) as object), utcUs: Number(utcUs), board }];
  });
}

const sheds = (app: Running): readonly Shed[] => logged(app, "shed") as readonly Shed[];
const leaderships = (app: Running): readonly Led[] => logged(app, "leader") as readonly Led[];
const boardOf = (member: string): string => member.split("/")[0] ?? "";

/** Lets time pass until every board has told of a leader, and returns what was told first. */
async function led(app: Running): Promise<Led> {
  for (let step = 0; step < 300; step += 1) {
    const all = leaderships(app);
    const [first] = all;
    if (first !== undefined && new Set(all.map(({ board }) => board)).size === BOARDS.length)
      return first;
    await app.runFor(10);
  }
  return assert.fail(`no leader:\n${app.log.join("\n")}`);
}

/** Lets time pass until it is agreed upon to shed, but not until it is done. */
async function agreed(app: Running): Promise<void> {
  for (let step = 0; step < 300; step += 1) {
    if (logged(app, "vote-over").length > 0) return;
    await app.runFor(10);
  }
  assert.fail(`no vote:\n${app.log.join("\n")}`);
}

/** All of `boards` shed once, at the instant that was voted for, and nobody else did. */
function assertShedOnce(app: Running, boards: readonly string[], loadW: number): void {
  const all = sheds(app);
  assert.deepEqual(all.map(({ board }) => board).sort(), [...boards].sort());
  assert.equal(new Set(all.map(({ atUtcUs }) => atUtcUs)).size, 1, "one instant");
  for (const shed of all)
    assert.deepEqual([shed.utcUs, shed.lateUs, shed.loadW], [shed.atUtcUs, 0, loadW]);
}

function assertOneLeaderATerm(app: Running): void {
  const leaderOf = new Map<number, string>();
  for (const { leader, term } of leaderships(app)) {
    assert.equal(leaderOf.get(term) ?? leader, leader, `term ${term}`);
    leaderOf.set(term, leader);
  }
}

describe("LoadShedding", () => {
  it("three feeders shed as its deployment says, once, and each its share", async () => {
    await using app = await simulate(application, modelText, deploymentText);
    await app.runFor(10_000);
    assert.deepEqual(
      sheds(app).map(({ loadW }) => loadW),
      [749, 833, 916],
    );
    assert.equal(new Set(sheds(app).map(({ atUtcUs }) => atUtcUs)).size, 1);
  });

  it("is a function of its seed", async () => {
    const hashes: string[] = [];
    for (const seed of [1, 1, 2]) {
      await using app = await simulate(application, modelText, deploymentText, { seed });
      await app.runFor(4000);
      hashes.push(app.transcriptHash);
    }
    assert.equal(hashes[0], hashes[1]);
    assert.notEqual(hashes[0], hashes[2]);
  });

  it("sheds nothing while the sum is within the limit", async () => {
    await using app = await simulate(application, modelText, five(4500));
    await app.runFor(10_000);
    assert.equal((await led(app)).term, 1);
    assert.deepEqual([sheds(app), logged(app, "vote-over")], [[], []]);
  });
});

for (const seed of SEEDS)
  describe(`LoadShedding in trouble (seed ${seed})`, () => {
    it("a new leader follows one that lost its power, and all who are left shed at one instant", async () => {
      await using app = await simulate(application, modelText, five(LIMIT_W), { seed });
      const first = await led(app);
      app.powerOff(boardOf(first.leader));
      await app.runFor(5000);
      const second = leaderships(app).at(-1);
      assert(second !== undefined && second.term > first.term);
      assert.notEqual(second.leader, first.leader);
      const left = BOARDS.filter((board) => board !== boardOf(first.leader));
      // 2000 W of 3600 W.
      assertShedOnce(app, left, 499);
      assertOneLeaderATerm(app);
    });

    it("what was agreed upon happens without its leader, and only once", async () => {
      await using app = await simulate(application, modelText, five(LIMIT_W), { seed });
      const { leader } = await led(app);
      await agreed(app);
      app.powerOff(boardOf(leader));
      await app.runFor(8000);
      const left = BOARDS.filter((board) => board !== boardOf(leader));
      // 2000 W of 4500 W.
      assertShedOnce(app, left, 399);
      assertOneLeaderATerm(app);
    });

    it("cut in two, the larger part sheds and the smaller one never", async () => {
      await using app = await simulate(application, modelText, five(LIMIT_W), { seed });
      const first = await led(app);
      const old = boardOf(first.leader);
      const others = BOARDS.filter((board) => board !== old);
      const [minority, majority] = [[old, ...others.slice(0, 1)].sort(), others.slice(1)];
      app.partition(minority, majority);
      await app.runFor(10_000);
      // 2000 W of 2700 W: nobody else's load is known there.
      assertShedOnce(app, majority, 666);
      const last = leaderships(app).at(-1);
      assert(last !== undefined && majority.includes(boardOf(last.leader)));
      app.heal();
      await app.runFor(10_000);
      const [{ atUtcUs } = { atUtcUs: 0 }, ...rest] = sheds(app);
      // They hear of what was decided without them, and do it then: later by how long they were away.
      const late = rest.filter((shed) => shed.atUtcUs === atUtcUs && shed.lateUs > 0);
      assert.deepEqual(late.map(({ board }) => board).sort(), minority);
      for (const shed of late) assert.equal(shed.lateUs, shed.utcUs - atUtcUs);
      // All five together are too much again, and now all of them know.
      const again = rest.filter((shed) => shed.atUtcUs !== atUtcUs);
      assert.deepEqual(again.map(({ board }) => board).sort(), BOARDS);
      assert(again.every((shed) => shed.utcUs === again[0]?.atUtcUs));
      assert(again.reduce((sumW, { loadW }) => sumW + loadW, 0) <= LIMIT_W);
      assertOneLeaderATerm(app);
    });
  });
