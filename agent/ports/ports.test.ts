// Goal: ports behave alike on the simulated wire and on ZeroMQ.
// Method: the contracts of ports on both; in the simulator as a program on a simulated host.
// Seed: 1.
import assert from "node:assert/strict";
import type { World } from "../core/world.ts";
import { NodeRandom } from "../io/node-random.ts";
import { SystemClock } from "../io/system-clock.ts";
import { ZmqWire } from "../io/zmq-wire.ts";
import { Simulation } from "../sim/simulation.ts";
import { exchangeContract } from "./exchange.contract.ts";
import { portsContract, type RunInPorts } from "./ports.contract.ts";

async function simulated(body: (world: World) => Promise<void>): Promise<void> {
  let ended = false;
  let failure: unknown;
  const sim = new Simulation({
    seed: 1,
    programs: {
      async body(world) {
        await body(world).catch((error: unknown) => {
          failure = error;
        });
        ended = true;
      },
    },
  });
  sim.host("alone").start({ program: "body", name: "body", options: {} });
  await sim.runWhile(() => !ended, 1_000_000);
  if (failure !== undefined) throw failure as Error;
  assert(ended, "the claim never came to its end");
}

const zeromq: RunInPorts = (body) =>
  body({
    wire: new ZmqWire({ host: "127.0.0.1" }),
    clock: new SystemClock(),
    random: new NodeRandom(),
  });

for (const [name, run] of [
  ["simulated", simulated],
  ["zeromq", zeromq],
] as const) {
  portsContract(name, run);
  exchangeContract(name, run);
}
