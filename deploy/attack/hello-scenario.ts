import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { loadPrograms } from "../../agent/main.ts";
import type { ApplicationTexts } from "../../agent/node/application-files.ts";
import type { NodeOptions } from "../../agent/node/node-options.ts";
import { WALK_DEFAULTS } from "../../agent/sim/fault-walk.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { keepRunning } from "./keep-running.ts";
import type { Scenario, ScenarioRun } from "./scenario.ts";

const BOARDS = ["north", "south"];
const ACTORS = ["north/Sensing", "south/Showing"];
const FILES = new URL("../../../actors/hello/", import.meta.url);
/** What the display logs of each reading, and of late ones. */
const READING = /log (?:info|warn) south:south\/Showing reading (\{.*\})/;

/** The application hello with its real agents and actors: one publishes every second, one shows it. */
export const helloScenario: Scenario = {
  kind: "simulated",
  summary: "the application hello: readings come in order, and come again once all is healed",
  walk: {
    ...WALK_DEFAULTS,
    hosts: BOARDS,
    programs: [...BOARDS.map((board) => `${board}/${board}`), ...ACTORS],
    perMinute: {
      ...{ cut: 4, clog: 1, partition: 2, unplug: 2, loss: 3, burst: 1, duplicate: 1, reorder: 1 },
      ...{
        delay: 2,
        tail: 1,
        kill: 6,
        pause: 3,
        power: 2,
        suspend: 1,
        hog: 1,
        drift: 1,
        wander: 1,
      },
    },
  },
  liveWithinMs: 30_000,
  start: async (seed, onRecord) => {
    const [programs, application] = await Promise.all([loadPrograms(), texts()]);
    return start({ seed, programs, application, onRecord });
  },
};

interface Parts {
  readonly seed: number;
  readonly programs: Awaited<ReturnType<typeof loadPrograms>>;
  readonly application: ApplicationTexts;
  readonly onRecord: ((line: string) => void) | undefined;
}

function start({ seed, programs, application, onRecord }: Parts): ScenarioRun {
  const failures: string[] = [];
  let lastNumber = 0;
  let backCount = 0;
  const sensorPids = new Set<number>();
  let comeCount = 0;
  const heard = (line: string): void => {
    onRecord?.(line);
    const [, facts] = READING.exec(line) ?? [];
    if (facts === undefined) return;
    const { number } = JSON.parse(facts) as { readonly number: number };
    if (number <= lastNumber) backCount += 1;
    lastNumber = number;
    comeCount += 1;
  };
  const sim = new Simulation({ seed, programs, onRecord: heard });
  const starts = BOARDS.map((board) => {
    const options: NodeOptions = { ...CLUSTER, board, application };
    return keepRunning(sim, board, { program: "node", name: board, options }, (reason) =>
      failures.push(reason),
    );
  });
  sim.invariant("no agent fails by itself", () => assert.deepEqual(failures, []));
  sim.invariant("readings keep their order", () => {
    const pid = sim.host("north").pidOf("north/Sensing");
    if (pid !== undefined) sensorPids.add(pid);
    // A sensor that was started again begins anew, once.
    assert(backCount < Math.max(1, sensorPids.size), `${lastNumber} came late`);
  });
  let countAtRepair: number | undefined;
  return {
    ...{ sim, hosts: BOARDS },
    repaired: () => {
      countAtRepair = comeCount;
      for (const each of starts) each();
    },
    missing: () => (comeCount > (countAtRepair ?? 0) + 1 ? [] : ["south shows no new readings"]),
  };
}

const CLUSTER = { cluster: "attack", beaconUdpPort: 15_670, lasting: true } as const;

async function texts(): Promise<ApplicationTexts> {
  const read = (name: string): Promise<string> => readFile(new URL(name, FILES), "utf8");
  return {
    modelName: "hello.riaps",
    modelText: await read("hello.riaps"),
    deploymentName: "hello.depl",
    deploymentText: await read("hello.depl"),
  };
}
