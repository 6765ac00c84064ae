// Goal: generated code and its skeletons compile; a component that no longer fits its model does not, and the
// compiler names what is missing, superfluous or of the wrong type; the developer's files are never touched.
// Method: `planCode` over models, written into a folder, and the TypeScript compiler in this process over
// generated and developer's code together. Seed: none.
import assert from "node:assert/strict";
import { checkApp } from "../../agent/model/check-app.ts";
import { parseApp } from "../../agent/model/parse-app.ts";
import { formatProblem, hasErrors } from "../../agent/model/problem.ts";
import { compareCode, type FileReport, writeCode } from "./code-folder.ts";
import { type CodePlan, planCode } from "./plan-rule.ts";
import { Project } from "./project.fixture.ts";

const TYPED = `language hedgerow 1;
app Heat {
  struct Place { room : text[16]; floor : int8; }
  message Reading { celsius : float64; at : Place; flags : bool; mode : one of off, on; total : uint64; change : int64; }
  message Command { on : bool; steps : uint16[8]; raw : bytes[4]; }
  message Ask { id : uint32; }
  message Told { text : text[40]; }
  group Pool with leader using Command;
  component Sensor(place = "hall", offset = -0.5, loud = false) {
    timer tick 1 sec within 10 msec;
    timer later;
    pub reading : Reading timed;
    srv ask : (Ask, Told);
  }
  component Heater(id, limit) {
    sub reading : Reading timed;
    clt ask : (Ask, Told);
    req order : (Ask, Told);
    qry find : (Ask, Told);
  }
  component Depot {
    rep order : (Ask, Told);
    ans find : (Ask, Told);
  }
  device Probe { inside bus; inside beat default; pub raw : Command; }
  device Beat { inside beat default; }
  component Old in python { sub reading : Reading; }
  actor Room { internal Command; { sensor : Sensor; heater : Heater(id = "h1", limit = 20); depot : Depot; probe : Probe; beat : Beat; } }
}`;

/** The reference's dialect: messages are names. */
const UNTYPED = `app Plain {
  message Tick; message message;
  component Clock { timer tick 1 sec; pub out : Tick; sub in : message; }
  actor A { { clock : Clock; } }
}`;

function plan(text: string): CodePlan {
  const app = parseApp(text, "m.riaps");
  const problems = [...app.problems, ...(app.ok ? checkApp(app.value) : [])];
  if (!app.ok || hasErrors(problems))
    throw new Error(problems.map((each) => formatProblem(each, text)).join("\n"));
  return planCode(app.value, "m.riaps");
}

async function generate(project: Project, text: string): Promise<readonly FileReport[]> {
  return writeCode(plan(text), project.folder);
}

function pathsOf(reports: readonly FileReport[], fate: FileReport["fate"]): readonly string[] {
  return reports.filter((each) => each.fate === fate).map(({ path }) => path);
}

