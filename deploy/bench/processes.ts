import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Child } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import { actorsOn } from "../../agent/node/application-files.ts";
import { BENCH_MODEL } from "./application.ts";
import { type Figure, figure, median, nowUs } from "./figures.ts";

const KIB_PER_MIB = 1_024;
const CREW_ACTORS = 8;

/** Memory of a process in MiB. Source: proc(5), smaps_rollup. */
function memoryOf(pid: number): { readonly residentMib: number; readonly privateMib: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  return {
    residentMib: kib("Rss") / KIB_PER_MIB,
    privateMib: (kib("Private_Clean") + kib("Private_Dirty")) / KIB_PER_MIB,
  };
}

const ACTOR_MODEL = BENCH_MODEL.replace(
  "actor Talker(textLength) { { source : Source(textLength = textLength); } }",
  `actor Talker(textLength) { { source : Source(textLength = textLength);
    sink : Sink(latencyCount = 1000000, burstCount = 0, echoCount = 0, textLength = textLength); } }`,
);

function programs(): readonly {
  readonly kind: string;
  readonly program: string;
  readonly options: unknown;
  readonly isUp: (message: unknown) => boolean;
}[] {
  const texts = {
    ...{ modelName: "bench.riaps", modelText: ACTOR_MODEL, deploymentName: "bench.depl" },
    deploymentText: "language hedgerow 1;\napp Bench { on (one) Talker(textLength = 10); }",
  };
  const saysKind = (kind: string) => (message: unknown) =>
    (message as { readonly kind?: string }).kind === kind ||
    (message as { readonly message?: { readonly kind?: string } }).message?.kind === kind;
  const [actor] = actorsOn(texts, "one");
  if (actor === undefined) throw new Error("the model has no actor");
  const crew = Array.from({ length: CREW_ACTORS }, (_, index) => {
    return { ...actor, instanceName: `Talker${index}` };
  });
  const components = actor.components.map((each, index) => ({ ...each, inWorker: index > 0 }));
  const chain = { chainId: 4242, port: 0, database: "memory", genesis: {} };
  const mining = { kind: "demand", gatherMs: 0 };
  const node = { board: "one", cluster: "memory", beaconUdpPort: 15_671 };
  return [
    { kind: "world alone", program: "idle", options: 0, isUp: (message) => message === "up" },
    {
      ...{ kind: "actor, two components", program: "actor", options: { actors: [actor] } },
      isUp: saysKind("active"),
    },
    {
      ...{
        kind: `crew of ${CREW_ACTORS} such actors`,
        program: "actor",
        options: { actors: crew },
      },
      // The last to be active: all of them are opened at once.
      isUp: afterTimes(CREW_ACTORS, saysKind("active")),
    },
    {
      ...{ kind: "actor, one of two components in a thread", program: "actor" },
      ...{ options: { actors: [{ ...actor, components }] }, isUp: saysKind("active") },
    },
    { kind: "node agent", program: "node", options: node, isUp: saysKind("ready") },
    {
      ...{ kind: "ledger", program: "chain", isUp: saysKind("ready") },
      options: { ...chain, mining, transactionsPerBlockMax: 100 },
    },
  ];
}

/** One actor of RIAPS 2.0 with two components, on another machine of two cores, under load. */
const RIAPS_ACTOR = {
  start: "430–2,320, median 930",
  resident: "63–64",
  private: "45–46",
} as const;

/** True each time that `holds` was so many times more. */
function afterTimes(count: number, holds: (message: unknown) => boolean): typeof holds {
  let seenCount = 0;
  return (message) => {
    if (holds(message)) seenCount += 1;
    return seenCount > 0 && seenCount % count === 0;
  };
}

/** Time from spawn until it is up, and memory then, of each kind of process; medians. */
export async function benchProcesses(world: World, roundCount: number): Promise<Figure[]> {
  const figures: Figure[] = await bareNode(roundCount);
  for (const { kind, program, options, isUp } of programs()) {
    process.stderr.write(`processes: ${kind}\n`);
    const startMs: number[] = [];
    const memories: ReturnType<typeof memoryOf>[] = [];
    for (let round = 0; round < roundCount; round += 1) {
      const fromUs = nowUs();
      const child = world.spawner.spawn({ program, name: `one/${program}`, options });
      await up(child, isUp);
      startMs.push((nowUs() - fromUs) / 1_000);
      memories.push(memoryOf(child.pid));
      child.stop();
      await child.exited;
    }
    const resident = median(memories.map(({ residentMib }) => residentMib));
    const own = median(memories.map(({ privateMib }) => privateMib));
    const of = (what: keyof typeof RIAPS_ACTOR, value: number, unit: string): Figure => ({
      ...figure("processes", `${kind}: ${what}`, value, unit),
      ...(kind.startsWith("actor, two") ? { riaps: RIAPS_ACTOR[what] } : {}),
    });
    figures.push(of("start", median(startMs), "ms"));
    figures.push(of("resident", resident, "MiB"));
    figures.push(of("private", own, "MiB"));
  }
  return figures;
}

/** Node alone with a channel to its parent: the floor of all others. */
async function bareNode(roundCount: number): Promise<Figure[]> {
  const memories: ReturnType<typeof memoryOf>[] = [];
  const startMs: number[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const fromUs = nowUs();
    const script = "process.send('up'); process.on('message', () => undefined);";
    const stdio = ["ignore", "ignore", "inherit", "ipc"] as const;
    const flags = ["--max-semi-space-size=1", "-e", script];
    const child = spawn(process.execPath, flags, { stdio: [...stdio] });
    await once(child, "message");
    startMs.push((nowUs() - fromUs) / 1_000);
    memories.push(memoryOf(child.pid ?? 0));
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const resident = median(memories.map(({ residentMib }) => residentMib));
  const own = median(memories.map(({ privateMib }) => privateMib));
  return [
    figure("processes", "bare node: start", median(startMs), "ms"),
    figure("processes", "bare node: resident", resident, "MiB"),
    figure("processes", "bare node: private", own, "MiB"),
  ];
}

async function up(child: Child, isUp: (message: unknown) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.channel.receive((message) => {
      if (isUp(message)) resolve();
    });
    void child.exited.then(({ reason }) => reject(new Error(`${child.name}: ${reason}`)));
  });
}
