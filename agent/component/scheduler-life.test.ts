// Goal: faults, pauses and ends of a component: a handler that throws ends it or does not, as it says; nothing is
// handled while it is paused; what waits at the end is handled, or forgotten, and never half.
// Method: examples and properties on a scheduler whose reports are written down.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { deferred } from "../core/waiting.ts";
import { Harness, turn } from "./scheduler-harness.contract.ts";

const nothing = (): void => undefined;

function throwing(isAsync: boolean, bug: Error): () => unknown {
  return () => {
    if (!isAsync) throw bug;
    return Promise.resolve().then(() => {
      throw bug;
    });
  };
}

describe("scheduler: faults", () => {
  it("given up: nothing runs afterwards, failed is told once, and no work is left", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.nat(4), fc.boolean(), async (before, after, isAsync) => {
        const harness = new Harness().started();
        const { scheduler } = harness;
        const lane = harness.lane();
        const bug = new Error("bug");
        const ends: Promise<string>[] = [];
        let ranCount = 0;
        for (let each = 0; each < before; each += 1)
          ends.push(scheduler.event("fine", () => (ranCount += 1)));
        ends.push(scheduler.event("faulty", throwing(isAsync, bug)));
        for (let each = 0; each < after; each += 1) {
          ends.push(scheduler.event("never", () => (ranCount += 100)));
          lane.push(() => (ranCount += 100));
        }
        assert.deepEqual(await Promise.all(ends), [
          ...Array<string>(before).fill("done"),
          ...Array<string>(after + 1).fill("never"),
        ]);
        await turn();
        assert.equal(ranCount, before);
        assert.deepEqual(harness.failures, [bug]);
        assert.deepEqual(harness.threw, ["faulty"]);
        lane.push(nothing);
        assert.equal(await scheduler.life("late", nothing), "never");
        await scheduler.stop("last", () => (ranCount += 100));
        await scheduler.close();
        assert.deepEqual([ranCount, harness.busyCount], [before, 0]);
      }),
    );
  });

  it("gone on: what comes next is handled, and a task that threw has had its turn", async () => {
    for (const isAsync of [false, true]) {
      const harness = new Harness().started();
      harness.verdict = "go-on";
      const ends: string[] = [];
      const lane = harness.lane({ ended: (_, end) => ends.push(end) });
      const event = harness.scheduler.event("event", throwing(isAsync, new Error("bug")));
      lane.push(throwing(isAsync, new Error("bug")));
      lane.push(nothing);
      assert.equal(await event, "done");
      await turn();
      assert.deepEqual(ends, ["threw", "done"]);
      assert.deepEqual(harness.threw, ["event", "on_in"]);
      assert.deepEqual([harness.failures.length, harness.busyCount], [0, 0]);
      assert.equal(lane.handledCount, 2);
    }
  });
});

describe("scheduler: pause", () => {
  it("lets the running handler end, handles nothing but life, and then all that waited", async () => {
    const harness = new Harness().started();
    const { scheduler } = harness;
    const log: string[] = [];
    const lane = harness.lane({ policy: { lengthMax: 2, whenFull: "dropOldest" } });
    const held = deferred<undefined>();
    lane.push(() => held.promise.then(() => log.push("running")));
    lane.push(() => log.push("early"));
    scheduler.pause("handlePassivate", () => log.push("passive"));
    scheduler.pause("handlePassivate", () => log.push("again"));
    assert(scheduler.isPaused);
    held.resolve(undefined);
    await turn();
    scheduler.news("news", () => log.push("news"));
    void scheduler.event("event", () => log.push("event"));
    for (const name of ["1", "2"]) lane.push(() => log.push(name));
    assert.equal(await scheduler.life("snapshot", () => log.push("snapshot")), "done");
    await turn();
    assert.deepEqual(log.splice(0), ["running", "passive", "snapshot"]);
    assert.equal(harness.busyCount, 4);
    assert.equal(lane.droppedCount, 1);
    scheduler.resume("handleResume", () => log.push("resumed"));
    scheduler.resume("handleResume", () => log.push("again"));
    await turn();
    assert.deepEqual(log, ["resumed", "news", "event", "1", "2"]);
    assert.equal(harness.busyCount, 0);
  });
});

describe("scheduler: the end", () => {
  it("stop handles what waits and takes nothing more; the last word is the last", async () => {
    const harness = new Harness().started();
    const { scheduler } = harness;
    const log: string[] = [];
    const lane = harness.lane();
    const held = deferred<undefined>();
    lane.push(() => held.promise);
    lane.push(() => log.push("waiting"));
    const event = scheduler.event("event", () => log.push("event"));
    const stopped = scheduler.stop("last", () => log.push("last")).then(() => log.push("stopped"));
    lane.push(() => log.push("too late"));
    assert.equal(await scheduler.event("event", nothing), "never");
    held.resolve(undefined);
    await stopped;
    assert.equal(await event, "done");
    assert.deepEqual(log, ["waiting", "event", "last", "stopped"]);
    assert.equal(
      await scheduler.life("snapshot", nothing),
      "done",
      "life goes on until it is closed",
    );
    await scheduler.close();
    assert.equal(await scheduler.life("snapshot", nothing), "never");
    assert.equal(harness.busyCount, 0);
  });

  it("what a blocked lane or a pause holds back is forgotten at the end", async () => {
    for (const how of ["blocked", "paused"] as const) {
      const harness = new Harness().started();
      const { scheduler } = harness;
      const log: string[] = [];
      const lane = harness.lane({ ended: (_, end) => log.push(end) });
      if (how === "blocked") lane.isBlocked = true;
      else scheduler.pause("handlePassivate", nothing);
      lane.push(() => log.push("handled"));
      await scheduler.stop("last", () => log.push("last"));
      assert.deepEqual(log, ["forgotten", "last"], how);
      assert.equal(harness.busyCount, 0);
    }
  });

  it("close lets the running handler end, forgets those that wait, and takes no more; twice is once", async () => {
    const harness = new Harness().started();
    const { scheduler } = harness;
    const log: string[] = [];
    const lane = harness.lane({ ended: (_, end) => log.push(end) });
    const held = deferred<undefined>();
    lane.push(() => held.promise.then(() => log.push("running")));
    lane.push(() => log.push("waiting"));
    const closed = scheduler.close().then(() => log.push("closed"));
    const again = scheduler.close();
    assert.deepEqual(log, ["forgotten"]);
    lane.push(nothing);
    held.resolve(undefined);
    await Promise.all([closed, again]);
    assert.deepEqual(log, ["forgotten", "forgotten", "running", "done", "closed"]);
    assert.equal(harness.busyCount, 0);
    await scheduler.close();
  });

  it("one that was never started ends without a word", async () => {
    const harness = new Harness();
    const lane = harness.lane();
    lane.push(nothing);
    await harness.scheduler.stop("last", () => assert.fail("it never began"));
    await harness.scheduler.close();
    assert.equal(harness.busyCount, 0);
  });
});