describe("generated code", function () {
  this.timeout(120_000);

  it("compiles with its skeletons, for every kind of port, field and parameter", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    assert.deepEqual(project.compile(), []);
  });

  it("compiles for messages without fields, whose shapes the developer writes", async () => {
    await using project = await Project.open();
    const reports = await generate(project, UNTYPED);
    assert.deepEqual(pathsOf(reports, "created"), ["messages.ts", "clock.ts", "application.ts"]);
    assert.deepEqual(project.compile(), []);
    await project.edit(
      "messages.ts",
      'message("Tick", record({}))',
      'message("Tick", record({ n: real }))',
    );
    await project.edit("messages.ts", "{ message, record }", "{ message, real, record }");
    await project.edit("clock.ts", "setup():", "setup({ port }):");
    await project.edit("clock.ts", "// (dueUtcUs): the time has come.", "port.out({ m: 1 });");
    assert.match(project.compile().join("\n"), /^clock\.ts:\d+: .*'m' does not exist/);
    await project.edit("clock.ts", "{ m: 1 }", "{ n: 1 }");
    assert.deepEqual(project.compile(), []);
    await generate(project, UNTYPED.replace("message Tick;", "message Tick; message Tock;"));
    assert.match(
      project.compile().join("\n"),
      /^generated\/messages\.ts:\d+: Property 'Tock' does not exist/,
    );
  });

  it("types messages, parameters and calls", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    await project.write(
      "heater.ts",
      `import { component } from "hedgerow";
import { type HeaterHandlers, heaterModel } from "./generated/heater.ts";
export const heater = component({
  ...heaterModel,
  setup({ port, group }, { id, limit }): HeaterHandlers {
    const upper: string = id.toUpperCase();
    const half: number = limit / 2;
    void half;
    return {
      async handleActivate() {
        const pool = await group.Pool.join("all", { size: 3 });
        pool.send({ on: true, steps: [1], raw: new Uint8Array() });
      },
      async on_reading({ celsius, at, mode, total, change }, { sentUtcUs }) {
        const text: "off" | "on" = mode;
        const sum: bigint = total + change;
        const outcome = await port.ask({ id: celsius > limit ? at.floor : 0 }, 100);
        if (outcome.kind === "reply") void [outcome.reply.text.length, text, sum, upper, sentUtcUs];
        port.order({ id: 1 }, 100);
      },
      on_order(outcome) { if (outcome.kind === "no-reply") void outcome.reason; },
      on_find(_outcome, queryId) { void (queryId + 1); },
    };
  },
});
`,
    );
    assert.deepEqual(project.compile(), []);
    await project.edit("heater.ts", "celsius > limit", "celsius > id");
    assert.match(project.compile().join("\n"), /^heater\.ts:\d+: Operator '>'/);
  });

  it("a port that is new in the model is a handler that the compiler misses", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    const before = await project.read("depot.ts");
    const reports = await generate(
      project,
      TYPED.replace("component Depot {", "component Depot { sub reading : Reading;"),
    );
    assert.equal(await project.read("depot.ts"), before);
    assert(pathsOf(reports, "kept").includes("depot.ts"));
    assert.deepEqual(pathsOf(reports, "created"), []);
    const [first, ...more] = project.compile();
    assert.match(
      first ?? "",
      /^depot\.ts:\d+: Property 'on_reading' is missing in type .* but required in type 'DepotHandlers/s,
    );
    assert.deepEqual(more, []);
  });

  it("a port that is gone from the model is a handler too many", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    await generate(
      project,
      TYPED.replace("ans find : (Ask, Told);", "").replace("qry find : (Ask, Told);", ""),
    );
    const errors = project.compile();
    for (const file of ["depot", "heater"])
      assert(
        errors.some(
          (error) =>
            error.startsWith(`${file}.ts:`) &&
            /'on_find' does not exist in type '(Depot|Heater)Handlers/.test(error),
        ),
        errors.join("\n"),
      );
  });

  it("a message that changed is an error where it is used", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    await generate(
      project,
      TYPED.replace("message Told { text : text[40]; }", "message Told { words : text[40]; }"),
    );
    const files = project.compile().map((error) => error.split(":")[0]);
    assert.deepEqual([...new Set(files)].sort(), ["depot.ts", "sensor.ts"]);
  });

  it("a component that is new in the model is missed by the application, and one that is gone is too many", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    const reports = await generate(
      project,
      TYPED.replace(
        "component Depot",
        "component Attic { timer t 1 sec; } component Depot",
      ).replace("depot : Depot;", "depot : Depot; attic : Attic;"),
    );
    assert.deepEqual(pathsOf(reports, "created"), ["attic.ts"]);
    assert.match(project.compile().join("\n"), /^application\.ts:\d+: Property 'Attic' is missing/);
    await generate(project, TYPED);
    assert.equal(project.has("generated/attic.ts"), false);
    assert.equal(project.has("attic.ts"), true);
    assert.deepEqual(project.compile(), []);
    assert.match(
      project.compile("attic.ts").join("\n"),
      /^attic\.ts:\d+: Cannot find module '\.\/generated\/attic\.ts'/,
    );
  });

  it("a component under another's name does not compile", async () => {
    await using project = await Project.open();
    await generate(project, TYPED);
    await project.edit("application.ts", "Depot: depot", "Depot: sensor");
    assert.match(
      project.compile().join("\n"),
      /application\.ts:\d+: Type .* is missing .*: order, find/s,
    );
  });

  it("says what is out of step, and nothing once it is written", async () => {
    await using project = await Project.open();
    const first = await compareCode(plan(TYPED), project.folder);
    assert.deepEqual(pathsOf(first, "unchanged"), []);
    await generate(project, TYPED);
    const fates = (await compareCode(plan(TYPED), project.folder)).map(({ fate }) => fate);
    assert.deepEqual([...new Set(fates)].sort(), ["kept", "unchanged"]);
    await project.write("generated/extra.ts", await project.read("generated/depot.ts"));
    await project.write("generated/mine.ts", "export {};\n");
    const after = await compareCode(plan(TYPED), project.folder);
    assert.deepEqual(pathsOf(after, "removed"), ["generated/extra.ts"]);
    // What only moved in the file, or was commented, changes nothing.
    assert.equal(plan(`\n// why\n${TYPED}`).modelHash, plan(TYPED).modelHash);
    assert.notEqual(
      plan(TYPED.replace("limit = 20", 'limit = "20"')).modelHash,
      plan(TYPED).modelHash,
    );
  });

  it("notes components in other languages, and refuses two that would share a file", () => {
    assert.deepEqual(plan(TYPED).notes, ["Old is written in Python: no code is generated for it"]);
    assert.equal(plan(TYPED).own.has("old.ts"), false);
    const twins = UNTYPED.replace("actor A", "component clock_ { timer t; } actor A");
    assert.match(
      plan(twins).faults.join(),
      /clock_ and another component would both be in clock\.ts/,
    );
  });

  it("copes with names that are words of the language or of hedgerow", async () => {
    const names = [
      "class",
      "component",
      "record",
      "hedgerow",
      "Event",
      "Messages",
      "Application",
      "string",
    ];
    const text = `app delete {
      ${names.map((name) => `message ${name};`).join("\n")}
      group group using class;
      ${names.map((name) => `component ${name}(default = 1) { sub message : ${name}; pub __proto__ : ${name}; timer return; }`).join("\n")}
      actor A { { ${names.map((name, index) => `i${index} : ${name};`).join(" ")} } }
    }`;
    await using project = await Project.open();
    await generate(project, text);
    assert.deepEqual(project.compile(), []);
  });
});
