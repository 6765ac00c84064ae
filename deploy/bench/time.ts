import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { type Series, svgPlot } from "../plot/svg-plot.ts";
import { runClocks } from "../testbed/clocks.ts";
import { type Figure, figure, percentile } from "./figures.ts";
import { TimeTrial, type TrialOptions, type TrialSample } from "./time-trial.ts";

const SETTLED_US = 30e6;

/** How much is tried. */
export interface TimeCounts {
  /** Clusters of random sizes, networks and faults; each is watched for two minutes. */
  readonly runCount: number;
  readonly convergenceRunCount: number;
  readonly holdoverRunCount: number;
}

/**
 * Common time in simulation, where true time is known: how close boards come, and whether their bounds are true.
 * Throws with the first seed in which a bound is not. Plots go to `folder` as SVG files.
 */
export function benchTime(
  { runCount, convergenceRunCount, holdoverRunCount }: TimeCounts,
  folder: string,
): Figure[] {
  mkdirSync(folder, { recursive: true });
  const slow = { delayUs: [200, 2_000], name: "0.2-2 ms", slug: "jitter-2ms" } as const;
  const quick = { delayUs: [20, 50], name: "20-50 µs", slug: "jitter-50us" } as const;
  return [
    ...benchRuns(runCount),
    ...[slow, quick].flatMap((network) => benchConvergence(network, convergenceRunCount, folder)),
    ...benchHoldover(holdoverRunCount, folder),
  ];
}

/**
 * Boards with wrong clocks in namespaces of this machine, over real UDP: how far they are apart when they act together.
 * Needs root and iproute2; the convergence goes to `folder` as an SVG file.
 */
export async function benchClocks(actionCount: number, folder: string): Promise<Figure[]> {
  mkdirSync(folder, { recursive: true });
  const boardCount = 8;
  const { lines, spreadsUs } = await runClocks({
    boardCount,
    actionCount,
    actionMs: 200,
    settleMs: 40_000,
  });
  const reference = lines.get("b0")?.at(-1);
  const series: Series[] = [...lines].map(([name, said]) => ({
    name,
    points: said.map(
      ({ actedUs, boundUs }) => [(actedUs - (reference?.actedUs ?? 0)) / 1e6, boundUs] as const,
    ),
  }));
  const text = {
    title: "bounds of 8 boards with wrong clocks, real UDP",
    x: "time before the end (s)",
    y: "µs",
    isLogY: true,
  };
  writeFileSync(join(folder, "time-namespaces.svg"), svgPlot(text, series));
  const last = [...lines.values()].flatMap((said) =>
    said.slice(-actionCount).map(({ boundUs }) => boundUs),
  );
  const group =
    "8 boards in namespaces, clocks off by 100 ppm and seconds (real UDP, timers of Node)";
  return [
    figure(group, "coordinated actions that all took", spreadsUs.length, ""),
    figure(group, "spread of an action, p50", percentile(spreadsUs, 0.5), "µs"),
    figure(group, "spread of an action, p99", percentile(spreadsUs, 0.99), "µs"),
    figure(group, "bound of a board, p50", percentile(last, 0.5), "µs"),
  ];
}

function benchRuns(runCount: number): Figure[] {
  let sampleCount = 0;
  let faultCount = 0;
  for (let seed = 1; seed <= runCount; seed += 1) {
    if (seed % 100 === 0) process.stderr.write(`time: run ${seed} of ${runCount}\n`);
    const random = new SeededRandom(`time run ${seed}`);
    const longestUs = 10 ** (1.5 + 2.5 * random.next());
    const trial = new TimeTrial({
      boardCount: 1 + Math.floor(12 * random.next() ** 2),
      random: () => random.next(),
      delayUs: [longestUs * random.next(), longestUs],
      lossRate: 0.2 * random.next() ** 2,
      asymmetryUs: random.next() < 0.3 ? longestUs * random.next() : 0,
    });
    const watched = trial.watch(60);
    // The board that gives the time is lost, or a board that has it from others begins to lie.
    const root = trial.boards.find(({ clock }) => clock.isRoot);
    const liar = trial.boards.find(({ clock }) => !clock.isRoot);
    if (root !== undefined && random.next() < 0.3) root.isUp = false;
    else if (liar !== undefined && trial.boards.length > 3 && random.next() < 0.5) {
      const byUs = (2 * random.next() - 1) * 1e5;
      liar.lie = ({ boardId, frame }) => {
        const [sent, arrived] = [frame.sent, frame.arrived].map(({ utcUs }) => ({
          utcUs: utcUs + byUs,
          halfUs: 1,
        }));
        return {
          boardId,
          frame: { ...frame, sent: sent ?? frame.sent, arrived: arrived ?? frame.arrived },
        };
      };
    } else faultCount -= 1;
    faultCount += 1;
    watched.push(...trial.watch(60));
    for (const sample of watched) check(seed, sample);
    if (trial.boards.some(({ isBackward }) => isBackward))
      throw new Error(`time, seed ${seed}: a clock went back`);
    sampleCount += watched.length;
  }
  const group =
    "common time (rules alone, simulated; drift to 100 ppm, jitter to 10 ms, loss to 20 %)";
  return [
    figure(group, "seeds, in which every bound held true time", runCount, "seeds"),
    figure(group, "of them with a lost root or a liar", faultCount, "seeds"),
    figure(group, "samples, none of them false, no stamp back", sampleCount, "samples"),
  ];
}

