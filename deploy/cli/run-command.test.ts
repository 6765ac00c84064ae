// Goal: `hedgerow run` runs any application on this machine or in the simulator, shows its log, and sums up.
// Method: the built command as a process of its own, with an application of two boards.
// Seed: 1 and 2, of the simulator.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEMO_MODEL, demoTexts } from "../process/demo-application.fixture.ts";
import type { ActorSummary } from "../process/run-tally.ts";
import { logText, recordText } from "./log-text.ts";
import { TypedCommand } from "./typed-command.fixture.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CODE = fileURLToPath(new URL("../process/demo-application.fixture.js", import.meta.url));

interface Summary {
  readonly boards: readonly string[];
  readonly transcriptHash?: string;
  readonly actors: readonly ActorSummary[];
}

describe("hedgerow run", function () {
  this.timeout(120_000);
  let folder = "";
  const running: TypedCommand[] = [];
  const run = (...words: string[]): TypedCommand => {
    const started = new TypedCommand(["run", "m.riaps", "d.depl", ...words], folder);
    running.push(started);
    return started;
  };
  const deploy = (text: string): Promise<void> => writeFile(join(folder, "d.depl"), text);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-run-test-"));
    await writeFile(join(folder, "m.riaps"), DEMO_MODEL);
    await deploy(demoTexts("none").deploymentText);
  });
  afterEach(async () => {
    for (const each of running.splice(0)) {
      each.child.kill("SIGKILL");
      await each.ended;
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("runs the boards of a deployment as processes, shows who logs what, and sums up", async () => {
    const shown = run("--code", CODE, "--seconds", "4");
    assert.equal(await shown.ended, 0, shown.err);
    assert.match(shown.err, /info {2}b\/r\/sink heard number=\d+$/m);
    assert.match(shown.err, /info {2}a\/s\/source inactive$/m);
    assert.match(shown.out, /^a\/s +0 +0 +ran to the end$/m);
    assert.match(shown.out, /^b\/r +0 +0 +ran to the end$/m);
    // What it kept while it ran is gone.
    assert.deepEqual((await readdir(folder)).sort(), ["d.depl", "m.riaps"]);
  });

  it("stops at Ctrl-C, and tells what came back", async () => {
    await deploy(demoTexts("throw").deploymentText);
    const shown = run("--code", CODE, "--boards", "a", "--json");
    await shown.complains(/actor-died[^]*"active"/);
    shown.child.kill("SIGINT");
    assert.equal(await shown.ended, 0);
    const { actors, boards } = JSON.parse(shown.out) as Summary;
    assert.deepEqual(boards, ["a"]);
    const [actor] = actors;
    assert((actor?.startCount ?? 0) >= 2);
    assert.match(actor?.lastReason ?? "", /as told/);
  });

  it("an actor that dies too often fails the run", async () => {
    await deploy(demoTexts("throw").deploymentText);
    const shown = run("--code", CODE, "--sim");
    assert.equal(await shown.ended, 1);
    assert.match(shown.err, /error a\/?s? actor-given-up actor=s/);
    assert.match(shown.out, /^a\/s +10 +0 +given up: .*as told$/m);
  });

  it("simulates the same, and the same seed gives the same transcript", async () => {
    const hashes: (string | undefined)[] = [];
    for (const seed of ["1", "1", "2"]) {
      const words = ["--code", CODE, "--sim", "--seconds", "5", "--seed", seed, "--json"];
      const shown = run(...words);
      assert.equal(await shown.ended, 0, shown.err);
      const summary = JSON.parse(shown.out) as Summary;
      assert.equal(summary.actors.length, 2);
      hashes.push(summary.transcriptHash);
    }
    assert.match(hashes[0] ?? "", /^[0-9a-f]{64}$/);
    assert.equal(hashes[0], hashes[1]);
    assert.notEqual(hashes[0], hashes[2]);
  });

  it("simulates groups the same in every process", async () => {
    const files = ["riaps", "depl"].map((ending) =>
      join(ROOT, `actors/shedding/shedding.${ending}`),
    );
    const hashes: (string | undefined)[] = [];
    while (hashes.length < 3) {
      const shown = new TypedCommand(
        ["run", ...files, "--sim", "--seconds", "4", "--json"],
        folder,
      );
      running.push(shown);
      assert.equal(await shown.ended, 0, shown.err);
      assert.match(shown.err, / shed \{/);
      hashes.push((JSON.parse(shown.out) as Summary).transcriptHash);
    }
    assert.match(hashes[0] ?? "", /^[0-9a-f]{64}$/);
    assert.equal(new Set(hashes).size, 1);
  });

  it("`on all` is one board; code beside the model needs no word", async () => {
    await deploy("app Demo { on all Sender, Receiver; }\n");
    await writeFile(
      join(folder, "application.js"),
      `export { application } from ${JSON.stringify(CODE)};\n`,
    );
    await writeFile(join(folder, "package.json"), `{ "type": "module" }\n`);
    const shown = run("--sim", "--seconds", "2");
    assert.equal(await shown.ended, 0, shown.err);
    assert.match(shown.err, /^08:00:0[\d.]+ info {2}here\/Receiver\/sink heard number=\d+$/m);
    assert.match(shown.out, /^transcriptHash [0-9a-f]{64}$/m);
  });

  it("tells what is wrong with the model as check does, and what is missing", async () => {
    await deploy("app Demo { on (a) Nobody; }\n");
    const wrong = run("--code", CODE);
    assert.equal(await wrong.ended, 1);
    assert.match(wrong.err, /^d\.depl:1:\d+: error: .*Nobody/m);
    await deploy(demoTexts("none").deploymentText);
    const cases: readonly (readonly [RegExp, string[]])[] = [
      [/there is no code for application Demo/, []],
      [/there is no file x\.js/, ["--code", "x.js"]],
      [/has no board z; it has a, b/, ["--code", CODE, "--boards", "a,z"]],
      [/--ledger does not go with --sim/, ["--code", CODE, "--sim", "--ledger", "ws://x"]],
    ];
    for (const [message, words] of cases) {
      const refused = run(...words);
      assert.equal(await refused.ended, 2, words.join(" "));
      assert.match(refused.err, message);
    }
  });
});

describe("log lines for people", () => {
  it("say when, how bad, who, what, and the facts; anything else stays", () => {
    const facts = { number: 3, text: "two words", component: "s/source" };
    const line = { utc: "2027-01-15T08:00:01.500Z", level: "info", name: "a/Demo.shared" };
    assert.equal(
      logText(JSON.stringify({ ...line, event: "sent", facts })),
      `08:00:01.500 info  a/s/source sent number=3 text="two words"`,
    );
    for (const other of ["    at somewhere", "{ torn", `{"utc":1}`])
      assert.equal(logText(other), other);
    assert.equal(
      recordText(`1800000001500000 log warn a:a/s died ${JSON.stringify({ reason: "" })}`),
      `08:00:01.500 warn  a/s died reason=""`,
    );
    assert.equal(recordText("1 kill {}"), "1 kill {}");
  });
});
