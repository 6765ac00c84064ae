// Goal: handlers run one at a time, in order, each to its end; a handler that throws ends it all, once.
// Method: properties over mixtures of plain and asynchronous tasks; a count of the work left is kept beside.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Activity } from "../core/activity.ts";
import { deferred } from "../core/waiting.ts";
import { MAILBOX_TASKS_MAX, Mailbox } from "./mailbox.ts";

const nothing = (): void => undefined;

class Harness {
  busyCount = 0;
  busyCountMin = 0;
  readonly failures: unknown[] = [];
  readonly activity: Activity = {
    begin: () => (this.busyCount += 1),
    end: () => {
      this.busyCount -= 1;
      this.busyCountMin = Math.min(this.busyCountMin, this.busyCount);
    },
    sent: nothing,
    received: nothing,
    reached: nothing,
  };
  readonly mailbox = new Mailbox(this.activity, (error) => this.failures.push(error));

  started(): Mailbox {
    this.mailbox.start(nothing);
    return this.mailbox;
  }
}

/** Lets promises rest. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("mailbox", () => {
  it("runs one task at a time, in order, each to its end, however long each takes", async () => {
    const plans = fc.array(
      fc.record({ awaits: fc.nat(3), posts: fc.boolean(), asked: fc.boolean() }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const harness = new Harness();
        const { mailbox } = harness;
        const log: string[] = [];
        const expected: string[] = ["first"];
        let running = 0;
        const task = (name: string, awaits: number) => async (): Promise<void> => {
          running += 1;
          assert.equal(running, 1);
          log.push(name);
          for (let each = 0; each < awaits; each += 1) await Promise.resolve();
          assert.equal(running, 1);
          running -= 1;
        };
        const early = Math.floor(plan.length / 2);
        for (const [index, { awaits, asked }] of plan.entries()) {
          if (index === early) mailbox.start(task("first", 1));
          const name = String(index);
          expected.push(name);
          if (asked) void mailbox.ask(task(name, awaits));
          else assert(mailbox.post(task(name, awaits)));
          if (plan[index]?.posts === true && index > early) await Promise.resolve();
        }
        if (plan.length === 0) mailbox.start(task("first", 1));
        await turn();
        assert.deepEqual(log, expected);
        assert.equal(harness.busyCount, 0);
        assert.equal(harness.busyCountMin, 0);
        assert.deepEqual(harness.failures, []);
      }),
    );
  });

  it("runs nothing before it is started", async () => {
    const harness = new Harness();
    const log: string[] = [];
    harness.mailbox.post(() => void log.push("early"));
    await turn();
    assert.equal(log.length, 0);
    assert.equal(harness.busyCount, 1);
    harness.mailbox.start(() => void log.push("activate"));
    await turn();
    assert.deepEqual(log, ["activate", "early"]);
  });

  it("a task that posts is run to its end before what it posted", async () => {
    const mailbox = new Harness().started();
    const log: string[] = [];
    mailbox.post(async () => {
      mailbox.post(() => void log.push("posted"));
      await turn();
      log.push("end");
    });
    await mailbox.ask(nothing);
    await turn();
    assert.deepEqual(log, ["end", "posted"]);
  });

  it("after a throw nothing runs, failed is told once, and no work is left", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.nat(4), fc.boolean(), async (before, after, isAsync) => {
        const harness = new Harness();
        const mailbox = harness.started();
        const bug = new Error("bug");
        const answers: Promise<string>[] = [];
        let ranCount = 0;
        for (let each = 0; each < before; each += 1)
          answers.push(mailbox.ask(() => void (ranCount += 1)));
        answers.push(
          mailbox.ask(
            isAsync
              ? async () => {
                  await Promise.resolve();
                  throw bug;
                }
              : () => {
                  throw bug;
                },
          ),
        );
        for (let each = 0; each < after; each += 1)
          answers.push(mailbox.ask(() => void (ranCount += 100)));
        const outcomes = await Promise.all(answers);
        assert.deepEqual(outcomes, [
          ...Array<string>(before).fill("done"),
          ...Array<string>(after + 1).fill("never"),
        ]);
        await turn();
        assert.equal(ranCount, before);
        assert.deepEqual(harness.failures, [bug]);
        assert.equal(harness.busyCount, 0);
        assert.equal(mailbox.post(nothing), false);
        assert.equal(await mailbox.ask(nothing), "never");
        assert.equal(harness.busyCount, 0);
        await mailbox.close();
      }),
    );
  });

  it("drops and counts what comes to a full mailbox; what is bounded elsewhere still enters", async () => {
    const harness = new Harness();
    const mailbox = harness.started();
    const held = deferred<undefined>();
    await turn();
    mailbox.post(async () => {
      await held.promise;
    });
    let ranCount = 0;
    const task = (): void => {
      ranCount += 1;
    };
    for (let each = 0; each < MAILBOX_TASKS_MAX; each += 1) assert(mailbox.post(task));
    assert.equal(mailbox.post(task), false);
    assert.equal(mailbox.post(task), false);
    assert.equal(mailbox.droppedCount, 2);
    const asked = mailbox.ask(task);
    held.resolve(undefined);
    assert.equal(await asked, "done");
    assert.equal(ranCount, MAILBOX_TASKS_MAX + 1);
    await turn();
    assert.equal(harness.busyCount, 0);
  });

  it("close lets the running task end, forgets those that wait, and takes no more; twice is once", async () => {
    const harness = new Harness();
    const mailbox = harness.started();
    const held = deferred<undefined>();
    const log: string[] = [];
    await turn();
    mailbox.post(async () => {
      await held.promise;
      log.push("running");
    });
    const forgotten = mailbox.ask(() => void log.push("waiting"));
    const closed = mailbox.close().then(() => log.push("closed"));
    const again = mailbox.close();
    assert.equal(await forgotten, "never");
    assert.equal(mailbox.post(nothing), false);
    assert.equal(mailbox.droppedCount, 0);
    held.resolve(undefined);
    await Promise.all([closed, again]);
    assert.deepEqual(log, ["running", "closed"]);
    assert.equal(harness.busyCount, 0);
    await mailbox.close();
  });
});
