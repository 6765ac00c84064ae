// Goal: programs stand still, go on, are killed, restarted and held up by a busy processor between any two
// events; what must always hold is looked at after every event.
// Method: a ticking program and its peers on a few hosts.
// Seed: 1.
import assert from "node:assert/strict";
import type { Program } from "../core/program.ts";
import { never, utf8 } from "../core/run-in-world.contract.ts";
import { BrokenInvariant, Simulation } from "./simulation.ts";

const ticks: [name: string, atMs: number][] = [];
const ticker: Program = async ({ clock }, name, _parent, signal) => {
  while (!signal.aborted) {
    ticks.push([String(name), clock.monotonicMs()]);
    await clock.sleep(100, signal);
  }
};
const withThread: Program = async ({ spawner, clock }, _options, _parent, signal) => {
  spawner.spawn({ in: "thread", program: "ticker", name: "inner", options: "inner" });
  await clock.sleep(1e9, signal);
};
const deaf: Program = ({ clock }) => clock.sleep(1e9, never);
const programs = { ticker, withThread, deaf };
const call = { program: "ticker", name: "t", options: "t" };

describe("simulated programs", function () {
  this.timeout(30_000);
  beforeEach(() => {
    ticks.length = 0;
  });
  const timesOf = (name: string): number[] =>
    ticks.filter(([each]) => each === name).map(([, atMs]) => atMs);

  it("that stand still do nothing, and do what came due when they go on, in order, at once", async () => {
    const sim = new Simulation({ seed: 1, programs });
    const host = sim.host("a");
    const child = host.start(call);
    await sim.runFor(250);
    assert.equal(host.pause("t"), true);
    assert.equal(host.pause("nobody"), false);
    const { lan } = sim.host("b").openWorld("w");
    await sim.runFor(700);
    assert.deepEqual(timesOf("t"), [0, 100, 200]);
    host.resume("t");
    await sim.runFor(150);
    assert.deepEqual(timesOf("t"), [0, 100, 200, 950, 1050]);
    host.pause("t");
    child.kill();
    assert.equal((await child.exited).kind, "killed");
    assert.equal(host.resume("t"), false);
    await (await lan.bind(() => undefined))[Symbol.asyncDispose]();
  });

  it("that stand still keep datagrams up to a bound, and connections for as long as peers are patient", async () => {
    const sim = new Simulation({ seed: 1, programs });
    const [a, b] = [sim.host("a").openWorld("w"), sim.host("b").openWorld("w")];
    let heardCount = 0;
    const socket = await a.lan.bind(() => (heardCount += 1));
    const sender = await b.lan.bind(() => undefined);
    const frames: Uint8Array[] = [];
    const publisher = await b.wire.publisher();
    a.wire.subscriber((frame) => frames.push(frame)).connect(publisher.endpoint);
    await sim.runFor(50);
    sim.host("a").pause("w");
    for (let count = 0; count < 1500; count += 1) sender.send(socket.address, utf8("x"));
    publisher.offer(utf8("y"));
    await sim.runFor(5000);
    assert.deepEqual([heardCount, frames.length, publisher.subscriberCount], [0, 0, 1]);
    sim.host("a").resume("w");
    await sim.runFor(1);
    assert.deepEqual([heardCount, frames.length], [1000, 1]);
    sim.host("a").pause("w");
    await sim.runFor(7000);
    assert.equal(publisher.subscriberCount, 0);
    sim.host("a").resume("w");
    await sim.runFor(100);
    assert.equal(publisher.subscriberCount, 1);
  });

  it("take their threads with them when they stand still, and may be killed by who asked them to stop", async () => {
    const sim = new Simulation({ seed: 1, programs });
    const host = sim.host("a");
    const child = host.start({ program: "withThread", name: "outer", options: 0 });
    await sim.runFor(250);
    host.pause("outer");
    await sim.runFor(500);
    assert.deepEqual(timesOf("inner"), [0, 100, 200]);
    child.stop();
    await sim.runFor(6000);
    assert.deepEqual(await child.exited, { kind: "killed", reason: "did not stop" });
    assert.deepEqual(timesOf("inner"), [0, 100, 200]);
  });

  it("restart: what a test started at once, and boards when they get power again", async () => {
    const sim = new Simulation({ seed: 1, programs });
    const host = sim.host("a");
    host.boot = () => void host.start(call);
    host.powerOn();
    await sim.runFor(150);
    host.restart("t");
    await sim.runFor(150);
    host.powerOff();
    await sim.runFor(500);
    assert.deepEqual(host.programs, []);
    host.powerOn();
    await sim.runFor(50);
    assert.deepEqual(host.programs, ["t"]);
    assert.deepEqual(timesOf("t"), [0, 100, 150, 250, 800]);
  });

  it("of a board that sleeps measure nothing, hear nothing, and go on where they were", async () => {
    const sim = new Simulation({ seed: 1, programs });
    const host = sim.host("a");
    host.start(call);
    let heardCount = 0;
    const socket = await host.openWorld("w").lan.bind(() => (heardCount += 1));
    const sender = await sim
      .host("b")
      .openWorld("w")
      .lan.bind(() => undefined);
    await sim.runFor(250);
    host.suspend();
    host.suspend();
    sender.send(socket.address, utf8("x"));
    await sim.runFor(10_000);
    host.wake();
    sender.send(socket.address, utf8("y"));
    await sim.runFor(160);
    assert.deepEqual(timesOf("t"), [0, 100, 200, 300, 400]);
    assert.equal(heardCount, 1);
    assert.equal(host.time.errorUs, 0);
  });

  it("on a busy processor are late, each by all before it, and in order; then they catch up", async () => {
    const sim = new Simulation({ seed: 1, programs });
    const host = sim.host("a");
    for (const name of ["1", "2", "3"]) host.start({ program: "ticker", name, options: name });
    sim.host("b").start({ program: "ticker", name: "b", options: "b" });
    await sim.runFor(50);
    host.hog(30_000);
    await sim.runFor(300);
    assert.deepEqual(timesOf("1"), [0, 100, 200, 300]);
    assert.deepEqual(timesOf("2"), [0, 130, 230, 330]);
    assert.deepEqual(timesOf("3"), [0, 160, 260]);
    assert.deepEqual(timesOf("b"), [0, 100, 200, 300]);
    host.hog(0);
    await sim.runFor(100);
    assert.deepEqual(timesOf("3").slice(3), [360]);
  });
});

