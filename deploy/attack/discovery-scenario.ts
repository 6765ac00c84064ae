import assert from "node:assert/strict";
import type { Program } from "../../agent/core/program.ts";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { Discovery } from "../../agent/discovery/discovery.ts";
import { WALK_DEFAULTS } from "../../agent/sim/fault-walk.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { keepRunning } from "./keep-running.ts";
import type { Scenario, ScenarioRun } from "./scenario.ts";

const PROGRAM = "board";
const KEY = "reading";

/** Discovery as it is, on so many boards, each of which provides something and asks for it. */
export function discoveryScenario(boardCount = 5): Scenario {
  const hosts = Array.from({ length: boardCount }, (_, index) => `board${index + 1}`);
  return {
    kind: "simulated",
    summary: `${boardCount} boards: every provider is known to every board once all is healed`,
    walk: {
      ...WALK_DEFAULTS,
      hosts,
      programs: hosts.map((host) => `${host}/${PROGRAM}`),
      perMinute: {
        ...{
          cut: 4,
          clog: 2,
          partition: 3,
          unplug: 3,
          loss: 4,
          burst: 2,
          duplicate: 2,
          reorder: 2,
        },
        ...{ delay: 2, tail: 2, slow: 1, kill: 6, pause: 4, power: 2, suspend: 1, hog: 1 },
        ...{ jump: 1, drift: 1, wander: 1, freeze: 1, leap: 1 },
      },
    },
    liveWithinMs: 15_000,
    start: (seed, onRecord) => Promise.resolve(start(hosts, seed, onRecord)),
  };
}

function start(
  hosts: readonly string[],
  seed: number,
  onRecord: ((line: string) => void) | undefined,
): ScenarioRun {
  const known = new Map<string, readonly string[]>();
  const provided = new Set(hosts.map(endpointOf));
  const failures: string[] = [];
  const board: Program = async (world, options, _parent, signal) => {
    const boardId = String(options);
    known.delete(boardId);
    await using switchboard = await openSwitchboard(world.lan);
    const discovery = new Discovery(
      world,
      { boardId, cluster: "attack", beaconUdpPort: 7, switchboard },
      (event) => world.log.write("info", event.kind, { board: event.boardId }),
    );
    discovery.registry.provide("p", { key: KEY, endpoint: endpointOf(boardId) });
    discovery.registry.require(KEY, (endpoints) => known.set(boardId, endpoints));
    await discovery.run(signal);
  };
  const sim = new Simulation({
    ...{ seed, programs: { [PROGRAM]: board } },
    ...(onRecord === undefined ? {} : { onRecord }),
  });
  const starts = hosts.map((host) =>
    keepRunning(sim, host, { program: PROGRAM, name: PROGRAM, options: host }, (reason) =>
      failures.push(reason),
    ),
  );
  sim.invariant("no program fails by itself", () => assert.deepEqual(failures, []));
  sim.invariant("nobody is told of what nobody provides", () => {
    for (const [host, endpoints] of known)
      for (const endpoint of endpoints)
        assert(provided.has(endpoint), `${host} was told of ${endpoint}`);
  });
  return {
    ...{ sim, hosts },
    repaired: () => {
      for (const each of starts) each();
    },
    missing: () =>
      hosts.flatMap((host) => {
        const endpoints = new Set(known.get(host));
        const unknown = hosts.filter((other) => !endpoints.has(endpointOf(other)));
        return unknown.length === 0 ? [] : [`${host} does not know ${unknown.join(", ")}`];
      }),
  };
}

function endpointOf(host: string): string {
  return `at ${host}`;
}
