// Goal: the control board sums up what all boards estimate, samples stay on their board, and whatever is lost
// (an actor, a board, a reply) costs no more than itself.
// Method: the application in the simulator, and each component alone. Seed: 1, unless it says so.
import assert from "node:assert/strict";
import { readModelFiles } from "../../deploy/testkit/model-files.ts";
import { simulate, simulateComponent } from "../../deploy/testkit/simulate.ts";
import { aggregator } from "./aggregator.ts";
import { application } from "./application.ts";
import { localEstimator } from "./local-estimator.ts";
import { Estimate, Ready, Sample, SampleRequest, Summary } from "./messages.ts";
import { sensor } from "./sensor.ts";

const { modelText, deploymentText } = await readModelFiles(import.meta.url, "estimator");
const boardOf = (port: string): string => port.split("/")[0] ?? "";

describe("FrequencyEstimator", () => {
  it("sums up once a second what three boards believe", async () => {
    await using app = await simulate(application, modelText, deploymentText);
    await app.runFor(10_000);
    const summaries = app.handled(Summary, "display.summary");
    assert(summaries.length >= 9);
    for (const { message } of summaries) {
      assert.equal(message.boardCount, 3);
      // Means of 49980, 50010 and 50020 with noise of at most 20 around each.
      assert(Math.abs(message.meanMilliHz - 50_003) <= 21);
      assert(message.spreadMilliHz <= 80);
    }
    const boards = new Set(app.sent(Estimate).map(({ message: { board } }) => board));
    assert.deepEqual([...boards].sort(), ["bbb1", "bbb2", "bbb3"]);
  });

  it("samples never leave their board", async () => {
    // Boards apart by their values: a sample of another one would be seen at once.
    const apart = deploymentText
      .replace("49980", "100")
      .replace("50010", "500")
      .replace("50020", "900");
    await using app = await simulate(application, modelText, apart);
    await app.runFor(5000);
    const valueOf: Readonly<Record<string, number>> = { bbb1: 100, bbb2: 500, bbb3: 900 };
    const samples = app.handled(Sample);
    assert(samples.length >= 100);
    for (const { port, message } of samples)
      assert(Math.abs(message.milliHz - (valueOf[boardOf(port)] ?? 0)) <= 20, port);
    assert.equal(app.handled(SampleRequest).length, app.sent(SampleRequest).length);
  });

  it("goes on when a sensor's actor is killed, and when its board is gone", async () => {
    const two = deploymentText.replace("boardsMin = 3", "boardsMin = 2");
    await using app = await simulate(application, modelText, two);
    await app.expect(Summary, { boardCount: 3 });
    await app.expect(Estimate, { board: "bbb2", number: 20 });
    app.kill("bbb2/Estimator");
    await app.expect(Summary, { boardCount: 3 }, { withinMs: 1500 });
    await app.expect(Estimate, { board: "bbb2", number: 1 });
    app.powerOff("bbb2");
    await app.expect(Summary, { boardCount: 2 });
    app.powerOn("bbb2");
    await app.connected();
    await app.expect(Summary, { boardCount: 3 });
  });

  it("sums up nothing when too few boards are left", async () => {
    await using app = await simulate(application, modelText, deploymentText);
    await app.expect(Summary, { boardCount: 3 });
    app.unplug("bbb1");
    // staleMs, and the second in which its last estimate was sent.
    await app.runFor(3000);
    await app.expectNone(Summary, {}, { withinMs: 5000 });
  });
});

describe("LocalEstimator", () => {
  it("moves by its share of each difference, from the first sample", async () => {
    await using bench = await simulateComponent(localEstimator, {
      parameters: { gainPercent: 25 },
    });
    const values = [50_000, 50_040, 50_030];
    bench.probe.query.answers(({ number }) => ({ number, milliHz: values[number] ?? 0 }));
    for (const number of values.keys()) {
      bench.probe.ready.send({ number });
      await bench.expect(Sample, { number });
    }
    await bench.runFor(100);
    assert.deepEqual(
      bench.probe.estimate.received.map(({ milliHz }) => milliHz),
      [50_000, 50_010, 50_015],
    );
  });

  it("without an answer it says so, leaves out what comes meanwhile, and asks again", async () => {
    await using bench = await simulateComponent(localEstimator, {
      parameters: { gainPercent: 25 },
    });
    bench.probe.ready.send({ number: 1 });
    bench.probe.ready.send({ number: 2 });
    await bench.runFor(1000);
    assert.deepEqual(bench.probe.query.take(), [{ number: 1 }]);
    assert(
      bench.log.some((line) => line.includes("no-sample") && line.includes('"leftOutCount":1')),
    );
    bench.probe.query.answers(({ number }) => ({ number, milliHz: 50_000 }));
    bench.probe.ready.send({ number: 3 });
    await bench.expect(Sample, { number: 3 });
  });
});

describe("Aggregator", () => {
  it("counts boards, not estimates, and each by its newest", async () => {
    await using bench = await simulateComponent(aggregator, {
      parameters: { boardsMin: 2, staleMs: 2000 },
      periodsMs: { wakeup: 1000 },
    });
    for (const [board, milliHz] of [
      ["a", 1],
      ["a", 50_000],
      ["b", 50_010],
    ] as const)
      bench.probe.estimate.send({ board, milliHz, number: 1 });
    await bench.runFor(1500);
    assert.deepEqual(bench.probe.summary.take().at(-1), {
      ...{ boardCount: 2, meanMilliHz: 50_005, spreadMilliHz: 10 },
    });
    // Both are too old after staleMs.
    await bench.runFor(2000);
    bench.probe.summary.take();
    await bench.expectNone(Summary, {}, { withinMs: 3000 });
  });
});

describe("Sensor", () => {
  it("announces each sample, hands over the newest, and stays around its value", async () => {
    await using bench = await simulateComponent(sensor, {
      parameters: { seedMilliHz: 50_000, spreadMilliHz: 40 },
      periodsMs: { clock: 100 },
    });
    await bench.runFor(2000);
    const numbers = bench.probe.ready.received.map(({ number }) => number);
    assert(numbers.length >= 19);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    const outcome = await bench.probe.request.request({ number: 1 });
    assert(outcome.kind === "reply");
    assert.equal(outcome.reply.number, bench.sent(Ready).at(-1)?.message.number);
    assert(Math.abs(outcome.reply.milliHz - 50_000) <= 20);
  });
});
