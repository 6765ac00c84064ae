// Goal: what a component keeps is there for its next incarnation, whole and of one moment, however the
// last one ended; what cannot be used is ignored; a card is written to only when there is something new.
// Method: a component that counts, on a simulated host that may be killed between any two events.
// Seed: 1 to 20; 1 where none is named.
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type Application, component } from "../component/define.ts";
import { textOption } from "../component/options.ts";
import { tim } from "../component/ports.ts";
import { bytes } from "../core/run-in-world.contract.ts";
import type { Child } from "../core/spawner.ts";
import type { ActorInstance, ComponentInstance, TimerPortInstance } from "../model/instances.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { Simulation } from "../sim/simulation.ts";
import { actorProgram } from "./actor-program.ts";
import type { CrewOptions } from "./protocol.ts";
import type { SnapshotOptions } from "./snapshot-keeper.ts";
import { decodeState, encodeState, STATE_BYTES_MAX } from "./state-record.ts";
import { tinyActor } from "./tiny-app.contract.ts";

const DATABASE = "state-anna-2e-1-tally";
const LARGE = 10n ** 30n;

/** An actor with one component called tally that counts ten times a second; what it does is its mode. */
function tallyActor(mode: string, inWorker: boolean): ActorInstance {
  const actor = tinyActor("Keeper as anna");
  const beat: TimerPortInstance = {
    ...{ kind: "timer", name: "beat", index: 1 },
    ...{ periodMs: 100, withinMs: null, queue: null },
  };
  const tally: ComponentInstance = {
    ...actor.components[0]!,
    ...{ name: "tally", componentType: "Tally", parameters: { mode } },
    ...{ inWorker, ports: [beat] },
  };
  return { ...actor, instanceName: "anna.1", components: [tally] };
}

interface State {
  readonly count: number;
  readonly square: number;
  readonly large: bigint;
}

function tallyApplication(journal: string[]): Application {
  const tally = component({
    name: "Tally",
    ports: { beat: tim() },
    options: (parameters) => textOption(parameters, "mode"),
    setup(_context, mode) {
      // Two numbers that agree between handlers only.
      let count = 0;
      let square = 0;
      const snapshot = (): unknown => {
        if (mode === "function") return { snapshot };
        if (mode === "large") return new Uint8Array(STATE_BYTES_MAX);
        if (mode === "constant") return [1, "one", { yes: true, none: null, raw: bytes(1, 2) }];
        return { count, square, large: LARGE } satisfies State;
      };
      return {
        handleActivate: () => void journal.push(`active ${count}`),
        handleDeactivate: () => void journal.push(`inactive ${count}`),
        async on_beat() {
          count += 1;
          await Promise.resolve();
          square = count ** 2;
        },
        ...(mode === "none" ? {} : { snapshot }),
        restore(state: unknown) {
          if (mode === "refuses") throw new Error("cannot take it");
          const kept = state as State;
          if (mode === "constant") return;
          assert.equal(kept.square, kept.count ** 2, "a state of one moment");
          assert.equal(kept.large, LARGE);
          ({ count, square } = kept);
        },
      };
    },
  });
  return { name: "Tiny", components: { Tally: tally } };
}

class Board {
  readonly journal: string[] = [];
  readonly lines: string[] = [];
  readonly sim: Simulation;
  readonly #inWorker: boolean;

  constructor(inWorker = false, seed = 1) {
    this.#inWorker = inWorker;
    const application = tallyApplication(this.journal);
    this.sim = new Simulation({
      ...{ seed, onRecord: (text: string) => void this.lines.push(text) },
      programs: { actor: actorProgram(() => Promise.resolve(application)) },
    });
  }

