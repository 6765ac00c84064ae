import { join } from "node:path";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { Gate } from "../../agent/membership/gate.ts";
import { encodePacket, type Packet } from "../../agent/membership/packet.ts";
import { falseAlarmsPerBoardYear } from "../../agent/membership/timing.ts";
import { type Figure, figure, nowUs, percentile } from "./figures.ts";
import { Cluster } from "./membership-cluster.ts";
import {
  goneCount,
  type Loss,
  measureHeal,
  measureLosses,
  measurePauses,
  measureTraffic,
  restingCluster,
} from "./membership-runs.ts";

const GROUP = "membership (simulated)";
const LOSSES: readonly Loss[] = ["kill", "pause", "unplug", "mute", "deaf"];
const HOURS_PER_YEAR = 8_766;

const say = (what: string): boolean => process.stderr.write(`membership: ${what}\n`);
const line = (name: string, value: number, unit: string): Figure =>
  figure(GROUP, name, value, unit);

/** How membership keeps its promises, in virtual time, and what a refused packet costs on this machine. */
export async function benchMembership(folder: string, quick: boolean): Promise<Figure[]> {
  return [
    ...refusalCosts(folder, quick ? 300 : 3_000),
    ...(await lossTimes(quick ? 3 : 64)),
    ...(await calmOfBoards(quick)),
    ...(await trafficOf(quick ? [8, 32] : [2, 8, 32, 128, 512, 1_000])),
    ...(await wholeness(quick)),
  ];
}

async function lossTimes(lossCount: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const how of LOSSES) {
    say(`${how}, ${lossCount} times among 32 boards`);
    const resting = await restingCluster(`bench ${how}`, 32);
    const { detectedMs, falseCount } = await measureLosses(resting, how, lossCount);
    figures.push(
      {
        ...line(`32 boards, ${how}: noticed, p50`, percentile(detectedMs, 0.5), "ms"),
        riaps: "3,000–5,000",
      },
      line(`32 boards, ${how}: noticed, p99`, percentile(detectedMs, 0.99), "ms"),
      line(`32 boards, ${how}: others blamed`, falseCount, "times"),
    );
  }
  return figures;
}

async function calmOfBoards(quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  const pauseCount = quick ? 8 : 200;
  for (const [count, lossRate] of [
    [2, 0],
    [8, 0],
    [32, 0],
    [32, 0.1],
  ] as const) {
    say(`${pauseCount} pauses of 1 s among ${count} boards, ${lossRate * 100} % loss`);
    const resting = await restingCluster(`bench pauses ${count}`, count, lossRate);
    const falseCount = await measurePauses(resting, pauseCount);
    const name = `${pauseCount} pauses of 1 s, ${count} boards, ${lossRate * 100} % loss: alarms`;
    figures.push(line(name, falseCount, "times"));
  }
  for (const [count, lossRate, hours] of [
    [8, 0.1, quick ? 0.02 : 4],
    [2, 0.1, quick ? 0.02 : 4],
    [2, 0.5, quick ? 0.02 : 1],
  ] as const) {
    say(`${hours} h of ${count} boards at ${lossRate * 100} % loss`);
    const { cluster, boards } = await restingCluster(`bench calm ${count}`, count, lossRate);
    const before = goneCount(boards);
    await cluster.sim.runFor(hours * 3_600_000);
    const perYear = ((goneCount(boards) - before) / (boards.length * hours)) * HOURS_PER_YEAR;
    const of = `${count} boards, ${lossRate * 100} % loss`;
    const model = falseAlarmsPerBoardYear(lossRate, count);
    figures.push(
      line(`${of}: false alarms, in ${boards.length * hours} board-hours`, perYear, "/year"),
    );
    figures.push(line(`${of}: false alarms, by the model`, model, "/year"));
  }
  return figures;
}

