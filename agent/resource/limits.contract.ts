// Goal: what a program takes is measured; one that stays beyond a limit is warned, then told, then ended.
// Method: a program that takes what it is told to, in each body of the world; waiting is for what is told.
// Seed: none.
import assert from "node:assert/strict";
import type { Limits } from "../core/resources.ts";
import type { Child } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import { type LimitWatch, superviseLimits } from "./supervise-limits.ts";

/** What a program is told to take. */
export interface Appetite {
  /** So much more memory. */
  readonly memoryBytes?: number;
  /** So much more of it in the heap of its scripts. */
  readonly heapBytes?: number;
  readonly isBurning?: boolean;
}

/** A world in which programs can be made to take something. */
export interface HungryWorld {
  readonly world: Pick<World, "clock" | "log" | "resources">;
  /** Starts a program with the limits given, which takes nothing; resolves when it runs. */
  readonly start: (name: string) => Promise<Child>;
  readonly feed: (child: Child, appetite: Appetite) => void;
  /** How often the program has said that it runs, or has taken what it was told to. */
  readonly answerCount: (child: Child) => number;
  /** Runs until `holds`, for a minute at most. */
  readonly until: (holds: () => boolean) => Promise<void>;
  /** Writes a database of about that many bytes; its name is given. */
  readonly write: (database: string, bytes: number) => Promise<void>;
}

const MIB = 1024 ** 2;
const times = { sampleMs: 50, spaceSampleMs: 50, graceMs: 300 };

export function limitsContract(
  name: string,
  run: (body: (given: HungryWorld) => Promise<void>) => Promise<void>,
): void {
  describe(`limits contract: ${name}`, function () {
    this.timeout(120_000);
    measuring(run);
    ending(run);
  });
}

type Run = Parameters<typeof limitsContract>[1];

function measuring(run: Run): void {
  it("measures what a running program takes, and nothing of one that has ended", () =>
    run(async ({ world, start, feed, until }) => {
      const child = await start("b/measured");
      const { pid } = child;
      const program = { pid, name: child.name };
      const limits = {
        cpu: { percent: 400, isHard: false, intervalMs: null },
        memory: { bytes: 2048 * MIB },
      };
      await using enforcement = await world.resources.enforce(program, limits);
      const before = await enforcement.usage();
      assert(before !== undefined);
      feed(child, { memoryBytes: 64 * MIB, isBurning: true });
      let usage = before;
      let isLooking = false;
      await until(() => {
        if (!isLooking)
          void enforcement.usage().then((now) => {
            usage = now ?? usage;
            isLooking = false;
          });
        isLooking = true;
        return (
          usage.memoryBytes - before.memoryBytes > 60 * MIB && usage.cpuMs - before.cpuMs > 100
        );
      });
      assert(usage.memoryBytes - before.memoryBytes < 120 * MIB);
      child.kill();
      await child.exited;
      assert.equal(await enforcement.usage(), undefined);
      await enforcement[Symbol.asyncDispose]();
    }));

  it("counts a program's own files, and nobody else's", () =>
    run(async ({ world, start, write }) => {
      const child = await start("b/writer");
      const program = { pid: child.pid, name: child.name };
      await using enforcement = await world.resources.enforce(program, {});
      assert.equal(await enforcement.spaceBytes("writer"), 0);
      await write("writers", MIB);
      await write("other", MIB);
      assert.equal(await enforcement.spaceBytes("writer"), 0);
      await write("writer", MIB);
      await write("writer-2", MIB);
      const bytes = await enforcement.spaceBytes("writer");
      assert(bytes > 2 * MIB && bytes < 6 * MIB, String(bytes));
      child.kill();
      await child.exited;
    }));
}

