// Goal: who was believed first under a name keeps it beyond a restart; boards find each other over seeds
// alone, and through a board that is in both networks.
// Method: agents in the simulator; imposters with keys of their own; segments between which only a router goes.
// Seed: 1.
import assert from "node:assert/strict";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import type { Json } from "../core/rpc.ts";
import { AskedCluster } from "./asked-cluster.contract.ts";
import type { StartOptions } from "./cluster.contract.ts";

interface Status {
  readonly boards: readonly string[];
  readonly refused: readonly { readonly boardId: string; readonly kind: string }[];
}

const texts = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");
const control: StartOptions = { control: {}, remembersTrust: true };

async function statusOf(cluster: AskedCluster, board: string): Promise<Status> {
  return (await cluster.answer(board, "status")) as Json & Status;
}

describe("trust that is remembered", function () {
  this.timeout(30_000);
  for (const remembersTrust of [true, false])
    it(`after a restart an imposter is ${remembersTrust ? "refused" : "believed: nothing is kept"}`, async () => {
      const cluster = new AskedCluster(texts);
      const first = cluster.start("a", { ...control, remembersTrust });
      const genuine = cluster.start("b", control);
      await cluster.sim.runFor(4000);
      for (const child of [genuine, first]) {
        child.kill();
        await child.exited;
      }
      cluster.start("a", { ...control, remembersTrust });
      // Another machine, which says that it is b.
      const options = { board: "b", cluster: "c", beaconUdpPort: 7 };
      cluster.sim.host("thief").start({ program: "node", name: "b", options });
      await cluster.sim.runFor(6000);
      const { boards, refused } = await statusOf(cluster, "a");
      assert.deepEqual(boards, remembersTrust ? ["a"] : ["a", "b"]);
      assert.deepEqual(
        refused.map(({ boardId, kind }) => `${kind} ${boardId}`),
        remembersTrust ? ["imposter b"] : [],
      );
      assert.equal(cluster.logged("imposter") > 0, remembersTrust);
    });
});

describe("seeds", function () {
  this.timeout(30_000);
  it("two networks with a router between them: one seed is enough, and ports connect", async () => {
    const cluster = new AskedCluster(texts);
    for (const board of ["a", "b"])
      cluster.sim.host(board).nics.attach("eth0", `net-${board}`, board);
    cluster.sim.router("gate", ["net-a", "net-b"]);
    cluster.start("a", { ...control, udpPort: 15_671 });
    const lonely = cluster.start("b", control);
    await cluster.sim.runFor(6000);
    assert.deepEqual((await statusOf(cluster, "b")).boards, ["b"]);
    lonely.kill();
    await lonely.exited;
    cluster.start("b", { ...control, seeds: ["a:15671"] });
    await cluster.sim.runFor(6000);
    for (const board of ["a", "b"])
      assert.deepEqual((await statusOf(cluster, board)).boards, ["a", "b"]);
    const { ports } = (await cluster.answer("b", "why")) as Json & {
      readonly ports: readonly { readonly state: string }[];
    };
    assert.deepEqual(
      ports.map(({ state }) => state),
      ["connected", "connected"],
    );
  });
});