function check(seed: number, sample: TrialSample): void {
  if (!sample.isTrue && !Number.isNaN(sample.errorUs))
    throw new Error(`time, seed ${seed}: ${JSON.stringify(sample)}`);
}

interface Network extends Pick<TrialOptions, "delayUs"> {
  readonly name: string;
  readonly slug: string;
}

function benchConvergence(
  { delayUs, name, slug }: Network,
  runCount: number,
  folder: string,
): Figure[] {
  const settled: number[] = [];
  const bounds: number[] = [];
  const rates: number[] = [];
  for (let seed = 1; seed <= runCount; seed += 1) {
    const random = new SeededRandom(`time ${slug} ${seed}`);
    const trial = new TimeTrial({
      boardCount: 32,
      random: () => random.next(),
      delayUs,
      lossRate: 0.01,
    });
    const samples = trial.watch(60);
    const bytesBefore = trial.sentBytes;
    samples.push(...trial.watch(60));
    rates.push((trial.sentBytes - bytesBefore) / 60 / trial.boards.length);
    for (const sample of samples) {
      check(seed, sample);
      if (sample.atUs < SETTLED_US) continue;
      settled.push(Math.abs(sample.errorUs));
      bounds.push(sample.boundUs);
    }
    if (seed === 1)
      writePlot(folder, `time-${slug}`, `32 boards among themselves, one way ${name}`, samples);
  }
  const group = `common time of 32 boards without a source (simulated, one way ${name}, ${runCount} seeds)`;
  return [
    figure(group, "error after 30 s, p50", percentile(settled, 0.5), "µs"),
    figure(group, "error after 30 s, p99", percentile(settled, 0.99), "µs"),
    figure(group, "error after 30 s, most", percentile(settled, 1), "µs"),
    figure(group, "bound after 30 s, p50", percentile(bounds, 0.5), "µs"),
    figure(group, "bytes sent by a board, with headers", percentile(rates, 1), "/s"),
  ];
}

function benchHoldover(runCount: number, folder: string): Figure[] {
  const lost: number[] = [];
  const bounds: number[] = [];
  for (let seed = 1; seed <= runCount; seed += 1) {
    const random = new SeededRandom(`time holdover ${seed}`);
    const trial = new TimeTrial({
      boardCount: 4,
      random: () => random.next(),
      delayUs: [200, 2_000],
    });
    trial.truth.isUtc = true;
    const samples: TrialSample[] = [];
    const board = trial.board(seed % 4);
    for (let second = 0; second < 900; second += 4) {
      const utcUs = trial.truth.utcUsAt(trial.nowUs);
      const atMonotonicUs = board.monotonicUs(trial.nowUs);
      trial.read(
        board,
        { name: "pps", kind: "pps" },
        { atMonotonicUs, utcUs, boundUs: 50, stratum: 1 },
      );
      samples.push(...trial.watch(4, 4));
    }
    const alone = trial.watch(3_600, 10);
    for (const sample of [...samples, ...alone]) check(seed, sample);
    lost.push(Math.max(...alone.map(({ errorUs }) => Math.abs(errorUs))));
    bounds.push(Math.max(...alone.map(({ boundUs }) => boundUs)));
    if (seed === 1)
      writePlot(folder, "time-holdover", "source lost after 15 min", [...samples, ...alone]);
  }
  const group = `holdover of an hour after 15 min of training (simulated, ${runCount} seeds, wander to 0.2 ppm)`;
  return [
    figure(group, "error, most, p50 of seeds", percentile(lost, 0.5), "µs"),
    figure(group, "error, most of all", percentile(lost, 1), "µs"),
    figure(group, "bound at the end, most", percentile(bounds, 1), "µs"),
  ];
}

function writePlot(
  folder: string,
  name: string,
  title: string,
  samples: readonly TrialSample[],
): void {
  const of = (what: (sample: TrialSample) => number): Series["points"] =>
    samples.map((sample) => [sample.atUs / 1e6, what(sample)] as const);
  const series: Series[] = [
    { name: "error of a board", shape: "dots", points: of(({ errorUs }) => Math.abs(errorUs)) },
    { name: "bound of a board", shape: "dots", points: of(({ boundUs }) => boundUs) },
  ];
  const text = { title, x: "time (s)", y: "µs", isLogY: true };
  writeFileSync(join(folder, `${name}.svg`), svgPlot(text, series));
}
