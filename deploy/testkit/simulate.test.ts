// Goal: a test of an application sees what its components send and handle, talks with them, waits in cluster
// time, hears of failures at once, and is told what came instead of what it waited for.
// Method: a small application with every kind of thing that the kit has a word for. Seed: 1, else in the name.
import assert from "node:assert/strict";
import { type Application, component } from "../../agent/component/define.ts";
import { insTick } from "../../agent/component/inside-tick.ts";
import { integerOption } from "../../agent/component/options.ts";
import { clt, ins, pub, srv, sub, tim } from "../../agent/component/ports.ts";
import { integer, record } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";
import { simulate, simulateComponent } from "./simulate.ts";

const Tick = message("Tick", record({ number: integer(0, 1000) }));
const Ask = message("Ask", record({ number: integer(0, 1000) }));
const Told = message("Told", record({ square: integer(0, 1_000_000) }));

const source = component({
  name: "Source",
  ports: { beat: tim(), tick: pub(Tick) },
  options: (parameters) => ({ first: integerOption(parameters, "first") }),
  setup({ port, log }, { first }) {
    let number = first;
    return {
      on_beat() {
        log("info", "beat", { number });
        port.tick({ number });
        number += 1;
      },
    };
  },
});

const sink = component({
  name: "Sink",
  ports: { tick: sub(Tick), ask: clt(Ask, Told) },
  options: () => undefined,
  setup({ port }) {
    return {
      async on_tick({ number }) {
        if (number === 13) throw new Error("thirteen");
        await port.ask({ number }, 500);
      },
    };
  },
});

const squarer = component({
  name: "Squarer",
  ports: { square: srv(Ask, Told) },
  options: () => undefined,
  setup: () => ({ on_square: ({ number }) => ({ square: number ** 2 }) }),
});

const application: Application = {
  name: "Kit",
  components: { Source: source, Sink: sink, Squarer: squarer },
};

const MODEL = `app Kit {
  message Tick; message Ask; message Told;
  component Source(first = 1) { timer beat 1 sec; pub tick : Tick; }
  component Sink { sub tick : Tick; clt ask : (Ask, Told); }
  component Squarer { srv square : (Ask, Told); }
  actor Sender(first = 1) { { source : Source(first = first); } }
  actor Receiver { { sink : Sink; squarer : Squarer; } }
}`;
const DEPLOYMENT = `app Kit { on (north) Sender; on (south) Receiver; }`;

