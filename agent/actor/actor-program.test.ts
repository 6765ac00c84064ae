// Goal: an actor's components run as their code says; what throws fails the program; nothing is handled
// before a component is active, and no event is acknowledged that was not handled.
// Neither a component nor the agent can tell whether it runs in a thread of its own.
// Method: the program on a simulated host; the test is its agent, with a ledger in memory.
// Seed: 1.
import assert from "node:assert/strict";
import type { Application } from "../component/define.ts";
import type { LedgerEvent } from "../component/ledger-service.ts";
import { asked } from "../core/run-in-world.contract.ts";
import type { Child } from "../core/spawner.ts";
import { NO_DIRECTORY, Registry } from "../discovery/registry.ts";
import { PROGRAMS } from "../main.ts";
import { serveLedger } from "../node/ledger-bridge.ts";
import { Simulation } from "../sim/simulation.ts";
import { actorProgram } from "./actor-program.ts";
import { ComponentHost } from "./component-host.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";
import { Ask, FakeLedger, Told, tinyActor, tinyApplication } from "./tiny-app.contract.ts";

/** A board whose agent is the test. */
class Board {
  readonly journal: string[] = [];
  readonly told: ToAgent[] = [];
  readonly ledger = new FakeLedger();
  readonly registry = new Registry(NO_DIRECTORY);
  readonly sim: Simulation;
  /** Answers of the ledger are held back while set. */
  held: Addressed<ToActor>[] | undefined;

  readonly #inWorker: boolean;

  constructor(inWorker: boolean, application: Application = tinyApplication(this.journal)) {
    this.#inWorker = inWorker;
    const actor = actorProgram(() => Promise.resolve(application));
    this.sim = new Simulation({ seed: 1, programs: { actor, ...{ main: PROGRAMS["actor"]! } } });
  }

