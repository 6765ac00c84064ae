// Goal: what a program uses is judged as the limits say: no warning without cause, none twice, an end only
//       after the grace; no more bytes pass than the ceiling and one burst.
// Method: properties over sequences of readings, each against a plain restatement of the rule.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { LimitedResource, Limits } from "../core/resources.ts";
import { LevelRule, type Stage } from "./level-rule.ts";
import type { UsageSample } from "./limit-judges.ts";
import { LimitRule } from "./limit-rule.ts";
import { RateWindow } from "./rate-window.ts";
import { sharedLimits } from "./shared-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

const nobody: ReadonlySet<LimitedResource> = new Set();

/** The steps of a rule that is told one sample a second, as "second resource step". */
function stepsOf(
  limits: Limits,
  samples: readonly UsageSample[],
  heldByKernel = nobody,
): readonly string[] {
  const rule = new LimitRule(limits, { heldByKernel, graceMs: 5000 });
  return samples.flatMap((sample, second) =>
    rule.told(second * 1000, sample).map(({ resource, step }) => `${second} ${resource} ${step}`),
  );
}

const bytesOf = (...sizes: readonly number[]): UsageSample[] =>
  sizes.map((memoryBytes) => ({ memoryBytes }));
/** Samples of a program that uses so many per cent of a processor, second by second. */
function cpuOf(...percents: readonly number[]): UsageSample[] {
  let cpuMs = 5000;
  return [{ cpuMs }, ...percents.map((percent) => ({ cpuMs: (cpuMs += percent * 10) }))];
}
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

describe("level rule", () => {
  const stage = fc.constantFrom<Stage>("normal", "warning", "exceeded");
  const ORDER: readonly Stage[] = ["normal", "warning", "exceeded"];
  const reading = fc.tuple(stage, stage, fc.nat(3000)).map(([a, b, gapMs]) => {
    const [above, notBelow] = ORDER.indexOf(a) < ORDER.indexOf(b) ? [a, b] : [b, a];
    return { above, notBelow, gapMs };
  });

  it("tells a stage when it begins and never twice; stops once, and only what stayed exceeded for the grace", () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 60 }), (readings) => {
        const rule = new LevelRule(5000);
        let nowMs = 0;
        let stage: Stage = "normal";
        let exceededSinceMs = Infinity;
        let stopCount = 0;
        for (const { above, notBelow, gapMs } of readings) {
          nowMs += gapMs;
          const step = rule.told(nowMs, above, notBelow);
          if (step === "stop") {
            stopCount += 1;
            assert.equal(stage, "exceeded");
            assert(nowMs - exceededSinceMs >= 5000);
          } else if (step !== undefined) {
            assert.notEqual(step, stage);
            stage = step;
            exceededSinceMs = stage === "exceeded" ? nowMs : Infinity;
          } else if (stopCount === 0) assert(nowMs - exceededSinceMs < 5000);
          assert(ORDER.indexOf(stage) >= ORDER.indexOf(above), "worse than it says");
          assert(ORDER.indexOf(stage) <= ORDER.indexOf(notBelow), "better than it says");
          assert.equal(rule.stage, stage);
        }
        assert(stopCount <= 1);
      }),
    );
  });

  it("a reading that trembles at a mark makes one change", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1 }), (isOver) => {
        const rule = new LevelRule(Infinity);
        rule.told(0, "exceeded", "exceeded");
        for (const [index, over] of isOver.entries())
          assert.equal(rule.told(index, over ? "exceeded" : "warning", "exceeded"), undefined);
      }),
    );
  });
});

describe("rate window", () => {
  it("gives the mean over at least the window, and at most that and two readings' gaps and a bit", () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.nat(500)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30_000 }), gaps, (windowMs, steps) => {
        const window = new RateWindow(windowMs);
        const all: { readonly atMs: number; readonly total: number }[] = [];
        let atMs = 0;
        let total = 0;
        for (const [gapMs, growth] of steps) {
          atMs += gapMs;
          total += growth;
          const rate = window.told(atMs, total);
          all.push({ atMs, total });
          assert.equal(rate === undefined, atMs - (all[0]?.atMs ?? 0) < windowMs);
          if (rate === undefined) continue;
          const longestMs = windowMs + windowMs / 64 + 2 * 900;
          const mayBeFrom = all.filter(
            (each) => atMs - each.atMs >= windowMs && atMs - each.atMs <= longestMs,
          );
          assert(
            mayBeFrom.some(
              (each) => Math.abs((total - each.total) / (atMs - each.atMs) - rate) < 1e-9,
            ),
          );
          assert(window.readingCount <= 66);
        }
      }),
    );
  });

  it("a total that falls stands still", () => {
    const window = new RateWindow(100);
    assert.deepEqual(
      [100, 50, 80, 300].map((total, index) => window.told(index * 100, total)),
      [undefined, 0, 0, 2],
    );
  });
});

