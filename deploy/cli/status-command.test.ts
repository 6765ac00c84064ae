// Goal: `hedgerow status` finds the running agent and tells how it is, and says what to do when it cannot.
// Method: the built commands as processes of their own, on loopback, in a folder of their own.
// Seed: none.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spanText, statusText } from "./status-command.ts";
import { TypedCommand } from "./typed-command.fixture.ts";

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
