// Goal: printing any model or deployment and parsing the text gives it back; printing is a fixed point.
// Method: fast-check builds random models, with keywords among the names, prints, parses, compares all
// but positions.
// Seed: fixed below; a failure prints the smallest counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorType, AppFile, Port } from "./app-model.ts";
import type { DeploymentModel } from "./deployment-model.ts";
import { parseAppFile } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { printAppFile, printDeployment } from "./print.ts";
import { formatProblem } from "./problem.ts";

const SEED = 20261120;
const position = { line: 1, column: 1 };
const KEYWORDS = [
  ..."app message group with leader using timed library component device in scheduler rr priority".split(
    " ",
  ),
  ..."pub sub clt srv req rep qry ans timer inside default within sec min msec actor local internal".split(
    " ",
  ),
  ..."uses cpu max mem mb net rate ceil burst k over language hedgerow host network on as any dns all".split(
    " ",
  ),
];

const name = fc.oneof(
  fc.constantFrom(...KEYWORDS),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/),
  fc.constantFrom("größe", "Ωmega2", "__proto__", "constructor"),
);
const reference = name.map((text) => ({ name: text, position }));
const names = (max: number) => fc.array(reference, { maxLength: max });
const text = fc
  .string({ maxLength: 8 })
  // A backslash before a quote, or at the end, cannot be written in this language.
  .map((value) => value.replaceAll("\\", "/"));
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);
const literal = value.map((content) => ({ type: "literal" as const, value: content, position }));
const isBoolean = (word: string): boolean => ["true", "True", "false", "False"].includes(word);
const formalName = name
  .filter((word) => !isBoolean(word))
  .map((word) => ({ type: "formal" as const, name: word, position }));

const formals = fc.array(
  fc.oneof(reference, fc.record({ name, position: fc.constant(position), default: literal })),
  { maxLength: 3 },
);
const durationMs = fc.option(fc.integer({ min: -5, max: 100_000 }).filter((ms) => ms !== 0));
const at = fc.constant(position);
const port: fc.Arbitrary<Port> = fc.oneof(
  fc.record({
    kind: fc.constant("pub" as const),
    name,
    message: reference,
    timed: fc.boolean(),
    withinMs: fc.constant(null),
    position: at,
  }),
  fc.record({
    kind: fc.constant("sub" as const),
    name,
    message: reference,
    timed: fc.boolean(),
    withinMs: durationMs,
    position: at,
  }),
  fc.record({
    kind: fc.constant("clt" as const),
    name,
    request: reference,
    reply: reference,
    timed: fc.boolean(),
    withinMs: fc.constant(null),
    position: at,
  }),
  fc.record({
    kind: fc.constantFrom(
      "srv" as const,
      "req" as const,
      "rep" as const,
      "qry" as const,
      "ans" as const,
    ),
    name,
    request: reference,
    reply: reference,
    timed: fc.boolean(),
    withinMs: durationMs,
    position: at,
  }),
  fc.record({
    kind: fc.constant("timer" as const),
    name,
    periodMs: durationMs,
    withinMs: durationMs,
    position: at,
  }),
  fc.record({ kind: fc.constant("inside" as const), name, isDefault: fc.boolean(), position: at }),
);
const component = fc.record({
  name,
  position: at,
  isDevice: fc.boolean(),
  formals,
  language: fc.constantFrom("unspecified" as const, "python" as const, "cpp" as const),
  scheduler: fc.constantFrom("default" as const, "priority" as const, "roundRobin" as const),
  ports: fc.array(port, { maxLength: 5 }),
});
const bytesPerS = fc.integer({ min: 0, max: 10_000_000 });
const kib = (unit: number) =>
  fc.integer({ min: 0, max: 5000 }).map((amount) => ({ bytes: amount * unit, position }));
const limits = fc.record(
  {
    cpu: fc.record({
      percent: fc.integer({ min: 1, max: 400 }),
      isHard: fc.boolean(),
      intervalMs: fc.option(fc.nat()),
      position: at,
    }),
    memory: kib(1024),
    space: kib(1024 ** 2),
    network: fc.record({
      rateBytesPerS: bytesPerS,
      ceilBytesPerS: fc.option(bytesPerS),
      burstBytes: fc.option(bytesPerS),
      position: at,
    }),
  },
  { requiredKeys: [] },
);
const scheduler = fc.oneof(
  fc.constant({ policy: "roundRobin" as const }),
  fc.record({
    policy: fc.constant("priority" as const),
    priority: fc.integer({ min: 1, max: 99 }),
  }),
);
const actual = fc.record({ name, value: fc.oneof(literal, formalName), position: at });
const use = fc.record({
  name,
  position: at,
  component: reference,
  actuals: fc.array(actual, { maxLength: 3 }),
});
const actor: fc.Arbitrary<ActorType> = fc.record(
  {
    name,
    position: at,
    isRealTime: fc.boolean(),
    formals,
    locals: names(3),
    internals: names(3),
    limits,
    scheduler,
    instances: fc.array(use, { minLength: 1, maxLength: 3 }),
  },
  {
    requiredKeys: [
      "name",
      "position",
      "isRealTime",
      "formals",
      "locals",
      "internals",
      "limits",
      "instances",
    ],
  },
);
const ms = fc.integer({ min: 1, max: 9999 });
const group = fc.record({
  name,
  position: at,
  kind: fc.constantFrom("plain" as const, "leader" as const, "consensus" as const),
  message: reference,
  timed: fc.boolean(),
  times: fc.record(
    {
      heartbeatMs: ms,
      electionMinMs: ms,
      electionMaxMs: ms,
      peerTimeoutMs: ms,
      consensusTimeoutMs: ms,
    },
    { requiredKeys: [] },
  ),
});
const app = fc.record({
  name,
  position: at,
  messages: names(4),
  groups: fc.array(group, { maxLength: 2 }),
  libraries: fc.array(
    fc.oneof(
      reference,
      text.map((word) => ({ name: word, position })),
    ),
    { maxLength: 2 },
  ),
  components: fc.array(component, { minLength: 1, maxLength: 3 }),
  actors: fc.array(actor, { minLength: 1, maxLength: 3 }),
});
const languageVersion = fc.constantFrom(0 as const, 1 as const);
const appFile: fc.Arbitrary<AppFile> = fc
  .record({ languageVersion, apps: fc.array(app, { maxLength: 1 }) })
  .map(({ languageVersion: version, apps }) => ({
    fileName: "a.riaps",
    languageVersion: version,
    apps: apps.map((each) => ({ ...each, fileName: "a.riaps", languageVersion: version })),
  }));

