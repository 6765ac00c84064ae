// Goal: actors, components and inner threads behave in real processes and threads as they do in a
// simulation; nothing that application code does takes the agent down; logical time works through threads.
// Method: a device's application loaded from its module; the test is the agent, with a real world.
// Seed: none.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setEnvironmentData } from "node:worker_threads";
import {
  Ask,
  Crunch,
  GATE,
  labActor,
  ORDERS,
  Told,
} from "../../agent/actor/device-app.contract.ts";
import type { Addressed, CrewOptions, ToAgent } from "../../agent/actor/protocol.ts";
import type { SnapshotOptions } from "../../agent/actor/snapshot-keeper.ts";
import { asked } from "../../agent/core/run-in-world.contract.ts";
import type { Child, Exit, ProgramCall } from "../../agent/core/spawner.ts";
import type { Report } from "../../agent/logical-time/report.ts";
import type { MessageType } from "../../agent/message/message-type.ts";
import { type ProcessWorld, type ProcessWorldOptions, processWorld } from "./process-world.ts";

const CODE_URL = new URL("../../agent/actor/device-app.contract.js", import.meta.url).href;
const START_UTC_US = 1_800_000_000_000_000;
const ANSWER_MS_MAX = 20_000;

interface Started {
  /** Where the test runs it: as a process, or in a thread of the test's. */
  readonly in?: ProgramCall["in"];
  /** Which components run in threads of their own. */
  readonly workers?: readonly string[];
  readonly snapshots?: SnapshotOptions;
  readonly user?: string;
}

/** One actor whose agent is the test. */
class Actor {
  readonly child: Child;
  readonly told: ToAgent[] = [];
  readonly active: Promise<void>;
  readonly #wire: ProcessWorld["world"]["wire"];

  constructor({ world }: ProcessWorld, line: string, started: Started = {}) {
    this.#wire = world.wire;
    const instance = labActor(line);
    const components = instance.components.map((each) => {
      return { ...each, inWorker: started.workers?.includes(each.name) ?? false };
    });
    this.child = world.spawner.spawn({
      ...{ in: started.in ?? "process", program: "actor", name: "b/Actor" },
      ...(started.user === undefined ? {} : { runAs: { user: started.user } }),
      options: {
        ...{ actors: [{ ...instance, components }], codeUrl: CODE_URL },
        snapshots: started.snapshots ?? {},
      } satisfies CrewOptions,
    });
    this.active = new Promise((resolve, reject) => {
      this.child.channel.receive((raw) => {
        const { message } = raw as Addressed<ToAgent>;
        this.told.push(message);
        if (message.kind === "active") resolve();
      });
      void this.child.exited.then(({ reason }) => reject(new Error(reason)));
    });
    // An actor may end before anybody waits for it.
    this.active.catch(() => undefined);
  }

  /** What the server of this request type answers; undefined when it does not. */
  async ask(type: MessageType<{ number: number }>, number: number): Promise<number | undefined> {
    await this.active;
    const provided = this.told.find(
      (message) => message.kind === "provide" && message.key.includes(`${type.name}:`),
    );
    assert(provided?.kind === "provide");
    await using client = this.#wire.client(provided.endpoint);
    const ended = this.child.exited.then(() => undefined);
    const pending = asked(client, type.encode({ number }), ANSWER_MS_MAX);
    const reply = await Promise.race([pending, ended]);
    return reply && Told.decode(reply)?.number;
  }

  async stop(): Promise<Exit> {
    this.child.stop();
    return this.child.exited;
  }
}

