// Goal: a component joins groups of its model and hears, votes, acts and leaves through its own handlers.
// Method: two simulated boards with an actor each; the test is their registry.
// Seed: 1.
import assert from "node:assert/strict";
import { type Application, component } from "../component/define.ts";
import type { GroupMember, Poll } from "../component/group.ts";
import { tim } from "../component/ports.ts";
import { AgentError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
// In a simulation modules have to be loaded before time runs.
import "../group/group.ts";
import { text } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import { checkApp } from "../model/check-app.ts";
import type { ActorInstance } from "../model/instances.ts";
import { parseApp } from "../model/parse-app.ts";
import { parseDeployment } from "../model/parse-deployment.ts";
import { instancesFor } from "../model/resolve.ts";
import { Simulation } from "../sim/simulation.ts";
import { actorProgram } from "./actor-program.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";

const word = message("Word", text(40_000));
const other = message("Other", text(9));
type Word = GroupMember<string>;

const heard: string[] = [];
const groups = new Map<string, Word>();
const failures: string[] = [];

const voter = component({
  name: "Voter",
  ports: { tick: tim() },
  groups: { Team: word, Chat: word, Wrong: word, Strange: other },
  options: () => ({}),
  setup({ name, group }) {
    const say = (line: string): void => void heard.push(`${name} ${line}`);
    const fails = async (work: Promise<unknown>): Promise<void> => {
      const error: unknown = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      failures.push(error instanceof AgentError ? error.code : "none");
    };
    return {
      async handleActivate() {
        await fails(group.Strange.join("x", {}));
        await fails(group.Wrong.join("x", {}));
        await fails(group.Team.join("x", {}));
        await fails(group.Chat.join("x", { size: 2 }));
        await fails(group.Team.join("", { size: 2 }));
        const team = await group.Team.join("red/1", { size: 2, log: true });
        groups.set(team.self, team);
        await fails(team.requestVote("x".repeat(40_000), "majority", 100));
      },
      on_tick() {
        say("tick");
      },
      handleGroupMessage(team, said: string, from, arrival) {
        say(`${team.instance} hears ${said} of ${from} ${arrival.sentUtcUs === undefined}`);
      },
      handleMessageToLeader(_team, said: string, from) {
        say(`leads, hears ${said} of ${from}`);
      },
      handleMemberJoined: (_team, member) => say(`sees ${member}`),
      handleMemberLeft: (_team, member) => say(`misses ${member}`),
      handleLeaderElected: (_team, { leader }) => say(`elected ${leader}`),
      handleLeaderExited: (_team, { leader }) => say(`lost ${leader}`),
      handleVoteRequest: (_team, { topic }: Poll<string>) => topic === "yes?",
      handleActionVoteRequest: () => true,
      handleVoteResult: (_team, { topic }: Poll<string>, accepted) => say(`${topic} ${accepted}`),
      handleGroupAction: (_team, { topic, atUtcUs }: Poll<string>, lateUs) =>
        say(`${topic} ${atUtcUs ?? 0} ${lateUs}`),
      handleActionDeclined: (_team, { topic }: Poll<string>, { why, boundUs }) =>
        say(`${topic} declined ${why} ${boundUs ?? "unknown"}`),
      handleActionReport: (_team, { members, missing }) =>
        say(`reports ${members.map(({ end }) => end).join(" ")} ${missing.length}`),
      handleCommand: (_team, command: string, index) => say(`command ${command} ${index > 1}`),
    };
  },
});

const application: Application = {
  name: "Teams",
  components: { Voter: voter },
};
const MODEL = `app Teams {
  message Word; message Other;
  group Team with leader using Word timed; group Chat using Word; group Wrong using Other;
  component Voter() { timer tick; }
  actor Player() { { voter : Voter(); } }
}`;

function actors(): ActorInstance[] {
  const app = parseApp(MODEL, "teams.riaps");
  const deployment = parseDeployment("app Teams { on (a, b) Player(); }", "teams.depl");
  assert.ok(app.ok && deployment.ok, JSON.stringify([app, deployment]));
  assert.deepEqual(checkApp(app.value), []);
  return ["a", "b"].flatMap((board) => [...instancesFor(app.value, deployment.value, board)]);
}

/** The agent of both boards at once: it starts an actor and tells it the providers of what it requires. */
function agentProgram(registry: Map<string, Set<string>>, changed: Set<() => void>): Program {
  return async (world, options, _parent, signal) => {
    const { actor } = options as { actor: ActorInstance };
    const child = world.spawner.spawn({
      ...{ program: "actor", name: "actor" },
      options: { actors: [actor] } satisfies CrewOptions,
    });
    const wanted = new Map<string, string>();
    const send = (told: ToActor): void =>
      child.channel.send({ actor: actor.instanceName, message: told } satisfies Addressed<ToActor>);
    const tell = (): void => {
      for (const [port, key] of wanted)
        send({ kind: "peers", port, endpoints: [...(registry.get(key) ?? [])] });
    };
    changed.add(tell);
    child.channel.receive((raw) => {
      const told = (raw as Addressed<ToAgent>).message;
      if (told.kind === "provide")
        registry.set(told.key, (registry.get(told.key) ?? new Set()).add(told.endpoint));
      if (told.kind === "withdraw") registry.get(told.key)?.delete(told.endpoint);
      if (told.kind === "require") wanted.set(told.port, told.key);
      if (told.kind === "release") wanted.delete(told.port);
      for (const each of changed) each();
    });
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
}

describe("groups of a component", () => {
  it("are joined, heard, voted in and left through the component", async () => {
    const registry = new Map<string, Set<string>>();
    const sim = new Simulation({
      seed: 1,
      programs: {
        agent: agentProgram(registry, new Set()),
        actor: actorProgram(() => Promise.resolve(application)),
      },
    });
    for (const actor of actors())
      sim.host(actor.board).start({ program: "agent", name: "agent", options: { actor } });
    await sim.runFor(2_000);
    const codes = [
      ...["GROUP_OPTION_INVALID", "GROUP_OPTION_INVALID", "GROUP_OPTION_INVALID"],
      ...["GROUP_PAYLOAD_TOO_LARGE", "GROUP_UNKNOWN", "GROUP_UNKNOWN"],
    ];
    assert.deepEqual(failures.sort(), [...codes, ...codes].sort());
    const all = [...groups.values()];
    assert.deepEqual(all[0]!.members, ["a/Player/voter", "b/Player/voter"]);
    const [leader, follower] = all.sort((one, two) => Number(two.isLeader) - Number(one.isLeader));
    assert.ok(leader!.isLeader && !follower!.isLeader);
    assert.deepEqual(follower!.leadership, leader!.leadership);

    heard.length = 0;
    const atUtcUs = sim.utcUs + 2_000_000;
    follower!.send("hello");
    follower!.sendToLeader("sir");
    const results = Promise.all([
      follower!.requestVote("yes?", "consensus", 1_000),
      follower!.requestVote("no?", "majority", 1_000),
      follower!.requestActionVote("act", atUtcUs, "consensus", 1_000),
      follower!.requestActionVote("sure", { atUtcUs, boundUsMax: 1_000 }, "consensus", 1_000),
      follower!.propose("go", 1_000),
    ]);
    await sim.runFor(3_000);
    const [yes, no, act, sure, go] = await results;
    assert.deepEqual(
      [yes, no, act, sure].map((end) => end.kind === "decided" && end.accepted),
      [true, false, true, true],
    );
    assert.equal(go, "decided");
    const of = (name: string): string[] => heard.filter((line) => line.startsWith(name)).sort();
    const common = [
      ...["act true", `act ${atUtcUs} 0`, "command go true", "no? false", "yes? true"],
      // Nobody keeps the time here.
      ...["sure true", "sure declined clock unknown"],
    ];
    // Both are called Player/voter in their own actors.
    const messages = [
      `leads, hears sir of ${follower!.self}`,
      `red/1 hears hello of ${follower!.self} false`,
      ...["reports acted acted 0", "reports declined-clock declined-clock 0"],
    ];
    assert.deepEqual(
      of("Player/voter"),
      [...common, ...common, ...messages].map((line) => `Player/voter ${line}`).sort(),
    );

    heard.length = 0;
    const [key] = [...registry.keys()];
    assert.match(key!, /^Teams\/group\/Team:[0-9a-f]{8}\/red\/1$/);
    assert.equal(registry.get(key!)!.size, 2);
    await leader!.leave();
    await sim.runFor(1_000);
    assert.equal(registry.get(key!)!.size, 1);
    assert.ok(heard.includes(`Player/voter misses ${leader!.self}`));
    assert.ok(heard.includes(`Player/voter lost ${leader!.self}`));
    assert.equal(follower!.isLeader, false, "one of two is no majority");
    assert.deepEqual(await follower!.requestVote("yes?", "majority", 100), { kind: "no-leader" });
  });
});
