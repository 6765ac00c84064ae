// Goal: inner threads of a device live with it, talk with it through checked messages, and their
// failures are faults of the component; `inside x default` ticks.
// Method: a device on a simulated host, in its actor's process and in a thread; the test is its agent.
// Seed: 1.
import assert from "node:assert/strict";
import { type AnyDefinition, type Application, component } from "../component/define.ts";
import { SECOND_TICK } from "../component/inside-tick.ts";
import { ins, srv } from "../component/ports.ts";
import { asked } from "../core/run-in-world.contract.ts";
import type { Child } from "../core/spawner.ts";
import type { QueuePolicy } from "../model/instances.ts";
import { Simulation } from "../sim/simulation.ts";
import { actorProgram } from "./actor-program.ts";
import {
  Ask,
  labActor,
  labApplication,
  ORDERS,
  Order,
  Sample,
  Told,
} from "./device-app.contract.ts";
import { unfitness } from "./fit.ts";
import { innerThreadProgram } from "./inner-thread.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";
import { THREAD_MESSAGES_MAX } from "./thread-inbox.ts";

class Lab {
  readonly journal: string[] = [];
  readonly told: ToAgent[] = [];
  readonly lines: string[] = [];
  readonly sim: Simulation;
  readonly child: Child;

  /** @param queue of what comes up at the inside ports. */
  constructor(line: string, inWorker: boolean, queue: QueuePolicy | null = null) {
    const load = (): Promise<Application> => Promise.resolve(labApplication(this.journal));
    this.sim = new Simulation({
      ...{ seed: 1, onRecord: (text: string) => this.lines.push(text) },
      programs: { actor: actorProgram(load), inside: innerThreadProgram(load) },
    });
    const actor = labActor(line);
    const components = actor.components.map((each) => ({
      ...{ ...each, inWorker },
      ports: each.ports.map((port) => (port.kind === "inside" ? { ...port, queue } : port)),
    }));
    const options: CrewOptions = { actors: [{ ...actor, components }] };
    this.child = this.sim.host("b").start({ program: "actor", name: "b/Metering", options });
    this.child.channel.receive((raw) => this.told.push((raw as Addressed<ToAgent>).message));
  }

  /** Asks the device to order `number` of its thread; resolves with how many samples it got so far. */
  async order(number: number): Promise<number | undefined> {
    const provided = this.told.find((message) => message.kind === "provide");
    assert(provided?.kind === "provide");
    const client = this.sim.host("b").openWorld("w").wire.client(provided.endpoint);
    let reply: Uint8Array | undefined;
    void asked(client, Ask.encode({ number }), 1000).then((frame) => (reply = frame));
    await this.sim.runFor(50);
    return reply && Told.decode(reply)?.number;
  }

  /** What it wrote, without its ticks. */
  said(): string[] {
    return this.journal.filter((line) => !line.startsWith("default"));
  }

  async exit(): Promise<string> {
    const { kind, reason } = await this.child.exited;
    return `${kind} ${reason.split("\n")[0]}`;
  }
}

