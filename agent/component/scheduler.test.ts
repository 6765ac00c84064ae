// Goal: handlers run one at a time, in the order of the rule, each to its end; what is dropped, paused, forgotten
// or throws leaves no work behind and blocks nobody; every job has exactly one end.
// Method: properties over mixtures of plain and asynchronous handlers; a count of the work left is kept beside.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { deferred } from "../core/waiting.ts";
import type { JobEnd } from "./lane.ts";
import { Harness, turn } from "./scheduler-harness.contract.ts";

const nothing = (): void => undefined;

describe("scheduler", () => {
  it("runs one handler at a time, in order of arrival, each to its end, however long each takes", async () => {
    const plans = fc.array(
      fc.record({
        awaits: fc.nat(3),
        yields: fc.boolean(),
        kind: fc.constantFrom("a" as const, "b" as const, "event" as const),
      }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(20), async (plan, early) => {
        const harness = new Harness();
        const { scheduler } = harness;
        const lanes = {
          a: harness.lane({ port: "a", policy: UNBOUNDED }),
          b: harness.lane({ port: "b", index: 2, policy: UNBOUNDED }),
        };
        const log: string[] = [];
        let running = 0;
        const task = (name: string, awaits: number) => (): unknown => {
          running += 1;
          assert.equal(running, 1);
          log.push(name);
          const end = (): void => void (running -= 1);
          if (awaits === 0) {
            end();
            return undefined;
          }
          return (async () => {
            for (let each = 0; each < awaits; each += 1) await Promise.resolve();
            end();
          })();
        };
        const start = (): void => scheduler.start("handleActivate", task("first", 1));
        for (const [index, { awaits, yields, kind }] of plan.entries()) {
          if (index === early) start();
          const job = task(String(index), awaits);
          if (kind === "event") void scheduler.event("event", job);
          else lanes[kind].push(job);
          if (yields) await Promise.resolve();
        }
        if (early >= plan.length) start();
        await turn();
        assert.deepEqual(log, ["first", ...plan.keys()].map(String));
        assert.equal(harness.busyCount, 0);
        assert.equal(harness.busyCountMin, 0);
        assert.deepEqual(harness.failures, []);
      }),
    );
  });

  it("runs nothing before it is started", async () => {
    const harness = new Harness();
    const log: string[] = [];
    harness.lane().push(() => log.push("early"));
    void harness.scheduler.life("later", () => log.push("life"));
    await turn();
    assert.deepEqual([log.length, harness.busyCount], [0, 2]);
    harness.started();
    await turn();
    assert.deepEqual(log, ["life", "early"]);
    assert.equal(harness.busyCount, 0);
  });

  it("life goes before news, and both before what came by ports long ago", async () => {
    const harness = new Harness().started();
    const log: string[] = [];
    const lane = harness.lane();
    const held = deferred<undefined>();
    lane.push(() => held.promise);
    lane.push(() => log.push("message"));
    harness.scheduler.news("news", () => log.push("news"));
    const life = harness.scheduler.life("life", () => log.push("life"));
    held.resolve(undefined);
    assert.equal(await life, "done");
    await turn();
    assert.deepEqual(log, ["life", "news", "message"]);
  });

  it("serves by the rule of its model what waits behind a handler", async () => {
    const orders = {
      default: [3, 1, 2, 3, 1],
      priority: [1, 1, 2, 3, 3],
      roundRobin: [2, 3, 1, 3, 1],
      deadline: [2, 1, 1, 3, 3],
    } as const;
    for (const order of ["default", "priority", "roundRobin", "deadline"] as const) {
      const harness = new Harness(order).started();
      const log: number[] = [];
      const lanes = [500, 100, null].map((withinMs, place) =>
        harness.lane({ port: `p${place}`, index: place + 1, withinMs }),
      );
      const held = deferred<undefined>();
      lanes[0]?.push(() => held.promise);
      for (const index of [3, 1, 2, 3, 1]) lanes[index - 1]?.push(() => log.push(index));
      held.resolve(undefined);
      await turn();
      assert.deepEqual(log, orders[order], order);
    }
  });

  it("a blocked lane waits, and holds up no other one", async () => {
    const harness = new Harness("priority").started();
    const log: string[] = [];
    const first = harness.lane({ port: "first" });
    const second = harness.lane({ port: "second", index: 2 });
    first.isBlocked = true;
    first.push(() => log.push("first"));
    second.push(() => log.push("second"));
    assert.deepEqual(log, ["second"]);
    first.isBlocked = false;
    assert.deepEqual(log, ["second", "first"]);
    await turn();
    assert.equal(harness.busyCount, 0);
  });
});

