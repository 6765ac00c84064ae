// Goal: the command line teaches, refuses with what is wrong, and ends with the right status.
// Method: the built command as a process of its own, as a person runs it. Seed: 1, its default.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TypedCommand } from "./typed-command.fixture.ts";

describe("hedgerow", function () {
  this.timeout(120_000);
  let folder = "";
  const running: TypedCommand[] = [];
  const run = (...words: string[]): TypedCommand => {
    const started = new TypedCommand(words, folder);
    running.push(started);
    return started;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-cli-"));
  });
  afterEach(async () => {
    for (const each of running.splice(0)) {
      each.child.kill("SIGKILL");
      await each.ended;
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("lists its commands, and each teaches", async () => {
    const help = run("--help");
    assert.equal(await help.ended, 0);
    const named = ["day", "sim", "run", "node", "ledger", "check", "format", "graph", "new", "gen"];
    for (const command of [...named, "recording", "replay"]) {
      assert.match(help.out, new RegExp(`^  ${command} `, "m"));
      const each = run(command, "--help");
      assert.equal(await each.ended, 0);
      assert.match(each.out, new RegExp(`^hedgerow ${command}`));
    }
  });

  it("refuses what it does not know in one line, with status 2", async () => {
    const cases: readonly (readonly [RegExp, string[]])[] = [
      [/no command dance/, ["dance"]],
      [/--intervals takes a count from 1 to 96, or a range/, ["day", "--intervals", "60-50"]],
      [/--kill takes NAME@HH:MM/, ["sim", "--kill", "solver1"]],
      [/--prosumers takes a whole number from 1 to 102, not x/, ["sim", "--prosumers", "x"]],
      [/Unknown option '--fast'/, ["sim", "--fast"]],
      [/--fund takes 0xADDRESS=COINS/, ["ledger", "--fund", "me"]],
      [/check takes \.riaps files/, ["check"]],
      [/format takes files or -, not both/, ["format", "-", "a.riaps"]],
      [/graph takes a \.riaps file/, ["graph", "a.depl"]],
      [/--as takes dot, mermaid or svg, not png/, ["graph", "a.riaps", "--as", "png"]],
      [/--model and --deployment go together/, ["node", "--model", "a.riaps"]],
      [/--code goes with --model/, ["node", "--code", "a.js"]],
      [/run takes a .riaps file and a .depl file/, ["run", "a.riaps"]],
      [/cannot read a.riaps/, ["run", "a.riaps", "a.depl"]],
    ];
    for (const [message, words] of cases) {
      const refused = run(...words);
      assert.equal(await refused.ended, 2, words.join(" "));
      assert.match(refused.err, message);
      assert.equal(refused.err.trim().split("\n").length, 1);
    }
  });

  it("checks a model: every problem with its place, status 1", async () => {
    const model = join(folder, "bad.riaps");
    await writeFile(
      model,
      "app A {\n  message M;\n  component C { pub p : N; }\n  actor X { { c : C; } }\n}\n",
    );
    const checked = run("check", model);
    assert.equal(await checked.ended, 1);
    assert.match(checked.out, /bad\.riaps:3:25: error: /);
  });

  it("simulates a day: JSON on stdout alone, the report beside it", async () => {
    const sim = run("sim", "--intervals", "48-49", "--prosumers", "8", "--json");
    assert.equal(await sim.ended, 0, sim.err);
    const record = JSON.parse(sim.out) as { totals: { tradedWh: number }; intervals: unknown[] };
    assert.equal(record.intervals.length, 2);
    assert.ok(record.totals.tradedWh > 0);
    assert.match(sim.err, /transcript [0-9a-f]{64}/);
    assert.match(await readFile(join(folder, "out/report.html"), "utf8"), /^<!doctype html>/i);
  });

  it("serves a ledger until it is interrupted", async () => {
    const account = `0x${"ab".repeat(20)}`;
    const ledger = run("ledger", "--port", "0", "--fund", `${account}=7`);
    const [, url = ""] = await ledger.says(/"url":"([^"]+)"/);
    const body = { jsonrpc: "2.0", id: 1, method: "eth_getBalance", params: [account, "latest"] };
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { result } = (await answer.json()) as { result: string };
    assert.equal(BigInt(result), 7n * 10n ** 18n);
    ledger.child.kill("SIGINT");
    assert.equal(await ledger.ended, 0, ledger.err);
  });

  it("runs agents that find each other and say goodbye", async () => {
    const options = ["--cluster", folder, "--udp-port", "15671"];
    const a = run("node", "--name", "a", ...options, "--data", "a");
    await a.says(/"kind":"ready"/);
    const b = run("node", "--name", "b", ...options, "--data", "b");
    await Promise.all([
      a.says(/"kind":"board-joined","board":"b"/),
      b.says(/"kind":"board-joined","board":"a"/),
    ]);
    b.child.kill("SIGINT");
    await a.says(/"kind":"board-gone","board":"b"/);
    assert.equal(await b.ended, 0, b.err);
    a.child.kill("SIGINT");
    assert.equal(await a.ended, 0, a.err);
  });
});
