// Sets up a fresh clone: packages, native parts, generated code, compiled code. Does nothing, and says
// nothing, when all is up to date. `npm start` and `npm test` begin here, so neither needs a step before it.
// Plain JavaScript without packages: it runs when there is nothing else yet. Speaks on stderr only, so
// that what follows keeps stdout for itself.
import { existsSync, lstatSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  buildIsFresh,
  buildSteps,
  dropStale,
  forgetLostOutputs,
  stampBuild,
} from "./build-steps.mjs";
import { installIsFresh, installPackages, stampInstall } from "./install-packages.mjs";
import { Failure, ROOT, runStep, say } from "./run-step.mjs";

/** Oldest Node that is tested; package.json's `engines` says the same. */
const NODE_OLDEST = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor >= NODE_OLDEST[1])) return;
  throw new Failure(
    `this is Node ${process.versions.node}, and Hedgerow needs ${NODE_OLDEST.join(".")} or newer`,
    "Install Node 20.19 or newer, best 22, and run the same command again.",
  );
}

async function prepareInstall() {
  const folder = join(ROOT, "node_modules");
  // A link leads to packages that somebody else keeps: they are used and never changed from here.
  if (existsSync(folder) && lstatSync(folder).isSymbolicLink()) return;
  if (await installIsFresh()) return;
  // Whatever was compiled was compiled against other packages.
  await rm(join(ROOT, "dist"), { recursive: true, force: true });
  await installPackages();
  await stampInstall();
}

async function prepareBuild() {
  if (await buildIsFresh()) return;
  await forgetLostOutputs();
  for (const step of buildSteps()) await runStep(step);
  await dropStale();
  await stampBuild();
}

try {
  checkNode();
  await prepareInstall();
  await prepareBuild();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say(`failed: ${error.message}`);
  if (error.output !== "") process.stderr.write(`\n${error.output.trimEnd()}\n\n`);
  say(error.advice);
  process.exitCode = 1;
}
