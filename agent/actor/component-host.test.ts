// Goal: a component lives as life.ts says: it is told its moments, its deadlines and the news of its board; it is
// asked what to do when a handler throws; nothing is handled while it is paused; its state outlives it.
// Method: one component on a board of a simulation; the test is its actor.
// Seed: 1.
import assert from "node:assert/strict";
import { component } from "../component/define.ts";
import type { LifeHandlers, Notice } from "../component/life.ts";
import { pub, srv, sub, tim } from "../component/ports.ts";
import { hasCode } from "../core/store.contract.ts";
import { deferred } from "../core/waiting.ts";
import type { ComponentHost } from "./component-host.ts";
import { handlerFaults } from "./fit.ts";
import { Ask, messagePort, type Placing, Site, Told, timerPort } from "./site.contract.ts";

const nothing = (): void => undefined;
const NEXT_SECOND = 1_000_000;

/** One component with a timer of one second, and its host. */
async function one(
  site: Site,
  handlers: LifeHandlers & { on_beat?: (dueUtcUs: number) => void | Promise<void> },
  placing: Placing & { withinMs?: number } = {},
): Promise<ComponentHost> {
  const definition = component({
    name: "One",
    ports: { beat: tim() },
    options: () => undefined,
    setup: () => ({ on_beat: nothing, ...handlers }),
  });
  const { withinMs, ...rest } = placing;
  const ports = [timerPort("beat", 1000, withinMs === undefined ? {} : { withinMs })];
  const host = await site.open("one", definition, ports, rest);
  // Ticks come in the middle between two steps of a test.
  await site.sim.runUntil(Math.ceil(site.sim.utcUs / NEXT_SECOND) * NEXT_SECOND + NEXT_SECOND / 2);
  return host;
}

describe("component host: faults", () => {
  const bug = (): never => {
    throw new Error("bug");
  };

  it("asks the component; it goes on, and its agent hears of it", async () => {
    const site = new Site();
    const faults: unknown[] = [];
    const host = await one(site, {
      on_beat: bug,
      handleFault(fault) {
        faults.push(fault);
        return "go-on";
      },
    });
    host.activate();
    await site.sim.runFor(2000);
    assert.deepEqual(
      faults,
      [1, 2].map(() => ({ handler: "on_beat", error: new Error("bug") })),
    );
    const incident = { kind: "fault", component: "one", handler: "on_beat", reason: "Error: bug" };
    assert.deepEqual(site.ofKind("fault"), [incident, incident]);
    assert.deepEqual(site.logged, ["handler-threw", "handler-threw"]);
    assert.deepEqual(site.failures, []);
  });

  it("gives up when the component does, says nothing, or cannot even say", async () => {
    const answers: LifeHandlers[] = [{ handleFault: () => "give-up" }, {}, { handleFault: bug }];
    for (const answer of answers) {
      const site = new Site();
      const host = await one(site, { on_beat: bug, ...answer });
      host.activate();
      await site.sim.runFor(5000);
      assert.deepEqual(site.failures, [new Error("bug")]);
      assert.deepEqual(site.ofKind("fault"), []);
      assert.equal(site.logged[0], "handler-threw");
    }
  });
});

describe("component host: deadlines and hangs", () => {
  it("a deadline is told to the component at once, and to its agent at most once a second", async () => {
    const site = new Site();
    const misses: unknown[] = [];
    const held = deferred<undefined>();
    const host = await one(
      site,
      { on_beat: () => held.promise, handleDeadline: (miss) => void misses.push(miss) },
      { withinMs: 100 },
    );
    host.activate();
    await site.sim.runFor(700);
    const miss = { port: "beat", lateMs: 0, isOver: false };
    assert.deepEqual(misses, [miss]);
    assert.deepEqual(site.ofKind("deadline"), [
      { kind: "deadline", component: "one", port: "beat", lateMs: 0 },
    ]);
    await site.sim.runFor(1000);
    assert.equal(misses.length, 2, "the second tick waits, and is late");
    assert.equal(host.counters()["beat"]?.lateCount, 2);
    held.resolve(undefined);
    await site.sim.runFor(10);
    assert.equal(site.ofKind("deadline").length, 2);
  });

  it("a handler that hangs is logged, and told to the agent", async () => {
    const site = new Site();
    const host = await one(site, { on_beat: () => new Promise<void>(nothing) }, { hangMs: 300 });
    host.activate();
    await site.sim.runFor(500 + 300 + 300);
    const incident = { kind: "hang", component: "one", handler: "on_beat" };
    assert.deepEqual(
      site.ofKind("hang"),
      [300, 600].map((runningMs) => ({ ...incident, runningMs })),
    );
    assert.deepEqual(site.logged, ["handler-hangs", "handler-hangs"]);
  });
});

