import { parseArgs } from "node:util";
import { writePlots } from "./plots.ts";
import { type Part, partText } from "./report.ts";

// npm run nightly -- [--only convergence|loss|bugs|fuzz|flood] [--size small|full] [--json]
//   [--bug NAME,NAME] [--plots FOLDER]
// Tables on stdout, progress on stderr; exit code 1 when something does not hold.

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    size: { type: "string", default: "full" },
    json: { type: "boolean", default: false },
    bug: { type: "string" },
    plots: { type: "string" },
  },
});
const size = values.size === "small" ? "small" : "full";

const PARTS: Readonly<Record<string, () => Promise<readonly Part[]>>> = {
  convergence: async () => {
    const { CONVERGENCE_SIZES, nightConvergence } = await import("./convergence.ts");
    return [await nightConvergence(CONVERGENCE_SIZES[size])];
  },
  loss: async () => {
    const { LOSS_SIZES, nightLoss } = await import("./loss.ts");
    return await nightLoss(LOSS_SIZES[size]);
  },
  fuzz: async () => {
    const { FUZZ_COUNTS, nightFuzz } = await import("./fuzz.ts");
    return [await nightFuzz(FUZZ_COUNTS[size])];
  },
  flood: async () => {
    const { FLOOD_SIZES, nightFlood } = await import("./flood.ts");
    return [await nightFlood(FLOOD_SIZES[size])];
  },
  bugs: async () => {
    const { BUGS } = await import("./bugs.ts");
    const { nightBugs } = await import("./plant.ts");
    return [
      await nightBugs(
        BUGS.filter(({ name }) => values.bug === undefined || values.bug.split(",").includes(name)),
      ),
    ];
  },
};

const parts: Part[] = [];
for (const [name, run] of Object.entries(PARTS)) {
  if (values.only !== undefined && values.only !== name) continue;
  for (const part of await run()) {
    parts.push(part);
    if (!values.json) process.stdout.write(`${partText(part)}\n`);
  }
}
if (values.plots !== undefined) writePlots(values.plots, parts);
if (values.json) process.stdout.write(`${JSON.stringify(parts, undefined, 2)}\n`);
process.exitCode = parts.every(({ isGood }) => isGood) ? 0 : 1;
