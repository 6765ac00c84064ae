import { setMaxListeners } from "node:events";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import type { World } from "../../agent/core/world.ts";
import { Discovery } from "../../agent/discovery/discovery.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { type Figure, figure, percentile } from "./figures.ts";

const BOARD_COUNT = 32;
const NO_RIAPS = "not measured";

/** In simulated time: how soon 31 boards miss one that lost its power, and whom they miss wrongly. */
export async function benchPeers(roundCount: number): Promise<Figure[]> {
  const lostMs: number[] = [];
  let falseAlarmCount = 0;
  for (let seed = 1; seed <= roundCount; seed += 1) {
    process.stderr.write(`peers: ${BOARD_COUNT} boards, round ${seed} of ${roundCount}\n`);
    const sim = new Simulation({ seed });
    const death = { board: "", atUs: 0 };
    const ended = new AbortController();
    setMaxListeners(0, ended.signal);
    for (let index = 0; index < BOARD_COUNT; index += 1)
      await start(sim.host(`b${index}`).openWorld("agent"), `b${index}`, ended.signal, (board) => {
        if (board === death.board) lostMs.push((sim.utcUs - death.atUs) / 1_000);
        else falseAlarmCount += 1;
      });
    // Somewhere within an interval of its beacons, another place in every round.
    await sim.runFor(5_000 + ((seed * 137) % 300));
    Object.assign(death, { board: "b0", atUs: sim.utcUs });
    sim.host("b0").powerOff();
    await sim.runFor(5_000);
  }
  const group = `a board lost its power (${BOARD_COUNT} boards, simulated, ${lostMs.length} notices)`;
  const of = (name: string, value: number, unit: string, riaps: string): Figure => ({
    ...figure(group, name, value, unit),
    riaps,
  });
  return [
    of("noticed p50", percentile(lostMs, 0.5), "ms", "3,000–5,000"),
    of("noticed p99", percentile(lostMs, 0.99), "ms", "3,000–5,000"),
    of("false alarms", falseAlarmCount, "", NO_RIAPS),
  ];
}

async function start(
  world: World,
  boardId: string,
  signal: AbortSignal,
  gone: (board: string) => void,
): Promise<void> {
  const switchboard = await openSwitchboard(world.lan);
  const options = { boardId, cluster: "bench", beaconUdpPort: 7, switchboard };
  const discovery = new Discovery(world, options, (event) => {
    if (event.kind === "gone") gone(event.boardId);
  });
  void discovery.run(signal);
}
