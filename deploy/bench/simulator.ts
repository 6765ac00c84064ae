import { setMaxListeners } from "node:events";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { Discovery } from "../../agent/discovery/discovery.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { helloScenario } from "../attack/hello-scenario.ts";
import { type Figure, figure } from "./figures.ts";

const BOARD_COUNT = 32;
const UDP_PORT = 7;
/** Size of what membership sends, in bytes. */
const PROBE_BYTES = 200;
const WARM_UP_MS = 5_000;

/** How much faster than the world the simulator is, on one core: virtual time over processor time. */
export async function benchSimulator(isQuick: boolean): Promise<Figure[]> {
  const share = isQuick ? 0.1 : 1;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const figures = [
    await measured(
      `discovery, ${BOARD_COUNT} boards`,
      await discovery(stop.signal),
      100_000 * share,
    ),
    await measured(
      `a probe and its answer a second, ${BOARD_COUNT} boards`,
      await probes(stop.signal),
      2_000_000 * share,
    ),
    await measured(
      "the application hello, 2 boards, 4 programs",
      (await helloScenario.start(1)).sim,
      3_000_000 * share,
    ),
  ];
  return figures.flat();
}

async function measured(name: string, sim: Simulation, spanMs: number): Promise<Figure[]> {
  process.stderr.write(`simulator: ${name}, ${spanMs / 1000} s\n`);
  await sim.runFor(WARM_UP_MS);
  const before = sim.eventCount;
  const start = process.cpuUsage();
  await sim.runFor(spanMs);
  const { user, system } = process.cpuUsage(start);
  const cpuS = (user + system) / 1e6;
  return [
    figure("simulator", `${name}: virtual over cpu time`, spanMs / 1000 / cpuS, "times"),
    figure("simulator", `${name}: events`, (sim.eventCount - before) / cpuS, "a second"),
  ];
}

async function discovery(signal: AbortSignal): Promise<Simulation> {
  const sim = new Simulation({ seed: 1 });
  for (let index = 0; index < BOARD_COUNT; index += 1) {
    const boardId = `b${index}`;
    const world = sim.host(boardId).openWorld("agent");
    const switchboard = await openSwitchboard(world.lan);
    const options = { boardId, cluster: "bench", beaconUdpPort: UDP_PORT, switchboard };
    const board = new Discovery(world, options, () => undefined);
    board.registry.provide("p", { key: "k", endpoint: `at ${boardId}` });
    void board.run(signal);
  }
  return sim;
}

/** What membership by probes costs the simulator, without the work of its rules. */
async function probes(signal: AbortSignal): Promise<Simulation> {
  const sim = new Simulation({ seed: 1 });
  for (let index = 0; index < BOARD_COUNT; index += 1) {
    const { lan, random, clock } = sim.host(`b${index}`).openWorld("agent");
    const answer = new Uint8Array(PROBE_BYTES);
    const probe = new Uint8Array(PROBE_BYTES).fill(1);
    const socket = await lan.bind(({ payload, from }) => {
      if (payload[0] === 1) socket.send(from, answer);
    }, UDP_PORT);
    void (async () => {
      while (!signal.aborted) {
        socket.send(`b${Math.floor(random.next() * BOARD_COUNT)}:${UDP_PORT}`, probe);
        await clock.sleep(1_000, signal);
      }
    })();
  }
  return sim;
}
