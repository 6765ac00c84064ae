// Goal: the package installs on Debian's own root file systems for armhf and arm64 with nothing but Debian's packages;
// actors there and one on this machine find each other and exchange messages with CURVE, and somebody whom nobody
// trusts hears nothing; SQLite, the EVM and signatures work there; upgrade keeps the board's keys, purge leaves nothing.
// Method: debootstrap, qemu-user, a bridge in a network namespace; the application is actors/hello, sensor and display
// on every board. Skipped with the reason where a machine forbids it. HEDGEROW_CACHE keeps downloads and root file systems.
// Seed: none.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBoard, buildObstacle } from "./build-board.ts";
import { Cables, EmulatedBoard } from "./emulated-board.ts";
import { rootObstacle } from "./root-file-system.ts";
import { ROOT } from "./run-tool.ts";
import { type Line, RunningProgram } from "./running-program.ts";
import type { Architecture } from "./target.ts";

/** Made once and kept; then a minute. Emulated, and next to other tests. */
const PREPARE_MS_MAX = 1_200_000;
const RUN_MS_MAX = 300_000;
const SECRET_MODE = 0o600;
const HELLO = join(ROOT, "actors/hello/hello.riaps");
/** What each board's sensor measures, in °C: far enough apart to tell by it who spoke. */
const CELSIUS = { armhf: 100, arm64: 200, pc: 300, stranger: 400 } as const;
const APART = 50;

type Name = keyof typeof CELSIUS;

async function obstacle(architecture: Architecture): Promise<string | undefined> {
  return (await rootObstacle(architecture)) ?? (await buildObstacle(architecture));
}

/** What a program's displays showed of `board`. */
function readingsOf({ lines }: RunningProgram, board: Name): readonly Line[] {
  return lines.filter((line) => isReading(line, board));
}

function isReading({ event, facts }: Line, board: Name): boolean {
  const { celsius = Number.NaN } = (facts ?? {}) as { readonly celsius?: number };
  return event === "reading" && Math.abs(celsius - CELSIUS[board]) < APART;
}