async function inLab(
  work: (own: ProcessWorld, dataFolder: string) => Promise<void>,
  logicalUtcUs?: number,
): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), "hedgerow-threads-"));
  const options: ProcessWorldOptions = {
    ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255" },
    ...{ dataFolder, assetsFolder: dataFolder, levelMin: "error", logicalUtcUs },
  };
  try {
    // Other users have to come through to their own folders.
    chmodSync(dataFolder, 0o755);
    await work(processWorld("b", options), dataFolder);
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

describe("actors in real processes and threads", function () {
  this.timeout(60_000);

  it("a component that computes in a thread holds up nobody", () =>
    inLab(async (own) => {
      const gate = new Int32Array(new SharedArrayBuffer(8));
      setEnvironmentData(GATE, gate);
      const actor = new Actor(own, "Crunching", { in: "thread", workers: ["cruncher"] });
      let crunched: number | undefined;
      const crunching = actor.ask(Crunch, 1).then((number) => (crunched = number));
      // Each answer comes from the meter, beside the computing one.
      while (Atomics.load(gate, 0) === 0) assert((await actor.ask(Ask, 0)) !== undefined);
      for (let count = 0; count < 10; count += 1) assert((await actor.ask(Ask, 0)) !== undefined);
      assert.equal(crunched, undefined);
      Atomics.store(gate, 1, 1);
      await crunching;
      assert.equal(typeof crunched, "number");
      assert.equal((await actor.stop()).kind, "stopped");
    }));

  for (const kind of ["process", "thread"] as const)
    it(`a device's threads answer, in an actor's ${kind}`, () =>
      inLab(async (own) => {
        const actor = new Actor(own, "Metering", { in: kind });
        assert(((await actor.ask(Ask, 7)) ?? 0) <= 2);
        // The first order, at activation, and this one come back.
        while ((await actor.ask(Ask, 0)) !== 2);
        assert.deepEqual(await actor.stop(), { kind: "stopped", reason: "asked to stop" });
      }));

  it("a killed process leaves what it kept last, and so does a thread of it", () =>
    inLab(async (own) => {
      const snapshots = { intervalMs: 0, handledMax: 1, pauseMs: 0 };
      let least = 0;
      for (const workers of [[], ["meter"], []]) {
        const actor = new Actor(own, `Metering(mode = "keep")`, { workers, snapshots });
        const restored = (await actor.ask(Ask, 0)) ?? 0;
        assert(restored >= least, `${restored} restored, ${least} kept`);
        // One sample comes with the activation, and each time one more is ordered.
        await actor.ask(Ask, 7);
        while (((await actor.ask(Ask, 0)) ?? 0) < least + 2);
        // What was handled before this answer has been kept.
        least = (await actor.ask(Ask, 0)) ?? 0;
        actor.child.kill();
        assert.equal((await actor.child.exited).kind, "killed");
      }
      assert(least >= 6);
    }));

  it("an actor of another user keeps its state where that user may write", async function () {
    if (process.getuid?.() !== 0) {
      process.stderr.write("skipped: needs root\n");
      this.skip();
    }
    await inLab(async (own, dataFolder) => {
      for (const least of [0, 1]) {
        const actor = new Actor(own, `Metering(mode = "keep")`, { user: "nobody" });
        assert(((await actor.ask(Ask, 0)) ?? 0) >= least);
        while (((await actor.ask(Ask, 0)) ?? 0) <= least);
        assert.equal((await actor.stop()).kind, "stopped");
      }
      const uid = statSync(join(dataFolder, "b")).uid;
      assert.equal(uid, 0);
      const state = "state-Metering-meter.sqlite";
      assert(!existsSync(join(dataFolder, "b", state)));
      const { uid: owner } = statSync(join(dataFolder, "b", "as-65534", state));
      assert.equal(owner, 65_534);
    });
  });

  const failures: readonly [string, string, number, RegExp][] = [
    ["a component exits", `Metering(mode = "exit")`, ORDERS.exit, /exit status 3/],
    ["a component forgets", `Metering(mode = "exit")`, ORDERS.forget, /component forgot this/],
    ["an inner thread exits", "Metering", ORDERS.exit, /exit status 3/],
    ["an inner thread forgets", "Metering", ORDERS.forget, /thread forgot this/],
    ["an inner thread throws", "Metering", ORDERS.fail, /thread broke/],
  ];
  for (const [kind, workers] of [
    ["process", []],
    ["thread", ["meter"]],
  ] as const)
    it(`what application code does ends its actor alone: ${kind}, ${workers.length} workers`, () =>
      inLab(async (own) => {
        const bystander = new Actor(own, "Metering as other", { in: kind });
        for (const [what, line, order, reason] of failures) {
          const actor = new Actor(own, line, { in: kind, workers });
          await actor.ask(Ask, order);
          const exit = await actor.child.exited;
          assert.equal(exit.kind, "failed", `${what}: ${exit.kind} ${exit.reason}`);
          assert.match(exit.reason, reason, what);
        }
        assert.notEqual(await bystander.ask(Ask, 0), undefined);
        assert.equal((await bystander.stop()).kind, "stopped");
      }));

  for (const workers of [[], ["meter"]])
    it(`logical time follows an inner thread, ${workers.length} workers`, () =>
      inLab(async (own) => {
        const { time } = own;
        assert(time);
        const actor = new Actor(own, "Metering(periodMs = 250)", { workers });
        let wave = 0;
        let utcUs = START_UTC_US;
        /** Asks until two answers are the same and nothing is on its way. */
        const settled = async (): Promise<Report> => {
          for (let last = ""; ; ) {
            const report = await time.tree.ask(++wave, utcUs);
            const text = JSON.stringify(report);
            if (text === last && report.sentCount === report.receivedCount) return report;
            last = text;
          }
        };
        await actor.active;
        const due = new Set<number>();
        let counted = -1;
        for (let step = 0; step < 6; step += 1) {
          const { nextDueUtcUs, sentCount } = await settled();
          assert(nextDueUtcUs !== undefined);
          due.add((nextDueUtcUs - START_UTC_US) / 1000);
          assert(sentCount > counted, "a sample a step");
          counted = sentCount;
          utcUs = nextDueUtcUs;
        }
        assert.deepEqual([...due], [250, 500, 750, 1000, 1250, 1500]);
        assert.equal((await actor.stop()).kind, "stopped");
      }, START_UTC_US));
});
