// Goal: what is measured on one board is shown on the other, also after trouble, and heat is a warning.
// Method: the application in the simulator, and a component alone. Seed: 1, unless it says so.
import assert from "node:assert/strict";
import { pub } from "hedgerow";
import { readModelFiles, simulate, simulateComponent } from "hedgerow/test";
import { application } from "./application.ts";
import { display } from "./display.ts";
import { Reading } from "./generated/messages.ts";
import { sensor } from "./sensor.ts";

const { modelText, deploymentText } = await readModelFiles(import.meta.url, "hello");

describe("Hello", () => {
  it("shows on south what is measured on north", async () => {
    await using app = await simulate(application, modelText, deploymentText);
    for (const number of [2, 3, 4]) {
      const { port } = await app.expect(Reading, { number });
      assert.equal(port, "south/Showing/display.reading");
    }
    assert.equal(app.sent(Reading)[0]?.port, "north/Sensing/sensor.reading");
  });

  it("goes on when the sensor's actor was killed", async () => {
    await using app = await simulate(application, modelText, deploymentText, { seed: 2 });
    await app.expect(Reading, { number: 5 });
    app.kill("north/Sensing");
    // It begins again.
    await app.expect(Reading, { number: 2 });
  });

  it("hears other sensors too", async () => {
    await using app = await simulate(application, modelText, deploymentText, {
      probe: { reading: pub(Reading) },
    });
    app.probe.reading.send({ number: 1000, celsius: 99 });
    await app.expect(Reading, { number: 1000, celsius: 99 });
  });
});

describe("Display", () => {
  it("warns above its limit, and only there", async () => {
    await using bench = await simulateComponent(display, { parameters: { limit: 25 } });
    for (const [number, celsius] of [24.9, 25, 25.1].entries())
      bench.probe.reading.send({ number, celsius });
    await bench.expect(Reading, { number: 2 });
    const levels = bench.log.flatMap((line) => /log (\w+) \S+ reading /.exec(line)?.[1] ?? []);
    assert.deepEqual(levels, ["info", "info", "warn"]);
  });
});

describe("Sensor", () => {
  it("numbers its readings, from the temperature that it was given", async () => {
    await using bench = await simulateComponent(sensor, {
      parameters: { celsius: 30 },
      periodsMs: { measure: 1000 },
    });
    await bench.runFor(5000);
    const [first, ...rest] = bench.probe.reading.received;
    assert.deepEqual(first, { number: 1, celsius: 30 });
    assert.deepEqual(
      rest.map(({ number }) => number),
      rest.map((_, index) => index + 2),
    );
    assert(rest.every(({ celsius }) => Math.abs(celsius - 30) < 3));
  });
});
