// Goal: an agent watches its crews: those that hang are reported and ended, incidents are told and counted,
// news reach every actor; actors of one crew live and die together.
// Method: the agent's program with actors that do what a test says, in the simulator; rules alone.
// Seed: 1; fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "../actor/protocol.ts";
import { tinyActor, tinyTexts } from "../actor/tiny-app.contract.ts";
import type { Program } from "../core/program.ts";
import type { Survivor } from "../core/spawner.ts";
import { aborted } from "../core/waiting.ts";
import { NO_DIRECTORY, Registry } from "../discovery/registry.ts";
import type { ActorInstance } from "../model/instances.ts";
import { Cluster } from "./cluster.contract.ts";
import { crewsOf, inheritanceOf } from "./crew-rule.ts";
import { superviseCrew } from "./crew-supervisor.ts";
import { HealthDesk } from "./health-desk.ts";
import { IncidentRule } from "./incident-rule.ts";
import { MeasureDesk } from "./measure-desk.ts";
import { NewsDesk } from "./news-desk.ts";
import type { NodeMessage } from "./node-options.ts";
import { WatchRule } from "./watch-rule.ts";

const texts = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");

/** What an actor's half of the channel looks like to a test. */
interface Stub {
  readonly actors: readonly string[];
  readonly heard: ToActor[];
  readonly say: (message: ToAgent, actor?: string) => void;
  readonly answer: (message: ToActor) => void;
  readonly signal: AbortSignal;
}

/** An actor's program that hands itself to `play`, and answers pings only when told to. */
function stub(play: (stub: Stub) => void): Program {
  return async (_world, options, parent, signal) => {
    const actors = (options as CrewOptions).actors.map(({ instanceName }) => instanceName);
    const heard: ToActor[] = [];
    const [first = ""] = actors;
    const say = (message: ToAgent, actor = first): void =>
      parent.send({ actor, message } satisfies Addressed<ToAgent>);
    const answer = (message: ToActor): void => {
      if (message.kind === "ping") say({ kind: "pong", number: message.number });
    };
    const self = { actors, heard, say, answer, signal };
    parent.receive((raw) => void heard.push((raw as Addressed<ToActor>).message));
    play(self);
    await aborted(signal);
  };
}

describe("watching", function () {
  this.timeout(30_000);
  const watch = { pingIntervalMs: 1000, hangMs: 3000, killMs: 6000 };

  it("a program that does not answer is reported, then killed and started again", async () => {
    const cluster = new Cluster(texts, 1, { actor: stub(() => undefined) });
    const agent = cluster.start("a", { watch });
    await cluster.sim.runFor(3900);
    assert.deepEqual(cluster.told("a"), ["actor-started s", "ready 1"]);
    await cluster.sim.runFor(200);
    assert.deepEqual(cluster.messages("a").at(-1), {
      ...{ kind: "actor-hangs", actor: "s", silentMs: 3000 },
    });
    await cluster.sim.runFor(2900);
    assert.equal(cluster.count("a", "actor-ended s"), 0);
    await cluster.sim.runFor(200);
    assert.deepEqual(cluster.told("a").slice(2), [
      "actor-hangs s",
      "actor-ended s",
      "actor-started s",
    ]);
    assert.equal(cluster.logged("actor-killed"), 1);
    agent.stop();
    assert.equal(await cluster.exitOf(agent), "stopped asked to stop");
  });

  it("real actors answer, for as long as you like, with one ping an interval at most", async () => {
    const cluster = new Cluster(texts);
    cluster.start("a", { watch });
    const before = cluster.sim.counters["events"] ?? 0;
    await cluster.sim.runFor(600_000);
    assert.equal(cluster.logged("actor-hangs") + cluster.logged("actor-died"), 0);
    const pings = (cluster.sim.counters["events"] ?? 0) - before;
    assert(pings < 600 * 16, `${pings} events in ten minutes`);
  });

  it("incidents are told and logged with their number; a flood is counted and not told", async () => {
    const incident = { kind: "fault", component: "c", handler: "on_tick", reason: "no" } as const;
    const cluster = new Cluster(texts, 1, {
      actor: stub(({ say, heard, answer, signal }) => {
        for (let count = 0; count < 500; count += 1) say(incident);
        say({ kind: "deadline", component: "c", port: "p", lateMs: 3 });
        say({ kind: "hang", component: "c", handler: "h", runningMs: 9 });
        signal.addEventListener("abort", () => heard.forEach(answer));
      }),
    });
    cluster.start("a");
    await cluster.sim.runFor(1000);
    const incidents = cluster.messages("a").filter(({ kind }) => kind === "actor-incident");
    assert.equal(incidents.length, 12);
    assert.deepEqual(incidents[9], { kind: "actor-incident", actor: "s", incident, count: 10 });
    assert.equal(cluster.logged("component-fault"), 10);
    assert.equal(cluster.logged("component-hang"), 1);
    cluster.sim.host("a").kill("a/s");
    await cluster.sim.runFor(1000);
    const [summary] = cluster.lines.filter((line) => line.includes("actor-incidents"));
    assert.match(summary ?? "", /"faultCount":500,"hangCount":1,"deadlineCount":1/);
  });

  it("boards that come and go and interfaces that change are told to every actor", async () => {
    const stubs: Stub[] = [];
    const cluster = new Cluster(tinyTexts("on (a) Sender as s, Receiver as r;"), 1, {
      actor: stub((each) => stubs.push(each)),
    });
    const { sim } = cluster;
    sim.host("a").nics.set("eth0", true);
    sim.host("a").nics.set("wlan0", false);
    cluster.start("a");
    await sim.runFor(1000);
    const b = cluster.start("b");
    await sim.runFor(1000);
    sim.host("a").nics.set("eth0", false);
    sim.host("a").nics.set("wlan0", true);
    await sim.runFor(100);
    b.stop();
    await sim.runFor(1000);
    sim.host("a").kill("a/s");
    await sim.runFor(1000);
    const newsOf = ({ heard }: Stub): string[] =>
      heard.flatMap((message) => {
        if (message.kind !== "notice" || message.notice.kind === "limit") return [];
        const { notice } = message;
        return [`${notice.kind === "nic" ? notice.name : notice.board} ${notice.isUp}`];
      });
    const all = ["b true", "eth0 false", "wlan0 true", "b false"];
    const [s, r, again] = stubs.filter(({ actors }) => actors[0] === "s" || actors[0] === "r");
    assert(s && r && again);
    assert.deepEqual(newsOf(s), all);
    assert.deepEqual(newsOf(r), all);
    // Whoever comes later hears what is not a matter of course.
    const late = stubs.at(-1);
    assert(late !== undefined && late !== s && late.actors[0] === "s");
    assert.deepEqual(newsOf(late), ["eth0 false"]);
    assert.deepEqual(
      cluster.told("a").filter((line) => line.startsWith("nic")),
      ["nic eth0 false", "nic wlan0 true"],
    );
  });
});

