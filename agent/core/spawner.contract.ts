// Goal: every body of Spawner starts, stops and kills programs, and tells truly how each ended.
// Method: small programs, the same in a fresh world of each body.
// Seed: none.
import assert from "node:assert/strict";
import type { ProgramTable } from "./program.ts";
import { bytes, Inbox, never, type RunIn } from "./run-in-world.contract.ts";
import type { Child } from "./spawner.ts";

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}

/** The programs that the claims start; a body's table has to hold them. */
export const CONTRACT_PROGRAMS: ProgramTable = {
  async echo(_world, options, parent, signal) {
    parent.send({ options });
    parent.receive((message) => parent.send(message));
    await aborted(signal);
    parent.send("goodbye");
  },
  async throws() {
    await Promise.resolve();
    throw new Error("it broke");
  },
  async returns() {
    await Promise.resolve();
  },
  async forgets(_world, _options, _parent, signal) {
    void Promise.reject(new Error("nobody caught this"));
    await aborted(signal);
  },
  async stubborn(_world, _options, parent) {
    parent.send("up");
    await new Promise(() => undefined);
  },
  async keeper({ store, clock }, _options, parent, signal) {
    const database = await store.open("kept");
    for (let count = 1; !signal.aborted; count += 1) {
      database.transact((writer) => writer.put("a", bytes(1), bytes(count % 256)));
      parent.send(count);
      await clock.sleep(1, signal);
    }
  },
  async leaver({ store }, _options, parent, signal) {
    parent.send("up");
    await aborted(signal);
    await using database = await store.open("last-words");
    database.transact((writer) => writer.put("a", bytes(1), bytes(1)));
  },
  /** Counts by itself; tells its count when asked, and when it has a new parent. */
  async lasting({ clock, store }, _options, parent, signal) {
    let count = 0;
    let renewedCount = 0;
    parent.receive((message) => {
      if (message === "throw") throw new Error("as told");
      parent.send({ count, renewedCount, message });
    });
    parent.renewed?.(() => {
      renewedCount += 1;
      parent.send("renewed");
    });
    parent.send("up");
    while (!signal.aborted) {
      await clock.sleep(1, signal);
      count += 1;
    }
    await using database = await store.open("last-words");
    database.transact((writer) => writer.put("a", bytes(1), bytes(1)));
  },
  /** Has one lasting child: the survivor if there is one; whatever it hears it hands on. */
  async nurse({ spawner }, options, parent, signal) {
    const survivors = await spawner.survivors();
    const call = { program: "lasting", name: "the lasting", options, lasting: true };
    const child = survivors[0]?.child ?? spawner.spawn(call);
    const again = (await spawner.survivors()).length;
    parent.send({ pid: child.pid, calls: survivors.map((survivor) => survivor.call), again });
    child.channel.receive((message) => parent.send({ said: message }));
    void child.exited.then(({ kind }) => parent.send({ exited: kind }));
    parent.receive((message) => {
      if (message === "kill") child.kill();
      else child.channel.send(message);
    });
    await aborted(signal);
    child.stop();
    await child.exited;
  },
  async family({ spawner }, _options, parent, signal) {
    const child = spawner.spawn({ program: "leaver", name: "grandchild", options: 0 });
    child.channel.receive(() => parent.send(child.pid));
    await aborted(signal);
    child.stop();
    await child.exited;
  },
};

function inboxOf(child: Child): Inbox<unknown> {
  const inbox = new Inbox<unknown>();
  child.channel.receive(inbox.push);
  return inbox;
}

export function spawnerContract(name: string, run: RunIn<"spawner" | "store" | "clock">): void {
  function claim(
    sentence: string,
    body: (spawn: (program: string, options?: unknown) => Child) => Promise<void>,
  ): void {
    it(sentence, () =>
      run(({ spawner }) =>
        body((program, options = {}) => spawner.spawn({ program, name: `a ${program}`, options })),
      ),
    );
  }

  describe(`spawner contract: ${name}`, function () {
    this.timeout(30_000);
    claim("hands over options and messages, in order, and stops when asked", async (spawn) => {
      const options = { energyWh: 12n ** 30n, raw: bytes(1, 2), list: [null, true, "ä", 1.5] };
      const child = spawn("echo", options);
      assert.equal(child.name, "a echo");
      assert(child.pid > 0);
      for (let count = 0; count < 100; count += 1) child.channel.send(count);
      const inbox = inboxOf(child);
      assert.deepEqual(await inbox.next(), { options });
      assert.deepEqual(await inbox.take(100), [...Array(100).keys()]);
      child.stop();
      child.stop();
      assert.equal((await child.exited).kind, "stopped");
      assert.equal(await inbox.next(), "goodbye");
      child.channel.send("for nobody");
      child.kill();
    });

    claim(
      "a program that throws, ends by itself or forgets a promise has failed",
      async (spawn) => {
        const threw = await spawn("throws").exited;
        assert.equal(threw.kind, "failed");
        assert.match(threw.reason, /it broke/);
        assert.deepEqual(await spawn("returns").exited, {
          kind: "failed",
          reason: "ended by itself",
        });
        const forgot = await spawn("forgets").exited;
        assert.equal(forgot.kind, "failed");
        assert.match(forgot.reason, /nobody caught this/);
      },
    );

    claim("an unknown program fails, also one that every object has", async (spawn) => {
      for (const program of ["nonsense", "toString"])
        assert.match((await spawn(program).exited).reason, /PROGRAM_UNKNOWN/);
    });

    claim(
      "kill ends a program at once; so does stop, in the end, one that does not listen",
      async (spawn) => {
        for (const end of ["kill", "stop"] as const) {
          const child = spawn("stubborn");
          assert.equal(await inboxOf(child).next(), "up");
          child[end]();
          assert.equal((await child.exited).kind, "killed");
        }
      },
    );

    it("what a killed program has made durable is there, and its database is free", () =>
      run(async ({ spawner, store }) => {
        const child = spawner.spawn({ program: "keeper", name: "keeper", options: 0 });
        const inbox = inboxOf(child);
        const count = (await inbox.take(20)).at(-1) as number;
        await assert.rejects(store.open("kept"), { code: "STORE_IN_USE" });
        child.kill();
        assert.equal((await child.exited).kind, "killed");
        await using database = await store.open("kept");
        assert((database.get("a", bytes(1))?.[0] ?? 0) >= count);
      }));

    lastingClaims(run);

    it("a killed program says nothing more", () =>
      run(async ({ spawner, clock }) => {
        const child = spawner.spawn({ program: "keeper", name: "keeper", options: 0 });
        const inbox = inboxOf(child);
        await inbox.next();
        child.kill();
        await child.exited;
        const heardCount = inbox.waiting;
        await clock.sleep(20, never);
        assert.equal(inbox.waiting, heardCount);
      }));
  });
}

