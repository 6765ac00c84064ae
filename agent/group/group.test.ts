// Goal: the driver keeps what the rules promise, on simulated boards and over real ZeroMQ with real disks.
// Method: the contract on both; in the simulator also cuts, power losses and times.
// Seed: 1 to 5.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { World } from "../core/world.ts";
import { makeWorld } from "../io/real-world.ts";
import { inFolder } from "../io/temporary-folder.contract.ts";
import { Simulation } from "../sim/simulation.ts";
import { groupContract } from "./group.contract.ts";

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