describe("crews", () => {
  const [one, two, three] = [1, 2, 3].map((number) => tinyActor(`Sender as n${number}`));
  assert(one && two && three);
  const shared = (actor: ActorInstance): ActorInstance => ({ ...actor, isolation: "shared" });
  const terms = { codeUrl: undefined, lasting: true };

  it("actors that share are one program without rights of its own, the others one each with theirs", () => {
    const runAs = { user: "meter", groups: ["gpio"] };
    const scheduler = { policy: "priority", priority: 40 } as const;
    const crews = crewsOf(
      [{ ...shared(one), runAs }, { ...two, runAs, isRealTime: true, scheduler }, shared(three)],
      { codeUrl: "file:///x.js", lasting: true },
    );
    assert.deepEqual(
      crews.map(({ actors }) => actors.map(({ instanceName }) => instanceName)),
      [["n1", "n3"], ["n2"]],
    );
    const [together, alone] = crews.map(({ call }) => call);
    assert.equal(together?.name, "b/Tiny.shared");
    assert.equal(together.runAs, undefined);
    assert.deepEqual(alone?.runAs, {
      ...{ user: "meter", groups: ["gpio"] },
      realTime: { policy: "fifo", priority: 40 },
    });
    assert.equal((alone.options as CrewOptions).codeUrl, "file:///x.js");
    assert.equal(alone.lasting, true);
    assert.deepEqual(crewsOf([{ ...one, isRealTime: true }], terms)[0]?.call.runAs, {
      realTime: { policy: "roundRobin", priority: 1 },
    });
  });

  it("a crew is restarted by the strictest policy of its actors", () => {
    const policy = (restartsMax: number) => ({
      ...{ restartsMax, periodMs: 1000, firstDelayMs: 1, delayMsMax: 1 },
    });
    const crew = [shared(one), { ...shared(two), restart: policy(3) }];
    const [{ restart } = { restart: undefined }] = crewsOf(
      [...crew, { ...shared(three), restart: policy(2) }],
      terms,
    );
    assert.equal(restart?.restartsMax, 2);
  });

  it("every survivor is kept or unwanted, and kept only when it runs exactly what is wanted", () => {
    const crews = crewsOf([one, two], terms);
    const [wanted] = crews;
    assert(wanted);
    const child = {} as Survivor["child"];
    const same: Survivor = { call: structuredClone(wanted.call), child };
    const changed: Survivor[] = [
      { call: { ...wanted.call, lasting: false }, child },
      { call: { ...wanted.call, options: { actors: [two], protocolVersion: 1 } }, child },
      { call: { ...wanted.call, runAs: { user: "x" } }, child },
      { call: { ...wanted.call, name: "b/stranger" }, child },
      { call: crewsOf([one], { ...terms, codeUrl: "file:///new.js" })[0]!.call, child },
    ];
    const { kept, unwanted } = inheritanceOf(crews, [...changed, same, same]);
    assert.deepEqual([...kept], [[wanted.call.name, same]]);
    assert.equal([...unwanted.values()].flat().length, changed.length + 1);
    assert.equal(unwanted.get("b/stranger")?.length, 1);
  });

  it("two actors in one program answer, fail, and are given up together", async () => {
    const told: NodeMessage[] = [];
    const registry = new Registry(NO_DIRECTORY);
    const news = new NewsDesk();
    const boss: Program = (world, _options, _parent, signal) => {
      const crew = crewsOf(
        [shared(tinyActor("Sender(failAt = 2) as s")), shared(tinyActor("Receiver as r"))],
        { ...terms, lasting: false },
      )[0];
      assert(crew);
      const tell = (message: NodeMessage): void => void told.push(message);
      const settled = AbortSignal.abort();
      const watch = { pingIntervalMs: 500 };
      const health = new HealthDesk(world.clock);
      const measures = new MeasureDesk(world);
      const desks = { news, health, measures };
      const parts = { world, registry, ...desks, ledger: undefined, watch, settled, tell };
      return superviseCrew(parts, crew, {}, signal);
    };
    const cluster = new Cluster(texts, 1, { boss });
    cluster.sim.host("b").start({ program: "boss", name: "boss", options: 0 });
    await cluster.sim.runFor(1900);
    assert.deepEqual(
      told.map((message) => `${message.kind} ${"actor" in message ? message.actor : ""}`),
      ["actor-started s", "actor-started r", "actor-active r", "actor-active s"],
    );
    const pids = told.flatMap((message) => (message.kind === "actor-started" ? [message.pid] : []));
    assert.equal(pids[0], pids[1]);
    assert.equal(registry.sizes.providerCount, 2);
    await cluster.sim.runFor(60_000);
    const count = (kind: string): number => told.filter((each) => each.kind === kind).length;
    assert.deepEqual(["actor-started", "actor-ended", "actor-given-up"].map(count), [22, 22, 2]);
    // Each crash is the crew's, and counted once.
    assert.equal(cluster.logged("actor-died"), 22);
    assert.deepEqual(Object.values(registry.sizes), [0, 0, 0, 0, 0]);
    assert.equal(news.followerCount, 0);
  });
});

