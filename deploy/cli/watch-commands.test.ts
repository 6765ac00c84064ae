// Goal: `hedgerow status` and `top` find the running agent and tell how it and the others are, or what to do.
// Method: the built commands as processes of their own, on loopback, in a folder of their own.
// Seed: none.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEMO_MODEL, demoTexts } from "../process/demo-application.fixture.ts";
import type { BoardLine } from "../watch/log-merge.ts";
import type { ClusterLook } from "../watch/look.ts";
import { spanText, statusText } from "./status-command.ts";
import { TypedCommand } from "./typed-command.fixture.ts";

const CODE = fileURLToPath(new URL("../process/demo-application.fixture.js", import.meta.url));

describe("hedgerow status", function () {
  this.timeout(60_000);
  let folder = "";
  const running: TypedCommand[] = [];
  const run = (...words: string[]): TypedCommand => {
    const started = new TypedCommand(words, folder);
    running.push(started);
    return started;
  };
  const node = (name: string): TypedCommand =>
    run("node", "--name", name, "--data", "d", "--udp-port", "47113");
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-status-"));
  });
  afterEach(async () => {
    for (const each of running.splice(0)) {
      each.child.kill("SIGKILL");
      await each.ended;
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("tells how the agent of the folder is, for people and for programs", async () => {
    await node("east").says(/"ready"/);
    const shown = run("status", "--data", "d");
    assert.equal(await shown.ended, 0, shown.err);
    assert.match(shown.out, /^board east of cluster default, up \d+ s$/m);
    assert.match(shown.out, /^no actors are placed here$/m);
    const json = run("status", "--data", "d", "--json");
    assert.equal(await json.ended, 0, json.err);
    assert.equal((JSON.parse(json.out) as { board: string }).board, "east");
  });

  it("asks which one of several, and says so when none is there or none answers", async () => {
    const none = run("status", "--data", "d");
    assert.equal(await none.ended, 1);
    assert.match(none.err, /^hedgerow: no agent has its socket in .*hedgerow node/);
    const east = node("east");
    const west = node("west");
    await east.says(/"ready"/);
    await west.says(/"ready"/);
    const which = run("status", "--data", "d");
    assert.equal(await which.ended, 2);
    assert.match(which.err, /--board: east, west/);
    const named = run("status", "--data", "d", "--board", "west");
    assert.equal(await named.ended, 0, named.err);
    east.child.kill("SIGKILL");
    await east.ended;
    const dead = run("status", "--data", "d", "--board", "east");
    assert.equal(await dead.ended, 1);
    assert.match(dead.err, /does not answer/);
  });
});

describe("hedgerow top", function () {
  this.timeout(60_000);
  let folder = "";
  const running: TypedCommand[] = [];
  const run = (...words: string[]): TypedCommand => {
    const started = new TypedCommand(words, folder);
    running.push(started);
    return started;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-top-"));
    await writeFile(join(folder, "m.riaps"), DEMO_MODEL);
    await writeFile(join(folder, "d.depl"), demoTexts("none").deploymentText);
    for (const board of ["a", "b"]) {
      const files = ["--model", "m.riaps", "--deployment", "d.depl", "--code", CODE];
      const agent = run("node", "--name", board, "--data", "d", "--udp-port", "47114", ...files);
      await agent.says(/actor-active/);
    }
  });
  after(async () => {
    // Asked to stop, they stop their actors too.
    for (const each of running.splice(0)) {
      each.child.kill("SIGTERM");
      await each.ended;
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("shows the ports of all boards, and their actors, as seen from one", async () => {
    const table = run("top", "--data", "d", "--board", "a", "--once");
    assert.equal(await table.ended, 0, table.err);
    assert.match(table.out, /^BOARD +ACTOR +COMPONENT.PORT/);
    assert.match(table.out, /^a +s +source\.\S+ +pub +\d/m);
    assert.match(table.out, /^b +r +sink\.\S+ +sub +\d/m);
  });

  it("tells programs the same, a line a look", async () => {
    const lines = run("top", "--data", "d", "--board", "b", "--json", "--count", "2");
    assert.equal(await lines.ended, 0, lines.err);
    const looks = lines.out.trim().split("\n");
    assert.equal(looks.length, 2);
    const { boards } = JSON.parse(looks[1] ?? "") as ClusterLook;
    assert.deepEqual(
      boards.map(({ board, actors }) => [board, actors.length]),
      [
        ["a", 1],
        ["b", 1],
      ],
    );
    assert((boards[0]?.actors[0]?.memoryBytes ?? 0) > 0);
  });

  it("logs: what agents and actors said, in order, also of an actor that has ended", async () => {
    const shown = run("logs", "--data", "d", "--board", "a", "--json");
    assert.equal(await shown.ended, 0, shown.err);
    const lines = shown.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as BoardLine);
    const times = lines.map(({ utcUs }) => utcUs);
    assert.deepEqual(
      times,
      [...times].sort((one, other) => one - other),
    );
    assert.deepEqual([...new Set(lines.map(({ board }) => board))].sort(), ["a", "b"]);
    assert(lines.some(({ program, event }) => program === "b/r" && event === "heard"));
    const filtered = run("logs", "--data", "d", "--board", "b", "--from", "a", "--actor", "a/s");
    assert.equal(await filtered.ended, 0, filtered.err);
    assert(!filtered.out.includes(" b/"));
  });

  it("logs -f: goes on where it was when the agent is back, without a gap", async () => {
    const follow = run("logs", "-f", "--data", "d", "--board", "b", "--from", "b", "--json");
    await follow.says(/"heard"/);
    const [dying] = running.splice(1, 1);
    assert(dying !== undefined);
    // Its actor lives on and holds its standard error: not before the very end is that closed.
    const gone = once(dying.child, "exit");
    dying.child.kill("SIGKILL");
    await gone;
    await follow.complains(/does not answer|no answer/);
    const files = ["--model", "m.riaps", "--deployment", "d.depl", "--code", CODE];
    const next = run("node", "--name", "b", "--data", "d", "--udp-port", "47114", ...files);
    await next.says(/actor-adopted/);
    // What the next agent logs is read, so what its actor logged meanwhile is too.
    await follow.says(/node-ready[^]*node-ready[^]*"heard"/);
    follow.child.kill("SIGINT");
    assert.equal(await follow.ended, 0);
    const numbers = follow.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as BoardLine)
      .filter(({ event }) => event === "heard")
      .map(({ facts }) => Number(facts["number"]));
    const first = numbers[0] ?? 0;
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => first + at),
    );
  });

  it("refuses what it does not know", async () => {
    const wrong = run("top", "--data", "d", "--board", "a", "--view", "all");
    assert.equal(await wrong.ended, 2);
    assert.match(wrong.err, /--view takes one of ports, actors, boards, not all/);
  });
});

describe("status in words", () => {
  it("names what matters of an actor", () => {
    const actor = {
      ...{ actor: "s", application: "Tiny", state: "active", pid: 5, uptimeMs: 61_000 },
      ...{ startCount: 2, incidentCount: 1, lastReason: "killed: SIGKILL\nmore" },
    };
    const clock = { source: "ptp", boundUs: 40 };
    const status = { board: "a", cluster: "c", uptimeMs: 90_000_000, clock, sizes: {} };
    assert.equal(
      statusText({ ...status, boards: ["a", "b"], actors: [actor] }),
      `board a of cluster c, up 1 d 1 h
clock ptp, ± 40 µs
boards a b
Tiny/s active pid 5, up 1 min 1 s, 2 starts, 1 incidents, ended last: killed: SIGKILL
`,
    );
  });

  it("says spans by their two largest units", () => {
    const spans = [999, 59_999, 60_000, 3_600_000, 90_061_000].map(spanText);
    assert.deepEqual(spans, ["0 s", "59 s", "1 min 0 s", "1 h 0 min", "1 d 1 h"]);
  });
});
