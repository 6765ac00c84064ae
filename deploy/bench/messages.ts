import type { Addressed, ToAgent } from "../../agent/actor/protocol.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { deferred } from "../../agent/core/waiting.ts";
import type { World } from "../../agent/core/world.ts";
import { actorsOn } from "../../agent/node/application-files.ts";
import { pyzmqFault } from "../interop/peer.ts";
import { BENCH_MODEL, textLengthFor } from "./application.ts";
import { type Figure, figure, median, type PhaseReport } from "./figures.ts";
import { pyzmqRound } from "./pyzmq.ts";

/** How much is measured. */
export interface MessageCounts {
  readonly latencyCount: number;
  /** A multiple of 2,500. */
  readonly burstCount: number;
  readonly echoCount: number;
  readonly roundCount: number;
}

/** Reports by the name of their phase. */
export type Phases = Map<string, PhaseReport>;

/** Two actors in processes of their own, their parent in the role of the agent: what each phase gave. */
export async function actorRound(
  world: World,
  bytes: number,
  counts: MessageCounts,
): Promise<Phases> {
  const textLength = textLengthFor(bytes);
  const { latencyCount, burstCount, echoCount } = counts;
  const deploymentText = `language hedgerow 1;
app Bench { on (one) Talker(textLength = ${textLength}),
  Hearer(latencyCount = ${latencyCount}, burstCount = ${burstCount}, echoCount = ${echoCount}, textLength = ${textLength}); }`;
  const texts = {
    ...{ modelName: "bench.riaps", modelText: BENCH_MODEL },
    ...{ deploymentName: "bench.depl", deploymentText },
  };
  const phases: Phases = new Map();
  const over = deferred<undefined>();
  const providers = new Map<string, string>();
  const requirers: {
    readonly actor: string;
    readonly child: Child;
    readonly port: string;
    readonly key: string;
  }[] = [];
  const wire = (): void => {
    for (const { actor, child, port, key } of requirers) {
      const endpoint = providers.get(key);
      if (endpoint !== undefined)
        child.channel.send({ actor, message: { kind: "peers", port, endpoints: [endpoint] } });
    }
  };
  const children = actorsOn(texts, "one").map((actor) => {
    const call = {
      program: "actor",
      name: `one/${actor.instanceName}`,
      options: { actors: [actor] },
    };
    const child = world.spawner.spawn(call);
    child.channel.receive((raw) => {
      const { message: told } = raw as Addressed<
        ToAgent | ({ readonly kind: "measured" } & PhaseReport)
      >;
      if (told.kind === "provide") providers.set(told.key, told.endpoint);
      else if (told.kind === "require") {
        const { port, key } = told;
        requirers.push({ actor: actor.instanceName, child, port, key });
      } else if (told.kind === "measured") {
        phases.set(told.phase, told);
        if (told.phase === "over") over.resolve(undefined);
      }
      if (told.kind === "provide" || told.kind === "require") wire();
    });
    return child;
  });
  await finished(children, over.promise);
  return phases;
}

/** zeromq.js alone, the same phases. */
async function rawRound(world: World, frameBytes: number, counts: MessageCounts): Promise<Phases> {
  const phases: Phases = new Map();
  const over = deferred<undefined>();
  const options = { frameBytes, ...counts };
  const source = world.spawner.spawn({ program: "rawSource", name: "raw/source", options });
  const endpoints = await new Promise((resolve) => source.channel.receive(resolve));
  const sink = world.spawner.spawn({
    program: "rawSink",
    name: "raw/sink",
    options: { ...options, endpoints },
  });
  sink.channel.receive((raw) => {
    const told = raw as PhaseReport;
    phases.set(told.phase, told);
    if (told.phase === "over") over.resolve(undefined);
  });
  await finished([source, sink], over.promise);
  return phases;
}

/** Waits for the end of the measurement, or of a child: then it failed. */
async function finished(children: readonly Child[], over: Promise<unknown>): Promise<void> {
  const ends = children.map(async ({ name, exited }) => {
    throw new Error(`${name} ended: ${(await exited).reason}`);
  });
  try {
    await Promise.race([over, ...ends]);
  } finally {
    for (const child of children) child.stop();
    await Promise.allSettled(ends);
  }
}

/** What is measured side by side. */
type Contender = readonly [name: string, round: () => Promise<Phases>];

/** Real actors of RIAPS 2.0 on another machine of two cores, under load, by bytes and name. */
const RIAPS: Readonly<Record<string, string>> = {
  "64 one way p50": "100–114",
  "64 one way p95": "184",
  "64 one way p99": "704–3,331",
  "1024 one way p50": "108",
  "1024 one way p95": "199",
  "1024 one way p99": "377",
  "64 round trip p50": "149",
  "64 round trip p95": "228",
  "64 round trip p99": "1,589",
};

function riapsOf(bytes: number, name: string): { readonly riaps?: string } {
  const riaps = RIAPS[`${bytes} ${name}`];
  return riaps === undefined ? {} : { riaps };
}

const MEASURES: readonly (readonly [phase: string, what: string, unit: string])[] = [
  ["burst", "perSecond", "msg/s"],
  ["one way", "p50", "µs"],
  ["one way", "p95", "µs"],
  ["one way", "p99", "µs"],
  ["round trip", "perSecond", "calls/s"],
  ["round trip", "p50", "µs"],
  ["round trip", "p95", "µs"],
  ["round trip", "p99", "µs"],
];

/**
 * Messages between two actors beside zeromq.js alone and beside pyzmq in the shape of RIAPS, turn by
 * turn; medians over the rounds.
 */
export async function benchMessages(world: World, counts: MessageCounts): Promise<Figure[]> {
  const figures: Figure[] = [];
  const fault = pyzmqFault();
  if (fault !== undefined) process.stderr.write(`messages: ${fault}\n`);
  for (const frameBytes of [64, 1024]) {
    const contenders: Contender[] = [
      ["actors", () => actorRound(world, frameBytes, counts)],
      ["zeromq.js", () => rawRound(world, frameBytes, counts)],
    ];
    if (fault === undefined)
      contenders.push(["pyzmq", () => pyzmqRound({ frameBytes, ...counts })]);
    const rounds = new Map<string, Phases[]>(contenders.map(([name]) => [name, []]));
    for (let round = 0; round < counts.roundCount; round += 1) {
      process.stderr.write(
        `messages of ${frameBytes} B, round ${round + 1} of ${counts.roundCount}\n`,
      );
      for (const [name, run] of contenders) rounds.get(name)?.push(await run());
    }
    figures.push(...figuresOf(frameBytes, rounds));
  }
  return figures;
}

function figuresOf(frameBytes: number, rounds: ReadonlyMap<string, readonly Phases[]>): Figure[] {
  const figures: Figure[] = [];
  const ours = rounds.get("actors") ?? [];
  const lostCount = ours.filter((phases) => phases.has("lost")).length;
  const group = `messages of ${frameBytes} B (${lostCount} rounds with losses)`;
  for (const [phase, what, unit] of MEASURES) {
    const of = (all: readonly Phases[]): number =>
      median(all.map((phases) => Number(phases.get(phase)?.[what])));
    const name = what === "perSecond" ? phase : `${phase} ${what}`;
    for (const [contender, all] of rounds)
      figures.push({
        ...figure(group, `${name}, ${contender}`, of(all), unit),
        ...(contender === "actors" ? riapsOf(frameBytes, name) : {}),
      });
    for (const [contender, all] of rounds)
      if (contender !== "actors")
        figures.push(figure(group, `${name}, actors / ${contender}`, of(ours) / of(all), ""));
  }
  return figures;
}