describe("limit rule", () => {
  const memory = { memory: { bytes: 1000 } };

  it("memory: warns above 80 %, exceeds above the limit, ends it after five seconds of that", () => {
    const samples = bytesOf(800, 801, 1000, 1001, 1001, 1001, 1001, 1001, 1001, 1001, 1001);
    assert.deepEqual(stepsOf(memory, samples), [
      "1 memory warning",
      "3 memory exceeded",
      "8 memory stop",
    ]);
  });

  it("memory: a jump exceeds without a warning before; whoever comes back in time goes on", () => {
    const samples = bytesOf(0, 2000, 2000, 2000, 2000, 949, 949, 700, 699, 2000);
    assert.deepEqual(stepsOf(memory, samples), [
      "1 memory exceeded",
      "5 memory warning",
      "8 memory normal",
      "9 memory exceeded",
    ]);
  });

  it("nothing is said of a program that stays at or under 80 % of all its limits", () => {
    const limits: Limits = {
      cpu: { percent: 50, isHard: true, intervalMs: 3000 },
      memory: { bytes: 1000 },
      space: { bytes: 1000 },
      network: { rateBytesPerS: 1000, ceilBytesPerS: null, burstBytes: null },
    };
    const sample = fc.record({ cpu: fc.nat(40), memory: fc.nat(800), sent: fc.nat(800) });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 50 }), (seconds) => {
        let cpuMs = 0;
        let sentBytes = 0;
        const samples = seconds.map(({ cpu, memory: bytes, sent }) => {
          cpuMs += cpu * 10;
          sentBytes += sent;
          const traffic = { sentBytes, refusedBytes: 0, receivedBytes: 0 };
          return { cpuMs, memoryBytes: bytes, spaceBytes: bytes, traffic };
        });
        assert.deepEqual(stepsOf(limits, samples), []);
      }),
    );
  });

  it("a hard processor limit is judged over its interval; without one over ten seconds", () => {
    const hard = (intervalMs: number | null): Limits => ({
      cpu: { percent: 25, isHard: true, intervalMs },
    });
    assert.deepEqual(stepsOf(hard(2000), cpuOf(...times(12, 100))), [
      "2 cpu exceeded",
      "7 cpu stop",
    ]);
    assert.deepEqual(stepsOf(hard(null), cpuOf(...times(16, 26))), [
      "10 cpu exceeded",
      "15 cpu stop",
    ]);
    // One busy second in ten is what the interval is for.
    assert.deepEqual(stepsOf(hard(null), cpuOf(...times(5, [100, ...times(9, 0)]).flat())), []);
  });

  it("a soft processor limit only warns, above it; so does a hard one that the system holds, near it", () => {
    const cpu = (isHard: boolean): Limits => ({ cpu: { percent: 50, isHard, intervalMs: 1000 } });
    const full = cpuOf(45, 50, ...times(20, 100), 40);
    assert.deepEqual(stepsOf(cpu(false), full), ["3 cpu warning", "23 cpu normal"]);
    const held = new Set<LimitedResource>(["cpu"]);
    assert.deepEqual(stepsOf(cpu(true), cpuOf(30, ...times(20, 51), 30), held), [
      "2 cpu warning",
      "22 cpu normal",
    ]);
  });

  it("network: warns above the rate, exceeds while something is refused, ends what goes on so", () => {
    const network = { rateBytesPerS: 100, ceilBytesPerS: 200, burstBytes: null };
    const rule = new LimitRule({ network }, { heldByKernel: nobody, graceMs: 5000 });
    const steps: string[] = [];
    let sentBytes = 0;
    let refusedBytes = 0;
    const second = (atS: number, sent: number, refused: number): void => {
      sentBytes += sent;
      refusedBytes += refused;
      const traffic = { sentBytes, refusedBytes, receivedBytes: 1e9 };
      for (const { step, used, limit } of rule.told(atS * 1000, { traffic }))
        steps.push(`${atS} ${step} ${used} ${limit}`);
    };
    for (let atS = 0; atS < 10; atS += 1) second(atS, 150, 0);
    // One burst that is cut: told, and forgiven.
    second(10, 150, 400);
    for (let atS = 11; atS < 20; atS += 1) second(atS, 50, 0);
    for (let atS = 20; atS < 30; atS += 1) second(atS, 200, 10);
    assert.deepEqual(steps, [
      "5 warning 150 100",
      "10 exceeded 230 200",
      "12 warning 190 100",
      "15 normal 50 100",
      "20 exceeded 82 200",
      "25 stop 210 200",
    ]);
  });

  it("what is not measured is not judged, and resources do not disturb each other", () => {
    const limits: Limits = { memory: { bytes: 10 }, space: { bytes: 10 } };
    assert.deepEqual(stepsOf(limits, [{ spaceBytes: 11 }, { memoryBytes: 9 }, {}]), [
      "0 space exceeded",
      "1 memory warning",
    ]);
  });
});

