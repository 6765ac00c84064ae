// Random models and deployments, with keywords among the names.
import fc from "fast-check";
import type { ActorOptions } from "./actor-options-model.ts";
import type { ActorType, AppFile, LanguageVersion, Port } from "./app-model.ts";
import type { BoardConstraint, DeploymentModel } from "./deployment-model.ts";
import type { FieldType, ItemType } from "./message-model.ts";

const position = { line: 1, column: 1 };
const languageVersion = fc.constantFrom(0 as const, 1 as const);
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

// The names of types cannot name a struct.
const structReference = reference.filter(({ name: word }) => !/^(bool|text|bytes)$/.test(word));
const at = fc.constant(position);
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
const spanMs = fc.integer({ min: -5, max: 100_000 });
const account = fc.oneof(
  reference,
  text.map((word) => ({ name: word, position })),
);
const options: fc.Arbitrary<ActorOptions> = fc.record({
  isolation: fc.option(
    fc.record({ mode: fc.constantFrom("own" as const, "shared" as const), position: at }),
  ),
  restart: fc.option(
    fc.oneof(
      fc.constant({
        restartsMax: 0,
        periodMs: null,
        firstDelayMs: null,
        delayMsMax: null,
        position,
      }),
      fc
        .record({
          restartsMax: fc.nat(),
          periodMs: spanMs,
          firstDelayMs: fc.option(spanMs),
          delayMsMax: fc.option(spanMs),
          position: at,
        })
        .map((clause) => (clause.firstDelayMs === null ? { ...clause, delayMsMax: null } : clause)),
    ),
  ),
  runAs: fc.option(
    fc
      .record({
        user: fc.option(account),
        groups: fc.array(account, { maxLength: 2 }),
        position: at,
      })
      .filter(({ user, groups }) => user !== null || groups.length > 0),
  ),
  workers: names(2),
  foreign: fc.array(
    fc
      .record({
        how: fc.constantFrom("bind" as const, "connect" as const),
        component: reference,
        port: reference,
        address: text,
        curveKey: fc.option(text),
        position: at,
      })
      .map((clause) => (clause.how === "bind" ? { ...clause, curveKey: null } : clause)),
    { maxLength: 2 },
  ),
});
const board = fc.record({
  name: host,
  memoryBytes: fc.option(fc.nat({ max: 5000 }).map((amount) => amount * 1024)),
  cores: fc.option(fc.nat()),
  arch: fc.option(name),
  tags: names(3),
  position: at,
});
const constraint: fc.Arbitrary<BoardConstraint> = fc.oneof(
  fc.record({
    kind: fc.constant("memory" as const),
    bytesMin: fc.nat({ max: 5000 }).map((amount) => amount * 1024),
    position: at,
  }),
  fc.record({ kind: fc.constant("cores" as const), countMin: fc.nat(), position: at }),
  fc.record({ kind: fc.constant("arch" as const), arch: name, position: at }),
  fc.record({ kind: fc.constant("tag" as const), tag: name, position: at }),
);
const targets = fc.oneof(
  fc.constant("all" as const),
  fc.array(hostReference, { minLength: 1, maxLength: 3 }),
);

/** Any deployment, with our extensions when it has the marker. */
export const deployment: fc.Arbitrary<DeploymentModel> = languageVersion.chain((version) => {
  const ours = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
    version === 0 ? fc.constant(null) : fc.option(some);
  const placed = fc.record({
    actor: reference,
    arguments: fc.array(argument, { maxLength: 3 }),
    instanceName: ours(reference),
    options: ours(options),
    position: at,
  });
  const placement = fc
    .record({
      targets,
      actors: fc.array(placed, { minLength: 1, maxLength: 3 }),
      count: ours(fc.nat()),
      where: version === 0 ? fc.constant([]) : fc.array(constraint, { maxLength: 3 }),
      position: at,
    })
    .map((each) => (each.count === null ? each : { ...each, actors: each.actors.slice(0, 1) }));
  return fc.record({
    appName: name,
    fileName: fc.constant("a.depl"),
    languageVersion: fc.constant(version),
    hostRules: fc.array(hostRule, { maxLength: 2 }),
    boards: version === 0 ? fc.constant([]) : fc.array(board, { maxLength: 2 }),
    placements: fc.array(placement, { minLength: 1, maxLength: 3 }),
    position: at,
  });
});

/** Plain copies with every position the same, so that prototypes and order of keys do not matter. */
export function withoutPositions(model: unknown): unknown {
  return JSON.parse(
    JSON.stringify(model, (key, content: unknown) => (key === "position" ? position : content)),
  ) as unknown;
}
