import { FileAssets } from "../../agent/io/file-assets.ts";
import { runSimulated } from "./run-simulated.ts";

const t0 = Date.now();
const [first = "40", last = "47", count = "102", seed = "1"] = process.argv.slice(2);
let lastLine = 0;
const { recorder, transcriptHash, counters } = await runSimulated(
  {
    firstInterval: Number(first),
    lastInterval: Number(last),
    prosumerCount: Number(count),
    externalLimitWh: 0,
    internalLimitWh: 0,
    seed: Number(seed),
    forecastErrorPercent: 0,
    speed: undefined,
    kills: [],
  },
  new FileAssets(new URL("../../../actors/transax/", import.meta.url).pathname),
  {
    stage: console.log,
    actorsActive: () => undefined,
    progressed: () => undefined,
    advanced: (u) => {
      if (u - lastLine > 3.6e9) {
        lastLine = u;
        console.log(new Date(u / 1000).toISOString(), Date.now() - t0);
      }
    },
  },
  new AbortController().signal,
);
console.log(transcriptHash, counters, recorder.progress, Date.now() - t0);