describe("token bucket", () => {
  const limit = fc.record({
    rateBytesPerS: fc.integer({ min: 1, max: 10_000 }),
    ceilBytesPerS: fc.option(fc.integer({ min: 1, max: 10_000 })),
    burstBytes: fc.option(fc.integer({ min: 1, max: 10_000 })),
  });
  const frames = fc.array(fc.tuple(fc.nat(500), fc.nat(3000)), { maxLength: 100 });

  it("over any time lets at most a burst, the ceiling and one frame pass, and every frame within them", () => {
    fc.assert(
      fc.property(limit, frames, (limits, offered) => {
        const ceil = limits.ceilBytesPerS ?? limits.rateBytesPerS;
        const burst = limits.burstBytes ?? ceil;
        const bucket = new TokenBucket(limits, 0);
        const passed: { readonly atMs: number; readonly bytes: number }[] = [];
        let atMs = 0;
        for (const [gapMs, bytes] of offered) {
          atMs += gapMs;
          if (bucket.take(bytes, atMs)) passed.push({ atMs, bytes });
        }
        for (const [first, { atMs: fromMs }] of passed.entries()) {
          let sum = 0;
          for (const { atMs: toMs, bytes } of passed.slice(first)) {
            const most = burst + ((toMs - fromMs) * ceil) / 1000;
            assert(sum + Math.min(bytes, burst) <= most + 1e-6);
            sum += bytes;
          }
        }
      }),
    );
  });

  it("a frame larger than a burst passes when the bucket is full, and its debt is paid before the next", () => {
    const bucket = new TokenBucket({ rateBytesPerS: 1, ceilBytesPerS: 1000, burstBytes: 100 }, 0);
    assert.equal(bucket.take(1100, 0), true);
    assert.equal(bucket.take(1, 999), false);
    assert.equal(bucket.take(1, 1001), true);
    assert.equal(bucket.take(101, 1100), false);
    assert.equal(bucket.take(101, 1101), true);
  });
});

describe("shared limits", () => {
  const cpu = fc.record({
    percent: fc.integer({ min: 1, max: 400 }),
    isHard: fc.boolean(),
    intervalMs: fc.option(fc.integer({ min: 1, max: 60_000 })),
  });
  const limits = fc.record(
    { cpu, memory: fc.record({ bytes: fc.integer({ min: 1, max: 1e9 }) }) },
    { requiredKeys: [] },
  );

  it("one actor's are its own; what all of several have adds up, what one has not is not limited", () => {
    fc.assert(
      fc.property(fc.array(limits, { minLength: 1, maxLength: 5 }), (each) => {
        const shared = sharedLimits(each);
        if (each.length === 1) assert.deepEqual(shared, structuredClone(each[0]));
        const sum = (values: readonly (number | undefined)[]): number | undefined =>
          values.reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b), 0);
        assert.equal(shared.memory?.bytes, sum(each.map(({ memory }) => memory?.bytes)));
        assert.equal(shared.cpu?.percent, sum(each.map((one) => one.cpu?.percent)));
        if (shared.cpu === undefined) return;
        assert.equal(shared.cpu.isHard, !each.some((one) => one.cpu?.isHard === false));
        const longestMs = Math.max(0, ...each.map((one) => one.cpu?.intervalMs ?? 0));
        assert.equal(shared.cpu.intervalMs ?? 0, longestMs);
      }),
    );
  });
});
