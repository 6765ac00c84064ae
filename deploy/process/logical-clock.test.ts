// Goal: one interface drives the time of processes and of the simulator: pause, steps from outside, speed; whoever is told
// that an instant is reached finds its work done, and nobody sees time pass while there is work.
// Method: the same claims on both bodies, with work at instants that makes more work; real time is the test's own.
// Seed: 1 for the simulation.
import assert from "node:assert/strict";
import type { Clock } from "../../agent/core/clock.ts";
import { never } from "../../agent/core/run-in-world.contract.ts";
import { CountedActivity } from "../../agent/io/counted-activity.ts";
import { SteppedClock } from "../../agent/io/stepped-clock.ts";
import {
  LogicalClock,
  type LogicalClockOptions,
  type Steps,
} from "../../agent/logical-time/logical-clock.ts";
import { TimeTree } from "../../agent/logical-time/time-tree.ts";
import { treeSteps } from "../../agent/logical-time/tree-steps.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { simulationSteps } from "./simulation-steps.ts";

const START = 1_800_000_000_000_000;
const END = START + 1_000_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Something whose time is driven, and work in it: each piece makes a second one at its instant. */
interface Body {
  readonly steps: Steps;
  readonly plan: (dueUtcUs: number) => void;
  /** Instants after START of all work that is done, halves counted one by one. */
  readonly done: number[];
}

function treeBody(): Body {
  const clock = new SteppedClock(START);
  const activity = new CountedActivity(() => tree.changed());
  const tree = new TimeTree({ clock, activity, settle: turn });
  const done: number[] = [];
  const plan = async (dueUtcUs: number): Promise<void> => {
    await clock.sleepUntilUtc(dueUtcUs, never);
    for (let half = 0; half < 2; half += 1) {
      activity.begin();
      await turn();
      assert.equal(clock.utcUs(), dueUtcUs, "time went on before the work was done");
      done.push(clock.utcUs() - START);
      activity.end();
    }
  };
  return {
    steps: treeSteps(tree, { monotonicMs: () => 0 }, START),
    plan: (dueUtcUs) => void plan(dueUtcUs),
    done,
  };
}

function simulationBody(): Body {
  const sim = new Simulation({ seed: 1, startUtcUs: START });
  const { clock } = sim.host("a").openWorld("p");
  const done: number[] = [];
  const plan = async (dueUtcUs: number): Promise<void> => {
    await clock.sleepUntilUtc(dueUtcUs, never);
    for (let half = 0; half < 2; half += 1) {
      done.push(clock.utcUs() - START);
      await clock.sleep(0, never);
    }
  };
  return { steps: simulationSteps(sim), plan: (dueUtcUs) => void plan(dueUtcUs), done };
}

/** Real time of which a test disposes: a sleep lasts as long as it says, at once. */
class OwnTime implements Pick<Clock, "monotonicMs" | "sleep"> {
  nowMs = 0;
  monotonicMs(): number {
    return this.nowMs;
  }
  async sleep(durationMs: number): Promise<void> {
    await turn();
    this.nowMs += durationMs;
  }
}

