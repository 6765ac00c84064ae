// Goal: actors that share a process talk, each with what is its own, and end together; components of one
// actor, in its process and in threads, share its channel without taking each other's answers.
// Method: the program on a simulated host; the test is the agent of all actors, with a ledger in memory.
// Seed: 1.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Child } from "../core/spawner.ts";
import { NO_DIRECTORY, Registry } from "../discovery/registry.ts";
import type { ActorInstance } from "../model/instances.ts";
import { serveLedger } from "../node/ledger-bridge.ts";
import { Simulation } from "../sim/simulation.ts";
import { actorProgram } from "./actor-program.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";
import { FakeLedger, tinyActor, tinyApplication } from "./tiny-app.contract.ts";

class Crew {
  readonly journal: string[] = [];
  readonly told: Addressed<ToAgent>[] = [];
  readonly ledger = new FakeLedger();
  readonly sim: Simulation;
  readonly child: Child;

  constructor(...actors: readonly ActorInstance[]) {
    const load = (): Promise<ReturnType<typeof tinyApplication>> =>
      Promise.resolve(tinyApplication(this.journal));
    this.sim = new Simulation({ seed: 1, programs: { actor: actorProgram(load) } });
    const options: CrewOptions = { actors };
    this.child = this.sim.host("b").start({ program: "actor", name: "b/crew", options });
    const registry = new Registry(NO_DIRECTORY);
    const ledgers = new Map(
      actors.map(({ instanceName }) => {
        const ledgerCalls = serveLedger({
          ledger: this.ledger,
          send: (message) => this.send(instanceName, message),
          log: { write: () => undefined },
          signal: new AbortController().signal,
        });
        return [instanceName, ledgerCalls] as const;
      }),
    );
    this.child.channel.receive((raw) => {
      const { actor, message } = raw as Addressed<ToAgent>;
      this.told.push({ actor, message });
      if (message.kind === "provide") registry.provide(actor, message);
      else if (message.kind === "require") {
        const { port, key } = message;
        registry.require(key, (endpoints) => this.send(actor, { kind: "peers", port, endpoints }));
      } else if (
        message.kind === "ledger" ||
        message.kind === "follow" ||
        message.kind === "event-done"
      )
        ledgers.get(actor)?.(message);
    });
  }

  send(actor: string, message: ToActor): void {
    this.child.channel.send({ actor, message } satisfies Addressed<ToActor>);
  }

  async exit(): Promise<string> {
    const { kind, reason } = await this.child.exited;
    return `${kind} ${reason.split("\n")[0]}`;
  }
}

/** The actor with its component twice, the second time in a thread, where the board may hold it up. */
function doubled(actor: ActorInstance): ActorInstance {
  const [component] = actor.components;
  assert(component);
  return { ...actor, components: [component, { ...component, name: "twin", inWorker: true }] };
}

describe("a crew", () => {
  it("of two actors: they talk, and each tells for itself", async () => {
    const crew = new Crew(tinyActor("Sender as one"), tinyActor("Receiver as two"));
    await crew.sim.runFor(2500);
    assert(crew.journal.some((line) => /^two\/sink \d+ \d+$/.test(line)));
    const active = crew.told.filter(({ message }) => message.kind === "active");
    assert.deepEqual(active.map(({ actor }) => actor).sort(), ["one", "two"]);
    crew.child.stop();
    await crew.sim.runFor(1000);
    assert.equal(await crew.exit(), "stopped asked to stop");
    for (const line of ["source inactive", "sink inactive"]) assert(crew.journal.includes(line));
  });

  it("ends with the first of its actors that fails", async () => {
    const crew = new Crew(tinyActor("Sender(failAt = 2) as one"), tinyActor("Receiver as two"));
    await crew.sim.runFor(5000);
    assert.equal(await crew.exit(), "failed Error: failed as told");
    const last = crew.journal.at(-1);
    await crew.sim.runFor(5000);
    assert.equal(crew.journal.at(-1), last);
  });
});

describe("components that share an actor's channel", () => {
  it("get each its own answers of the ledger", async () => {
    const crew = new Crew(doubled(tinyActor(`Keeper(what = "all") as anna`)));
    await crew.sim.runFor(2000);
    const twice = (line: string): number => crew.journal.filter((each) => each === line).length;
    for (const line of ["accepted by 0xaa", "total 5", "signed 65 accepted"])
      assert.equal(twice(line), 2, line);
    const ids = crew.told.flatMap(({ message }) => {
      if (message.kind === "ledger") return [message.callId];
      return message.kind === "follow" ? [message.readerId] : [];
    });
    assert.equal(new Set(ids).size, ids.length, `numbers are used once: ${ids.join()}`);
  });

  it("get each every event once, and acknowledge it for themselves", async () => {
    const crew = new Crew(doubled(tinyActor(`Keeper(what = "events") as anna`)));
    await crew.sim.runFor(100);
    for (const value of [1, 2, 3]) crew.ledger.emit(value);
    await crew.sim.runFor(100);
    for (const value of [1, 2, 3])
      assert.equal(crew.journal.filter((line) => line === `end ${value}`).length, 2);
    const done = crew.told.filter(({ message }) => message.kind === "event-done");
    assert.equal(done.length, 6);
    assert.deepEqual(
      crew.ledger.delivered.toSorted((one, other) => one - other),
      [1, 1, 2, 2, 3, 3],
    );
  });
});

describe("a component in a thread whose actor outlives its agent", () => {
  it("is told of to the next agent, and what it waits for is asked again, under the same numbers", async () => {
    const journal: string[] = [];
    const sim = new Simulation({
      ...{ seed: 1 },
      programs: { actor: actorProgram(() => Promise.resolve(tinyApplication(journal))) },
    });
    const told: ToAgent[] = [];
    let say: (message: ToActor) => void = () => undefined;
    let renew = (): void => undefined;
    const actor = tinyActor(`Keeper(what = "all") as anna`);
    const inWorker = actor.components.map((each) => ({ ...each, inWorker: true }));
    const main = actorProgram(() => Promise.resolve(tinyApplication(journal)));
    void main(
      sim.host("b").openWorld("w"),
      { actors: [{ ...actor, components: inWorker }] } satisfies CrewOptions,
      {
        send: (raw) => void told.push((raw as Addressed<ToAgent>).message),
        receive: (receiver) => {
          say = (message) => receiver({ actor: "anna", message });
        },
        renewed: (listener) => {
          renew = listener;
        },
      },
      new AbortController().signal,
    );
    await sim.runFor(10);
    const [provided, open] = told.splice(0);
    assert(provided?.kind === "provide" && open?.kind === "ledger");
    renew();
    assert.deepEqual(told.splice(0), [provided, open]);
    say({ kind: "ledger-result", callId: open.callId, value: "0xaa" });
    await sim.runFor(10);
    const asked = told.splice(0);
    const kinds = asked.map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, ["active", "follow", "ledger"]);
    renew();
    const again = told.splice(0);
    assert.deepEqual(again.map(({ kind }) => kind).sort(), [
      "active",
      "follow",
      "ledger",
      "provide",
    ]);
    for (const message of asked) assert(again.some((each) => isDeepStrictEqual(each, message)));
    sim.host("b").powerOff();
  });
});
