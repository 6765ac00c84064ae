// Goal: on the simulated wire reach ends where it says, cuts of the network touch only what crosses it, and lost is told at once.
// Method: two hosts; programs that are killed, cables that are cut; virtual time says how long it took.
// Seed: 1.
import assert from "node:assert/strict";
import { utf8 } from "../core/run-in-world.contract.ts";
import type { Reach, WireAnswer } from "../core/wire.ts";
import { Simulation } from "./simulation.ts";

/** A request of each of three worlds to a server of this reach, which holds it or answers. */
async function askFromAround(reach: Reach, serverAnswers: boolean) {
  const sim = new Simulation({ seed: 1 });
  const own = sim.host("a").openWorld("server");
  const server = await own.wire.server(
    ({ frame, reply }) => {
      if (serverAnswers) reply(frame);
    },
    { reach },
  );
  const worlds = [own, sim.host("a").openWorld("same host"), sim.host("b").openWorld("other")];
  const ends: (string | undefined)[] = worlds.map(() => undefined);
  const clients = worlds.map(({ wire }) => wire.client(server.endpoint));
  const ask = (timeoutMs: number): void => {
    for (const [index, client] of clients.entries()) {
      ends[index] = undefined;
      void client.request(utf8("x"), timeoutMs).then((answer: WireAnswer) => {
        ends[index] = answer.kind === "reply" ? "reply" : answer.reason;
      });
    }
  };
  return { sim, server, ends, ask };
}

describe("simulated wire", () => {
  const reached: Readonly<Record<Reach, readonly string[]>> = {
    process: ["reply", "timeout", "timeout"],
    board: ["reply", "reply", "timeout"],
    network: ["reply", "reply", "reply"],
  };
  for (const reach of ["process", "board", "network"] as const)
    it(`reach ${reach} ends where it says, and only what crosses the network feels a cut`, async () => {
      const { sim, ends, ask } = await askFromAround(reach, true);
      ask(1000);
      await sim.runFor(1100);
      assert.deepEqual(ends, reached[reach]);
      sim.unplug("a");
      sim.partition(["b"]);
      ask(1000);
      await sim.runFor(1100);
      assert.deepEqual(ends, [...reached[reach].slice(0, 2), "timeout"]);
    });

  it("what is under way is lost at once when the server's program is killed", async () => {
    const sim = new Simulation({
      seed: 1,
      programs: {
        async holder(world, _options, parent) {
          const server = await world.wire.server(() => undefined);
          parent.send(server.endpoint);
          await new Promise(() => undefined);
        },
      },
    });
    const child = sim.host("a").start({ program: "holder", name: "holder", options: 0 });
    let endpoint = "";
    child.channel.receive((message) => {
      endpoint = message as string;
    });
    await sim.runFor(10);
    const client = sim.host("b").openWorld("client").wire.client(endpoint);
    let answer: WireAnswer | undefined;
    void client.request(utf8("x"), 600_000).then((told) => {
      answer = told;
    });
    await sim.runFor(10);
    child.kill();
    await sim.runFor(2);
    assert.deepEqual(answer, { kind: "none", reason: "lost" });
  });

  it("a cut longer than the heartbeats' patience loses requests, a shorter one does not", async () => {
    const { sim, ends, ask } = await askFromAround("network", false);
    ask(600_000);
    await sim.runFor(10);
    sim.unplug("b");
    await sim.runFor(5000);
    assert.deepEqual(ends, [undefined, undefined, undefined]);
    sim.plug("b");
    await sim.runFor(5000);
    assert.deepEqual(ends, [undefined, undefined, undefined]);
    sim.unplug("b");
    await sim.runFor(7000);
    assert.deepEqual(ends, [undefined, undefined, "lost"]);
  });
});
