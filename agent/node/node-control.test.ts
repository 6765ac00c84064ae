// Goal: whoever asks an agent at its socket learns how its actors and the other boards are, at every moment.
// Method: two agents with a tiny application in the simulator; a program beside one of them asks it.
// Seed: 1.
import assert from "node:assert/strict";
import type { PortMeasure } from "../actor/port-counters.ts";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import { sumOf } from "../component/handler-times.ts";
import type { Params } from "../control/control-method.ts";
import type { Json } from "../core/rpc.ts";
import { AskedCluster } from "./asked-cluster.contract.ts";
import type { ActorMeasure } from "./measure-desk.ts";

interface Status {
  readonly board: string;
  readonly boards: readonly string[];
  readonly uptimeMs: number;
  readonly actors: readonly {
    readonly actor: string;
    readonly state: string;
    readonly startCount: number;
    readonly lastReason: string | null;
  }[];
}

interface BoardMeasure {
  readonly actors: readonly ActorMeasure[];
}

interface BoardAnswer {
  readonly board: string;
  readonly ok: boolean;
  readonly result?: { readonly board: string };
  readonly error?: { readonly code: number };
}

function portOf(
  { actors }: BoardMeasure,
  component: string,
  port: string,
): PortMeasure | undefined {
  const all = actors.flatMap(({ components }) => components);
  return all.find((each) => each.component === component)?.ports.find((each) => each.port === port);
}

async function measured(cluster: AskedCluster, board: string): Promise<BoardMeasure> {
  return (await cluster.answer(board, "measure")) as Json & BoardMeasure;
}

async function statusOf(cluster: AskedCluster, board: string): Promise<Status> {
  return (await cluster.answer(board, "status")) as Json & Status;
}

const pair = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");

describe("what an agent can be asked", function () {
  this.timeout(30_000);
  it("status: its board, the others, its actors through their lives", async () => {
    const cluster = new AskedCluster(pair);
    cluster.start("a", { control: {} });
    cluster.start("b", { control: {} });
    await cluster.sim.runFor(4000);
    const { board, boards, uptimeMs, actors } = await statusOf(cluster, "a");
    assert.deepEqual([board, boards], ["a", ["a", "b"]]);
    assert(uptimeMs >= 4000);
    const [s] = actors;
    assert.equal(actors.length, 1);
    assert.deepEqual([s?.actor, s?.state], ["s", "active"]);
    assert.equal(s?.startCount, 1);
    cluster.sim.host("a").kill("a/s");
    cluster.sim.unplug("b");
    await cluster.sim.runFor(10);
    assert.equal((await statusOf(cluster, "a")).actors[0]?.state, "ended");
    await cluster.sim.runFor(10_000);
    const later = await statusOf(cluster, "a");
    assert.deepEqual(later.boards, ["a"]);
    assert.equal(later.actors[0]?.state, "active");
    assert.equal(later.actors[0].startCount, 2);
    assert.match(later.actors[0].lastReason ?? "", /kill/);
  });

  it("an agent that was not told to be asked is not", async () => {
    const cluster = new AskedCluster(pair);
    cluster.start("a");
    await cluster.sim.runFor(1000);
    await assert.rejects(cluster.ask("a", "status"), /not at rest/);
  });

  it("an actor that is given up is said to be so", async () => {
    const cluster = new AskedCluster(
      tinyTexts("on (a) Sender(failAt = 1) as s;", "on (a) Receiver as r;"),
    );
    cluster.start("a", { control: {} });
    await cluster.sim.runFor(120_000);
    const { actors } = await statusOf(cluster, "a");
    assert.deepEqual(
      actors.map(({ state }) => state),
      ["given-up", "active"],
    );
  });

  it("measure: what passes through every port, while somebody wants to know", async () => {
    const cluster = new AskedCluster(pair);
    cluster.start("a", { control: {} });
    cluster.start("b", { control: {} });
    await cluster.sim.runFor(4000);
    cluster.sim.host("a").loads.set("a/s", { cpuPercent: 50, memoryBytes: 1000 });
    await cluster.sim.runFor(2000);
    const before = await measured(cluster, "a");
    await cluster.sim.runFor(5000);
    const now = await measured(cluster, "a");
    const [s] = now.actors;
    assert.deepEqual([s?.actor, s?.memoryBytes, s?.components.length], ["s", 1000, 1]);
    assert.equal(Math.round(((s?.cpuMs ?? 0) - (before.actors[0]?.cpuMs ?? 0)) / 100), 25);
    const sent = (measure: BoardMeasure): number =>
      portOf(measure, "source", "tick")?.sentCount ?? Number.NaN;
    assert.equal(sent(now) - sent(before), 5);
    const beat = portOf(now, "source", "beat");
    assert.equal(sumOf(beat?.handlerTimes ?? []), 5);
    assert.equal(beat?.kind, "timer");
    const sink = portOf(await measured(cluster, "b"), "sink", "tick");
    assert.deepEqual([sink?.kind, sink?.peerCount, sink?.waitingCount], ["sub", 1, 0]);
  });

  it("measure: an actor that does not answer is left out, and holds up nobody for long", async () => {
    const deaf = { actor: async () => new Promise<void>(() => undefined) };
    const cluster = new AskedCluster(pair, deaf);
    cluster.start("a", { control: {} });
    await cluster.sim.runFor(1000);
    const { utcUs } = cluster.sim;
    const { actors } = await measured(cluster, "a");
    assert.deepEqual(
      actors.map(({ actor, components }) => [actor, components]),
      [["s", []]],
    );
    assert(cluster.sim.utcUs - utcUs < 500_000);
  });

  it("everywhere: asks what may only be read of all boards, and tells which did not answer", async () => {
    const cluster = new AskedCluster(pair);
    cluster.start("a", { control: {} });
    cluster.start("b", { control: {} });
    cluster.start("c");
    await cluster.sim.runFor(4000);
    const ask = async (params: Params): Promise<readonly BoardAnswer[]> => {
      const outcome = await cluster.ask("a", "everywhere", params);
      assert(outcome.ok, JSON.stringify(outcome));
      return outcome.result as Json & readonly BoardAnswer[];
    };
    const all = await ask({ method: "status" });
    assert.deepEqual(
      all.map(({ board, ok, result }) => [board, ok, result?.board]),
      [
        ["a", true, "a"],
        ["b", true, "b"],
        ["c", false, undefined],
      ],
    );
    // No board asks others on behalf of another, and nothing else that is not for reading.
    const [nested] = await ask({ method: "everywhere", boards: ["b"] });
    assert.equal(nested?.error?.code, -32_601);
    cluster.sim.unplug("b");
    const [silent] = await ask({ method: "status", boards: ["b"], timeoutMs: 300 });
    assert.equal(silent?.ok, false);
    cluster.sim.plug("b");
    await cluster.sim.runFor(5000);
    const [back] = await ask({ method: "status", boards: ["b"] });
    assert.equal(back?.ok, true);
    const refused = await cluster.ask("a", "everywhere", { method: "status", boards: "b" });
    assert.equal(refused.ok, false);
  });
});
