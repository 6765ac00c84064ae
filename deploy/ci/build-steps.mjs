// Builds dist/ and the generated sources, when a source is other than it was at the last build.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { ROOT } from "./run-step.mjs";

const ROOMS = ["agent", "devices", "actors", "deploy"];
const DIST = join(ROOT, "dist");
const STAMP = join(DIST, ".hedgerow-stamp");
/** What decides about dist/: sources of three languages, the scripts that build, and two settings. */
const SOURCE = /\.(ts|sol|peggy|mjs)$/;
/** Sources that the build itself makes. */
const MADE = /\/(agent\/model|contracts)\/generated\//;
const SETTINGS = ["tsconfig.json", "package-lock.json"];

const BUG = "The sources do not compile: a bug, or a change of yours. The lines above say where.";

/** The steps of a build, in order. Each leaves alone what is up to date. */
export function buildSteps() {
  const script = (path) => ({ command: process.execPath, args: [join(ROOT, path)], advice: BUG });
  const compiler = script("node_modules/typescript/bin/tsc");
  return [
    { title: "compiling contracts", ...script("deploy/ci/compile-contracts.mjs") },
    { title: "generating parsers", ...script("deploy/ci/generate-parsers.mjs") },
    { title: "compiling TypeScript", ...compiler, args: [...compiler.args, "-p", ROOT] },
  ];
}

async function filesOf(folder, wanted) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

async function sources() {
  const perRoom = await Promise.all(ROOMS.map((room) => filesOf(join(ROOT, room), SOURCE)));
  return perRoom.flat().filter((file) => !MADE.test(file));
}

async function stampText() {
  const hash = createHash("sha256");
  for (const file of [...(await sources()), ...SETTINGS.map((name) => join(ROOT, name))])
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(await readFile(file))
      .update("\0");
  return `${hash.digest("hex")}\n`;
}

async function missingOutputs() {
  const outputs = (await sources())
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => join(DIST, relative(ROOT, file).replace(/\.ts$/, ".js")));
  return outputs.filter((file) => !existsSync(file));
}

/** Whether dist/ is what the sources say. */
export async function buildIsFresh() {
  if (!existsSync(STAMP) || (await readFile(STAMP, "utf8")) !== (await stampText())) return false;
  return (await missingOutputs()).length === 0;
}

/** Says that dist/ is what the sources say. */
export async function stampBuild() {
  await mkdir(DIST, { recursive: true });
  await writeFile(STAMP, await stampText());
}

/** The compiler remembers what it has written; when some of it is gone, that memory is wrong. */
export async function forgetLostOutputs() {
  await rm(STAMP, { force: true });
  if ((await missingOutputs()).length > 0) await rm(join(DIST, ".tsbuildinfo"), { force: true });
}

/** Removes what was compiled from sources that are gone: a test among it would run for ever. */
export async function dropStale() {
  for (const file of await filesOf(DIST, /\.(js|d\.ts|js\.map)$/)) {
    const stem = join(ROOT, relative(DIST, file)).replace(/\.(js|d\.ts|js\.map)$/, "");
    if (![".ts", ".js", ".d.ts"].some((ending) => existsSync(stem + ending))) await rm(file);
  }
}
