import { falseAlarmsPerBoardYear } from "../../agent/membership/timing.ts";
import { percentile } from "../bench/figures.ts";
import { goneCount, LOSSES, measureLosses, measurePauses, restingCluster } from "./losses.ts";
import { type Part, type Row, say } from "./report.ts";

const HOURS_PER_YEAR = 8_766;
/** IPv4, UDP and the switchboard's count of its tag. */
const HEADER_BYTES = 28;

/** How much of each is measured. */
export interface LossSizes {
  readonly lossCount: number;
  readonly pauseCount: number;
  /** Simulated hours, by number of boards and loss of packets. */
  readonly calm: readonly (readonly [boardCount: number, lossRate: number, hours: number])[];
  readonly trafficCounts: readonly number[];
}

/** See LossSizes. */
export const LOSS_SIZES: Readonly<Record<"small" | "full", LossSizes>> = {
  small: {
    lossCount: 4,
    pauseCount: 8,
    calm: [[2, 0.6, 0.05]],
    trafficCounts: [8, 32],
  },
  full: {
    lossCount: 64,
    pauseCount: 200,
    calm: [
      [8, 0.1, 8],
      [2, 0.5, 2],
      [2, 0.6, 1],
      [3, 0.6, 1],
    ],
    trafficCounts: [8, 32, 128, 512],
  },
};

/** Losses of boards, false alarms, and what it costs to be without them. */
export async function nightLoss(sizes: LossSizes): Promise<readonly Part[]> {
  return [
    await detection(sizes.lossCount),
    await pauses(sizes.pauseCount),
    await alarms(sizes.calm),
    await traffic(sizes.trafficCounts),
  ];
}

async function detection(lossCount: number): Promise<Part> {
  const rows: Row[] = [];
  let isGood = true;
  for (const how of LOSSES) {
    say("loss", `${how}, ${lossCount} times among 32 boards`);
    const cluster = await restingCluster(`loss ${how}`, 32);
    const { detectedMs, falseCount } = await measureLosses(cluster, how, lossCount);
    const [p50, p99] = [percentile(detectedMs, 0.5), percentile(detectedMs, 0.99)];
    isGood &&= p50 <= 1_200 && p99 <= 2_000 && falseCount === 0;
    rows.push({
      ...{ how, times: lossCount, "p50 ms": p50, "p99 ms": p99 },
      ...{ "max ms": Math.max(...detectedMs), "others blamed": falseCount },
    });
  }
  return {
    ...{ title: "loss: from the loss of one of 32 boards until another one knows", rows, isGood },
    goal: "p50 within 1.2 s, p99 within 2 s, nobody else is blamed",
  };
}

async function pauses(pauseCount: number): Promise<Part> {
  const rows: Row[] = [];
  let isGood = true;
  for (const [boardCount, lossRate] of [
    ...[[2, 0] as const, [8, 0] as const, [32, 0] as const],
    ...[[32, 0.1] as const],
  ]) {
    say("loss", `${pauseCount} pauses of 1 s among ${boardCount} boards, loss ${lossRate}`);
    const cluster = await restingCluster(`pauses ${boardCount}`, boardCount, lossRate);
    const alarmCount = await measurePauses(cluster, pauseCount);
    isGood &&= alarmCount === 0;
    rows.push({
      ...{ boards: boardCount, "loss %": lossRate * 100 },
      ...{ "pauses of 1 s": pauseCount, alarms: alarmCount },
    });
  }
  return { title: "loss: pauses of one second", rows, isGood, goal: "no alarm" };
}

async function alarms(cases: LossSizes["calm"]): Promise<Part> {
  const rows: Row[] = [];
  let isGood = true;
  for (const [boardCount, lossRate, hours] of cases) {
    say("loss", `${hours} h of ${boardCount} boards at ${lossRate * 100} % loss`);
    const cluster = await restingCluster(`calm ${boardCount}`, boardCount, lossRate);
    const before = goneCount(cluster);
    const { counters } = cluster;
    await cluster.sim.runFor(hours * 3_600_000);
    const after = cluster.counters;
    const lostCount = after.lostCount - counters.lostCount;
    const boardHours = boardCount * hours;
    const perYear = (lostCount / boardHours) * HOURS_PER_YEAR;
    if (lossRate <= 0.1) isGood &&= goneCount(cluster) === before;
    rows.push({
      ...{ boards: boardCount, "loss %": lossRate * 100, "board-hours": boardHours },
      "probes in vain": lostCount,
      "told as gone": goneCount(cluster) - before,
      "a board-year": perYear,
      "by the model": falseAlarmsPerBoardYear(lossRate, boardCount),
    });
  }
  return {
    ...{ title: "loss: false alarms while packets are lost and no board is", rows, isGood },
    goal: "none at 10 % loss; the model (timing.ts) gives the rate where none can be counted",
  };
}

async function traffic(counts: readonly number[]): Promise<Part> {
  const rows: Row[] = [];
  let isGood = true;
  for (const boardCount of counts) {
    say("loss", `traffic of ${boardCount} boards`);
    const cluster = await restingCluster(`traffic ${boardCount}`, boardCount);
    const seconds = boardCount > 100 ? 10 : 60;
    const before = cluster.traffic;
    await cluster.sim.runFor(seconds * 1_000);
    const rates = [...cluster.traffic].map(([name, { sentBytes, sentCount }]) => {
      const was = before.get(name) ?? { sentBytes: 0, sentCount: 0 };
      return (sentBytes - was.sentBytes + HEADER_BYTES * (sentCount - was.sentCount)) / seconds;
    });
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    isGood &&= mean <= 2_048;
    rows.push({ boards: boardCount, "sent B/s, mean": mean, "sent B/s, most": Math.max(...rates) });
  }
  return {
    title: "loss: what a board sends when all is quiet, with the headers of UDP and IPv4",
    ...{ rows, isGood, goal: "2 KB a second at any number of boards" },
  };
}
