// Goal: an actor that stays beyond a limit of its model is told, ended for that reason, and started again as after
//       any death; what it sends beyond its ceiling does not leave; actors without limits are not watched.
// Method: agents and actors of a tiny application in the simulator; the test says what programs use.
// Seed: 1.
import assert from "node:assert/strict";
import { actorProgram } from "../actor/actor-program.ts";
import { tinyApplication, tinyTexts } from "../actor/tiny-app.contract.ts";
import type { Child, ProgramCall } from "../core/spawner.ts";
import { Simulation } from "../sim/simulation.ts";
import type { NodeMessage } from "./node-options.ts";
import { nodeProgram } from "./node-program.ts";

const MIB = 1024 ** 2;

/** Board a with the actors s and r, of which s has these limits. */
class LimitedBoard {
  readonly told: NodeMessage[] = [];
  readonly lines: string[] = [];
  readonly journal: string[] = [];
  readonly calls: ProgramCall[] = [];
  readonly sim: Simulation;
  readonly exited: Child["exited"];

  constructor(limits: string) {
    const application = tinyApplication(this.journal);
    const node = nodeProgram(() => Promise.reject(new Error("no ledger")));
    this.sim = new Simulation({
      seed: 1,
      programs: {
        actor: actorProgram(() => Promise.resolve(application)),
        node: (world, options, parent, signal) => {
          const { spawner } = world;
          const spying = {
            survivors: () => spawner.survivors(),
            spawn: (call: ProgramCall) => {
              this.calls.push(call);
              return spawner.spawn(call);
            },
          };
          return node({ ...world, spawner: spying }, options, parent, signal);
        },
      },
      onRecord: (line) => this.lines.push(line),
    });
    const texts = tinyTexts("on (a) Sender as s, Receiver as r;");
    const head = "actor Sender(failAt = 0) {";
    assert(texts.modelText.includes(head));
    const modelText = texts.modelText.replace(head, `${head} uses { ${limits} }`);
    const application_ = { ...texts, modelText };
    const options = { board: "a", cluster: "c", beaconUdpPort: 7, application: application_ };
    const child = this.sim.host("a").start({ program: "node", name: "a", options });
    this.exited = child.exited;
    child.channel.receive((message) => this.told.push(message as NodeMessage));
  }

  /** What was told of s. */
  get story(): readonly string[] {
    return this.told.flatMap((message) => {
      if (!("actor" in message) || message.actor !== "s") return [];
      if (message.kind === "actor-limit") return [`${message.resource} ${message.stage}`];
      return message.kind === "actor-ended" ? [message.reason] : [message.kind];
    });
  }

  logged(event: string): number {
    return this.lines.filter((line) => line.includes(event)).length;
  }
}

describe("limits of actors", function () {
  this.timeout(30_000);

  it("an actor beyond its memory is warned, told, ended for it, and started again", async () => {
    const board = new LimitedBoard("mem 100 mb;");
    const { loads } = board.sim.host("a");
    await board.sim.runFor(3000);
    loads.set("a/s", { memoryBytes: 90 * MIB });
    await board.sim.runFor(3000);
    loads.set("a/s", { memoryBytes: 101 * MIB });
    await board.sim.runFor(4000);
    const begin = ["actor-started", "actor-active", "memory warning", "memory exceeded"];
    assert.deepEqual(board.story, begin);
    await board.sim.runWhile(() => !board.story.includes("memory stop"));
    loads.set("a/s", {});
    await board.sim.runFor(10_000);
    assert.deepEqual(board.story, [
      ...begin,
      "memory stop",
      "stopped by limit: memory",
      "actor-started",
      "actor-active",
    ]);
    assert.equal(board.logged("limits-set"), 2);
    const reasons = board.told.filter((each) => each.kind === "actor-ended");
    assert.equal(reasons.length, 1);
  });

  it("a size without a unit is an error of the model, and never an actor without a limit", async () => {
    for (const limit of ["mem 200;", "space 10;"]) {
      const board = new LimitedBoard(limit);
      await board.sim.runToIdle(1000);
      assert.match((await board.exited).reason, /MODEL_INVALID.*tiny\.riaps:\d+:\d+: error: /s);
      assert.deepEqual(board.calls, []);
    }
  });

  it("the heap of its process is bounded by its memory; that of others is not", async () => {
    const board = new LimitedBoard("mem 100 mb;");
    await board.sim.runFor(1000);
    assert.deepEqual(
      board.calls.map(({ name, memoryBytesMax }) => [name, memoryBytesMax]),
      [
        ["a/s", 100 * MIB],
        ["a/r", undefined],
      ],
    );
  });

  it("what a system does not hold is logged once", async () => {
    const board = new LimitedBoard("cpu max 50 % over 2 sec;");
    const { loads } = board.sim.host("a");
    loads.warnings = ["cpu limits are watched and not held"];
    loads.set("a/s", { cpuPercent: 60 });
    await board.sim.runFor(12_000);
    assert.deepEqual(board.story.slice(0, 5), [
      "actor-started",
      "actor-active",
      "cpu exceeded",
      "cpu stop",
      "stopped by limit: cpu",
    ]);
    assert.equal(board.logged("limits-not-held"), 1);
  });

  it("frames beyond the ceiling do not leave, and an actor that goes on so is ended", async () => {
    const sending = new LimitedBoard("net rate 100 kbps;");
    await sending.sim.runFor(8000);
    const heardCount = sending.journal.length;
    assert(heardCount > 5);
    assert.deepEqual(sending.story, ["actor-started", "actor-active"]);

    const board = new LimitedBoard("net rate 0.001 kbps;");
    await board.sim.runFor(8000);
    assert(board.journal.length < heardCount / 2, `${board.journal.length} of ${heardCount}`);
    await board.sim.runFor(5000);
    assert.deepEqual(board.story.slice(2, 5), [
      "network exceeded",
      "network stop",
      "stopped by limit: network",
    ]);
  });
});