function lastingClaims(run: RunIn<"spawner" | "store" | "clock">): void {
  const call = { program: "nurse", name: "nurse", options: { wh: 7n ** 40n, raw: bytes(3) } };
  const lastingCall = { ...call, program: "lasting", name: "the lasting", lasting: true };

  it("a lasting program outlives its parent, works on, and is handed to the next one", () =>
    run(async ({ spawner, clock }) => {
      let nurse = spawner.spawn(call);
      let inbox = inboxOf(nurse);
      const first = (await inbox.next()) as { pid: number };
      assert.deepEqual(first, { pid: first.pid, calls: [], again: 0 });
      assert.deepEqual(await inbox.next(), { said: "up" });
      for (let incarnation = 1; incarnation <= 3; incarnation += 1) {
        nurse.kill();
        await nurse.exited;
        await clock.sleep(50, never);
        nurse = spawner.spawn(call);
        inbox = inboxOf(nurse);
        assert.deepEqual(await inbox.next(), { pid: first.pid, calls: [lastingCall], again: 0 });
        assert.deepEqual(await inbox.next(), { said: "renewed" });
        nurse.channel.send(incarnation);
        const { said } = (await inbox.next()) as { said: Record<string, number> };
        assert.deepEqual([said["renewedCount"], said["message"]], [incarnation, incarnation]);
        assert((said["count"] ?? 0) >= 5 * incarnation, "it stood still without a parent");
      }
      nurse.stop();
      assert.deepEqual(await inbox.next(), { exited: "stopped" });
      assert.equal((await nurse.exited).kind, "stopped");
    }));

  it("the next parent learns how its foster child ends, and may kill it", () =>
    run(async ({ spawner }) => {
      for (const [word, kind] of [
        ["throw", /failed/],
        ["kill", /killed|failed/],
      ] as const) {
        const before = spawner.spawn(call);
        await inboxOf(before).take(2);
        before.kill();
        await before.exited;
        const nurse = spawner.spawn(call);
        const inbox = inboxOf(nurse);
        await inbox.take(2);
        nurse.channel.send(word);
        assert.match(((await inbox.next()) as { exited: string }).exited, kind);
        nurse.stop();
        await nurse.exited;
        const after = spawner.spawn(call);
        assert.deepEqual(((await inboxOf(after).next()) as { calls: unknown }).calls, []);
        after.stop();
        await after.exited;
      }
    }));

  it("what ended while nobody was there is forgotten; a stop of the parent leaves nothing", () =>
    run(async ({ spawner, store, clock }) => {
      const nurse = spawner.spawn(call);
      const inbox = inboxOf(nurse);
      await inbox.take(2);
      nurse.stop();
      await nurse.exited;
      const next = spawner.spawn(call);
      assert.deepEqual(((await inboxOf(next).next()) as { calls: unknown }).calls, []);
      next.stop();
      await next.exited;
      await using database = await store.open("last-words");
      assert.equal(database.scan("a", {}).length, 1);
      await clock.sleep(1, never);
    }));

  it("two parents of one name cannot be there at once; another name sees nothing", () =>
    run(async ({ spawner }) => {
      const nurse = spawner.spawn(call);
      await inboxOf(nurse).take(2);
      const second = spawner.spawn(call);
      assert.match((await second.exited).reason, /SPAWNER_IN_USE/);
      const other = spawner.spawn({ ...call, name: "other" });
      assert.deepEqual(((await inboxOf(other).next()) as { calls: unknown }).calls, []);
      for (const each of [nurse, other]) {
        each.stop();
        await each.exited;
      }
    }));
}
