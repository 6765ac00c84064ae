// Random models, with keywords among the names.
import fc from "fast-check";
import type { ActorType, AppFile, LanguageVersion, Port } from "./app-model.ts";
import type { FieldType, ItemType } from "./message-model.ts";

export const position = { line: 1, column: 1 };
export const languageVersion = fc.constantFrom(0 as const, 1 as const);
const KEYWORDS = [
  ..."app message group with leader using timed library component device in scheduler rr priority".split(
    " ",
  ),
  ..."pub sub clt srv req rep qry ans timer inside default within sec min msec actor local internal".split(
    " ",
  ),
  ..."uses cpu max mem mb net rate ceil burst k over language hedgerow host network on as any dns all struct one of queue drop refuse board place where memory cores arch tag".split(
    " ",
  ),
];

export const name = fc.oneof(
  fc.constantFrom(...KEYWORDS),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/),
  fc.constantFrom("größe", "Ωmega2", "__proto__", "constructor"),
);
export const reference = name.map((text) => ({ name: text, position }));
type Names = fc.Arbitrary<{ name: string; position: typeof position }[]>;
export const names = (max: number): Names => fc.array(reference, { maxLength: max });
export const text = fc
  .string({ maxLength: 8 })
  // A backslash before a quote, or at the end, cannot be written in this language.
  .map((value) => value.replaceAll("\\", "/"));
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);
export const literal = value.map((content) => ({
  type: "literal" as const,
  value: content,
  position,
}));
export const isBoolean = (word: string): boolean =>
  ["true", "True", "false", "False"].includes(word);
const formalName = name
  .filter((word) => !isBoolean(word))
  .map((word) => ({ type: "formal" as const, name: word, position }));

// The names of types cannot name a struct.
const structReference = reference.filter(({ name: word }) => !/^(bool|text|bytes)$/.test(word));
export const at = fc.constant(position);
const itemType: fc.Arbitrary<ItemType> = fc.oneof(
  fc.record({ kind: fc.constant("bool" as const), position: at }),
  fc.record({
    kind: fc.constant("integer" as const),
    bits: fc.constantFrom(8 as const, 16 as const, 32 as const, 64 as const),
    isSigned: fc.boolean(),
    position: at,
  }),
  fc.record({
    kind: fc.constant("float" as const),
    bits: fc.constantFrom(32 as const, 64 as const),
    position: at,
  }),
  fc.record({
    kind: fc.constantFrom("text" as const, "bytes" as const),
    lengthMax: fc.nat(),
    position: at,
  }),
  fc.record({ kind: fc.constant("struct" as const), struct: structReference, position: at }),
);
const fieldType: fc.Arbitrary<FieldType> = fc.oneof(
  itemType,
  fc.record({
    kind: fc.constant("list" as const),
    item: itemType,
    countMax: fc.nat(),
    position: at,
  }),
  fc.record({
    kind: fc.constant("oneOf" as const),
    words: fc.array(reference, { minLength: 1, maxLength: 3 }),
    position: at,
  }),
);
const fields = fc.array(fc.record({ name, type: fieldType, position: at }), { maxLength: 4 });

const formals = fc.array(
  fc.oneof(reference, fc.record({ name, position: fc.constant(position), default: literal })),
  { maxLength: 3 },
);
const durationMs = fc.option(fc.integer({ min: -5, max: 100_000 }).filter((ms) => ms !== 0));
const whenFull = fc.constantFrom("dropOldest" as const, "dropNewest" as const, "refuse" as const);
const queueIn = (version: LanguageVersion) =>
  version === 0
    ? fc.constant(null)
    : fc.option(fc.record({ lengthMax: fc.nat(), whenFull, position: at }));
const portIn = (version: LanguageVersion): fc.Arbitrary<Port> =>
  fc.oneof(
    fc.record({
      kind: fc.constant("pub" as const),
      name,
      message: reference,
      timed: fc.boolean(),
      withinMs: fc.constant(null),
      queue: fc.constant(null),
      position: at,
    }),
    fc.record({
      kind: fc.constant("sub" as const),
      name,
      message: reference,
      timed: fc.boolean(),
      withinMs: durationMs,
      queue: queueIn(version),
      position: at,
    }),
    fc.record({
      kind: fc.constant("clt" as const),
      name,
      request: reference,
      reply: reference,
      timed: fc.boolean(),
      withinMs: fc.constant(null),
      queue: fc.constant(null),
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
      queue: queueIn(version),
      position: at,
    }),
    fc.record({
      kind: fc.constant("timer" as const),
      name,
      periodMs: durationMs,
      withinMs: durationMs,
      queue: queueIn(version),
      position: at,
    }),
    fc.record({
      kind: fc.constant("inside" as const),
      name,
      isDefault: fc.boolean(),
      queue: queueIn(version),
      position: at,
    }),
  );
const componentIn = (version: LanguageVersion) =>
  fc.record({
    name,
    position: at,
    isDevice: fc.boolean(),
    formals,
    language: fc.constantFrom("unspecified" as const, "python" as const, "cpp" as const),
    scheduler: fc.constantFrom(
      "default" as const,
      "priority" as const,
      "roundRobin" as const,
      version === 0 ? ("default" as const) : ("deadline" as const),
    ),
    ports: fc.array(portIn(version), { maxLength: 5 }),
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
const appIn = (version: LanguageVersion) =>
  fc.record({
    name,
    position: at,
    messages: fc.array(
      fc.record({
        name,
        fields: version === 0 ? fc.constant(null) : fc.option(fields),
        position: at,
      }),
      { maxLength: 4 },
    ),
    structs:
      version === 0
        ? fc.constant([])
        : fc.array(fc.record({ name, fields, position: at }), { maxLength: 2 }),
    groups: fc.array(group, { maxLength: 2 }),
    libraries: fc.array(
      fc.oneof(
        reference,
        text.map((word) => ({ name: word, position })),
      ),
      { maxLength: 2 },
    ),
    components: fc.array(componentIn(version), { minLength: 1, maxLength: 3 }),
    actors: fc.array(actor, { minLength: 1, maxLength: 3 }),
  });
/** Any file of applications, with our extensions when it has the marker. */
export const appFile: fc.Arbitrary<AppFile> = languageVersion.chain((version) =>
  fc.array(appIn(version), { maxLength: 1 }).map((apps) => ({
    fileName: "a.riaps",
    languageVersion: version,
    apps: apps.map((each) => ({ ...each, fileName: "a.riaps", languageVersion: version })),
  })),
);

/** Plain copies with every position the same, so that prototypes and order of keys do not matter. */
export function withoutPositions(model: unknown): unknown {
  return JSON.parse(
    JSON.stringify(model, (key, content: unknown) => (key === "position" ? position : content)),
  ) as unknown;
}