describe("what must always hold", () => {
  it("is looked at after every event, or every so many, and ends the run at the event that broke it", async () => {
    const run = async (everyCount?: number): Promise<BrokenInvariant> => {
      ticks.length = 0;
      const sim = new Simulation({ seed: 1, programs });
      sim.host("a").start(call);
      sim.invariant("fewer than five ticks", () => assert(ticks.length < 5, "five"), everyCount);
      return sim.runFor(10_000).then(
        () => assert.fail("it held"),
        (error: unknown) => error as BrokenInvariant,
      );
    };
    const broken = await run();
    assert(broken instanceof BrokenInvariant);
    assert.deepEqual([broken.invariant, broken.eventCount], ["fewer than five ticks", 5]);
    assert.match(broken.message, /fewer than five ticks, after event 5, at \d+: five/);
    assert.equal((await run(4)).eventCount, 8);
    // The same place is found again.
    ticks.length = 0;
    const sim = new Simulation({ seed: 1, programs });
    sim.host("a").start(call);
    await sim.runToEvent(4);
    assert.equal(ticks.length, 4);
    await sim.runToEvent(5);
    assert.equal(ticks.length, 5);
  });

  it("a test's own events happen when it said, and are in the transcript", async () => {
    const hashOf = async (name: string): Promise<[string, number]> => {
      const sim = new Simulation({ seed: 1 });
      const startUs = sim.utcUs;
      let atUs = 0;
      sim.plan(12.5, name, () => {
        atUs = sim.utcUs - startUs;
      });
      await sim.runToIdle();
      return [sim.transcriptHash(), atUs];
    };
    assert.deepEqual(await hashOf("x"), await hashOf("x"));
    assert.notEqual((await hashOf("x"))[0], (await hashOf("y"))[0]);
    assert.equal((await hashOf("x"))[1], 12_500);
  });
});
