// Goal: the commands bring an application to four agents, update it, survive a sick version, a killed agent, and remove it.
// Method: the built command and four agents as processes on loopback; the application is actors/hello, compiled.
// Seed: none.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AppStatus } from "../../agent/deployment/protocol.ts";
import { TypedCommand } from "../cli/typed-command.fixture.ts";
import { endSurvivors } from "../process/process-world.ts";
import type { RolloutOutcome } from "./rollout.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BOARDS = ["north", "south", "east", "west"];
const CLUSTER = `test-${randomBytes(6).toString("hex")}`;
const DEPLOYMENT = `language hedgerow 1;
app Hello {
  on (north, east) Sensing(celsius = 21);
  on (south, west) Showing;
}
`;

describe("a fleet of real agents", function () {
  this.timeout(180_000);
  let folder = "";
  const agents = new Map<string, TypedCommand>();

  const typed = async (...words: string[]): Promise<TypedCommand> => {
    const command = new TypedCommand(words, folder);
    await command.ended;
    return command;
  };
  const asked = (...words: string[]): Promise<TypedCommand> =>
    typed(...words, "--key", "me.key", "--cluster", CLUSTER, "--boards", BOARDS.join());
  const packed = async (version: string, readyWithin = "60"): Promise<void> => {
    const terms = ["--version", version, "--settle", "1", "--ready-within", readyWithin];
    const ended = await typed("pack", "hello.riaps", "hello.depl", "--key", "me.key", ...terms);
    assert.equal(ended.child.exitCode, 0, ended.err);
  };
  const deployed = async (version: string, ...words: string[]): Promise<RolloutOutcome> => {
    const ended = await asked("deploy", `Hello-${version}.hgb`, "--json", ...words);
    const outcome = JSON.parse(ended.out) as RolloutOutcome;
    assert.equal(ended.child.exitCode, outcome.isDone ? 0 : 1, ended.err);
    return outcome;
  };
  /** Versions by board. */
  const versions = async (): Promise<readonly string[]> => {
    const ended = await asked("apps", "--json");
    const told = JSON.parse(ended.out) as { board: string; apps: AppStatus[] }[];
    return told.map(
      ({ board, apps: [app] }) => `${board} ${app?.current?.split("-")[0] ?? "none"}`,
    );
  };
  const startAgent = async (board: string): Promise<void> => {
    const words = [
      "--name",
      board,
      "--cluster",
      CLUSTER,
      "--trust",
      "trust.json",
      "--data",
      "data",
    ];
    const agent = new TypedCommand(["node", ...words], folder);
    agents.set(board, agent);
    await agent.says(/"ready"/);
  };
  const all = (version: string): readonly string[] =>
    [...BOARDS].sort().map((board) => `${board} ${version}`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-fleet-"));
    await cp(join(ROOT, "dist/actors/hello"), folder, {
      recursive: true,
      filter: (path) => !/\.(d\.ts|map)$|test/.test(path.slice(ROOT.length)),
    });
    await cp(join(ROOT, "actors/hello/hello.riaps"), join(folder, "hello.riaps"));
    await writeFile(join(folder, "hello.depl"), DEPLOYMENT);
    await mkdir(join(folder, "node_modules"));
    await symlink(ROOT, join(folder, "node_modules/hedgerow"));
    const key = await typed("key", "me.key", "--trust", "trust.json", "--role", "operator");
    assert.equal(key.child.exitCode, 0, key.err);
    await Promise.all(BOARDS.map(startAgent));
  });
  after(async () => {
    for (const { child } of agents.values()) {
      const isGone = once(child, "exit");
      if (child.kill("SIGTERM")) await isGone;
    }
    for (const board of BOARDS) await endSurvivors(board, join(folder, "data"));
    await rm(folder, { recursive: true, force: true });
  });

  it("deploys in waves; chunks come from boards that have them, and actors of two boards talk", async () => {
    await packed("1.0.0");
    const outcome = await deployed("1.0.0", "--wave", "1,rest");
    assert.deepEqual(
      outcome.boards.map(({ result }) => result),
      Array(4).fill("kept"),
    );
    assert.deepEqual(await versions(), all("1.0.0"));
    await agents.get("south")?.complains(/"reading"/);
  });

  it("updates, and a bundle that is older than that is refused", async () => {
    await packed("1.1.0");
    assert((await deployed("1.1.0")).isDone);
    assert.deepEqual(await versions(), all("1.1.0"));
    const { boards } = await deployed("1.0.0");
    assert.match(JSON.stringify(boards), /BUNDLE_TOO_OLD/);
    assert.deepEqual(await versions(), all("1.1.0"));
  });

  it("a sick update goes back on all boards by itself: one that crashes, and one that says no", async () => {
    const healthy = await readFile(join(folder, "display.js"), "utf8");
    const sick = {
      "1.2.0": healthy.replace(
        "return {",
        "return { handleActivate() { throw new Error('sick'); },",
      ),
      "1.3.0": healthy.replace("return {", "return { handleHealth: () => 'the screen is dark',"),
    };
    for (const [version, text] of Object.entries(sick)) {
      await writeFile(join(folder, "display.js"), text);
      await packed(version, "8");
      const { isDone, boards } = await deployed(version);
      assert(!isDone);
      assert.match(
        JSON.stringify(boards),
        version === "1.2.0" ? /Showing ended/ : /the screen is dark/,
      );
      assert.deepEqual(await versions(), all("1.1.0"));
    }
    await writeFile(join(folder, "display.js"), healthy);
  });

  it("an agent that is killed brings the version back that it had", async () => {
    const agent = agents.get("east");
    assert(agent !== undefined);
    // Its actors go on, and with them its standard error: it ends before that is closed.
    const isGone = once(agent.child, "exit");
    agent.child.kill("SIGKILL");
    await isGone;
    await startAgent("east");
    assert.deepEqual(await versions(), all("1.1.0"));
  });

  it("rolls back, stops, starts and removes", async () => {
    assert.equal((await asked("rollback", "Hello")).child.exitCode, 0);
    assert.deepEqual(await versions(), all("1.0.0"));
    for (const op of ["stop", "start", "remove"] as const) {
      const ended = await asked(op, "Hello");
      assert.equal(ended.child.exitCode, 0, ended.out);
      const shown = await asked("apps");
      const expected = {
        stop: /1\.0\.0-\w+ stopped/,
        start: /running, actors Sensing/,
        remove: /nothing/,
      };
      assert.match(shown.out, expected[op]);
    }
    for (const board of BOARDS)
      assert.deepEqual(await readdir(join(folder, "data", board, "tree/apps/installed")), []);
    const refused = await asked("rollback", "Hello");
    assert.equal(refused.child.exitCode, 1);
    assert.match(refused.out, /APP_ABSENT/);
  });

  it("says what is wrong with the words, with the key, and with boards that are not there", async () => {
    const complaints: [string[], RegExp, number][] = [
      [["deploy", "Hello-1.0.0.hgb"], /--key FILE says who you are/, 2],
      [["deploy", "none.hgb", "--key", "me.key"], /none\.hgb cannot be read/, 2],
      [
        ["pack", "hello.riaps", "hello.depl", "--key", "no.key"],
        /hedgerow key no\.key makes one/,
        2,
      ],
      [["pack", "hello.riaps", "hello.depl", "--key", "me.key"], /--version says which/, 2],
      [
        [
          "deploy",
          "Hello-1.0.0.hgb",
          "--key",
          "me.key",
          "--cluster",
          CLUSTER,
          "--boards",
          "nowhere",
          "--wait",
          "1",
        ],
        /not: nowhere.*found were.*Is their agent/s,
        1,
      ],
      [
        ["deploy", "Hello-1.0.0.hgb", "--key", "me.key", "--cluster", CLUSTER, "--wave", "1,1"],
        /leaves out.*1,1,rest/,
        2,
      ],
      [["node", "--trust", "none.json"], /there is no trust file none\.json/, 2],
      [
        ["key", "x.key", "--role", "root", "--trust", "trust.json"],
        /--role takes viewer, operator, admin/,
        2,
      ],
    ];
    for (const [words, pattern, status] of complaints) {
      const ended = await typed(...words);
      assert.match(ended.err, pattern);
      assert.equal(ended.child.exitCode, status, words.join(" "));
    }
  });
});
