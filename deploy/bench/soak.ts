import { actorProgram } from "../../agent/actor/actor-program.ts";
import { type Application, component } from "../../agent/component/define.ts";
import { pub, sub, tim } from "../../agent/component/ports.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { integer, record } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";
import type { NodeMessage, NodeOptions } from "../../agent/node/node-options.ts";
import { nodeProgram } from "../../agent/node/node-program.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { type Figure, figure, nowUs } from "./figures.ts";

/** A source that crashes at its sixth beat, once a minute, and a sink on another board. */
const MODEL = `app Soak {
  message Beat;
  component Source() { pub beat : Beat; timer every 10 sec; }
  component Sink() { sub beat : Beat; }
  actor Mortal() { { source : Source(); } }
  actor Witness() { { sink : Sink(); } }
}
`;
const DEPLOYMENT = "app Soak { on (a) Mortal(); on (b) Witness(); }";
const BEATS_MAX = 6;
const HOUR_MS = 3_600_000;
/** Between two crashes, when everything is at rest. */
const PHASE_MS = 35_000;
/** Boards whose network loses nothing need not shout every second. */
const DISCOVERY_PACE = 20;
const QUIET_MOMENTS_COUNT = 50;
const BYTES_PER_MIB = 1024 * 1024;

/** What is open and in mind at one moment, by kind; and how much happened until then. */
export interface SoakSample {
  readonly counts: Readonly<Record<string, number>>;
  readonly restartCount: number;
  readonly heardCount: number;
  /** Only where the collector can be called (node --expose-gc). */
  readonly heapMib: number | undefined;
}

/**
 * An actor crashes every minute and is started again, hour after hour of virtual time; resolves with a
 * sample at the end of each of the `atHours`, which grow. A function of the seed.
 */
export async function soak(seed: number, atHours: readonly number[]): Promise<SoakSample[]> {
  const told: Record<string, number> = {};
  let heardCount = 0;
  let sizes: Readonly<Record<string, number>> = {};
  const application = soakApplication(() => void (heardCount += 1));
  const sim = new Simulation({
    seed,
    programs: {
      actor: actorProgram(() => Promise.resolve(application)),
      node: nodeProgram(() => Promise.reject(new Error("there is no ledger"))),
    },
  });
  const agents = ["a", "b"].map((board): Child => {
    const options: NodeOptions = {
      ...{ board, cluster: "soak", beaconUdpPort: 7, pace: DISCOVERY_PACE },
      lasting: true,
      application: {
        ...{ modelName: "soak.riaps", modelText: MODEL },
        ...{ deploymentName: "soak.depl", deploymentText: DEPLOYMENT },
      },
    };
    const agent = sim.host(board).start({ program: "node", name: board, options });
    agent.channel.receive((raw) => {
      const heard = raw as NodeMessage;
      told[heard.kind] = (told[heard.kind] ?? 0) + 1;
      if (heard.kind === "report") sizes = heard.sizes;
    });
    return agent;
  });
  const samples: SoakSample[] = [];
  const startUtcUs = sim.utcUs;
  for (const hours of atHours) {
    await sim.runUntil(startUtcUs + (hours * HOUR_MS + PHASE_MS) * 1000);
    const counts: Record<string, number> = { ...sim.openCounts };
    for (const agent of agents) {
      agent.channel.send({ kind: "report" });
      await sim.runFor(1);
      for (const [name, size] of Object.entries(sizes)) counts[`${agent.name} ${name}`] = size;
    }
    counts["eventCount"] = await quietEventCount(sim);
    const restartCount = told["actor-ended"] ?? 0;
    samples.push({ counts, restartCount, heardCount, heapMib: heapMib() });
  }
  return samples;
}

/** What is planned when no datagram is on its way: the least of some moments. */
async function quietEventCount(sim: Simulation): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < QUIET_MOMENTS_COUNT; count += 1) {
    await sim.runFor(37);
    least = Math.min(least, sim.openCounts["eventCount"] ?? 0);
  }
  return least;
}

function heapMib(): number | undefined {
  if (globalThis.gc === undefined) return undefined;
  globalThis.gc();
  return process.memoryUsage().heapUsed / BYTES_PER_MIB;
}

function soakApplication(heard: () => void): Application {
  const beat = message("Beat", record({ number: integer(0, BEATS_MAX) }));
  const source = component({
    name: "Source",
    ports: { beat: pub(beat), every: tim() },
    options: () => undefined,
    setup({ port }) {
      let number = 0;
      return {
        on_every() {
          number += 1;
          port.beat({ number });
          if (number === BEATS_MAX) throw new Error("a minute is over");
        },
      };
    },
  });
  const sink = component({
    name: "Sink",
    ports: { beat: sub(beat) },
    options: () => undefined,
    setup: () => ({ on_beat: () => heard() }),
  });
  return { name: "Soak", components: { Source: source, Sink: sink } };
}

/** A day of crashes, a minute apart: how long it takes, and what is left of it. */
export async function benchSoak(quick: boolean): Promise<Figure[]> {
  const hours = quick ? 4 : 24;
  process.stderr.write(`soak: ${hours} virtual hours\n`);
  const fromUs = nowUs();
  const [first, last] = await soak(1, [1, hours]);
  const group = `soak, ${hours} h of virtual time`;
  const wallS = (nowUs() - fromUs) / 1e6;
  const grown = Object.entries(last?.counts ?? {}).filter(
    ([name, count]) => count !== first?.counts[name],
  );
  const heap =
    first?.heapMib === undefined || last?.heapMib === undefined
      ? []
      : [figure(group, "heap, last hour against first", last.heapMib - first.heapMib, "MiB")];
  return [
    figure(group, "wall time", wallS, "s"),
    figure(group, "crashes", last?.restartCount ?? 0, ""),
    figure(group, "messages", last?.heardCount ?? 0, ""),
    figure(group, "counts that differ from the first hour's", grown.length, ""),
    ...heap,
  ];
}
