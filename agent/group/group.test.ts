// Goal: the driver keeps what the rules promise, on simulated boards and over real ZeroMQ with real disks.
// Method: the contract on both; in the simulator also cuts, power losses and times.
// Seed: 1 to 12.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { World } from "../core/world.ts";
import { makeWorld } from "../io/real-world.ts";
import { inFolder } from "../io/temporary-folder.contract.ts";
import { Simulation } from "../sim/simulation.ts";
import { groupContract } from "./group.contract.ts";
import { encodeFrame } from "./group-frame.ts";
import type { GroupOptions } from "./group-options.ts";
import { bytesOf, Switchboard, TestMember } from "./member.contract.ts";

async function simulated(body: (worldOf: (name: string) => World) => Promise<void>): Promise<void> {
  let failure: unknown;
  let ended = false;
  const sim: Simulation = new Simulation({
    seed: 1,
    programs: {
      async body() {
        const worlds = new Map<string, World>();
        const worldOf = (name: string): World => {
          const world = worlds.get(name) ?? sim.host(name).openWorld(name);
          worlds.set(name, world);
          return world;
        };
        await body(worldOf).catch((error: unknown) => {
          failure = error;
        });
        ended = true;
      },
    },
  });
  sim.host("test").start({ program: "body", name: "body", options: {} });
  await sim.runWhile(() => !ended, 1_000_000);
  if (failure !== undefined) throw failure as Error;
  assert.ok(ended);
}

groupContract("simulated", simulated);

function real(body: (worldOf: (name: string) => World) => Promise<void>): Promise<void> {
  return inFolder((folder) =>
    body((name) =>
      makeWorld({
        ...{ name, host: "127.0.0.1", broadcastHost: "127.255.255.255", levelMin: "error" },
        ...{ dataFolder: join(folder, name), assetsFolder: folder },
        spawner: { mainModule: new URL("none.js", import.meta.url) },
      }),
    ),
  );
}

groupContract("zeromq", real);

const options = (self: string, more: Partial<GroupOptions> = {}): GroupOptions => ({
  ...{ group: "g", self, size: 3, keepsCommands: true, ...more },
});

/** Boards a, b, c ... with a member each; times run only when told. */
class Boards {
  readonly sim: Simulation;
  readonly switchboard = new Switchboard();
  readonly members = new Map<string, TestMember>();
  readonly more: Partial<GroupOptions>;
  readonly lines: string[] = [];

  constructor(seed: number, more: Partial<GroupOptions> = {}) {
    this.more = more;
    this.sim = new Simulation({ seed, onRecord: (line) => void this.lines.push(line) });
  }

  async join(name: string, givesSnapshots = false): Promise<TestMember> {
    const world = this.sim.host(name).openWorld(name);
    const given = options(name, this.more);
    const member = await TestMember.join(world, this.switchboard, given, givesSnapshots);
    this.members.set(name, member);
    return member;
  }

  /** Power fails on one board. */
  kill(name: string): void {
    this.sim.host(name).powerOff();
    this.members.get(name)?.lost();
    this.members.delete(name);
  }

  get leaders(): string[] {
    return [...this.members].filter(([, { group }]) => group.isLeader).map(([name]) => name);
  }

  async led(): Promise<TestMember> {
    await this.sim.runWhile(() => {
      const known = [...this.members.values()].map(({ group }) => group.leadership?.leader);
      return this.leaders.length !== 1 || known.some((each) => each !== this.leaders[0]);
    }, 200_000);
    return this.members.get(this.leaders[0]!)!;
  }
}