  start(line: string, { hasLedger = true, program = "actor" } = {}): Child {
    const instance = tinyActor(line);
    const components = instance.components.map((each) => ({ ...each, inWorker: this.#inWorker }));
    const options: CrewOptions = { actors: [{ ...instance, components }] };
    const actor = instance.instanceName;
    const child = this.sim.host("b").start({ program, name: line, options });
    const send = (message: ToActor): void => {
      if (this.held === undefined || message.kind === "peers")
        child.channel.send({ actor, message });
      else this.held.push({ actor, message });
    };
    const ended = new AbortController();
    void child.exited.then(() => ended.abort());
    const ledgerCalls = serveLedger({
      ledger: hasLedger ? this.ledger : undefined,
      send,
      log: { write: () => undefined },
      signal: ended.signal,
    });
    child.channel.receive((raw) => {
      const { message } = raw as Addressed<ToAgent>;
      this.told.push(message);
      if (message.kind === "provide") this.registry.provide(line, message);
      else if (message.kind === "require") {
        const { port, key } = message;
        this.registry.require(key, (endpoints) => send({ kind: "peers", port, endpoints }));
      } else if (
        message.kind === "ledger" ||
        message.kind === "follow" ||
        message.kind === "event-done"
      )
        ledgerCalls(message);
    });
    return child;
  }

  release(child: Child): void {
    for (const message of this.held ?? []) child.channel.send(message);
    this.held = undefined;
  }

  async exitOf(child: Child): Promise<string> {
    let isOver = false;
    void child.exited.then(() => (isOver = true));
    await this.sim.runFor(0);
    await this.sim.runWhile(() => !isOver, 100_000);
    const { kind, reason } = await child.exited;
    return `${kind} ${reason}`;
  }
}

for (const inWorker of [false, true]) {
  const where = inWorker ? "its components in threads" : "its components in its process";
  const newBoard = (application?: Application): Board => new Board(inWorker, application);
  describe(`actor program, ${where}`, () => {
    it("hosts components that find each other, ask and are answered", async () => {
      const board = newBoard();
      board.start("Both as pair");
      await board.sim.runUntil(Math.ceil(board.sim.utcUs / 1e6) * 1e6 + 3_500_000);
      assert.deepEqual(board.journal.slice(0, 2), ["source active", "sink active"]);
      const [first, ...more] = board.journal.slice(2);
      const number = Number(first?.split(" ")[1]);
      assert.deepEqual(
        [first, ...more],
        [number, number + 1, number + 2].map((each) => `pair/sink ${each} ${each ** 2}`),
      );
      const active = board.told.findIndex(({ kind }) => kind === "active");
      const ports = board.told.filter(({ kind }) => kind === "provide" || kind === "require");
      assert.equal(ports.length, 4);
      assert.equal(active, 4, "active is told after all ports");
    });

    it("components of two actors meet through the agent; a local message would not", async () => {
      const board = newBoard();
      board.start("Sender as one");
      board.start("Receiver as two");
      await board.sim.runFor(3000);
      assert(board.journal.some((line) => /^two\/sink \d+ \d+$/.test(line)));
    });

    it("stops in order: each component's last word, the last opened first", async () => {
      const board = newBoard();
      const child = board.start("Both");
      await board.sim.runFor(100);
      child.stop();
      assert.equal(await board.exitOf(child), "stopped asked to stop");
      assert.deepEqual(board.journal.slice(-2), ["sink inactive", "source inactive"]);
    });

    it("a handler that throws fails the program, with its reason", async () => {
      const board = newBoard();
      const child = board.start("Sender(failAt = 2)");
      assert.match(await board.exitOf(child), /^failed Error: failed as told/);
      assert(!board.journal.includes("source inactive"));
    });

    it("a last word that throws fails the program too, and does not hang it", async () => {
      const board = newBoard();
      const child = board.start(`Keeper(what = "idle")`);
      await board.sim.runFor(100);
      child.stop();
      assert.match(await board.exitOf(child), /^failed Error: failed while stopping/);
    });

    it("handles nothing before a component is active, and answers then what came before", async () => {
      const board = newBoard();
      board.held = [];
      const child = board.start(`Keeper(what = "idle")`);
      await board.sim.runFor(10);
      const provided = board.told.find((message) => message.kind === "provide");
      assert(provided?.kind === "provide");
      // The component waits for its account: its server is up, its handlers are not.
      await using client = board.sim.host("c").openWorld("w").wire.client(provided.endpoint);
      const pending = asked(client, Ask.encode({ number: 4 }), 60_000);
      await board.sim.runFor(1000);
      assert.deepEqual(board.journal, []);
      board.release(child);
      await board.sim.runFor(1000);
      assert.deepEqual(board.journal, ["book active", "asked 4"]);
      assert.deepEqual(Told.decode((await pending)!), { square: 16 });
    });
  });

  describe(`actor program, ${where}: what does not start`, () => {
    const failures: readonly [string, string, RegExp][] = [
      ["code that does not fit its model", "misfit", /COMPONENT_UNFIT.*pub tick : Tick/s],
      ["a component that the application lacks", "lacking", /COMPONENT_UNKNOWN.*Source/],
    ];
    for (const [name, kind, reason] of failures)
      it(name, async () => {
        const { components } = tinyApplication([]);
        const changed = kind === "misfit" ? { Source: components["Sink"]! } : {};
        const board = newBoard({ name: "Tiny", components: changed });
        assert.match(await board.exitOf(board.start("Sender")), reason);
        assert(!board.told.some((message) => message.kind === "active"));
      });

    it("an application that this build does not carry", async () => {
      const board = newBoard();
      const child = board.start("Sender", { program: "main" });
      assert.match(await board.exitOf(child), /APPLICATION_UNKNOWN/);
    });

    it("a component with contracts on a board without a ledger", async () => {
      const board = newBoard();
      const child = board.start("Keeper", { hasLedger: false });
      assert.match(await board.exitOf(child), /LEDGER_ABSENT/);
    });
  });

  describe(`actor program, ${where}: the ledger`, () => {
    it("submits, reads, signs and transfers on behalf of the actor's account", async () => {
      const board = newBoard();
      board.start("Keeper as anna");
      await board.sim.runFor(2000);
      assert.deepEqual(board.journal, [
        "book active",
        "accepted by 0xaa",
        "total 5",
        "signed 65 accepted",
      ]);
      assert.deepEqual(board.ledger.calls, [
        "open anna",
        "submit anna add(5) 0xc0",
        "transfer anna 7",
      ]);
    });

    it("deploys once and binds what was deployed", async () => {
      const board = newBoard();
      board.ledger.emit(1);
      board.start(`Keeper(what = "deploy")`);
      await board.sim.runFor(100);
      assert.deepEqual(board.journal, [
        "book active",
        `deployed 0x${"c0".repeat(20)}`,
        "added 1",
        "end 1",
      ]);
    });

    it("events arrive in order, one at a time", async () => {
      const board = newBoard();
      for (const value of [1, 2]) board.ledger.emit(value);
      board.start(`Keeper(what = "events")`);
      await board.sim.runFor(100);
      board.ledger.emit(3);
      await board.sim.runFor(100);
      const lines = [1, 2, 3].flatMap((value) => [`added ${value}`, `end ${value}`]);
      assert.deepEqual(board.journal, ["book active", ...lines]);
      assert.equal(board.told.filter(({ kind }) => kind === "event-done").length, 3);
    });

    it("an event whose handler threw is not acknowledged, nor one that comes after", async () => {
      const board = newBoard();
      for (const value of [1, 13, 2]) board.ledger.emit(value);
      const child = board.start(`Keeper(what = "events")`);
      assert.match(await board.exitOf(child), /^failed Error: thirteen/);
      assert.deepEqual(board.journal, ["book active", "added 1", "end 1", "added 13"]);
      assert.equal(board.told.filter(({ kind }) => kind === "event-done").length, 1);
      await board.sim.runFor(10);
      assert.equal(board.ledger.followerCount, 0);
      // The next incarnation gets it again.
      board.start(`Keeper(what = "events")`);
      await board.sim.runFor(10);
      assert.deepEqual(board.ledger.delivered, [1, 13, 13, 2]);
    });

    it("an event that comes after a throw stays open, so that the next incarnation gets it", async () => {
      const journal: string[] = [];
      const deliveries: ((event: LedgerEvent) => Promise<void>)[] = [];
      class TwoReaders extends FakeLedger {
        override async follow(...call: Parameters<FakeLedger["follow"]>): Promise<void> {
          deliveries.push(call[2]);
          await Promise.resolve();
        }
      }
      const actor = tinyActor(`Keeper(what = "events")`);
      const sim = new Simulation({ seed: 1 });
      const failures: unknown[] = [];
      const host = await ComponentHost.open({
        ...{ world: sim.host("b").openWorld("w"), actor, ledger: new TwoReaders() },
        model: actor.components[0]!,
        definition: tinyApplication(journal).components["Book"]!,
        tell: () => undefined,
        failed: (error) => failures.push(error),
        signal: new AbortController().signal,
      });
      host.activate();
      await sim.runFor(1);
      const resolved: number[] = [];
      const [deliver] = deliveries;
      for (const value of [1, 13, 2]) {
        const place = { blockNumber: 0, logIndex: 0, transactionHash: "0x" as const };
        void deliver?.({ name: "Added", args: { value }, ...place }).then(() =>
          resolved.push(value),
        );
      }
      await sim.runFor(1);
      assert.equal(failures.length, 1);
      assert.deepEqual(resolved, [1]);
      await host[Symbol.asyncDispose]();
      await sim.runFor(1);
      assert.deepEqual(resolved, [1]);
    });

    const refusals: readonly [string, (ledger: FakeLedger) => void, RegExp][] = [
      ["unbound", () => undefined, /CONTRACT_UNBOUND.*book\/counter/],
      ["misnamed", () => undefined, /LEDGER_CALL_INVALID.*Subtracted/],
      [
        "read",
        (ledger) => (ledger.readOutcome = { kind: "refused", errorName: "Shut", errorArgs: [] }),
        /CONTRACT_READ_REFUSED.*Shut/,
      ],
      [
        "deploy",
        (ledger) => (ledger.deployOutcome = { kind: "refused", errorName: "Poor", errorArgs: [] }),
        /CONTRACT_DEPLOY_REFUSED.*Poor/,
      ],
    ];
    for (const [what, prepare, reason] of refusals)
      it(`a promise that the ledger breaks fails the actor: ${what}`, async () => {
        const board = newBoard();
        prepare(board.ledger);
        const child = board.start(`Keeper(what = "${what}")`);
        assert.match(await board.exitOf(child), reason);
      });
  });
}
