import { FileAssets } from "../../agent/io/file-assets.ts";
import type { DayOptions } from "../microgrid/day-options.ts";
import type { DayRecorder } from "../microgrid/record-chain.ts";
import { runProcesses } from "../microgrid/run-processes.ts";
import { runSimulated } from "../microgrid/run-simulated.ts";
import type { ProcessWorldOptions } from "../process/process-world.ts";
import { type Figure, figure, nowUs } from "./figures.ts";

const ASSETS_FOLDER = new URL("../../../actors/transax/", import.meta.url).pathname;

/** Wall time of the microgrid's day in one process and as processes; with `quick` eight intervals of it. */
export async function benchDay(dataFolder: string, quick: boolean): Promise<Figure[]> {
  const span = quick
    ? { firstInterval: 40, lastInterval: 47 }
    : { firstInterval: 0, lastInterval: 95 };
  const day: DayOptions = {
    ...{ ...span, prosumerCount: 102, externalLimitWh: 0, internalLimitWh: 0, seed: 1 },
    ...{ forecastErrorPercent: 0, batteryWh: 0, batteryW: 0, speed: undefined, kills: [] },
  };
  const events = {
    stage: (text: string) => void process.stderr.write(`day: ${text}\n`),
    actorsActive: () => undefined,
    progressed: () => undefined,
    advanced: () => undefined,
  };
  const never = new AbortController().signal;
  const base: Omit<ProcessWorldOptions, "logicalUtcUs"> = {
    ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255", dataFolder: `${dataFolder}/day` },
    ...{ assetsFolder: ASSETS_FOLDER, levelMin: "warn" },
  };
  const modes: readonly (readonly [string, () => Promise<DayRecorder>])[] = [
    [
      "one process",
      async () => (await runSimulated(day, new FileAssets(ASSETS_FOLDER), events, never)).recorder,
    ],
    ["processes", () => runProcesses(day, base, events, never)],
  ];
  const figures: Figure[] = [];
  for (const [mode, run] of modes) {
    process.stderr.write(`day: ${mode}\n`);
    const fromUs = nowUs();
    const recorder = await run();
    const group = `microgrid, ${day.lastInterval - day.firstInterval + 1} intervals`;
    figures.push(figure(group, `wall time, ${mode}`, (nowUs() - fromUs) / 1e6, "s"));
    figures.push(figure(group, `traded, ${mode}`, recorder.progress.tradedWh, "Wh"));
  }
  return figures;
}