describe("group members on simulated boards", () => {
  for (const seed of [1, 2, 3, 4, 5])
    it(`have a leader within half a second of the last join, and another within a second (seed ${seed})`, async () => {
      const boards = new Boards(seed);
      for (const name of ["a", "b", "c"]) await boards.join(name);
      const joinedUs = boards.sim.utcUs;
      const first = await boards.led();
      assert.ok(boards.sim.utcUs - joinedUs <= 500_000);
      const { term } = first.group.leadership!;
      boards.kill(first.group.self);
      const killedUs = boards.sim.utcUs;
      const second = await boards.led();
      assert.ok(boards.sim.utcUs - killedUs <= 1_000_000);
      assert.ok(second.group.leadership!.term > term);
    });

  it("whoever led before can lead again, in a later term, and is obeyed as before", async () => {
    const boards = new Boards(3);
    for (const name of ["a", "b", "c"]) await boards.join(name);
    const first = await boards.led();
    const { term } = first.group.leadership!;
    const name = first.group.self;
    boards.kill(name);
    let leader = await boards.led();
    assert.notEqual(leader.group.self, name);
    const again = await boards.join(name);
    await boards.sim.runFor(2_000);
    // The others resign in turn, until it is elected.
    for (let round = 0; round < 50 && leader !== again; round += 1) {
      await leader[Symbol.asyncDispose]();
      boards.members.delete(leader.group.self);
      const next = await boards.led();
      await boards.join(leader.group.self);
      await boards.sim.runFor(2_000);
      leader = next;
    }
    assert.equal(leader, again);
    assert.ok(again.group.leadership!.term > term);
    for (const { group } of boards.members.values())
      assert.deepEqual(group.leadership, again.group.leadership);
    const vote = again.group.requestVote(bytesOf("x"), "majority", 400);
    await boards.sim.runFor(1_000);
    assert.equal((await vote).kind, "decided");
  });

  it("cut off from the others a leader stands down, and all agree again afterwards", async () => {
    const boards = new Boards(7);
    for (const name of ["a", "b", "c"]) await boards.join(name);
    const old = await boards.led();
    const others = ["a", "b", "c"].filter((name) => name !== old.group.self);
    boards.sim.partition([old.group.self], others);
    await boards.sim.runFor(2_000);
    assert.equal(boards.leaders.length, 1);
    assert.notEqual(boards.leaders[0], old.group.self);
    assert.ok(old.heard.some((line) => line.startsWith(`exited ${old.group.self}`)));
    assert.deepEqual(await old.group.requestVote(bytesOf("x"), "majority", 10), {
      kind: "no-leader",
    });
    assert.equal(await old.group.propose(bytesOf("x"), 10), "no-leader");
    const { term } = boards.members.get(boards.leaders[0]!)!.group.leadership!;
    boards.sim.heal();
    await boards.led();
    await boards.sim.runFor(2_000);
    assert.equal(old.group.leadership?.term, term, "who comes back disturbs nobody");
  });

  it("a vote without its majority expires after its time in ms, on every member alike", async () => {
    const boards = new Boards(8, { size: 3 });
    for (const name of ["a", "b", "c"]) await boards.join(name);
    const leader = await boards.led();
    const others = [...boards.members.values()].filter((member) => member !== leader);
    for (const { group } of others) boards.kill(group.self);
    const startUs = boards.sim.utcUs;
    let endUs = 0;
    const vote = leader.group.requestVote(bytesOf("x"), "consensus", 400).then((end) => {
      endUs = boards.sim.utcUs;
      return end;
    });
    await boards.sim.runFor(5_000);
    assert.equal((await vote).kind, "expired");
    assert.ok(endUs - startUs >= 400_000 && endUs - startUs <= 1_000_000, String(endUs - startUs));
  });

  it("an action that was agreed upon outlives its leader and a power loss, and is taken late when need be", async () => {
    const boards = new Boards(9);
    for (const name of ["a", "b", "c"]) await boards.join(name);
    const leader = await boards.led();
    const atUtcUs = boards.sim.utcUs + 5_000_000;
    const vote = leader.group.requestVote(bytesOf("open"), "majority", 1_000, {
      ...{ atUtcUs, whenLate: "act" },
    });
    await boards.sim.runFor(1_000);
    assert.deepEqual((await vote).kind, "decided");
    const [early, late] = [...boards.members.keys()].filter((name) => name !== leader.group.self);
    boards.kill(leader.group.self);
    boards.kill(early!);
    boards.kill(late!);
    const back = [await boards.join(leader.group.self), await boards.join(early!)];
    await boards.sim.runFor(3_500);
    // Two of three cannot know what the third one promised: they wait for it.
    assert.deepEqual(boards.leaders, []);
    await boards.sim.runFor(1_000);
    // But what they had learned is on their own disks, so they act without it.
    for (const { actions } of back) {
      assert.equal(actions.length, 1);
      assert.deepEqual(
        [actions[0]!.topic, actions[0]!.atUs, actions[0]!.lateUs],
        ["open", atUtcUs, 0],
      );
    }
    const third = await boards.join(late!);
    await boards.sim.runFor(2_500);
    assert.equal(third.actions.length, 1);
    assert.ok(third.actions[0]!.lateUs > 0, "it was away at the instant");
    boards.kill(late!);
    const nextUs = boards.sim.utcUs + 500_000;
    const next = back[0]!.group.requestVote(bytesOf("close"), "majority", 400, {
      ...{ atUtcUs: nextUs, whenLate: "act" },
    });
    await boards.sim.runFor(1_500);
    assert.equal((await next).kind, "decided");
    const again = await boards.join(late!);
    await boards.sim.runFor(2_000);
    assert.deepEqual(
      again.actions.map(({ topic, lateUs }) => [topic, lateUs > 0]),
      [["close", true]],
      "what it has done it does not do again, what it has missed it does late",
    );
    assert.ok(boards.lines.some((line) => line.includes("group-action-late")));
  });

  it("a long log is replaced by the component's state, also for a member that was away", async () => {
    const boards = new Boards(10);
    for (const name of ["a", "b", "c"]) await boards.join(name, true);
    const leader = await boards.led();
    const away = ["a", "b", "c"].find((name) => name !== leader.group.self)!;
    boards.kill(away);
    for (let index = 0; index < 600; index += 1) {
      void leader.group.propose(bytesOf(`c${index}`), 60_000);
      if (index % 50 === 0) await boards.sim.runFor(100);
    }
    await boards.sim.runFor(2_000);
    assert.equal(leader.commands.length, 600);
    const back = await boards.join(away, true);
    await boards.sim.runFor(2_000);
    assert.deepEqual(back.commands, leader.commands);
    const database = [...boards.sim.host(leader.group.self).disk.databases.values()][0]!;
    assert.ok(database.get("log")!.scan({}).length < 512);
  });

  it("an idle group writes nothing, and noise on the wire is counted and does no harm", async () => {
    const boards = new Boards(11);
    for (const name of ["a", "b", "c"]) await boards.join(name);
    const leader = await boards.led();
    await boards.sim.runFor(1_000);
    const before = boards.sim.counters["transactions"];
    const stranger = await boards.sim.host("x").openWorld("x").wire.publisher();
    leader.group.follow([
      stranger.endpoint,
      ...[...boards.members.values()].map(({ group }) => group.endpoint),
    ]);
    await boards.sim.runFor(1_000);
    const { malformedCount } = leader.group;
    stranger.offer(bytesOf("noise"));
    const hello = { from: "z", life: 1, set: "", to: ["*"], message: { kind: "hello" as const } };
    stranger.offer(encodeFrame({ ...hello, group: "another" }));
    await boards.sim.runFor(60_000);
    assert.equal(leader.group.malformedCount, malformedCount + 2);
    assert.equal(boards.sim.counters["transactions"], before);
    assert.deepEqual(leader.group.members, ["a", "b", "c"]);
    assert.deepEqual(boards.leaders, [leader.group.self]);
  });

  it("a further member listens, and has no vote", async () => {
    const boards = new Boards(12);
    for (const name of ["a", "b", "c"]) await boards.join(name);
    const leader = await boards.led();
    await boards.join("d");
    await boards.sim.runFor(2_000);
    assert.equal(await settled(boards, leader.group.propose(bytesOf("x"), 1_000)), "decided");
    const away = ["a", "b", "c"].filter((name) => name !== leader.group.self);
    assert.deepEqual(boards.members.get("d")!.commands, ["x"]);
    for (const name of away) boards.kill(name);
    await boards.sim.runFor(2_000);
    assert.deepEqual(boards.leaders, [], "one voter and a listener are no majority");
  });
});

async function settled<T>(boards: Boards, work: Promise<T>): Promise<T> {
  await boards.sim.runFor(1_500);
  return work;
}
