// Goal: members elect one leader, decide votes, act at one instant and keep one log, on every body of the world.
// Method: five members, each in a world of its own; waiting is for events, never for a time to pass.
// Seed: none.
import assert from "node:assert/strict";
import { eventually } from "../core/run-in-world.contract.ts";
import type { World } from "../core/world.ts";
import type { GroupOptions } from "./group-options.ts";
import { bytesOf, Switchboard, TestMember } from "./member.contract.ts";

/** Runs `body` with worlds by name: one name, one board. */
export type RunInWorlds = (
  body: (worldOf: (name: string) => World) => Promise<void>,
) => Promise<void>;

const NAMES = ["a", "b", "c", "d", "e"];
const options = (self: string, more: Partial<GroupOptions> = {}): GroupOptions => ({
  ...{ group: "g", self, size: 5, keepsCommands: true, ...more },
});

export function groupContract(name: string, run: RunInWorlds): void {
  describe(`group contract: ${name}`, function () {
    this.timeout(30_000);
    it("elects one leader, decides votes, acts at one instant, keeps one log, and goes on without its leader", () =>
      run(async (worldOf) => {
        const switchboard = new Switchboard();
        const { clock } = worldOf("a");
        const members: TestMember[] = [];
        for (const each of NAMES)
          members.push(await TestMember.join(worldOf(each), switchboard, options(each)));
        const agree = (among: readonly TestMember[]): boolean =>
          new Set(among.map(({ group }) => JSON.stringify(group.leadership))).size === 1 &&
          among.some(({ group }) => group.isLeader);
        await eventually(clock, () => agree(members));
        const leader = members.find(({ group }) => group.isLeader)!;
        const others = members.filter((member) => member !== leader);
        const { term } = leader.group.leadership!;

        others[0]!.vote = (topic) => topic !== "all?";
        const asker = others[1]!.group;
        const most = await asker.requestVote(bytesOf("most?"), "majority", 5_000);
        assert.equal(most.kind === "decided" && most.accepted, true);
        const all = await asker.requestVote(bytesOf("all?"), "consensus", 5_000);
        assert.equal(all.kind === "decided" && !all.accepted, true);
        await eventually(clock, () =>
          members.every(
            ({ heard }) => heard.includes("accepted most?") && heard.includes("not accepted all?"),
          ),
        );

        const atUtcUs = clock.utcUs() + 300_000;
        const act = await asker.requestVote(bytesOf("act"), "majority", 250, {
          ...{ atUtcUs, whenLate: "act" },
        });
        assert.equal(act.kind === "decided" && act.accepted, true);
        await eventually(clock, () => members.every(({ actions }) => actions.length === 1));
        for (const { actions } of members) assert.ok(actions[0]!.atUs >= atUtcUs);

        for (const [index, { group }] of members.entries())
          assert.equal(await group.propose(bytesOf(`command ${index}`), 5_000), "decided");
        await eventually(clock, () => members.every(({ commands }) => commands.length === 5));
        for (const { commands } of members) assert.deepEqual(commands, leader.commands);

        await leader[Symbol.asyncDispose]();
        await leader[Symbol.asyncDispose]();
        await eventually(clock, () => agree(others));
        assert.ok(others[0]!.group.leadership!.term > term);
        assert.ok(others.every(({ heard }) => heard.includes(`left ${leader.group.self}`)));

        const again = await TestMember.join(
          worldOf(leader.group.self),
          switchboard,
          options(leader.group.self),
        );
        await eventually(clock, () => again.commands.length === 5);
        assert.deepEqual(again.commands, others[0]!.commands);
        assert.deepEqual(again.actions, [], "what was done before the restart is not done again");
        for (const member of [...others, again]) await member[Symbol.asyncDispose]();
      }));

    it("carries messages to all, to one, to the leader and from it, with the instant of their sending", () =>
      run(async (worldOf) => {
        const switchboard = new Switchboard();
        const { clock } = worldOf("a");
        const members: TestMember[] = [];
        const timed = { size: 3, isTimed: true, keepsCommands: false };
        for (const each of ["a", "b", "c"])
          members.push(await TestMember.join(worldOf(each), switchboard, options(each, timed)));
        await eventually(clock, () => members.every(({ group }) => group.leadership !== undefined));
        const leader = members.find(({ group }) => group.isLeader)!;
        const [one, two] = members.filter((member) => member !== leader) as [
          TestMember,
          TestMember,
        ];
        const firstUs = clock.utcUs();
        one.group.send(bytesOf("hello"));
        assert.equal(one.group.sendTo(two.group.self, bytesOf("you")), true);
        assert.equal(one.group.sendTo("nobody", bytesOf("you")), false);
        assert.equal(one.group.sendToLeader(bytesOf("sir")), true);
        assert.equal(leader.group.sendTo(one.group.self, bytesOf("go")), true);
        const from = one.group.self;
        await eventually(
          clock,
          () =>
            two.heard.includes(`all ${from}: hello`) &&
            two.heard.includes(`one ${from}: you`) &&
            leader.heard.includes(`all ${from}: hello`) &&
            leader.heard.includes(`toLeader ${from}: sir`) &&
            one.heard.includes(`fromLeader ${leader.group.self}: go`),
        );
        assert.ok(!two.heard.includes(`toLeader ${from}: sir`));
        for (const { stamps } of members)
          for (const stamp of stamps) assert.ok(stamp! >= firstUs && stamp! <= clock.utcUs());
        for (const member of members) await member[Symbol.asyncDispose]();
      }));
  });
}