const host = fc
  .stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)
  .filter((word) => !["all", "any", "dns"].includes(word));
const hostReference = host.map((word) => ({ name: word, position }));
const access = fc.oneof(
  fc.constant({ type: "dns" as const, position }),
  host.map((word) => ({ type: "host" as const, host: word, position })),
);
const hostRule = fc.record({
  host: fc.oneof(fc.constant("all" as const), hostReference),
  network: fc.oneof(fc.constant("any" as const), fc.array(access, { minLength: 1, maxLength: 3 })),
  position: at,
});
const bareWord = name
  .filter((word) => !isBoolean(word))
  .map((word) => ({
    value: { type: "literal" as const, value: word, position },
    isBareWord: true,
  }));
const argument = fc
  .tuple(
    name,
    fc.oneof(
      bareWord,
      literal.map((content) => ({ value: content, isBareWord: false })),
    ),
  )
  .map(([argumentName, content]) => ({ name: argumentName, position, ...content }));
const deployment: fc.Arbitrary<DeploymentModel> = languageVersion.chain((version) => {
  const placed = fc.record({
    actor: reference,
    arguments: fc.array(argument, { maxLength: 3 }),
    instanceName: version === 0 ? fc.constant(null) : fc.option(reference),
    position: at,
  });
  const placement = fc.record({
    targets: fc.oneof(
      fc.constant("all" as const),
      fc.array(hostReference, { minLength: 1, maxLength: 3 }),
    ),
    actors: fc.array(placed, { minLength: 1, maxLength: 3 }),
    position: at,
  });
  return fc.record({
    appName: name,
    fileName: fc.constant("a.depl"),
    languageVersion: fc.constant(version),
    hostRules: fc.array(hostRule, { maxLength: 2 }),
    placements: fc.array(placement, { minLength: 1, maxLength: 3 }),
    position: at,
  });
});

// Plain copies with every position the same, so that prototypes and order of keys do not matter.
function withoutPositions(model: unknown): unknown {
  return JSON.parse(
    JSON.stringify(model, (key, content: unknown) => (key === "position" ? position : content)),
  ) as unknown;
}

describe("printing and parsing", () => {
  it("gives a model back", () => {
    fc.assert(
      fc.property(appFile, (file) => {
        const printed = printAppFile(file);
        const parsed = parseAppFile(printed, file.fileName);
        assert.ok(
          parsed.ok,
          parsed.problems.map((each) => formatProblem(each, printed)).join("\n"),
        );
        assert.deepEqual(withoutPositions(parsed.value), withoutPositions(file));
        assert.equal(printAppFile(parsed.value), printed);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it("gives a deployment back", () => {
    fc.assert(
      fc.property(deployment, (model) => {
        const printed = printDeployment(model);
        const parsed = parseDeployment(printed, model.fileName);
        assert.ok(
          parsed.ok,
          parsed.problems.map((each) => formatProblem(each, printed)).join("\n"),
        );
        assert.deepEqual(withoutPositions(parsed.value), withoutPositions(model));
        assert.equal(printDeployment(parsed.value), printed);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it("refuses a string that the language cannot write", () => {
    const parsed = parseDeployment("app A { on all X(a='b'); }", "a.depl");
    assert.ok(parsed.ok);
    const [placement] = parsed.value.placements;
    const [placed] = placement!.actors;
    const [given] = placed!.arguments;
    for (const word of ["ends in \\", 'a \\" quote'])
      assert.throws(
        () =>
          printDeployment({
            ...parsed.value,
            placements: [
              {
                ...placement!,
                actors: [
                  {
                    ...placed!,
                    arguments: [{ ...given!, value: { ...given!.value, value: word } }],
                  },
                ],
              },
            ],
          }),
        { code: "MODEL_NOT_PRINTABLE" },
      );
  });
});
