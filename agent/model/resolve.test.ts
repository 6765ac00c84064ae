// Goal: a board gets the actors that the deployment puts there, with final parameter values, scopes
// and ports; what was not checked is refused.
// Method: the corpus' models and small texts, resolved for a board and compared whole or in part.
// Seed: none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AppModel } from "./app-model.ts";
import { checkApp } from "./check-app.ts";
import type { DeploymentModel } from "./deployment-model.ts";
import { parseApp } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { instancesFor } from "./resolve.ts";

const CORPUS = new URL("../../../agent/model/corpus/accept/", import.meta.url);

function app(text: string): AppModel {
  const parsed = parseApp(text, "a.riaps");
  assert.ok(parsed.ok, JSON.stringify(parsed.problems));
  return parsed.value;
}

function deployment(text: string): DeploymentModel {
  const parsed = parseDeployment(text, "a.depl");
  assert.ok(parsed.ok, JSON.stringify(parsed.problems));
  return parsed.value;
}

function corpus(name: string): { app: AppModel; deployment: DeploymentModel } {
  return {
    app: app(readFileSync(new URL(`${name}.riaps`, CORPUS), "utf8")),
    deployment: deployment(readFileSync(new URL(`${name}.depl`, CORPUS), "utf8")),
  };
}

const LEVELS = app(`app A {
  component C(own=1, given="default", handed="default", fixed=true) { timer t 1; }
  actor X(level="formal", free) { { c : C(given="actual", handed=level); d : C(handed=free); } }
}`);

