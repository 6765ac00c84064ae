// Goal: whoever asks an agent at its socket learns how its actors and the other boards are, at every moment.
// Method: two agents with a tiny application in the simulator; a program beside one of them asks it.
// Seed: 1.
import assert from "node:assert/strict";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import { askAgent } from "../control/ask-agent.ts";
import type { Params } from "../control/control-method.ts";
import type { Json, RpcOutcome } from "../core/rpc.ts";
import { Cluster } from "./cluster.contract.ts";

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

const pair = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");

/** A cluster of which any board's agent can be asked. */
class AskedCluster extends Cluster {
  readonly #outcomes: RpcOutcome[] = [];

  constructor(texts: ReturnType<typeof tinyTexts>) {
    super(texts, 1, {
      asker: async ({ rpc }, options, _parent, signal) => {
        const question = options as { readonly method: string; readonly params: Params };
        this.#outcomes.push(await askAgent(rpc, "unix:/run/control.sock", question, signal));
      },
    });
  }

  async ask(board: string, method: string, params: Params = {}): Promise<RpcOutcome> {
    const call = { program: "asker", name: "asker", options: { method, params } };
    const child = this.sim.host(board).start(call);
    await this.sim.runWhile(() => this.#outcomes.length === 0, 100_000);
    await child.exited;
    const outcome = this.#outcomes.pop();
    if (outcome === undefined) throw new Error("nobody answered");
    return outcome;
  }

  async status(board: string): Promise<Status> {
    const outcome = await this.ask(board, "status");
    assert(outcome.ok, JSON.stringify(outcome));
    return outcome.result as Json & Status;
  }
}

describe("what an agent can be asked", function () {
  this.timeout(30_000);
  it("status: its board, the others, its actors through their lives", async () => {
    const cluster = new AskedCluster(pair);
    cluster.start("a", { control: {} });
    cluster.start("b", { control: {} });
    await cluster.sim.runFor(4000);
    const { board, boards, uptimeMs, actors } = await cluster.status("a");
    assert.deepEqual([board, boards], ["a", ["a", "b"]]);
    assert(uptimeMs >= 4000);
    const [s] = actors;
    assert.equal(actors.length, 1);
    assert.deepEqual([s?.actor, s?.state], ["s", "active"]);
    assert.equal(s?.startCount, 1);
    cluster.sim.host("a").kill("a/s");
    cluster.sim.unplug("b");
    await cluster.sim.runFor(10);
    assert.equal((await cluster.status("a")).actors[0]?.state, "ended");
    await cluster.sim.runFor(10_000);
    const later = await cluster.status("a");
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
    const { actors } = await cluster.status("a");
    assert.deepEqual(
      actors.map(({ state }) => state),
      ["given-up", "active"],
    );
  });
});