for (const [name, make] of [
  ["processes", treeBody],
  ["simulation", simulationBody],
] as const)
  describe(`logical clock of ${name}`, () => {
    const begin = (
      options: Partial<LogicalClockOptions> = {},
      real: Pick<Clock, "monotonicMs" | "sleep"> = new OwnTime(),
    ): Body & { readonly clock: LogicalClock; readonly instants: number[] } => {
      const body = make();
      for (const afterUs of [10, 20, 20, 30_000]) body.plan(START + afterUs);
      const instants: number[] = [];
      const advanced = (utcUs: number): void => void instants.push(utcUs - START);
      const all = { endUtcUs: END, advanced, ...options };
      return { ...body, instants, clock: new LogicalClock(body.steps, real, all) };
    };

    it("does all work in order, as fast as it can, and ends when nobody waits", async () => {
      const { clock, done, instants } = begin();
      assert.equal(await clock.run(never), START + 30_000);
      assert.deepEqual(done, [10, 10, 20, 20, 20, 20, 30_000, 30_000]);
      assert.deepEqual([...new Set(instants)], [10, 20, 30_000]);
    });

    it("goes no further than its end, and stands there", async () => {
      const { clock, done } = begin({ endUtcUs: START + 25 });
      assert.equal(await clock.run(never), START + 25);
      assert.equal(clock.utcUs, START + 25);
      assert.equal(done.length, 6);
    });

    it("stands until it is told, goes exactly as far as it is told, and then on", async () => {
      const { clock, done, steps } = begin({ isPaused: true });
      const running = clock.run(never);
      for (let each = 0; each < 20; each += 1) await turn();
      assert.deepEqual([done.length, steps.utcUs], [0, START]);
      assert.equal(await clock.advanceTo(START + 20), START + 20);
      assert.deepEqual(done, [10, 10, 20, 20, 20, 20]);
      // Nobody waits for this instant: it is reached all the same.
      assert.equal(await clock.advanceTo(START + 25), START + 25);
      assert.deepEqual([done.length, steps.utcUs, clock.isPaused], [6, START + 25, true]);
      assert.throws(() => clock.advanceTo(START + 24), { code: "TIME_ADVANCE_BACK" });
      assert.throws(() => clock.advanceTo(Number.NaN), { code: "TIME_ADVANCE_BACK" });
      clock.resume();
      assert.equal(await running, START + 30_000);
      assert.equal(done.length, 8);
      assert.equal(await clock.advanceTo(END), START + 30_000, "it is over");
    });

    it("takes the steps of another simulator, and answers each when its work is done", async () => {
      const stop = new AbortController();
      const { clock, done, plan } = begin({ isPaused: true });
      const running = clock.run(stop.signal);
      const seen: number[] = [];
      for (let step = 7; step <= 49; step += 7) {
        // The other one has computed its step, and what it found is due right then.
        plan(START + step);
        assert.equal(await clock.advanceTo(START + step), START + step);
        assert.ok(done.every((instant) => instant <= step));
        seen.push(done.filter((instant) => instant === step).length);
      }
      assert.deepEqual(seen, [2, 2, 2, 2, 2, 2, 2]);
      assert.equal(done.length, 20);
      const far = clock.advanceTo(END + 1);
      stop.abort();
      await running;
      assert.ok((await far) <= END);
    });

    it("keeps to a speed, and to another one that it is given on the way", async () => {
      const real = new OwnTime();
      const { clock } = begin({ speed: 0.001 }, real);
      const { nowMs } = real;
      const running = clock.run(never);
      while (clock.utcUs < START + 20) await turn();
      // 20 µs at a thousandth.
      assert.ok(Math.abs(real.nowMs - nowMs - 20) < 1e-6, String(real.nowMs));
      clock.setSpeed(2);
      const beforeMs = real.nowMs;
      await running;
      // A sleep that was under way ends as soon as the speed is another one; this real time knows no such end.
      assert.ok(real.nowMs - beforeMs >= (30_000 - 20) / 1_000 / 2 - 1e-6);
      assert.equal(clock.speed, 2);
      for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
        assert.throws(() => clock.setSpeed(speed), { code: "TIME_SPEED_INVALID" });
    });

    it("a pause ends a wait, and a step goes on without it", async () => {
      // Real time that stands: a wait ends only by what the clock is told.
      const stands = {
        monotonicMs: () => 0,
        sleep: (_ms: number, signal: AbortSignal) =>
          new Promise<void>((resolve) => {
            if (signal.aborted) resolve();
            signal.addEventListener("abort", () => resolve(), { once: true });
          }),
      };
      const { clock, done } = begin({ speed: 1 }, stands);
      const stop = new AbortController();
      const running = clock.run(stop.signal);
      for (let each = 0; each < 20; each += 1) await turn();
      assert.deepEqual(done, []);
      assert.equal(await clock.advanceTo(START + 10), START + 10);
      assert.deepEqual(done, [10, 10]);
      clock.resume();
      for (let each = 0; each < 20; each += 1) await turn();
      assert.deepEqual(done, [10, 10]);
      clock.setSpeed(undefined);
      assert.equal(await running, START + 30_000);
      stop.abort();
    });
  });