const UNBOUNDED = { lengthMax: Infinity, whenFull: "dropNewest" } as const;

describe("scheduler: full queues", () => {
  it("every job has one end, and no work is left, whatever the policy", async () => {
    const plans = fc.array(fc.constantFrom("push", "push", "push", "release", "turn"), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(
        plans,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("dropOldest" as const, "dropNewest" as const, "refuse" as const),
        fc.constantFrom("close" as const, "stop" as const, "rest" as const),
        async (plan, lengthMax, whenFull, end) => {
          const harness = new Harness().started();
          const ends = new Map<number, JobEnd>();
          const holds: (() => void)[] = [];
          const lane = harness.lane({
            policy: { lengthMax, whenFull },
            run: () => new Promise<void>((resolve) => holds.push(resolve)),
            ended({ message }, how) {
              assert(!ends.has(message as number), "one end");
              ends.set(message as number, how);
            },
          });
          let count = 0;
          for (const step of plan) {
            if (step === "push") lane.push((count += 1));
            else if (step === "release") holds.shift()?.();
            else await turn();
            assert(lane.length <= lengthMax);
          }
          const ending =
            end === "rest"
              ? turn()
              : end === "close"
                ? harness.scheduler.close()
                : harness.scheduler.stop("last", nothing);
          for (let each = 0; each <= count; each += 1) {
            await turn();
            holds.shift()?.();
          }
          await ending;
          await turn();
          assert.equal(ends.size, count);
          const tally = (how: JobEnd): number =>
            [...ends.values()].filter((each) => each === how).length;
          assert.equal(tally("done"), lane.handledCount);
          assert.equal(tally("dropped"), lane.droppedCount);
          assert.equal(tally("refused"), lane.refusedCount);
          assert.equal(lane.receivedCount, count);
          if (end !== "close") assert.equal(tally("forgotten"), 0);
          assert.deepEqual([harness.busyCount, harness.busyCountMin], [0, 0]);
        },
      ),
    );
  });

  it("keeps the newest or the oldest, as its policy says", async () => {
    for (const [whenFull, kept] of [
      ["dropOldest", [0, 4, 5]],
      ["dropNewest", [0, 1, 2]],
      ["refuse", [0, 1, 2]],
    ] as const) {
      const harness = new Harness().started();
      const handled: unknown[] = [];
      const held = deferred<undefined>();
      const lane = harness.lane({
        policy: { lengthMax: 2, whenFull },
        run({ message }) {
          handled.push(message);
          return held.promise;
        },
      });
      for (let each = 0; each < 6; each += 1) lane.push(each);
      held.resolve(undefined);
      await turn();
      assert.deepEqual(handled, kept, whenFull);
    }
  });

  it("asks senders to hold on when it is full, and no longer when it is half empty", async () => {
    const harness = new Harness().started();
    const log: string[] = [];
    const holds: (() => void)[] = [];
    const lane = harness.lane({
      policy: { lengthMax: 4, whenFull: "refuse" },
      slackMax: 3,
      run: () => new Promise<void>((resolve) => holds.push(resolve)),
      hold: (isFull) => log.push(`${isFull ? "hold" : "go on"} at ${lane.length}`),
    });
    for (let each = 0; each < 7; each += 1) lane.push(each);
    assert.deepEqual(log, ["hold at 4"]);
    assert.deepEqual([lane.length, lane.refusedCount], [6, 0], "those on their way still come");
    for (let each = 0; each < 4; each += 1) {
      holds.shift()?.();
      await turn();
    }
    assert.deepEqual(log, ["hold at 4", "go on at 2"]);
    for (let each = 0; each < 9; each += 1) lane.push(each);
    assert.deepEqual(log.slice(2), ["hold at 4"]);
    assert.deepEqual([lane.length, lane.refusedCount], [7, 4]);
  });

  it("tells losses at once and then once a second, not once a message", async () => {
    const harness = new Harness().started();
    const lane = harness.lane({ policy: { lengthMax: 1, whenFull: "dropNewest" } });
    lane.push(() => new Promise(nothing));
    for (let each = 0; each < 2500; each += 1) {
      lane.push(nothing);
      if (each % 10 === 0) await harness.sim.runFor(10);
    }
    const told = harness.losses.reduce((sum, { count }) => sum + count, 0);
    await harness.sim.runFor(1000);
    assert.equal(harness.losses.length, 4);
    assert(told < 2499, "the last ones were still to be told");
    assert.equal(
      harness.losses.reduce((sum, { count }) => sum + count, 0),
      2499,
    );
    assert.equal(lane.droppedCount, 2499);
  });
});
