// Installs exactly what package-lock.json names, and builds the native parts from their sources.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure, ROOT, runStep } from "./run-step.mjs";

const LOCK = join(ROOT, "package-lock.json");
const STAMP = join(ROOT, "node_modules/.hedgerow-stamp");
const TOOLCHAIN =
  "better-sqlite3 is compiled on this machine: it needs make, python3 and a C++20 compiler.\n" +
  "  Debian and Ubuntu: apt-get install build-essential python3\n" +
  "  Fedora: dnf install gcc-c++ make python3    macOS: xcode-select --install\n" +
  "Then run the same command again.";

/** Another lock, another Node or another machine: other packages. */
async function stampText() {
  const lock = createHash("sha256")
    .update(await readFile(LOCK))
    .digest("hex");
  return `${lock} ${process.platform} ${process.arch} abi ${process.versions.modules}\n`;
}

/** Says that the packages are those of the lock, for this Node. */
export async function stampInstall() {
  await writeFile(STAMP, await stampText());
}

/** Whether nothing has to be installed. Takes over what a person has installed with npm. */
export async function installIsFresh() {
  const stamp = existsSync(STAMP) ? await readFile(STAMP, "utf8") : undefined;
  if (stamp === (await stampText())) return true;
  if (!(await installedAsLocked()) || nativeFault() !== "") return false;
  await stampInstall();
  return true;
}

async function installedAsLocked() {
  const hidden = join(ROOT, "node_modules/.package-lock.json");
  if (!existsSync(hidden)) return false;
  const { packages: installed } = JSON.parse(await readFile(hidden, "utf8"));
  const { packages: locked } = JSON.parse(await readFile(LOCK, "utf8"));
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === "") return true;
    return path in installed ? installed[path].version === version : optional === true;
  });
}

/** Why a native package does not load in a process of its own; "" when all do. */
function nativeFault() {
  const code = `new (require("better-sqlite3"))(":memory:").close(); require("zeromq");`;
  const { status, stderr } = spawnSync(process.execPath, ["--eval", code], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr || `ended with ${status}`;
}

/** Headers that came with Node save node-gyp a download. */
function headers() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const found = existsSync(join(prefix, "include/node/node.h"));
  return found ? { npm_config_nodedir: prefix } : {};
}

function npm(args) {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script))
    return { command: process.execPath, args: [script, ...args] };
  return { command: "npm", args };
}

function requireToolchain() {
  const works = (tool) => spawnSync(tool, ["--version"]).status === 0;
  const { CXX } = process.env;
  const compilers = CXX === undefined ? ["c++", "g++", "clang++"] : [CXX.split(" ")[0]];
  const missing = [
    ...(["make", "gmake"].some(works) ? [] : ["make"]),
    ...(["python3", "python"].some(works) ? [] : ["python3"]),
    ...(compilers.some(works) ? [] : ["a C++ compiler"]),
  ];
  if (missing.length > 0) throw new Failure(`not found: ${missing.join(", ")}`, TOOLCHAIN);
}

function adviceFor(output) {
  if (/gyp ERR|node-gyp|make: \*\*\*/.test(output)) return TOOLCHAIN;
  if (/EUSAGE|can only install packages when/.test(output))
    return "package.json and package-lock.json differ: run `npm install` once and commit the lock.";
  if (/ENOSPC/.test(output)) return "The disk is full: about 500 MB are needed.";
  return "The packages come from the npm registry that `npm config get registry` names: is it within reach?";
}

/**
 * `npm ci`. The binary of better-sqlite3 is compiled here rather than fetched: one source of packages,
 * the registry, and a binary that fits this machine's libraries. Takes a minute or two, once.
 */
export async function installPackages() {
  requireToolchain();
  const env = { npm_config_build_from_source: "better-sqlite3", JOBS: "max", ...headers() };
  const flags = ["--include=dev", "--ignore-scripts=false", "--no-audit", "--no-fund"];
  await runStep({
    title:
      "installing packages and compiling better-sqlite3 (a minute or two, the first time only)",
    ...npm(["ci", ...flags]),
    env,
    advice: adviceFor,
  });
  const fault = nativeFault();
  if (fault === "") return;
  throw new Failure(
    "a native package was installed and does not load",
    `${TOOLCHAIN}\nIf npm was told to skip install scripts, allow them: npm rebuild better-sqlite3`,
    fault,
  );
}
