// Goal: a wire with a ceiling is a wire still; beyond its ceiling nothing leaves, and every byte is counted.
// Method: the wire's contract with room enough; exact counts at a low ceiling, in the simulator.
// Seed: 1.
import assert from "node:assert/strict";
import type { TrafficLimit } from "../core/resources.ts";
import { asked, eventually, fromUtf8, utf8 } from "../core/run-in-world.contract.ts";
import { wireContract } from "../core/wire.contract.ts";
import type { Wire } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import { Simulation } from "../sim/simulation.ts";
import { type MeteredWire, meteredWire } from "./metered-wire.ts";

async function simulated(body: (world: World) => Promise<void>): Promise<void> {
  let ended = false;
  const sim = new Simulation({
    seed: 1,
    programs: {
      body: (world) => body(world).finally(() => (ended = true)),
    },
  });
  const child = sim.host("alone").start({ program: "body", name: "body", options: {} });
  await sim.runWhile(() => !ended, 1_000_000);
  assert.equal((await child.exited).reason, "ended by itself");
}

const plenty: TrafficLimit = { rateBytesPerS: 1e12, ceilBytesPerS: null, burstBytes: null };
const low: TrafficLimit = { rateBytesPerS: 10, ceilBytesPerS: 100, burstBytes: 50 };

wireContract("metered with room enough", (body) =>
  simulated((world) => body({ ...world, wire: meteredWire(world.wire, plenty, world.clock) })),
);

const both = (body: (low: MeteredWire, world: World) => Promise<void>): Promise<void> =>
  simulated((world) => body(meteredWire(world.wire, low, world.clock), world));

describe("metered wire", () => {
  it("a frame counts for each subscriber; beyond the ceiling none of them gets it, and the publisher counts", () =>
    both(async (wire, { wire: open, clock }) => {
      await using publisher = await wire.publisher();
      assert.equal(publisher.offer(utf8("x".repeat(1000))), 0);
      assert.deepEqual(wire.traffic, { sentBytes: 0, refusedBytes: 0, receivedBytes: 0 });
      let heardCount = 0;
      await using first = open.subscriber(() => (heardCount += 1));
      await using second = open.subscriber(() => (heardCount += 1));
      for (const each of [first, second]) each.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 2);
      const counts = Array.from({ length: 4 }, () => publisher.offer(utf8("x".repeat(10))));
      assert.deepEqual(counts, [2, 2, 0, 0]);
      assert.equal(publisher.droppedCount, 4);
      assert.deepEqual(wire.traffic, { sentBytes: 40, refusedBytes: 40, receivedBytes: 0 });
      await clock.sleep(100, new AbortController().signal);
      assert.equal(publisher.offer(utf8("x".repeat(10))), 2);
      await eventually(clock, () => heardCount === 6);
    }));

  it("what stays in the process or on the board is free", () =>
    both(async (wire, { wire: open, clock }) => {
      for (const reach of ["process", "board"] as const) {
        await using publisher = await wire.publisher({ reach });
        await using subscriber = open.subscriber(() => undefined);
        subscriber.connect(publisher.endpoint);
        await eventually(clock, () => publisher.subscriberCount === 1);
        assert.equal(publisher.offer(utf8("x".repeat(1000))), 1);
        assert.equal(publisher.offer(utf8("x".repeat(1000))), 1);
      }
      assert.equal(wire.traffic.sentBytes, 0);
    }));

  it("a request beyond the ceiling is refused and not sent; one within it is answered, and both are counted", () =>
    both(async (wire, { wire: open }) => {
      let servedCount = 0;
      await using server = await open.server(({ frame, reply }) => {
        servedCount += 1;
        reply(frame);
      });
      await using client = wire.client(server.endpoint);
      assert.equal((await asked(client, utf8("x".repeat(50)), 1000))?.byteLength, 50);
      assert.deepEqual(await client.request(utf8("x".repeat(50)), 1000), {
        kind: "none",
        reason: "refused",
      });
      assert.equal(servedCount, 1);
      assert.deepEqual(wire.traffic, { sentBytes: 50, refusedBytes: 50, receivedBytes: 50 });
    }));

  it("a reply beyond the ceiling becomes a refusal", () =>
    simulated(async ({ wire: open, clock }) => {
      // Tells a refusal by a frame of its own, so that it is seen on every body of Wire.
      const telling: Wire = {
        publisher: (options) => open.publisher(options),
        subscriber: (receive) => open.subscriber(receive),
        client: (endpoint) => open.client(endpoint),
        server: (serve) =>
          open.server((request) =>
            serve({ ...request, refuse: () => request.reply(utf8("refused")) }),
          ),
      };
      const wire = meteredWire(telling, low, clock);
      await using server = await wire.server(({ reply }) => reply(utf8("x".repeat(30))));
      await using client = open.client(server.endpoint);
      assert.equal((await asked(client, utf8("ask"), 1000))?.byteLength, 30);
      assert.equal(fromUtf8(await asked(client, utf8("ask"), 1000)), "refused");
      assert.deepEqual(wire.traffic, { sentBytes: 30, refusedBytes: 30, receivedBytes: 6 });
    }));

  it("what comes in is counted and let in, whatever the ceiling", () =>
    both(async (wire, { wire: open, clock }) => {
      await using publisher = await open.publisher();
      await using subscriber = wire.subscriber(() => undefined);
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      publisher.offer(utf8("x".repeat(1000)));
      await eventually(clock, () => wire.traffic.receivedBytes === 1000);
      assert.equal(wire.traffic.refusedBytes, 0);
    }));
});