describe("the package on emulated boards", function () {
  this.timeout(RUN_MS_MAX);
  const folder = mkdtempSync(join(tmpdir(), "emulated-boards-"));
  const cables = new Cables(`hgb${process.pid}`);
  const boards: EmulatedBoard[] = [];
  const packages: string[] = [];

  before(async function () {
    this.timeout(PREPARE_MS_MAX);
    const possible: Architecture[] = [];
    for (const architecture of ["armhf", "arm64"] as const) {
      const why = await obstacle(architecture);
      if (why === undefined) possible.push(architecture);
      else process.stderr.write(`board: ${architecture} skipped, ${why}\n`);
    }
    if (possible.length === 0) this.skip();
    const made = possible.map(async (architecture) => {
      packages.push(await buildBoard(architecture, join(folder, "out")));
      return EmulatedBoard.make(architecture, folder, cables);
    });
    boards.push(...(await Promise.all(made)));
  });

  after(async () => {
    await cables[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const packageOf = ({ architecture }: EmulatedBoard): string =>
    packages.find((path) => path.endsWith(`_${architecture}.deb`)) ?? "";

  it("is built twice with the same bytes", async () => {
    const [board] = boards;
    assert.ok(board !== undefined);
    const again = await buildBoard(board.architecture, join(folder, "again"));
    assert.ok((await readFile(again)).equals(await readFile(packageOf(board))));
  });

  it("installs with nothing but Debian's packages", async () => {
    await Promise.all(
      boards.map(async (board) => {
        await board.install(packageOf(board));
        assert.match(await board.run("hedgerow", "--version"), /^\d+\.\d+\.\d+\n$/);
        const owner = await board.run("stat", "--format=%U %a", "/var/lib/hedgerow");
        assert.equal(owner, "hedgerow 750\n");
      }),
    );
  });

  it("works there: SQLite, ZeroMQ, the EVM, a signed transaction", async () => {
    const told = await Promise.all(boards.map((board) => board.selfCheck()));
    for (const text of told) {
      const lines = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
      assert.deepEqual(
        lines.map(({ check, ok }) => [check, ok]),
        [
          ["sqlite", true],
          ["doors to other programs", true],
          ["signed transaction", true],
        ],
      );
    }
  });

  it("lets actors of three architectures talk with CURVE, and a stranger hear nothing", async () => {
    await talk({ boards, folder, cables });
  });

  it("keeps keys and configuration in an upgrade, and leaves nothing when it is purged", async () => {
    await Promise.all(
      boards.map(async (board) => {
        const key = join(board.root, "var/lib/hedgerow/curve.key");
        const before = await readFile(key, "utf8");
        await board.install(packageOf(board));
        assert.equal(await readFile(key, "utf8"), before);
        await board.run("dpkg", "--purge", "hedgerow");
        for (const path of ["etc/hedgerow", "var/lib/hedgerow", "usr/lib/hedgerow"])
          assert.equal(existsSync(join(board.root, path)), false, path);
        await assert.rejects(board.run("getent", "passwd", "hedgerow"));
      }),
    );
  });
});

interface Stage {
  readonly boards: readonly EmulatedBoard[];
  readonly folder: string;
  readonly cables: Cables;
}

function deploymentText(names: readonly Name[]): string {
  const sensors = names.map((name) => `  on (${name}) Sensing(celsius = ${CELSIUS[name]});\n`);
  const displays = `  on (${names.join(", ")}) Showing(limit = 1000);\n`;
  return `language hedgerow 1;\napp Hello {\n${sensors.join("")}${displays}}\n`;
}

/** Runs the application on the boards and on this machine until everybody has heard everybody. */
async function talk({ boards, folder, cables }: Stage): Promise<void> {
  const names: Name[] = [...boards.map(({ architecture }) => architecture as Name), "pc"];
  const deployment = deploymentText([...names, "stranger"]);
  await writeFile(join(folder, "hello.depl"), deployment);
  for (const board of boards) {
    await copyFile(HELLO, join(board.root, "var/lib/hedgerow/hello.riaps"));
    await writeFile(join(board.root, "var/lib/hedgerow/hello.depl"), deployment);
    await board.configure([
      `name = ${board.architecture}`,
      "model = /var/lib/hedgerow/hello.riaps",
      "deployment = /var/lib/hedgerow/hello.depl",
    ]);
  }
  const trusted = join(folder, "trusted");
  const local = async (name: Name): Promise<RunningProgram> => {
    const { namespace } = await cables.plug();
    const enter = ["ip", "netns", "exec", namespace, process.execPath];
    const main = join(ROOT, "dist/deploy/cli/hedgerow.js");
    const application = ["--model", HELLO, "--deployment", join(folder, "hello.depl")];
    const place = ["--name", name, "--interface", "eth0", "--data", join(folder, name)];
    const keys = ["--curve-key", join(folder, `${name}.key`)];
    // The stranger trusts everybody: nobody trusts him.
    const trust = name === "pc" ? ["--trusted", trusted] : [];
    const words = [...enter, main, "node", ...place, ...application, ...keys, ...trust];
    return new RunningProgram(name, words);
  };
  await using pc = await local("pc");
  await using stranger = await local("stranger");
  const agents = boards.map((board) => board.agent());
  try {
    await exchange({ boards, folder, trusted, names }, [...agents, pc], stranger);
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()));
  }
}

interface Exchange {
  readonly boards: readonly EmulatedBoard[];
  readonly folder: string;
  /** The list of who is trusted by this machine. */
  readonly trusted: string;
  readonly names: readonly Name[];
}

async function exchange(
  { boards, folder, trusted, names }: Exchange,
  programs: readonly RunningProgram[],
  stranger: RunningProgram,
): Promise<void> {
  await Promise.all([...programs, stranger].map(isReady));
  // Nobody trusts anybody yet. Keys were made where they are, and are told while the agents run.
  const shown = await Promise.all([
    ...boards.map(({ root }) => publicKeyAt(join(root, "var/lib/hedgerow/curve.key"))),
    publicKeyAt(join(folder, "pc.key")),
  ]);
  const list = shown.map((key, at) => `${key} ${names[at] ?? ""}\n`).join("");
  for (const path of [...boards.map(({ root }) => join(root, "etc/hedgerow/trusted")), trusted])
    await writeFile(path, list);
  await Promise.all(
    programs.flatMap((program) =>
      names.map((name) =>
        program.said(
          (line) => isReading(line, name),
          `${program.name} showed what ${name} measures`,
        ),
      ),
    ),
  );
  for (const name of names)
    assert.deepEqual(readingsOf(stranger, name), [], `${name} was overheard`);
  for (const program of programs)
    assert.deepEqual(readingsOf(program, "stranger"), [], `${program.name} heard a stranger`);
  assert.ok(readingsOf(stranger, "stranger").length > 0, "the stranger's own actors talk");
}

async function isReady(program: RunningProgram): Promise<void> {
  await program.said(({ kind }) => kind === "ready", "it was ready");
}

async function publicKeyAt(path: string): Promise<string> {
  assert.equal(statSync(path).mode & 0o777, SECRET_MODE, "a secret is its owner's alone");
  const key = /^public (\S{40})$/m.exec(await readFile(path, "utf8"))?.[1];
  assert.ok(key !== undefined, path);
  return key;
}
