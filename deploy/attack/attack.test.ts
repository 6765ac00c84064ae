// Goal: what runs in the simulator withstands the faults that seeds draw; what does not is found, shrunk to
// the faults that it takes, and replayed by its script, its seed and the number of its event.
// Method: the scenarios of this build with a few seeds; one that breaks by two faults together; the command.
// Seed: 1 to 10, 1 to 40 for what is broken on purpose.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Program } from "../../agent/core/program.ts";
import { parseFaults, printFaults } from "../../agent/sim/fault-script.ts";
import { WALK_DEFAULTS } from "../../agent/sim/fault-walk.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { attackCommand } from "../cli/attack-command.ts";
import { UsageError } from "../cli/command.ts";
import { explore } from "./explore.ts";
import { keepRunning } from "./keep-running.ts";
import { faultsOf, runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { shrink, withSpan } from "./shrink.ts";

const never = new AbortController().signal;

/** Sends "still here" to b every 100 ms. */
const caller: Program = async ({ lan, clock }, _options, _parent, signal) => {
  await using socket = await lan.bind(() => undefined);
  while (!signal.aborted) {
    socket.send("b:7", new Uint8Array(1));
    await clock.sleep(100, signal);
  }
};

/** Its bug: started anew, it panics when it hears nothing for a second. */
const flawed: Scenario = {
  kind: "simulated",
  summary: "for this test",
  walk: {
    ...WALK_DEFAULTS,
    hosts: ["a", "b", "c"],
    programs: ["a/p", "b/p"],
    perMinute: { cut: 20, unplug: 10, kill: 20, jump: 10, fill: 10, loss: 20, hog: 3 },
  },
  liveWithinMs: 1_000,
  start: (seed) => {
    let lives = 0;
    let isInPanic = false;
    const callee: Program = async ({ lan, clock }, _options, _parent, signal) => {
      lives += 1;
      let heardMs = clock.monotonicMs();
      await using _socket = await lan.bind(() => (heardMs = clock.monotonicMs()), 7);
      while (!signal.aborted) {
        await clock.sleep(100, signal);
        if (lives > 1 && clock.monotonicMs() - heardMs > 1_000) isInPanic = true;
      }
    };
    const sim = new Simulation({ seed, programs: { caller, callee } });
    const call = { name: "p", options: 0 };
    const starts = [
      keepRunning(sim, "a", { ...call, program: "caller" }, () => undefined),
      keepRunning(sim, "b", { ...call, program: "callee" }, () => undefined),
    ];
    sim.host("c");
    sim.invariant("nobody panics", () => assert(!isInPanic, "a panic"));
    const repaired = (): void => {
      for (const start of starts) start();
    };
    return Promise.resolve({ sim, hosts: ["a", "b", "c"], repaired, missing: () => [] });
  },
};

const simulated = Object.entries(SCENARIOS).flatMap(([name, scenario]) =>
  scenario.kind === "simulated" ? [[name, scenario] as const] : [],
);

describe("scenarios under attack", function () {
  this.timeout(60_000);
  for (const [name, scenario] of simulated) {
    it(`${name} withstands what ten seeds draw`, async () => {
      const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
      const { found, runCount } = await explore(scenario, { seeds, signal: never, shrinks: false });
      assert.equal(found?.failure?.reason, undefined);
      assert.equal(runCount, 10);
    });

    it(`${name} is a function of the seed and of its faults`, async () => {
      const first = await runScenario(scenario, { seed: 3 });
      const lines = parseFaults(printFaults(faultsOf(scenario, 3)));
      assert.deepEqual(await runScenario(scenario, { seed: 3, lines }), first);
      const calm = await runScenario(scenario, { seed: 3, lines: [] });
      assert.notEqual(calm.transcriptHash, first.transcriptHash);
    });
  }

  it("find what two faults together break, and name those two alone, as short as they may be", async () => {
    const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
    const { found, shrunk } = await explore(flawed, { seeds, signal: never });
    assert.equal(found?.failure?.what, "nobody panics");
    assert(found.lines.length > 20);
    assert(shrunk?.lines.length === 2, printFaults(shrunk?.lines ?? []));
    const [one, other] = shrunk.lines.map(({ fault }) => fault.kind).sort();
    assert.match(`${one} ${other}`, /^(cut kill|kill (unplug|loss|hog))$/);
    for (const index of shrunk.lines.keys()) {
      const lines = withSpan(shrunk.lines, index, 0.75);
      if (lines === undefined) continue;
      const { failure } = await runScenario(flawed, { seed: shrunk.seed, lines });
      assert.equal(failure, undefined, `shorter, ${printFaults(lines)} would have done`);
    }
    // The text replays it, to the event.
    const again = await runScenario(flawed, {
      ...{ seed: shrunk.seed, lines: parseFaults(printFaults(shrunk.lines)) },
    });
    assert.deepEqual(again, shrunk);
    const before = await runScenario(flawed, {
      ...{ seed: shrunk.seed, lines: shrunk.lines, untilEvent: shrunk.eventCount - 1 },
    });
    assert.deepEqual([before.failure, before.eventCount], [undefined, shrunk.eventCount - 1]);
  });

  it("tell what has not come true in time", async () => {
    const { failure } = await runScenario(
      {
        ...flawed,
        start: async (seed) => ({
          ...(await flawed.start(seed)),
          missing: () => ["a word", "two"],
        }),
      },
      { seed: 1, lines: [] },
    );
    assert.deepEqual([failure?.phase, failure?.what], ["liveness", "liveness"]);
    assert.equal(failure?.reason, "1000 ms after the last fault: a word; two");
  });
});

describe("shrinking", () => {
  const script = Array.from({ length: 40 }, (_, index) => `at ${index}s cut a -> b for 8s`);
  it("leaves the lines that a failure takes, wherever they stand, in few tries", async () => {
    for (const wanted of [[], [0], [39], [3, 30], [1, 2, 3], [0, 13, 26, 39]]) {
      let tryCount = 0;
      const least = await shrink(parseFaults(script.join("\n")), (lines) => {
        tryCount += 1;
        const seconds = new Set(lines.map(({ atUs }) => atUs / 1e6));
        return Promise.resolve(wanted.every((second) => seconds.has(second)));
      });
      assert.deepEqual(
        least.map(({ atUs }) => atUs / 1e6),
        wanted,
      );
      assert(least.every(({ forUs }) => forUs === 1_000));
      assert(tryCount < 150, `${tryCount} tries`);
    }
  });

  it("shortens spans as far as the failure stays, and gives up after so many tries", async () => {
    const lines = parseFaults(script.join("\n"));
    const least = await shrink(lines, (each) =>
      Promise.resolve(each.some(({ forUs = 0 }) => forUs >= 900_000)),
    );
    assert.deepEqual(
      least.map(({ forUs }) => forUs),
      [1_000_000],
    );
    let tryCount = 0;
    await shrink(
      lines,
      ({ length }) => {
        tryCount += 1;
        return Promise.resolve(length > 20);
      },
      5,
    );
    assert.equal(tryCount, 5);
  });
});

describe("hedgerow attack", function () {
  this.timeout(60_000);
  async function typed(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    const texts = { out: "", err: "" };
    const streamOf = (name: "out" | "err"): PassThrough => {
      const stream = new PassThrough();
      stream.on("data", (chunk: Buffer) => (texts[name] += chunk.toString()));
      return stream;
    };
    const terminal = { out: streamOf("out"), err: streamOf("err"), isTty: false, signal: never };
    const code = await attackCommand.run(words, terminal);
    return { code, ...texts };
  }

  it("lists scenarios, and teaches every fault", async () => {
    const { code, out } = await typed();
    assert.equal(code, 0);
    for (const name of Object.keys(SCENARIOS)) {
      assert.match(out, new RegExp(`^ {2}${name} `, "m"));
      assert(attackCommand.help.includes(`  ${name}`));
    }
    assert.match(attackCommand.help, /jump clock of a,b by \+1h/);
    const list = JSON.parse((await typed("--json")).out) as readonly { readonly name: string }[];
    assert.deepEqual(
      list.map(({ name }) => name),
      Object.keys(SCENARIOS),
    );
  });

  it("prints what a seed draws, runs that text, and stops where it is told to", async () => {
    const folder = await mkdtemp(join(tmpdir(), "attack-"));
    try {
      const { out: printed } = await typed("discovery", "--seeds", "4", "--print");
      assert.match(printed, /^# seed 4\n# hosts board1,/);
      const path = join(folder, "seed4.faults");
      await writeFile(path, printed);
      const result = async (...words: string[]): Promise<unknown> =>
        JSON.parse((await typed("discovery", "--seeds", "4", "--json", ...words)).out);
      const drawn = await result("--log");
      assert.deepEqual(await result("--log", "--script", path), drawn);
      const stopped = (await result("--until", "500")) as { readonly eventCount: number };
      assert.equal(stopped.eventCount, 500);
      const { err } = await typed("discovery", "--seeds", "4", "--until", "500", "--log");
      assert.match(err, /log info board\d:board joined/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("runs attacks that have harnesses of their own", async () => {
    const { code, out } = await typed("groups", "--seeds", "1-20");
    assert.deepEqual([code, out], [0, "groups: 20 runs, nothing found\n"]);
    await assert.rejects(typed("groups", "--print"), UsageError);
  });

  it("keeps the script of a failure, and says how it is replayed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "attack-"));
    try {
      // A board that stands still for the rest of the time is no fault that mends itself.
      const path = join(folder, "dead.faults");
      await writeFile(path, "at 1s operation 1 of disk of all fail\nat 2s restart north/north\n");
      const words = ["hello", "--seeds", "1", "--script", path, "--out", folder];
      const { code, out } = await typed(...words);
      assert.equal(code, 1);
      assert.match(
        out,
        /^hello, seed 1: safety is broken at event \d+\n {2}no agent fails by itself/,
      );
      assert.match(out, /Replay: hedgerow attack hello --seeds 1 --script \S+hello-1.faults --log/);
      const kept = await readFile(join(folder, "hello-1.faults"), "utf8");
      assert(parseFaults(kept).length >= 1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("refuses what it does not know in one line", async () => {
    for (const [words, reason] of [
      [["nothing"], /no scenario nothing; there are discovery/],
      [["discovery", "--seeds", "9-1"], /--seeds takes a seed or a span/],
      [["discovery", "--script", "not-there.faults"], /not-there.faults/],
      [["discovery", "--seeds", "1-2", "--log"], /go with one seed/],
      [["discovery", "--until", "x"], /--until takes a whole number/],
    ] as const)
      await assert.rejects(
        typed(...words),
        (error) => error instanceof UsageError && reason.test(error.message),
      );
  });
});