describe("simulate", () => {
  it("tells what components sent and handled, where and when", async () => {
    await using app = await simulate(application, MODEL, DEPLOYMENT);
    await app.runFor(5000);
    const sent = app.sent(Tick);
    assert(sent.length >= 5, `${sent.length} sent`);
    assert.equal(sent[0]?.port, "north/Sender/source.tick");
    assert.deepEqual(
      sent.map(({ message: { number } }) => number),
      sent.map((_, index) => index + 1),
    );
    const handled = app.handled(Tick, "sink.tick");
    assert(handled.every(({ port }) => port === "south/Receiver/sink.tick"));
    assert(handled.length >= 4);
    assert.deepEqual(app.handled(Tick, "source.tick"), []);
    assert.equal(app.handled(Ask)[0]?.port, "south/Receiver/squarer.square");
    assert.equal(app.handled(Told)[0]?.port, "south/Receiver/sink.ask");
    assert(app.log.some((line) => line.includes("beat") && line.includes('"number":1')));
  });

  it("talks with the application through ports of the test's own", async () => {
    await using app = await simulate(application, MODEL, DEPLOYMENT, {
      probe: { tick: pub(Tick), ticks: sub(Tick), square: clt(Ask, Told) },
    });
    app.probe.ticks.take();
    app.probe.tick.send({ number: 500 });
    const { port } = await app.expect(Tick, { number: 500 }, { at: "sink.tick" });
    assert.equal(port, "south/Receiver/sink.tick");
    assert(app.probe.ticks.received.some(({ number }) => number === 500));
    assert.deepEqual(await app.probe.square.request({ number: 9 }), {
      kind: "reply",
      reply: { square: 81 },
    });
    // @ts-expect-error the message has no such field
    assert.throws(() => app.probe.tick.send({ nummer: 1 }), /MESSAGE_MALFORMED/);
  });

  it("hears messages that stay on a board, on that board only", async () => {
    const model = MODEL.replaceAll(/(actor \w+(?:\(.*?\))? \{)/g, "$1 local Tick;");
    const deployment = "app Kit { on (north) Sender, Receiver; }";
    const probe = { ticks: sub(Tick) };
    await using app = await simulate(application, model, deployment, {
      ...{ probe, probeBoard: "north" },
    });
    await app.runFor(3000);
    assert(app.probe.ticks.received.length >= 2);
    await assert.rejects(
      simulate(application, model, deployment, { probe }),
      /port ticks of probe in actor TestProbe can never connect/,
    );
  });

  it("is connected when it is there, on a slow network too", async () => {
    await using app = await simulate(application, MODEL, DEPLOYMENT, {
      network: { delayUsMin: 400_000, delayUsMax: 500_000 },
      probe: { tick: pub(Tick) },
    });
    app.probe.tick.send({ number: 500 });
    await app.expect(Tick, { number: 500 }, { at: "sink.tick" });
  });

  it("sees a component in a thread of its own as a part of its actor", async () => {
    const deployment = `language hedgerow 1;
      app Kit { on (north) Sender(first = 11); on (south) Receiver { worker sink; }; }`;
    await using app = await simulate(application, MODEL, deployment);
    const { port } = await app.expect(Tick);
    assert.equal(port, "south/Receiver/sink.tick");
    await assert.rejects(app.runFor(5000), /south\/Receiver failed: [^]*thirteen/);
  });

  it("sees each message once by expect, and says what came instead", async () => {
    await using app = await simulate(application, MODEL, DEPLOYMENT);
    for (const number of [2, 3]) await app.expect(Tick, { number });
    await assert.rejects(
      app.expect(Tick, { number: 2 }, { withinMs: 2000 }),
      /no Tick \{ number: 2 \} within 2000 ms; there came:\n.*at south\/Receiver\/sink.tick: \{ number: 4 \}/,
    );
    await app.expect(Tick, ({ number }) => number > 4);
    await app.expectNone(Tick, { number: 999 }, { withinMs: 100 });
    await assert.rejects(app.expectNone(Tick, {}, { withinMs: 1500 }), /no Tick was wanted/);
  });

  it("fails a test whose actor failed, with the cause; or keeps failures for it", async () => {
    const deployment = `app Kit { on (north) Sender(first = 12); on (south) Receiver; }`;
    await using app = await simulate(application, MODEL, deployment);
    await assert.rejects(app.runFor(5000), /south\/Receiver failed: thirteen/);
    await using kept = await simulate(application, MODEL, deployment, { onFailure: "keep" });
    await kept.runFor(5000);
    assert.deepEqual(
      kept.failures.map(({ board, actor }) => `${board}/${actor}`),
      ["south/Receiver"],
    );
  });

  it("refuses code that does not fit its model, and says how", async () => {
    const model = MODEL.replace("sub tick : Tick;", "sub tack : Tick;");
    await assert.rejects(
      simulate(application, model, DEPLOYMENT),
      /COMPONENT_UNFIT.*sub tack : Tick/s,
    );
  });

  it("refuses texts with errors, each with its place", async () => {
    await assert.rejects(
      simulate(application, MODEL.replace("pub tick : Tick", "pub tick : Tock"), DEPLOYMENT),
      /MODEL_INVALID[^]*model\.riaps:3:\d+: error:/,
    );
    await assert.rejects(
      simulate(application, MODEL, "app Kit { on (a) Nobody; }"),
      /MODEL_INVALID/,
    );
    // A port that nobody connects to, unless the test does.
    const alone = "app Kit { on (south) Receiver; }";
    await assert.rejects(
      simulate(application, MODEL, alone),
      /MODEL_INVALID[^]*model\.riaps:4:\d+: error: port tick .*can never connect/,
    );
    await using app = await simulate(application, MODEL, alone, { probe: { t: pub(Tick) } });
    app.probe.t.send({ number: 1 });
    await app.expect(Tick, { number: 1 });
  });

  it("kills actors, cuts cables and takes power away", async () => {
    await using app = await simulate(application, MODEL, DEPLOYMENT);
    await app.expect(Tick);
    app.kill("south/Receiver");
    await app.expectNone(Tick, {}, { withinMs: 10 });
    await app.expect(Tick, {}, { withinMs: 10_000 });
    app.unplug("north");
    await app.expectNone(Tick, {}, { withinMs: 5000 });
    app.plug("north");
    await app.expect(Tick, {}, { withinMs: 20_000 });
    app.powerOff("north");
    await app.expectNone(Tick, {}, { withinMs: 5000 });
    app.powerOn("north");
    await app.connected();
    await app.expect(Tick, { number: 1 });
    assert.throws(() => app.kill("south/Nobody"), /no actor south\/Nobody/);
    assert.throws(() => app.powerOff("east"), /no board east; there are north, south/);
  });

  it("cuts the network in two, and mends it", async () => {
    await using app = await simulate(application, MODEL, DEPLOYMENT);
    app.partition(["north"], ["south"]);
    await app.expectNone(Tick, {}, { withinMs: 5000 });
    app.heal();
    await app.expect(Tick, {}, { withinMs: 20_000 });
    assert.throws(() => app.partition(["east"]), /no board east/);
  });

  it("is a function of its seed", async () => {
    const hashes: string[] = [];
    for (const seed of [1, 1, 2]) {
      await using app = await simulate(application, MODEL, DEPLOYMENT, { seed });
      await app.runFor(3000);
      hashes.push(app.transcriptHash);
    }
    assert.equal(hashes[0], hashes[1]);
    assert.notEqual(hashes[0], hashes[2]);
  });

  it("wants to know the boards of a deployment that names none", async () => {
    const everywhere = "app Kit { on all Sender, Receiver; }";
    await assert.rejects(simulate(application, MODEL, everywhere), /give `boards`/);
    await using app = await simulate(application, MODEL, everywhere, { boards: ["a", "b"] });
    await app.runFor(3000);
    const froms = new Set(app.handled(Tick).map(({ port }) => port));
    assert.deepEqual([...froms].sort(), ["a/Receiver/sink.tick", "b/Receiver/sink.tick"]);
  });

  it("keeps the application off the test's own board", async () => {
    const everywhere = `language hedgerow 1;
      app Kit { board a { tags x; } on all Sender; place 1 Receiver on all; }`;
    await using app = await simulate(application, MODEL, everywhere, {
      ...{ boards: ["b"], probe: { ticks: sub(Tick) } },
    });
    await app.runFor(3000);
    const boards = new Set(app.sent(Tick).map(({ port }) => port.split("/")[0]));
    assert.deepEqual([...boards].sort(), ["a", "b"]);
  });
});

describe("simulateComponent", () => {
  it("gives the test the other end of each port", async () => {
    await using bench = await simulateComponent(sink);
    bench.probe.ask.answers(({ number }) => ({ square: number }));
    bench.probe.tick.send({ number: 3 });
    await bench.expect(Told, { square: 3 });
    assert.deepEqual(bench.probe.ask.take(), [{ number: 3 }]);
    assert.deepEqual(bench.probe.ask.received, []);
  });

  it("answers what was asked before there was an answer", async () => {
    await using bench = await simulateComponent(sink);
    bench.probe.tick.send({ number: 4 });
    await bench.expectNone(Told, {}, { withinMs: 300 });
    bench.probe.ask.answers(({ number }) => ({ square: number * number }));
    await bench.expect(Told, { square: 16 });
  });

  it("runs the threads of a device, and its ticks", async () => {
    const device = component({
      name: "Device",
      ports: { bus: ins(Ask, Told), beat: insTick(), tick: pub(Tick) },
      options: () => undefined,
      threads: {
        squarer: {
          port: "bus",
          async run({ received, send }) {
            for await (const { number } of received()) send({ square: number ** 2 });
          },
        },
      },
      setup: ({ port }) => ({
        on_beat: () => void port.bus({ number: 5 }),
        on_bus: ({ square }) => port.tick({ number: square }),
      }),
    });
    await using bench = await simulateComponent(device);
    await bench.runFor(3000);
    assert.deepEqual(bench.probe.tick.received.slice(0, 2), [{ number: 25 }, { number: 25 }]);
    assert.equal(bench.sent(Ask).length, bench.handled(Told).length);
  });

  it("gives parameters, and periods to timers", async () => {
    await using bench = await simulateComponent(source, {
      parameters: { first: 7 },
      periodsMs: { beat: 100 },
    });
    await bench.runFor(1000);
    assert.deepEqual(bench.probe.tick.received.slice(0, 2), [{ number: 7 }, { number: 8 }]);
    assert(bench.probe.tick.received.length >= 9);
    await assert.rejects(simulateComponent(source), /COMPONENT_OPTION_INVALID/);
  });
});
