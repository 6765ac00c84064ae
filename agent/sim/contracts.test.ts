// Goal: every simulated body keeps the contract that the real ones keep.
// Method: each claim runs as a program on a simulated host.
// Seed: 1.
import assert from "node:assert/strict";
import { clockContract } from "../core/clock.contract.ts";
import { filesContract } from "../core/files.contract.ts";
import { identityContract } from "../core/identity.contract.ts";
import { lanContract } from "../core/lan.contract.ts";
import { logHistoryContract } from "../core/log-history.contract.ts";
import { nicsContract } from "../core/nics.contract.ts";
import { randomContract } from "../core/random.contract.ts";
import { rpcContract } from "../core/rpc.contract.ts";
import { CONTRACT_PROGRAMS, spawnerContract } from "../core/spawner.contract.ts";
import type { Spawner } from "../core/spawner.ts";
import { storeContract } from "../core/store.contract.ts";
import { treeContract } from "../core/tree.contract.ts";
import { wireContract } from "../core/wire.contract.ts";
import type { World } from "../core/world.ts";
import { SimIdentity } from "./sim-identity.ts";
import { Simulation } from "./simulation.ts";

async function simulated(body: (world: World) => Promise<void>): Promise<void> {
  let ended = false;
  let failure: unknown;
  const sim = new Simulation({
    seed: 1,
    programs: {
      ...CONTRACT_PROGRAMS,
      async body(world) {
        await body(world).catch((error: unknown) => {
          failure = error;
        });
        ended = true;
      },
    },
  });
  const child = sim.host("alone").start({ program: "body", name: "body", options: {} });
  await sim.runWhile(() => !ended, 1_000_000);
  if (failure !== undefined) throw failure as Error;
  assert(ended, "the claim never came to its end");
  assert.deepEqual(await child.exited, { kind: "failed", reason: "ended by itself" });
}

clockContract("simulated", simulated);
filesContract("simulated", simulated);
identityContract("simulated", (board) => new SimIdentity(board));
logHistoryContract("simulated", simulated);
lanContract("simulated", 1000, simulated);
nicsContract("simulated", async (body) => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host("alone");
  let isOver = false;
  const nics = { nics: host.openWorld("w").nics, set: host.nics.set.bind(host.nics) };
  const done = body(nics).finally(() => (isOver = true));
  done.catch(() => undefined); // told by the await below
  await sim.runWhile(() => !isOver, 1000);
  await done;
});
randomContract("simulated", simulated);
rpcContract("simulated", simulated);
spawnerContract("simulated", simulated);
spawnerContract("simulated threads", (body) =>
  simulated((world) => {
    const { spawner } = world;
    const spawn: Spawner["spawn"] = (call) => spawner.spawn({ ...call, in: "thread" });
    return body({ ...world, spawner: { ...spawner, spawn } });
  }),
);
storeContract("simulated", simulated);
treeContract("simulated", simulated);
wireContract("simulated", simulated);