describe("instances of a board", () => {
  it("takes parameter values from component, instance, actor and deployment, in this order", () => {
    const resolve = (args: string) =>
      instancesFor(LEVELS, deployment(`app A { on (b) X(${args}); }`), "b")[0]!;
    const [c, d] = resolve("free=word").components;
    assert.deepEqual(c!.parameters, { own: 1, given: "actual", handed: "formal", fixed: true });
    assert.deepEqual(d!.parameters, { own: 1, given: "default", handed: "word", fixed: true });
    assert.equal(
      resolve("free=word, level='argument'").components[0]!.parameters["handed"],
      "argument",
    );
    assert.deepEqual(resolve("free=2").parameters, { level: "formal", free: 2 });
  });

  it("gives every port its scope, index, times and kind", () => {
    const { app: model, deployment: placed } = corpus("every-construct");
    const [field, centre] = instancesFor(model, placed, "bbb-1.local");
    assert.equal(field!.isRealTime, true);
    assert.deepEqual(field!.scheduler, { policy: "priority", priority: 50 });
    assert.deepEqual(field!.scopes, {
      Reading: "global",
      Request: "global",
      Reply: "global",
      Raw: "local",
      Private: "local",
      Vote: "global",
    });
    assert.deepEqual(field!.components[0], {
      name: "meter",
      componentType: "Meter",
      isDevice: true,
      inWorker: false,
      language: "unspecified",
      scheduler: "default",
      parameters: { bus: "/dev/ttyS2", baud: 19200, gain: 0.0015, invert: false },
      ports: [
        { kind: "timer", name: "poll", index: 1, periodMs: 500, withinMs: 20, queue: null },
        { kind: "inside", name: "reader", index: 2, isDefault: false, queue: null },
        { kind: "inside", name: "ticker", index: 3, isDefault: true, queue: null },
        {
          kind: "pub",
          name: "raw",
          index: 4,
          message: "Raw",
          scope: "local",
          timed: true,
          withinMs: null,
          queue: null,
        },
        {
          kind: "ans",
          name: "ask",
          index: 5,
          request: "Raw",
          reply: "Private",
          scope: "local",
          timed: false,
          withinMs: null,
          queue: null,
        },
      ],
    });
    const { percent, isHard, intervalMs } = field!.limits.cpu!;
    assert.deepEqual([percent, isHard, intervalMs], [25, true, 10_000]);
    assert.equal(field!.limits.memory!.bytes, 200 * 1024 ** 2);
    assert.equal(field!.limits.space!.bytes, 10 * 1024 ** 3);
    const { rateBytesPerS, ceilBytesPerS, burstBytes } = field!.limits.network!;
    assert.deepEqual([rateBytesPerS, ceilBytesPerS, burstBytes], [10_240, 1_572_864, 2048]);
    assert.equal(centre!.scopes["Private"], "internal");
    assert.deepEqual(centre!.scheduler, { policy: "roundRobin" });
    assert.equal(centre!.limits.cpu!.intervalMs, null);
    assert.deepEqual(centre!.groups[1], {
      name: "Led",
      kind: "leader",
      message: "Vote",
      scope: "global",
      timed: true,
      times: { heartbeatMs: 500, electionMinMs: 600 },
    });
  });

  it("counts in msec, limits in sec, where the file names no unit; zero is none", () => {
    const model = app(`app A { message M; component C {
        timer a 7; timer b 3 sec within 2 min; timer c 0; timer d; sub e: M within 4; sub f: M within 0;
      } actor X { uses { cpu 5 % over 2; } { c : C; } } }`);
    const [instance] = instancesFor(model, deployment("app A { on all X; }"), "b");
    const times = instance!.components[0]!.ports.map((port) => [
      "periodMs" in port ? port.periodMs : null,
      "withinMs" in port ? port.withinMs : null,
    ]);
    assert.deepEqual(times, [
      [7, null],
      [3000, 120_000],
      [null, null],
      [null, null],
      [null, 4],
      [null, null],
    ]);
    assert.equal(instance!.limits.cpu!.intervalMs, 2000);
  });

  it("hands on what the block behind an actor says, and queues of ports", () => {
    const { app: model, deployment: placed } = corpus("extensions");
    const [s1, s2, s3] = instancesFor(model, placed, "b1");
    assert.equal(s1!.isolation, "shared");
    assert.deepEqual(s1!.restart, {
      restartsMax: 5,
      periodMs: 60_000,
      firstDelayMs: 50,
      delayMsMax: 5_000,
    });
    assert.equal(s1!.runAs, null);
    assert.deepEqual(
      s1!.components.map(({ name, inWorker }) => [name, inWorker]),
      [
        ["source", true],
        ["meter", false],
      ],
    );
    assert.deepEqual(s1!.foreign, [
      { how: "bind", port: "source/tick", address: "tcp://0.0.0.0:5556", curveKey: null },
      { how: "bind", port: "source/bare", address: "tcp://*:5557", curveKey: null },
    ]);
    const { isolation, restart, runAs, foreign } = s2!;
    assert.deepEqual(
      { isolation, restart, runAs, foreign },
      { isolation: "own", restart: null, runAs: null, foreign: [] },
    );
    assert.deepEqual(s3!.runAs, { user: "meter", groups: ["i2c", "gpio-2"] });
    assert.equal(s3!.restart!.restartsMax, 0);
    const careful = instancesFor(model, placed, "10.0.0.3")[0]!;
    assert.deepEqual(careful.runAs, { user: null, groups: ["dialout"] });
    assert.deepEqual(careful.restart, {
      restartsMax: 2,
      periodMs: 60_000,
      firstDelayMs: 1_000,
      delayMsMax: 10_000,
    });
    assert.equal(careful.foreign[0]!.how, "connect");
    assert.equal(careful.foreign[0]!.curveKey!.length, 40);
    const [solver] = careful.components;
    assert.equal(solver!.scheduler, "deadline");
    assert.deepEqual(
      solver!.ports.map(({ name, queue }) => [name, queue?.lengthMax, queue?.whenFull]),
      [
        ["tick", 100, "dropOldest"],
        ["bare", 1, "dropNewest"],
        ["serve", 10, "refuse"],
        ["answer", 5, "dropNewest"],
        ["reply", 10_000, "refuse"],
        ["ask", 3, "dropOldest"],
        ["step", 1, "dropNewest"],
      ],
    );
  });

  it("never lets the longest delay be below the first", () => {
    const file = app("app A { component C { timer t 1; } actor X { { c: C; } } }");
    const text = "language hedgerow 1; app A { on (b) X { restart 3 over 1 min delay 30 sec; }; }";
    const [x] = instancesFor(file, deployment(text), "b");
    assert.deepEqual([x!.restart!.firstDelayMs, x!.restart!.delayMsMax], [30_000, 30_000]);
  });

  it("makes a pair of different scopes global, of one scope that scope", () => {
    const model = app(`app A { message M; message N; component C { srv s: (M, N); rep r: (M, M); }
      actor X { internal M; { c : C; } } }`);
    const [instance] = instancesFor(model, deployment("app A { on all X; }"), "b");
    const scopes = instance!.components[0]!.ports.map((port) =>
      "scope" in port ? port.scope : null,
    );
    assert.deepEqual(scopes, ["global", "internal"]);
  });

  it("places several instances of one actor by name", () => {
    const { app: model, deployment: placed } = corpus("several-instances");
    const onFirst = instancesFor(model, placed, "b1");
    assert.deepEqual(
      onFirst.map(({ instanceName, actorType, parameters }) => [
        instanceName,
        actorType,
        parameters,
      ]),
      [
        ["home1", "Home", { id: "h1", limit: 5 }],
        ["home2", "Home", { id: "h2", limit: 7 }],
        ["Home", "Home", { id: "h3", limit: 5 }],
      ],
    );
    assert.deepEqual(
      instancesFor(model, placed, "b2").map(({ instanceName }) => instanceName),
      ["Hall", "home1"],
    );
    assert.deepEqual(instancesFor(model, placed, "b3"), []);
  });

  it("leaves a second placement out, and keeps the first's arguments", () => {
    const { app: model } = corpus("several-instances");
    const placed = deployment('app Homes { on (b1) Home(id="h1"); on all Home(id="h2"), Hall; }');
    const ids = (board: string) =>
      instancesFor(model, placed, board).map(({ parameters }) => parameters["id"]);
    assert.deepEqual(ids("b1"), ["h1", undefined]);
    assert.deepEqual(ids("b2"), ["h2", undefined]);
  });

  it("knows a board by its aliases", () => {
    const placed = deployment("app A { on (10.0.0.3) X(free=1); }");
    assert.equal(instancesFor(LEVELS, placed, "north").length, 0);
    const [instance] = instancesFor(LEVELS, placed, "north", ["north.local", "10.0.0.3"]);
    assert.equal(instance!.board, "north");
  });

  it("is frozen plain data that survives structured cloning", () => {
    const { app: model, deployment: placed } = corpus("every-construct");
    const instances = instancesFor(model, placed, "board_3");
    assert.equal(instances.length, 1);
    assert.deepEqual(structuredClone(instances), instances);
    assert.throws(() => Object.assign(instances[0]!.parameters, { id: "other" }), TypeError);
    assert.equal(Object.isFrozen(model.components[0]!.ports[0]), true);
    assert.equal(Object.isFrozen(placed.placements[0]!.actors), true);
  });

  it("keeps names that objects know already", () => {
    const model =
      app(`app A { message __proto__; component C(__proto__=1, constructor=2) { pub p: __proto__; }
      actor X { { c : C; } } }`);
    assert.deepEqual(checkApp(model), []);
    const [instance] = instancesFor(model, deployment("app A { on all X; }"), "b");
    assert.deepEqual(Object.entries(instance!.components[0]!.parameters), [
      ["__proto__", 1],
      ["constructor", 2],
    ]);
    assert.deepEqual(Object.entries(instance!.scopes), [["__proto__", "global"]]);
  });

  for (const [what, model, placed] of [
    ["an unknown actor", "component C { } actor X { { c : C; } }", "Y"],
    ["an unknown component", "component C { } actor X { { c : D; } }", "X"],
    ["a parameter without a value", "component C(a) { } actor X { { c : C; } }", "X"],
    ["an argument left out", "component C(a=1) { } actor X(f) { { c : C(a=f); } }", "X"],
    ["a formal that objects know", "component C(a=1) { } actor X { { c : C(a=toString); } }", "X"],
  ] as const)
    it(`refuses ${what}`, () => {
      assert.throws(
        () =>
          instancesFor(app(`app A { ${model} }`), deployment(`app A { on all ${placed}; }`), "b"),
        { code: "MODEL_NOT_CHECKED" },
      );
    });
});
