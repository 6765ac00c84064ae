import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, hasBundler } from "./bundle.ts";
import { debianPackage } from "./debian-package.ts";
import { footprintObstacle, footprintOf, footprintRows, footprintText } from "./footprint.ts";
import { nativeParts } from "./native-parts.ts";
import { ROOT, runTool, ToolError } from "./run-tool.ts";
import { ARCHITECTURES, type Architecture, TARGETS } from "./target.ts";

// npm run build:board -- [--arch armhf|arm64|amd64|all] [--out FOLDER] [--table [--quick]]

const HELP = `npm run build:board -- [options]

Builds the package of the agent for boards with Debian 13: out/hedgerow_VERSION_ARCH.deb. Two builds of
one commit have the same bytes. Needs a compiler for the architecture (apt-get install
crossbuild-essential-armhf or -arm64) and, the first time, the network.

  --arch ARCH     armhf (32 bits: BeagleBone), arm64 (64 bits: Raspberry Pi 4), amd64 (PC), or all;
                  may be given several times; default armhf
  --out FOLDER    default ./out
  --table         builds all three and prints sizes, start-up, memory and disk writes of each; see
                  deploy/board/README.md for what that needs
  --quick         a table of less: no measuring of disk writes`;

/** Builds the package of one architecture; resolves with its path. */
export async function buildBoard(architecture: Architecture, out: string): Promise<string> {
  const target = TARGETS[architecture];
  await mkdir(out, { recursive: true });
  const code = join(out, `code-${architecture}`);
  const [bundled, natives] = await Promise.all([bundle(code), nativeParts(target)]);
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const epochS = await epochOf();
  const path = await debianPackage({
    ...{ target, code, bundle: bundled, natives, version, epochS, out },
  });
  await rm(code, { recursive: true });
  return path;
}

/** Why the package cannot be built here, and what to do; undefined when it can. */
export async function buildObstacle(architecture: Architecture): Promise<string | undefined> {
  const { triplet, compilerPackage } = TARGETS[architecture];
  try {
    await runTool(`${triplet}-g++`, ["--version"]);
  } catch {
    return `needs ${triplet}-g++: apt-get install ${compilerPackage}`;
  }
  return hasBundler() ? undefined : "needs the npm package esbuild: npm install";
}

/** When the last commit was made; SOURCE_DATE_EPOCH says another time. */
async function epochOf(): Promise<number> {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given !== undefined) return Number(given);
  try {
    return Number(await runTool("git", ["log", "-1", "--format=%ct"], { cwd: ROOT }));
  } catch {
    // No git, no commit: a release's sources, unpacked.
    return Math.floor((await stat(join(ROOT, "package.json"))).mtimeMs / 1_000);
  }
}

async function main(): Promise<void> {
  const string = { type: "string" } as const;
  const boolean = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: {
      arch: { ...string, multiple: true, default: ["armhf"] },
      out: { ...string, default: join(ROOT, "out") },
      ...{ table: boolean, quick: boolean, help: boolean },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  if (values.table) {
    await printTable(values.out, values.quick);
    return;
  }
  const wanted = values.arch.includes("all") ? ARCHITECTURES : values.arch;
  for (const name of wanted) {
    const architecture = ARCHITECTURES.find((each) => each === name);
    if (architecture === undefined)
      throw new ToolError(`--arch takes ${ARCHITECTURES.join(", ")} or all, not ${name}`);
    const path = await buildBoard(architecture, values.out);
    process.stdout.write(`${path}  ${String((await stat(path)).size)} bytes\n`);
  }
}

async function printTable(out: string, quick: boolean): Promise<void> {
  const facts: Partial<Record<Architecture, Readonly<Record<string, number>>>> = {};
  for (const architecture of ARCHITECTURES) {
    const obstacle = (await buildObstacle(architecture)) ?? (await footprintObstacle(architecture));
    if (obstacle === undefined)
      facts[architecture] = await footprintOf(
        architecture,
        await buildBoard(architecture, out),
        quick,
      );
    else process.stderr.write(`${architecture}: left out, ${obstacle}\n`);
  }
  process.stdout.write(footprintText(footprintRows(facts)));
}

if (process.argv[1] === import.meta.filename) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    process.stderr.write(`build:board: ${error.message}\n`);
    process.exitCode = 1;
  }
}
