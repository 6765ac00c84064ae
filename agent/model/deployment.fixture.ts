// Random deployments, with keywords among the names.
import fc from "fast-check";
import type { ActorOptions } from "./actor-options-model.ts";
import type { BoardConstraint, DeploymentModel } from "./deployment-model.ts";
import {
  at,
  isBoolean,
  languageVersion,
  literal,
  name,
  names,
  position,
  reference,
  text,
} from "./model.fixture.ts";

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
