import { BrokenInvariant } from "../../agent/sim/simulation.ts";
import { SEARCHES } from "./searches.ts";

// node search-child.js SEARCH SECONDS: what was found on stdout; exit code 1 when something was.

const [, , name = "", limitText = "0"] = process.argv;
const search = Object.entries(SEARCHES).find(([each]) => each === name)?.[1];
if (search === undefined) throw new Error(`no search "${name}"`);
const endMs = performance.now() + Number(limitText) * 1000;
let found: string | undefined;
try {
  found = await search(() => performance.now() >= endMs);
} catch (error) {
  // What throws in a run is a bug as well.
  found = error instanceof BrokenInvariant ? error.message : String(error);
}
process.stdout.write(`${found ?? ""}\n`);
process.exit(found === undefined ? 0 : 1);