  start(mode = "", snapshots: SnapshotOptions = {}): Child {
    const options: CrewOptions = { actors: [tallyActor(mode, this.#inWorker)], snapshots };
    return this.sim.host("b").start({ program: "actor", name: "b/anna", options });
  }

  /** Runs one incarnation and stops it in order; returns what it said first and last. */
  async live(mode: string, durationMs: number): Promise<readonly [string, string]> {
    // Between two ticks of the component's timer.
    await this.sim.runUntil(Math.ceil(this.sim.utcUs / 1e5) * 1e5 + 50_000);
    const child = this.start(mode);
    const from = this.journal.length;
    await this.sim.runFor(durationMs);
    child.stop();
    await this.sim.runFor(1000);
    const { kind, reason } = await child.exited;
    assert.equal(kind, "stopped", reason);
    return [this.journal[from] ?? "", this.journal.at(-1) ?? ""];
  }

  async spoil(value: Uint8Array): Promise<void> {
    await using database = await this.sim.host("b").openWorld("w").store.open(DATABASE);
    database.transact((writer) => writer.put("state", bytes(1), value));
  }

  get transactionCount(): number {
    return this.sim.counters["transactions"] ?? 0;
  }
}

for (const inWorker of [false, true])
  describe(`snapshots of a component in ${inWorker ? "a thread" : "its actor's process"}`, () => {
    it("are taken at an orderly stop and given back before the component is active", async () => {
      const board = new Board(inWorker);
      assert.deepEqual(await board.live("", 1000), ["active 0", "inactive 10"]);
      assert.deepEqual(await board.live("", 0), ["active 10", "inactive 10"]);
      assert.deepEqual(await board.live("", 500), ["active 10", "inactive 15"]);
    });

    it("of a killed one are the last that were due, and of one moment", async () => {
      const snapshots = { intervalMs: 1000, pauseMs: 300, handledMax: 5 };
      for (let seed = 1; seed <= 20; seed += 1) {
        const board = new Board(inWorker, seed);
        const random = new SeededRandom(`kills ${seed}`);
        let counted = 0;
        for (let round = 0; round < 3; round += 1) {
          const child = board.start("", snapshots);
          const ticksFrom = board.sim.utcUs;
          await board.sim.runFor(5 + 3000 * random.next());
          await board.sim.step(Math.floor(random.next() * 5));
          child.kill();
          await board.sim.runFor(1);
          const restored = Number(board.journal.at(-1)?.split(" ")[1]);
          const ticks = Math.floor(board.sim.utcUs / 1e5) - Math.floor(ticksFrom / 1e5);
          assert(restored <= counted, `seed ${seed}`);
          assert(restored >= counted - 6, `seed ${seed}: ${counted} counted, ${restored} restored`);
          counted = restored + ticks;
        }
      }
    });
  });

describe("snapshots", () => {
  it("are written only when they differ, and only after something was handled", async () => {
    const board = new Board();
    board.start("constant", { intervalMs: 1000 });
    await board.sim.runFor(30_000);
    assert.equal(board.transactionCount, 1);
  });

  it("are taken once an interval, sooner after many handlers, but never without a pause", async () => {
    const writes = async (options: SnapshotOptions): Promise<number> => {
      const board = new Board();
      board.start("", options);
      await board.sim.runFor(60_050);
      return board.transactionCount;
    };
    // Ten handlers a second; the interval counts from the first one after a snapshot.
    assert.equal(await writes({ intervalMs: 9900 }), 6);
    assert.equal(await writes({ intervalMs: 60_000, handledMax: 100, pauseMs: 0 }), 6);
    assert.equal(await writes({ intervalMs: 60_000, handledMax: 1, pauseMs: 15_000 }), 4);
    assert.equal(await writes({}), 0);
  });

  it("open no database for a component that keeps nothing", async () => {
    const board = new Board();
    await board.live("none", 500);
    assert.deepEqual([...board.sim.host("b").disk.databases.keys()], []);
  });

  const spoiled: readonly [string, Uint8Array, RegExp][] = [
    ["foreign", bytes(), /foreign/],
    ["foreign", bytes(1, 2, 3, 4, 5, 6, 7, 8), /foreign/],
    ["damaged", encodeState("Tally", { count: 7 }).with(-1, 255), /damaged/],
    ["of another component", encodeState("Other", { count: 7 }), /of another component/],
  ];
  for (const [what, value, why] of spoiled)
    it(`that are ${what} (${value.length} bytes) are logged and ignored`, async () => {
      const board = new Board();
      await board.live("", 500);
      await board.spoil(value);
      assert.deepEqual(await board.live("", 500), ["active 0", "inactive 5"]);
      assert.match(board.lines.find((line) => line.includes("state-ignored")) ?? "", why);
      assert.deepEqual(await board.live("", 0), ["active 5", "inactive 5"]);
    });

  it("that the component does not take fail it once", async () => {
    const board = new Board();
    await board.live("", 500);
    const child = board.start("refuses");
    await board.sim.runFor(100);
    const { kind, reason } = await child.exited;
    assert.equal(kind, "failed");
    assert.match(reason, /cannot take it/);
    assert.deepEqual((await board.live("refuses", 200))[0], "active 0");
  });

  for (const [mode, fault] of [
    ["function", /STATE_INVALID.*snapshot: a function/],
    ["large", /STATE_INVALID.*at most 1048576/],
  ] as const)
    it(`that cannot be kept are a fault of the component: ${mode}`, async () => {
      const board = new Board();
      const child = board.start(mode, { intervalMs: 100, pauseMs: 0 });
      await board.sim.runFor(1000);
      assert.match((await child.exited).reason, fault);
    });

  it("that the disk refuses are logged, and the component goes on", async () => {
    const board = new Board();
    board.sim.host("b").disk.writeFault = () => "fail";
    assert.deepEqual(await board.live("", 500), ["active 0", "inactive 5"]);
    assert(board.lines.some((line) => line.includes("state-not-kept")));
  });
});

describe("a kept state", () => {
  it("comes back as it was", () => {
    const data = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.bigInt(),
        fc.string(),
        fc.uint8Array(),
        fc.array(tie("value"), { maxLength: 5 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 5 }),
      ),
    })).value;
    fc.assert(
      fc.property(data, (state) => {
        const decoded = decodeState("T", encodeState("T", state));
        assert(decoded.kind === "state");
        assert.deepEqual(plain(decoded.state), plain(state));
      }),
    );
  });

  it("is not taken for another when any of its bytes is another", () => {
    const kept = encodeState("Tally", { count: 7, large: LARGE });
    const change = fc.record({
      at: fc.nat(kept.length - 1),
      value: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(change, ({ at, value }) => {
        const changed = kept.with(at, (kept[at] ?? 0) ^ value);
        assert.equal(decodeState("Tally", changed).kind, "unusable");
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (noise) => {
        assert.equal(decodeState("Tally", noise).kind, "unusable");
      }),
    );
  });

  it("has to be plain data", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const [state, fault] of [
      [{ prices: [1, () => 1] }, /prices\.1: a function/],
      [new Map(), /of the class Map/],
      [{ at: new Date(0) }, /at: of the class Date/],
      [Symbol("s"), /a symbol/],
      [circle, /deeper than 100/],
    ] as const)
      assert.throws(() => encodeState("T", state), fault);
  });
});

/** Records without prototypes or with, and bytes of any class, are one and the same. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, each]) => [key, plain(each)]);
}
