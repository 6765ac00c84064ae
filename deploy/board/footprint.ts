import { mkdtempSync, rmSync } from "node:fs";
import { copyFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_FLAGS, Cables, EmulatedBoard } from "./emulated-board.ts";
import { memoryOf, writtenBytes } from "./process-memory.ts";
import { rootFileSystem, rootObstacle } from "./root-file-system.ts";
import { ROOT, runTool } from "./run-tool.ts";
import { RunningProgram } from "./running-program.ts";
import { type Architecture, TARGETS } from "./target.ts";

/** One line of the table: a value for each architecture. */
export interface FootprintRow {
  readonly what: string;
  readonly unit: string;
  readonly values: Readonly<Partial<Record<Architecture, number>>>;
  /** What was promised of it, or what RIAPS has. */
  readonly beside: string;
}

type Facts = Readonly<Record<string, number>>;

const MEGA = 1e6;
const ACTOR_COUNT = 8;
/** After the last actor is active: start-up has let go of what it needed. */
const SETTLE_MS = 10_000;
const IDLE_MS = 120_000;
const HOUR_MS = 3_600_000;
/**
 * Instructions a cycle that are assumed for a Cortex-A8 at 1 GHz. It issues two a cycle at most, in order; on SPECint2000
 * stalls of its pipeline cost most (Hennessy and Patterson, Computer Architecture, 5th edition, figure 3.39).
 */
const A8_PER_CYCLE = 0.5;
const A8_HZ = 1e9;

const ROWS: readonly (readonly [fact: string, unit: string, beside: string])[] = [
  ["package", "MB", ""],
  ["installed, without Node", "MB", "12 at most"],
  ["bare Node: resident", "MB", ""],
  ["bare Node: private", "MB", ""],
  ["agent: resident", "MB", ""],
  ["agent: private", "MB", ""],
  ["agent and 1 actor, together", "MB", "90 at most"],
  [`agent and ${ACTOR_COUNT} actors, together`, "MB", "300 at most"],
  ["one more actor", "MB", "RIAPS: 66 an actor"],
  ["bare Node: instructions", "million", ""],
  ["agent, ready and stopped: instructions", "million", ""],
  ["agent, ready: estimate for a Cortex-A8 at 1 GHz", "s", "3 at most"],
  ["written to disk when idle, in an hour", "kB", "1000 at most"],
];