async function trafficOf(counts: readonly number[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of counts)
    for (const lossRate of count === 32 ? [0, 0.1] : [0]) {
      say(`traffic of ${count} boards, ${lossRate * 100} % loss`);
      const resting = await restingCluster(`bench traffic ${count}`, count, lossRate);
      const rates = await measureTraffic(resting, count > 100 ? 10_000 : 60_000);
      const of = `${count} boards${lossRate > 0 ? `, ${lossRate * 100} % loss` : ""}`;
      figures.push(
        line(`${of}: sent, mean`, rates.sentMean, "B/s"),
        line(`${of}: sent, most`, rates.sentMax, "B/s"),
        line(`${of}: received, most`, rates.receivedMax, "B/s"),
      );
    }
  return figures;
}

async function wholeness(quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  const runCount = quick ? 2 : 20;
  for (const count of quick ? [8] : [8, 32, 128])
    for (const lossRate of [0, 0.1, 0.3]) {
      say(`${count} boards from start and from halves, ${lossRate * 100} % loss`);
      const starts: number[] = [];
      const heals: number[] = [];
      for (let run = 0; run < (count > 100 ? runCount / 10 : runCount); run += 1) {
        const cluster = new Cluster(`bench whole ${count} ${lossRate} ${run}`, { lossRate });
        const boards = await cluster.startMany(count, run % 2 === 0 ? 0 : 500);
        starts.push(await cluster.runUntilWhole(60_000));
        await cluster.sim.runFor(5_000);
        heals.push(await measureHeal({ cluster, boards }, 10_000));
      }
      const of = `${count} boards, ${lossRate * 100} % loss`;
      figures.push(
        line(`${of}: all know all, p50 from the last start`, percentile(starts, 0.5), "ms"),
        line(`${of}: all know all, longest`, Math.max(...starts), "ms"),
        line(`${of}: halves healed, longest`, Math.max(...heals), "ms"),
      );
    }
  return figures;
}

/** What one packet costs that is refused, in real time with real signatures. */
function refusalCosts(folder: string, count: number): Figure[] {
  say("the cost of refusals");
  const own = new BoardIdentity(join(folder, "own.pem"));
  const other = new BoardIdentity(join(folder, "other.pem"));
  const seal = (part: Partial<Packet>, cluster = "c"): Uint8Array =>
    encodePacket(
      {
        ...{ kind: "ping", boardId: "b", publicKey: other.publicKey, incarnation: 1, sequence: 1 },
        ...{ wants: false, nonce: 1, root: 1, target: "", buckets: [], updates: [], ...part },
      },
      cluster,
      other,
    );
  const good = Array.from({ length: count }, (_, sequence) => seal({ sequence }));
  const forged = good.map((payload) => payload.with(-1, (payload.at(-1) ?? 0) ^ 1));
  const garbage = good.map((payload) => payload.with(2, (payload[2] ?? 0) ^ 1));
  const cost = (name: string, payloads: readonly Uint8Array[], hostCount = 1): Figure => {
    const gate = new Gate({ boardId: "a", cluster: "c" }, { kind: "open", keyOf: new Map() }, own);
    for (const [place, payload] of payloads.slice(0, 50).entries())
      gate.judge(payload, `warm${place}`, 0);
    const startUs = nowUs();
    // A thousand a second: what a host may send for long is less.
    for (const [place, payload] of payloads.entries())
      gate.judge(payload, `h${place % hostCount}`, place / (hostCount * 10));
    const costUs = (nowUs() - startUs) / payloads.length;
    return figure("membership (this machine)", name, costUs, "µs");
  };
  return [
    cost("a genuine packet, from 20 hosts", good, 20),
    cost("a forged packet, from one host at 10,000 a second", forged),
    cost("a packet of a foreign cluster", garbage),
    cost(
      "a replayed packet, from 20 hosts",
      [...good.slice(0, 100), ...Array<Uint8Array>(count).fill(good[99] ?? new Uint8Array())],
      20,
    ),
  ];
}
