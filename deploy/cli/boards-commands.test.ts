// Goal: `hedgerow board` and `boards` keep the list of one user, and say what they cannot do and what would help.
// Method: the real command in a process, with a folder of settings of its own; no board answers. No seed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type KnownBoard, writeKnownBoards } from "../onboard/known-boards.ts";
import { readLive } from "./boards-command.ts";

const HEDGEROW = fileURLToPath(new URL("hedgerow.js", import.meta.url));
const BOARD: KnownBoard = {
  ...{ name: "b1", host: "127.0.0.1", port: 1, cluster: "c", interfaceName: "auto" },
  ...{ architecture: "armhf", version: "0.1.0", ed25519: "ab".repeat(32) },
};

describe("hedgerow board, hedgerow boards", function () {
  this.timeout(60_000);
  let folder: string;
  const run = (...words: string[]): { status: number | null; stdout: string; stderr: string } => {
    const env = { ...process.env, XDG_CONFIG_HOME: folder };
    return spawnSync(process.execPath, [HEDGEROW, ...words], { encoding: "utf8", env });
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hg-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("without boards says how to add one; a word too many is told", () => {
    assert.match(run("boards").stdout, /hedgerow board add HOST/);
    for (const words of [
      ["board"],
      ["board", "add"],
      ["board", "add", "h", "--name", "a b"],
      ["boards", "x"],
    ])
      assert.equal(run(...words).status, 2, words.join(" "));
  });

  it("lists and shows what is known; a board that is away is unreachable, and that is no success", async () => {
    await writeKnownBoards(join(folder, "hedgerow"), [BOARD]);
    assert.match(run("boards", "--known").stdout, /^b1 .*127\.0\.0\.1/);
    assert.deepEqual(JSON.parse(run("board", "show", "b1", "--json").stdout), BOARD);
    const { status, stdout } = run("boards", "--json");
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(stdout), [{ ...BOARD, live: { state: "unreachable" } }]);
  });

  it("a board that ssh does not reach is told with the step and what to do; the list stays", () => {
    const { status, stderr } = run("board", "add", "127.0.0.1", "--port", "1", "--batch");
    assert.equal(status, 1);
    assert.match(stderr, /step connect failed: .*refused/s);
    assert.match(stderr, /what to do: see whether ssh 127\.0\.0\.1 works/);
    assert.equal(run("boards", "--known", "--json").stdout, "[]\n");
  });

  it("removes a board without others at once; one that is not known is told", async () => {
    await writeKnownBoards(join(folder, "hedgerow"), [BOARD]);
    assert.equal(run("board", "remove", "b2").status, 2);
    assert.equal(run("board", "remove", "b1").status, 0);
    assert.equal(run("boards", "--known", "--json").stdout, "[]\n");
  });

  it("reads what an agent says of itself, and takes nothing else for it", () => {
    const text = 'Hi\n{"uptimeMs":5,"actors":[{}],"boards":["a","b"]}\n';
    const live = { state: "running", uptimeMs: 5, actorCount: 1, boards: ["a", "b"] };
    assert.deepEqual(readLive(text), live);
    for (const other of ["", "{", '{"uptimeMs":"5"}'])
      assert.deepEqual(readLive(other), { state: "stopped" });
  });
});
