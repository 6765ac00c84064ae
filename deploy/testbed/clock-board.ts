import type { ClockLine, Oscillator } from "../../agent/core/clock.ts";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { NodeRandom } from "../../agent/io/node-random.ts";
import { SystemClock } from "../../agent/io/system-clock.ts";
import { UdpLan } from "../../agent/io/udp-lan.ts";
import { TIME_TAG, TimeManager, type TimePeer } from "../../agent/time/time-manager.ts";

// One board that keeps common time over real UDP, with clocks that are wrong by what it is told: an oscillator
// that drifts, a system's clock with an offset. Argument: JSON, ClockBoardOptions. Writes a line of JSON for every
// action: when it acted, on the machine's own monotonic clock, which all boards of this machine share.

/** What a board is told. */
export interface ClockBoardOptions {
  readonly boardId: string;
  readonly host: string;
  readonly udpPort: number;
  readonly peers: readonly TimePeer[];
  readonly driftPpb: number;
  readonly offsetUs: number;
  /** It acts at every multiple of this of cluster time, in ms. */
  readonly actionMs: number;
}

/** What a board says of one action. */
export interface ActionLine {
  readonly instantUtcUs: number;
  /** When it acted, on CLOCK_MONOTONIC. */
  readonly actedUs: number;
  /** Cluster time less CLOCK_MONOTONIC, and half of what its reading says it may be off by. */
  readonly thetaUs: number;
  readonly boundUs: number;
}

const options = JSON.parse(process.argv[2] ?? "{}") as ClockBoardOptions;
const { boardId, host, udpPort, peers, driftPpb, offsetUs, actionMs } = options;
const stop = new AbortController();
process.stdin.resume().on("end", () => stop.abort());
const clock = new SystemClock();
const startUs = clock.monotonicUs();
const skewed = (us: number): number => us + ((us - startUs) * driftPpb) / 1e9;
const oscillator: Oscillator = {
  monotonicUs: () => skewed(clock.monotonicUs()),
  systemUtcUs: () => clock.systemUtcUs() + offsetUs,
  asleepUs: () => 0,
  // The line is over the skewed oscillator: put over the machine's, which the clock runs on.
  steer: (line: ClockLine) => {
    const atMonotonicUs = startUs + (line.atMonotonicUs - startUs) / (1 + driftPpb / 1e9);
    clock.steer({
      ...line,
      atMonotonicUs,
      ratePpb: line.ratePpb + driftPpb + (line.ratePpb * driftPpb) / 1e9,
    });
  },
};
await using switchboard = await openSwitchboard(new UdpLan("127.255.255.255", host), udpPort);
const line = switchboard.open(TIME_TAG, (datagram) => manager.take(datagram));
const manager: TimeManager = new TimeManager(
  {
    ...{ clock, oscillator, random: new NodeRandom(), log: { write: () => undefined } },
    send: (to, payload) => line.send(to, payload),
  },
  { boardId },
);
manager.setPeers(peers);
const running = manager.run(stop.signal);
await manager.untilSet(stop.signal);
for (;;) {
  const instantUtcUs = (Math.floor(clock.utcUs() / (actionMs * 1_000)) + 1) * actionMs * 1_000;
  await clock.sleepUntilUtc(instantUtcUs, stop.signal);
  if (stop.signal.aborted) break;
  const actedUs = clock.monotonicUs();
  const { utcUs, earliestUtcUs, latestUtcUs } = clock.reading();
  const boundUs = Math.max(latestUtcUs - utcUs, utcUs - earliestUtcUs);
  const said: ActionLine = { instantUtcUs, actedUs, thetaUs: utcUs - clock.monotonicUs(), boundUs };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
await running;
process.exit();