for (const inWorker of [false, true]) {
  const lab = (line: string): Lab => new Lab(line, inWorker);

  describe(`inner threads, their device in ${inWorker ? "a thread" : "its actor's process"}`, () => {
    it("start with their device, are named, and talk both ways", async () => {
      const { sim, journal, lines } = lab("Metering(periodMs = 300)");
      await sim.runFor(950);
      const heard = journal.map((line) => line.split(" at ")[0]);
      assert.deepEqual(heard, ["active true false", "echo 1", "clock 1", "clock 2", "clock 3"]);
      const named = lines.filter((line) => line.includes("thread-up"));
      assert.equal(named.length, 1);
      assert.match(named[0]!, /"name":"Metering\/meter\/echo"/);
    });

    it("a port without threads ticks on whole seconds when the model says default", async () => {
      const { sim, journal } = lab("Metering");
      await sim.runUntil(Math.ceil(sim.utcUs / 1e6) * 1e6 + 3_500_000);
      const ticks = journal.filter((line) => line.startsWith("default"));
      const seconds = ticks.map((line) => Number(line.split(" ")[1]));
      assert.equal(ticks.length, 3);
      assert.deepEqual(
        seconds.map((utcUs) => utcUs - seconds[0]!),
        [0, 1e6, 2e6],
      );
      assert.equal(seconds[0]! % 1e6, 0);
    });

    it("stop with their device, and hear its last word", async () => {
      const board = lab("Metering(periodMs = 300)");
      const { sim, child, journal } = board;
      await sim.runFor(500);
      child.stop();
      await sim.runFor(500);
      assert.equal(await board.exit(), "stopped asked to stop");
      assert.equal(journal.at(-1), "inactive true");
      assert(board.lines.some((line) => line.includes('order {"number":99}')));
      for (const name of ["echo", "clock"])
        assert.equal(sim.host("b").kill(`b/Metering/meter/${name}`), false);
    });

    it("one that does not listen is killed, and its device stops all the same", async () => {
      const board = lab("Metering");
      await board.sim.runFor(100);
      await board.order(ORDERS.stick);
      board.child.stop();
      await board.sim.runFor(1900);
      assert.equal(board.sim.host("b").kill("b/Metering/meter/clock"), false);
      await board.sim.runFor(200);
      assert.equal(await board.exit(), "stopped asked to stop");
      assert(board.lines.some((line) => line.includes("thread-killed")));
    });

    it("are gone at once with a killed actor", async () => {
      const board = lab("Metering");
      await board.sim.runFor(100);
      board.child.kill();
      for (const name of ["echo", "clock"])
        assert.equal(board.sim.host("b").kill(`b/Metering/meter/${name}`), false);
      await board.sim.runFor(100);
      assert.equal(await board.exit(), "killed killed");
    });
  });

  describe(`faults of inner threads, their device in ${inWorker ? "a thread" : "its actor's process"}`, () => {
    for (const [what, reason] of [
      ["fail", /the thread broke/],
      ["forget", /the thread forgot this/],
      ["malformed", /MESSAGE_MALFORMED/],
    ] as const)
      it(`one that fails ends its actor, with its reason: ${what}`, async () => {
        const board = lab("Metering");
        await board.sim.runFor(100);
        await board.order(ORDERS[what]);
        assert.match(await board.exit(), reason);
        assert.match(board.said().at(-1) ?? "", /^fault thread echo/);
      });

    it("a device that goes on without it hears the others, and its agent is told", async () => {
      const board = lab(`Metering(mode = "go-on", periodMs = 500)`);
      await board.sim.runFor(100);
      await board.order(ORDERS.fail);
      const fault = board.told.find((message) => message.kind === "fault");
      assert(fault?.kind === "fault");
      assert.deepEqual([fault.component, fault.handler], ["meter", "thread echo"]);
      assert.match(fault.reason, /the thread broke/);
      assert.equal(await board.order(7), 1);
      assert.equal(board.said().at(-1), "order false");
      await board.sim.runFor(1000);
      assert.match(board.said().at(-1) ?? "", /^clock/);
    });

    it("one that ends by itself is no fault", async () => {
      const board = lab("Metering");
      await board.sim.runFor(100);
      await board.order(ORDERS.end);
      await board.order(7);
      assert.equal(board.said().at(-1), "order false");
      assert(!board.told.some(({ kind }) => kind === "fault"));
    });

    it("what too many wait for is dropped, counted and said", async () => {
      const board = lab(`Metering(mode = "flood")`);
      await board.sim.runFor(100);
      const numbers = board
        .said()
        .filter((line) => line.startsWith("echo"))
        .map((line) => Number(line.split(" ")[1]));
      // It naps at one order, and takes those that waited when it has slept.
      const taken = Array.from({ length: THREAD_MESSAGES_MAX + 1 }, (_, at) => ORDERS.nap + at);
      assert.deepEqual(numbers, [1, ...taken]);
      const lost = board.lines.find((line) => line.includes("thread-messages-lost"));
      assert.match(lost ?? "", new RegExp(`"count":${2000 - ORDERS.nap - taken.length}\\b`));
    });

    it("what comes up and what goes down are bounded apart", async () => {
      const queue = { lengthMax: 3, whenFull: "dropNewest" } as const;
      const board = new Lab(`Metering(mode = "flood")`, inWorker, queue);
      const tell = (kind: "pause" | "resume"): void =>
        board.child.channel.send({
          actor: "Metering",
          message: { kind },
        } satisfies Addressed<ToActor>);
      // While its thread naps at one order with all others waiting, the device is paused.
      await board.sim.runFor(10);
      tell("pause");
      await board.sim.runFor(100);
      tell("resume");
      await board.sim.runFor(100);
      const lost = board.lines.find((line) => line.includes("thread-messages-lost"));
      const lostCount = 2000 - ORDERS.nap - THREAD_MESSAGES_MAX - 1;
      assert.match(lost ?? "", new RegExp(`"count":${lostCount}\\b`), "as many as ever went down");
      const echoes = board.said().filter((line) => line.startsWith("echo"));
      assert.equal(echoes.length, 1 + queue.lengthMax, "no more than the port's own bound came up");
    });

    it("a device that sends its threads what does not fit has failed", async () => {
      const board = lab(`Metering(mode = "wrong")`);
      await board.sim.runFor(100);
      assert.match(await board.exit(), /MESSAGE_MALFORMED.*Order/);
    });
  });
}

describe("inside ports that do not fit", () => {
  const model = labActor("Metering").components[0]!;
  const good = labApplication([]).components["Meter"]!;
  const run = (): Promise<void> => Promise.resolve();
  const misfits: readonly [string, Partial<AnyDefinition>, RegExp][] = [
    [
      "a default that the code takes for something else",
      { ports: { ...portsOf(good), beat: ins(Order, Sample) } },
      /inside beat default.*insTick/,
    ],
    ["a port without a thread", { threads: {} }, /inside sample`, the code has no thread/],
    ["a thread for another port", { threads: { a: { port: "ask", run } } }, /thread a is for ask/],
    ["another kind of port", { ports: { ...portsOf(good), beat: srv(Ask, Told) } }, /srv beat/],
  ];
  for (const [what, change, fault] of misfits)
    it(what, () => {
      assert.deepEqual(unfitness(good, model), []);
      assert.match(unfitness({ ...good, ...change }, model).join("; "), fault);
    });

  it("a default is no matter where the code has a thread of its own", () => {
    const threads = { ...(good.threads as object), own: { port: "beat", run } };
    assert.deepEqual(unfitness({ ...good, threads } as AnyDefinition, model), []);
  });

  it("the tick has a message type of its own", () => {
    const typed = component({
      ...{ name: "T", ports: { x: ins(Order, SECOND_TICK) }, options: () => undefined },
      threads: { one: { port: "x", run } },
      setup: () => ({ on_x: ({ dueUtcUs }) => assert(dueUtcUs > 0) }),
    });
    assert.equal(typed.ports.x.up.name, "SecondTick");
  });
});

function portsOf(definition: AnyDefinition): object {
  return definition.ports as object;
}
