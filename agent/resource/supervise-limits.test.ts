// Goal: limits are kept alike in the simulator, by the kernel, and where only /proc can be read.
// Method: the limits contract in three bodies; what only one body can show is claimed beside it.
// Seed: 1.
import assert from "node:assert/strict";
import type { Limits } from "../core/resources.ts";
import type { Child } from "../core/spawner.ts";
import type { Store } from "../core/store.ts";
import { aborted } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import { openCgroupTree } from "../io/cgroup-tree.ts";
import { ChildSpawner } from "../io/child-spawner.ts";
import { type KernelFiles, kernelFiles, unlessRefused } from "../io/kernel-files.ts";
import { LaterResources } from "../io/later.ts";
import { SqliteStore } from "../io/sqlite-store.ts";
import { SystemClock } from "../io/system-clock.ts";
import { SystemResources } from "../io/system-resources.ts";
import { inFolder } from "../io/temporary-folder.contract.ts";
import { Simulation } from "../sim/simulation.ts";
import { type HungryWorld, limitsContract } from "./limits.contract.ts";
import { type LimitedActor, superviseLimits } from "./supervise-limits.ts";

const mainModule = new URL("./hungry-child.contract.js", import.meta.url);
const silent: World["log"] = { write: () => undefined };

async function writeDatabase(store: Store, name: string, bytes: number): Promise<void> {
  await using database = await store.open(name);
  database.transact((writer) => writer.put("t", Uint8Array.of(1), new Uint8Array(bytes).fill(7)));
}

async function simulated(body: (given: HungryWorld) => Promise<void>): Promise<void> {
  const sim = new Simulation({
    seed: 1,
    programs: {
      async hungry(_world, _options, parent, signal) {
        parent.receive((message) => parent.send(message));
        parent.send("up");
        await aborted(signal);
      },
    },
  });
  const host = sim.host("b");
  const world = host.openWorld("agent");
  const answers = new Map<Child, number>();
  const until = async (holds: () => boolean): Promise<void> => {
    for (let passedMs = 0; !holds(); passedMs += 5) {
      assert(passedMs < 60_000, `never came true: ${holds.toString()}`);
      await sim.runFor(5);
    }
  };
  const answerCount = (child: Child): number => answers.get(child) ?? 0;
  await body({
    ...{ world, until, answerCount },
    async start(name) {
      const child = host.start({ program: "hungry", name, options: {} });
      child.channel.receive(() => answers.set(child, answerCount(child) + 1));
      await until(() => answerCount(child) === 1);
      return child;
    },
    feed(child, { memoryBytes = 0, heapBytes = 0, isBurning = false }) {
      const held = host.loads.of(child.name).memoryBytes;
      host.loads.set(child.name, {
        memoryBytes: held + memoryBytes + heapBytes,
        cpuPercent: isBurning ? 100 : 0,
      });
      child.channel.send("fed");
    },
    write: (database, bytes) => writeDatabase(world.store, database, bytes),
  });
}

/** Real processes on this machine, whose kernel is seen through `files`. */
async function onThisMachine(
  files: KernelFiles,
  body: (given: HungryWorld) => Promise<void>,
): Promise<void> {
  const clock = new SystemClock();
  const children = new Map<Child, number>();
  const answerCount = (child: Child): number => children.get(child) ?? 0;
  const until = async (holds: () => boolean): Promise<void> => {
    const endMs = clock.monotonicMs() + 60_000;
    while (!holds()) {
      assert(clock.monotonicMs() < endMs, `never came true: ${holds.toString()}`);
      await clock.sleep(5, new AbortController().signal);
    }
  };
  await inFolder(async (folder) => {
    const system = { files, procFolder: "/proc", ownPid: process.pid, dataFolder: folder };
    // As a process on a board is given it.
    const resources =
      files === kernelFiles ? new LaterResources(folder) : new SystemResources(system);
    const spawner = new ChildSpawner({ mainModule });
    try {
      await body({
        world: { clock, log: silent, resources },
        ...{ until, answerCount },
        async start(name) {
          const child = spawner.spawn({ program: "hungry", name, options: {} });
          children.set(child, 0);
          child.channel.receive(() => children.set(child, answerCount(child) + 1));
          await until(() => answerCount(child) === 1);
          return child;
        },
        feed: (child, appetite) => child.channel.send(appetite),
        write: (database, bytes) => writeDatabase(new SqliteStore(folder), database, bytes),
      });
    } finally {
      for (const child of children.keys()) {
        child.kill();
        await child.exited;
      }
    }
  });
}