/** What is measured of one architecture on an emulated board, from its package. */
export async function footprintOf(
  architecture: Architecture,
  packagePath: string,
  quick: boolean,
): Promise<Facts> {
  const folder = mkdtempSync(join(tmpdir(), "footprint-"));
  const say = (text: string): void => void process.stderr.write(`${architecture}: ${text}\n`);
  await using cables = new Cables(`hgf${process.pid}`);
  try {
    say("installing");
    const board = await EmulatedBoard.make(architecture, folder, cables);
    await board.install(packagePath);
    const kib = await board.run(
      "dpkg-query",
      "--show",
      "--showformat=${Installed-Size}",
      "hedgerow",
    );
    say("memory");
    const bare = await bareMemory(board);
    const alone = await agentMemory(board, 0, false);
    const one = await agentMemory(board, 1, !quick);
    const many = await agentMemory(board, ACTOR_COUNT, false);
    say("instructions");
    const bareCount = await instructionsOf(board, ["--eval", "0"]);
    const agentCount = await agentInstructions(board, folder);
    return {
      package: (await stat(packagePath)).size / MEGA,
      "installed, without Node": (Number(kib) * 1_024) / MEGA,
      "bare Node: resident": bare.resident / MEGA,
      "bare Node: private": bare.private / MEGA,
      "agent: resident": alone.resident / MEGA,
      "agent: private": alone.private / MEGA,
      "agent and 1 actor, together": one.proportional / MEGA,
      [`agent and ${ACTOR_COUNT} actors, together`]: many.proportional / MEGA,
      "one more actor": (many.proportional - one.proportional) / (ACTOR_COUNT - 1) / MEGA,
      "bare Node: instructions": bareCount / MEGA,
      "agent, ready and stopped: instructions": agentCount / MEGA,
      ...(architecture === "armhf"
        ? { "agent, ready: estimate for a Cortex-A8 at 1 GHz": agentCount / A8_PER_CYCLE / A8_HZ }
        : {}),
      ...(quick ? {} : { "written to disk when idle, in an hour": one.writtenPerHour / 1e3 }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The table of several architectures. */
export function footprintRows(
  facts: Readonly<Partial<Record<Architecture, Facts>>>,
): readonly FootprintRow[] {
  return ROWS.map(([what, unit, beside]) => ({
    ...{ what, unit, beside },
    values: Object.fromEntries(
      Object.entries(facts).map(([architecture, each]) => [architecture, each[what] ?? Number.NaN]),
    ),
  }));
}

/** The table as text; "-" where nothing was measured. */
export function footprintText(rows: readonly FootprintRow[]): string {
  const names = Object.keys(rows[0]?.values ?? {}) as Architecture[];
  const lines = rows.map(({ what, unit, values, beside }) => {
    const cells = names.map((name) => shown(values[name]).padStart(8));
    return `${what.padEnd(50)}${cells.join("")}  ${unit.padEnd(8)} ${beside}`.trimEnd();
  });
  const head = `${"".padEnd(50)}${names.map((name) => name.padStart(8)).join("")}`;
  return `${[head, ...lines].join("\n")}\n`;
}

function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "-";
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function isEmulated({ architecture }: EmulatedBoard): boolean {
  return TARGETS[architecture].nodeArchitecture !== process.arch;
}

async function bareMemory(board: EmulatedBoard): Promise<ReturnType<typeof memoryOf>> {
  const script = "console.log('{}'); setInterval(() => 0, 1000)";
  const words = board.words("/usr/bin/node", ...AGENT_FLAGS, "--eval", script);
  await using program = new RunningProgram("node", words);
  await program.said(() => true, "it was up");
  await sleep(SETTLE_MS);
  return memoryOf([program.pid], isEmulated(board));
}

async function agentMemory(
  board: EmulatedBoard,
  actorCount: number,
  withWrites: boolean,
): Promise<ReturnType<typeof memoryOf> & { readonly writtenPerHour: number }> {
  const conf = join(board.root, "etc/hedgerow/node.conf");
  await copyFile(join(ROOT, "deploy/board/files/node.conf"), conf);
  const places = Array.from({ length: actorCount }, (_, at) => `  on (here) Sensing as s${at};\n`);
  const text = `language hedgerow 1;\napp Hello {\n${places.join("")}  on (elsewhere) Showing;\n}\n`;
  const home = join(board.root, "var/lib/hedgerow");
  await copyFile(join(ROOT, "actors/hello/hello.riaps"), join(home, "hello.riaps"));
  await writeFile(join(home, "hello.depl"), text);
  const files = ["model = hello.riaps", "deployment = hello.depl"];
  await board.configure(["name = here", ...(actorCount === 0 ? [] : files)]);
  await using agent = board.agent();
  await agent.said(({ kind }) => kind === "ready", "it was ready");
  const active = new Set<unknown>();
  const isLast = ({
    kind,
    actor,
  }: {
    readonly kind?: unknown;
    readonly actor?: unknown;
  }): boolean => kind === "actor-active" && active.add(actor).size === actorCount;
  if (actorCount > 0) await agent.said(isLast, "its actors were active");
  await sleep(SETTLE_MS);
  const listed = await runTool("ip", ["netns", "pids", board.socket.namespace]);
  const pids = listed.trim().split("\n").map(Number);
  const before = writtenBytes(pids);
  if (withWrites) await sleep(IDLE_MS);
  const writtenPerHour = ((writtenBytes(pids) - before) * HOUR_MS) / IDLE_MS;
  return { ...memoryOf(pids, isEmulated(board)), writtenPerHour };
}

/** How many instructions node runs, all threads together; NaN where nothing can count them. */
async function instructionsOf(board: EmulatedBoard, words: readonly string[]): Promise<number> {
  const { emulator } = TARGETS[board.architecture];
  if (emulator === undefined) return Number.NaN;
  const plugin = join(board.root, "tmp/count-instructions.so");
  const source = join(ROOT, "deploy/board/files/count-instructions.c");
  await runTool("gcc", ["-O2", "-shared", "-fPIC", source, "-o", plugin]);
  const node = [join(board.root, "usr/bin/node"), ...AGENT_FLAGS, ...words];
  const there = ["ip", "netns", "exec", board.socket.namespace];
  const command = [...there, `qemu-${emulator}`, "-L", board.root, "-plugin", plugin, ...node];
  await using program = new RunningProgram("counted node", command);
  if (words[0] !== "--eval") {
    await program.said(({ kind }) => kind === "ready", "it was ready");
    await program.stop();
  }
  const line = await program.said(
    ({ instructions }) => instructions !== undefined,
    "its instructions were counted (apt-get install qemu-user gcc)",
  );
  return Number(line["instructions"]);
}

/** From its start until it is ready, and has stopped in order: an upper bound. Its actors are not counted. */
function agentInstructions(board: EmulatedBoard, folder: string): Promise<number> {
  const main = join(board.root, "usr/lib/hedgerow/dist/deploy/board/hedgerow.js");
  const place = ["--name", "counted", "--interface", "eth0", "--data", join(folder, "counted")];
  return instructionsOf(board, [
    main,
    "node",
    ...place,
    "--curve-key",
    join(folder, "counted.key"),
  ]);
}

/** Why nothing can be measured of `architecture` here; undefined when it can. */
export async function footprintObstacle(architecture: Architecture): Promise<string | undefined> {
  const obstacle = await rootObstacle(architecture);
  if (obstacle === undefined) await rootFileSystem(architecture);
  return obstacle;
}