/** A watched program, and all that is told of it. */
function watched(given: HungryWorld, child: Child, limits: Limits): Watched {
  const notices: string[] = [];
  const events: string[] = [];
  const ended = new AbortController();
  void child.exited.then(() => ended.abort());
  const actor = child.name.slice(2);
  const watch = superviseLimits(
    {
      ...{ world: given.world, times },
      members: [
        { actor, limits, notify: ({ resource, stage }) => notices.push(`${resource} ${stage}`) },
      ],
      tell: (event) => events.push(`${event.actor} ${event.resource} ${event.stage}`),
    },
    child,
    ended.signal,
  );
  return { ...watch, notices, events };
}

interface Watched extends LimitWatch {
  readonly notices: readonly string[];
  readonly events: readonly string[];
}

function ending(run: Run): void {
  it("a program that grows beyond its memory is warned, told, and ended: also where no kernel holds it", () =>
    run(async (given) => {
      const { start, feed, until } = given;
      const child = await start("b/grower");
      const watch = watched(given, child, { memory: { bytes: 400 * MIB } });
      feed(child, { memoryBytes: 340 * MIB });
      await until(() => watch.notices.length === 1);
      assert.deepEqual(watch.notices, ["memory warning"]);
      feed(child, { memoryBytes: 80 * MIB });
      assert.equal((await settled(given, child.exited)).kind, "killed");
      assert.equal(await settled(given, watch.ended), "memory");
      // Where the kernel is quicker, nobody is left to be told.
      const [, second = "memory exceeded", ...more] = watch.notices;
      assert.deepEqual([second, ...more], ["memory exceeded"]);
    }));

  it("a program that takes more processor time than its hard limit is told and ended, unless it is held", () =>
    run(async (given) => {
      const child = await given.start("b/burner");
      const cpu = { percent: 20, isHard: true, intervalMs: 400 };
      const probe = await given.world.resources.enforce(
        { pid: child.pid, name: child.name },
        { cpu },
      );
      const watch = watched(given, child, { cpu });
      given.feed(child, { isBurning: true });
      if (probe.heldByKernel.has("cpu")) {
        await given.until(() => watch.notices.length > 0);
        assert.deepEqual(watch.notices, ["cpu warning"]);
        child.kill();
        assert.equal(await settled(given, watch.ended), undefined);
        return;
      }
      assert.equal((await settled(given, child.exited)).kind, "killed");
      assert.equal(await settled(given, watch.ended), "cpu");
      assert.equal(watch.events.at(-1), "burner cpu stop");
      assert.equal(watch.notices.at(-1), "cpu exceeded");
    }));

  it("a program within its limits is let be, and lives on when the watch ends", () =>
    run(async (given) => {
      const child = await given.start("b/modest");
      const limits = { memory: { bytes: 500 * MIB }, space: { bytes: MIB } };
      const notices: unknown[] = [];
      const stop = new AbortController();
      const { ended } = superviseLimits(
        {
          ...{ world: given.world, times },
          members: [{ actor: "modest", limits, notify: (notice) => notices.push(notice) }],
          tell: (event) => notices.push(event),
        },
        child,
        stop.signal,
      );
      await given.write("other", 2 * MIB);
      stop.abort();
      assert.equal(await settled(given, ended), undefined);
      assert.deepEqual(notices, []);
      const count = given.answerCount(child);
      given.feed(child, {});
      await given.until(() => given.answerCount(child) > count);
      child.kill();
      await child.exited;
    }));

  it("a program that fills the disk beyond its space is ended", () =>
    run(async (given) => {
      const child = await given.start("b/filler");
      const watch = watched(given, child, { space: { bytes: 3 * MIB } });
      await given.write("filler", 4 * MIB);
      assert.equal((await settled(given, child.exited)).kind, "killed");
      assert.equal(await settled(given, watch.ended), "space");
      assert.deepEqual(watch.notices, ["space exceeded"]);
    }));
}

/** What `promise` resolves with, while the world goes on. */
async function settled<T>({ until }: HungryWorld, promise: Promise<T>): Promise<T> {
  let isOver = false;
  void promise.then(() => (isOver = true));
  await until(() => isOver);
  return promise;
}