const withoutGroups: KernelFiles = {
  ...kernelFiles,
  read: (path) => (path.endsWith("/mountinfo") ? "" : kernelFiles.read(path)),
};

limitsContract("simulated", simulated);
limitsContract("processes, by what /proc says", (body) => onThisMachine(withoutGroups, body));
limitsContract("processes, with what this kernel offers", (body) =>
  onThisMachine(kernelFiles, body),
);

describe("limits", function () {
  this.timeout(60_000);

  // A program that was left running keeps its group, which the next agent removes: here nobody comes.
  after(() => {
    const tree = openCgroupTree({ files: kernelFiles, procFolder: "/proc", ownPid: process.pid });
    if (typeof tree !== "string" && tree.folder.endsWith("/hedgerow"))
      unlessRefused(() => kernelFiles.removeFolder(tree.folder));
  });

  it("a heap that grows without end is ended by itself, in its process: nobody has to look", async () => {
    const spawner = new ChildSpawner({ mainModule });
    const child = spawner.spawn({
      ...{ program: "hungry", name: "b/heap", options: {} },
      memoryBytesMax: 64 * 1024 ** 2,
    });
    let answerCount = 0;
    child.channel.receive(() => {
      answerCount += 1;
      child.channel.send({ heapBytes: 8e6 });
    });
    assert.equal((await child.exited).kind, "killed");
    assert(answerCount > 2 && answerCount < 10, String(answerCount));
  });

  it("an actor without limits is not looked at: nothing is left to do", async () => {
    const sim = new Simulation({ seed: 1, programs: { idle: (_w, _o, _p, s) => aborted(s) } });
    const host = sim.host("b");
    const world = host.openWorld("agent");
    const child = host.start({ program: "idle", name: "b/idle", options: {} });
    const { ended } = superviseLimits(
      {
        world,
        members: [{ actor: "idle", limits: {}, notify: () => assert.fail() }],
        tell: () => assert.fail(),
      },
      child,
      new AbortController().signal,
    );
    assert.equal(await ended, undefined);
    await sim.runToIdle(10);
  });

  it("actors that share a program share processor and memory; each has its own space and network", async () => {
    const sim = new Simulation({ seed: 1, programs: { idle: (_w, _o, _p, s) => aborted(s) } });
    const host = sim.host("b");
    const world = host.openWorld("agent");
    const child = host.start({ program: "idle", name: "b/crew", options: {} });
    const notices: string[] = [];
    const member = (actor: string, limits: Limits): LimitedActor => ({
      ...{ actor, limits },
      notify: ({ resource, stage, limit }) =>
        notices.push(`${actor} ${resource} ${stage} ${limit}`),
    });
    const network = { rateBytesPerS: 100, ceilBytesPerS: null, burstBytes: null };
    const watch = superviseLimits(
      {
        ...{ world, tell: () => undefined, times: { sampleMs: 100, spaceSampleMs: 100 } },
        members: [
          member("one", { memory: { bytes: 100 }, space: { bytes: 5000 } }),
          member("two", { memory: { bytes: 200 }, network }),
        ],
      },
      child,
      new AbortController().signal,
    );
    host.loads.set("b/crew", { memoryBytes: 240 });
    await sim.runFor(1000);
    assert.deepEqual(notices, []);
    host.loads.set("b/crew", { memoryBytes: 241 });
    await sim.runFor(1000);
    await writeDatabase(world.store, "two", 1e6);
    await writeDatabase(world.store, "one-log", 4500);
    watch.heard("two", { sentBytes: 0, refusedBytes: 0, receivedBytes: 0 });
    watch.heard("nobody", { sentBytes: 1e9, refusedBytes: 1e9, receivedBytes: 0 });
    await sim.runFor(2500);
    watch.heard("two", { sentBytes: 0, refusedBytes: 1, receivedBytes: 0 });
    await sim.runFor(1000);
    assert.deepEqual(notices, [
      "one memory warning 300",
      "two memory warning 300",
      "one space warning 5000",
      "two network exceeded 100",
    ]);
    child.kill();
  });
});