describe("component host: life", () => {
  it("paused: nothing is handled, ticks are missed and counted; then it goes on", async () => {
    const site = new Site();
    const log: string[] = [];
    const host = await one(site, {
      handlePassivate: () => void log.push("passive"),
      handleResume: () => void log.push("resumed"),
      on_beat: () => void log.push("beat"),
    });
    host.activate();
    await site.sim.runFor(1000);
    host.pause();
    host.pause();
    await site.sim.runFor(3000);
    assert.deepEqual(log, ["beat", "passive"]);
    host.resume();
    host.resume();
    await site.sim.runFor(1000);
    assert.deepEqual(log, ["beat", "passive", "resumed", "beat"]);
    const { missedCount, handledCount } = host.counters()["beat"]!;
    assert.deepEqual([missedCount, handledCount], [3, 2]);
  });

  it("paused before it is active: it is activated, and nothing more", async () => {
    const site = new Site();
    const log: string[] = [];
    const host = await one(site, {
      handleActivate: () => void log.push("active"),
      handlePassivate: () => void log.push("passive"),
      handleDeactivate: () => void log.push("inactive"),
      on_beat: () => void log.push("beat"),
    });
    host.pause();
    host.activate();
    await site.sim.runFor(3000);
    assert.deepEqual(log, ["active", "passive"]);
    await host[Symbol.asyncDispose]();
    assert.deepEqual(log, ["active", "passive", "inactive"]);
  });

  it("gets the news of its board, each by its own handler, and does without", async () => {
    const limit = { kind: "limit", stage: "warning", used: 1, limit: 2 } as const;
    const notices: Notice[] = [
      { kind: "nic", name: "eth0", isUp: false },
      { kind: "peer", board: "b2", isUp: true },
      ...(["cpu", "memory", "space", "network"] as const).map((resource) => ({
        ...limit,
        resource,
      })),
    ];
    const site = new Site();
    const log: unknown[] = [];
    const say =
      (name: string) =>
      (...args: unknown[]): void =>
        void log.push([name, ...args]);
    const host = await one(site, {
      handleNicStateChange: say("nic"),
      handlePeerStateChange: say("peer"),
      handleCpuLimit: say("cpu"),
      handleMemLimit: say("memory"),
      handleSpcLimit: say("space"),
      handleNetLimit: say("network"),
    });
    host.activate();
    for (const notice of notices) host.notice(notice);
    await site.sim.runFor(1);
    assert.deepEqual(log, [
      ["nic", "eth0", false],
      ["peer", "b2", true],
      ...notices
        .slice(2)
        .map((notice) => [(notice as typeof limit & { resource: string }).resource, notice]),
    ]);
    const deaf = new Site();
    const other = await one(deaf, {});
    other.activate();
    for (const notice of notices) other.notice(notice);
    await deaf.sim.runFor(1);
    assert.deepEqual(deaf.failures, []);
  });

  it("its state is given back before it is active, taken between handlers, and after its last word", async () => {
    const site = new Site();
    const log: string[] = [];
    let handledCount = 0;
    const host = await one(
      site,
      {
        restore: (state) => void log.push(`restored ${String(state)}`),
        handleActivate: () => void log.push("active"),
        handleDeactivate: () => void log.push("inactive"),
        snapshot: () => log.length,
      },
      { handled: () => (handledCount += 1) },
    );
    assert(host.keepsState);
    host.restoreFrom("five", () => assert.fail("it took it"));
    host.activate();
    const kept: unknown[] = [];
    await host.takeSnapshot((state) => kept.push(state));
    await site.sim.runFor(1000);
    await host.deactivate();
    await host.takeSnapshot((state) => kept.push(state));
    await host[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    await host.takeSnapshot(() => assert.fail("it is over"));
    assert.deepEqual(log, ["restored five", "active", "inactive"]);
    assert.deepEqual([kept, handledCount], [[2, 3], 1]);
  });

  it("a state that it cannot take is refused, and ends it as any fault", async () => {
    const site = new Site();
    let refusedCount = 0;
    const host = await one(site, {
      restore() {
        throw new Error("too old");
      },
      handleActivate: () => assert.fail("it is over"),
    });
    assert.equal(host.keepsState, false);
    host.restoreFrom({}, () => (refusedCount += 1));
    host.activate();
    await site.sim.runFor(1);
    assert.deepEqual([refusedCount, site.failures], [1, [new Error("too old")]]);
    await host.takeSnapshot(() => assert.fail("it keeps nothing"));
  });

  it("a timer that is set anew, or cancelled, forgets the tick that waits", async () => {
    const site = new Site();
    const log: string[] = [];
    const held = deferred<undefined>();
    const definition = component({
      name: "Timers",
      ports: { beat: tim(), again: tim(), gone: tim() },
      options: () => undefined,
      setup: ({ port }) => ({
        async on_beat() {
          port.beat.cancel();
          port.again.fireIn(10);
          port.gone.fireIn(10);
          await held.promise;
          assert.deepEqual([port.again.isRunning, port.beat.periodMs], [false, 1000]);
          port.again.fireIn(500);
          port.gone.cancel();
          assert(port.again.isRunning);
        },
        on_again: () => void log.push("again"),
        on_gone: () => void log.push("gone"),
      }),
    });
    const ports = [timerPort("beat", 1000), timerPort("again", null), timerPort("gone", null)];
    const host = await site.open("t", definition, ports);
    host.activate();
    await site.sim.runFor(2000);
    held.resolve(undefined);
    await site.sim.runFor(400);
    assert.deepEqual(log, []);
    await site.sim.runFor(200);
    assert.deepEqual(log, ["again"]);
  });
});

describe("fit of handlers and ports", () => {
  const ports = { heard: sub(Ask), served: srv(Ask, Told), out: pub(Ask), beat: tim() };

  it("names every handler that is missing, and every one that is too much", () => {
    const handlers = {
      on_heard: nothing,
      on_out: nothing,
      on_nobody: nothing,
      handleActivate: nothing,
    };
    assert.deepEqual(handlerFaults(ports, handlers), [
      "`srv served` needs a handler `on_served`, the code has none",
      "`timer beat` needs a handler `on_beat`, the code has none",
      "the code has a handler `on_out`, and no port where something comes in for it",
      "the code has a handler `on_nobody`, and no port where something comes in for it",
    ]);
  });

  it("finds the handlers of a class, and of those it extends", () => {
    class Base {
      on_heard = nothing;
      on_beat(): void {
        assert.fail("not called here");
      }
    }
    class Own extends Base {
      on_served(): void {
        assert.fail("not called here");
      }
    }
    assert.deepEqual(handlerFaults(ports, new Own()), []);
    assert.deepEqual(handlerFaults({ heard: sub(Ask) }, new Own()).length, 2);
  });

  it("a component that does not fit does not start, and leaves nothing open", async () => {
    const site = new Site();
    const closed: string[] = [];
    const definition = component({
      name: "Lacking",
      ports: { heard: sub(Ask) },
      options: () => undefined,
      setup: () => ({}) as never,
    });
    const opening = site.open("l", definition, [messagePort("sub", "heard")], {
      world: ({ wire, ...world }) => ({
        ...world,
        wire: Object.assign(Object.create(wire) as typeof wire, {
          subscriber: () => ({
            [Symbol.asyncDispose]: () => Promise.resolve(closed.push("heard")),
          }),
        }),
      }),
    });
    await assert.rejects(opening, hasCode("COMPONENT_UNFIT"));
    await assert.rejects(opening, /on_heard/);
    assert.deepEqual(closed, ["heard"]);
  });
});