describe("rules of watching", () => {
  it("asks once per silence, reports once, kills in the end; any word begins anew", () => {
    const options = { pingIntervalMs: 100, hangMs: 300, killMs: 700 };
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 60 }), (words) => {
        const rule = new WatchRule(0, options);
        let nowMs = 0;
        let askedMs: number | undefined;
        let reported = false;
        let wordAtMs = words[0] ?? Number.POSITIVE_INFINITY;
        for (let turn = 0, index = 0; turn < 500; turn += 1) {
          const step = rule.next(nowMs);
          if (step.kind === "wait") {
            assert(step.durationMs > 0 && step.durationMs <= options.pingIntervalMs);
            const untilMs = nowMs + step.durationMs;
            if (wordAtMs <= untilMs) {
              rule.heard(wordAtMs);
              index += 1;
              wordAtMs += words[index] ?? Number.POSITIVE_INFINITY;
              askedMs = undefined;
              reported = false;
            }
            nowMs = untilMs;
            rule.waited(step.durationMs);
          } else if (step.kind === "ping") {
            assert.equal(askedMs, undefined);
            askedMs = nowMs;
          } else if (step.kind === "hangs") {
            assert(askedMs !== undefined && nowMs - askedMs >= options.hangMs && !reported);
            reported = true;
          } else {
            assert(askedMs !== undefined && nowMs - askedMs >= options.killMs && reported);
            return;
          }
        }
      }),
    );
  });

  it("an agent that was itself held up suspects nobody for that time", () => {
    const rule = new WatchRule(0, { pingIntervalMs: 100, hangMs: 300, killMs: 700 });
    assert.equal(rule.next(100).kind, "ping");
    const step = rule.next(100);
    assert(step.kind === "wait");
    // It slept for an hour instead.
    rule.waited(step.durationMs);
    assert.equal(rule.next(3_600_000).kind, "wait");
    assert.equal(rule.heard(3_600_001), false);
  });

  it("incidents: ten of a kind a minute are told, each with its number", () => {
    const rule = new IncidentRule();
    const told: (number | undefined)[] = [];
    for (let second = 0; second < 120; second += 1)
      told.push(rule.happened("fault", second * 1000));
    assert.deepEqual(
      told.filter((count) => count !== undefined),
      [...Array(10).keys()]
        .flatMap((index) => [index + 1])
        .concat([...Array(10).keys()].map((index) => index + 61)),
    );
    assert.equal(rule.countOf("fault"), 120);
    assert.equal(rule.countOf("hang"), 0);
  });
});
