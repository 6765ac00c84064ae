// Goal: check, format and graph do to files what they say, with the right words, streams and statuses.
// Method: the commands on files of a folder of their own, what they write caught; standard input with
// the built command as a process. Seed: none.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text as readStream } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Problem } from "../../agent/model/problem.ts";
import { checkCommand } from "./check-command.ts";
import type { Command } from "./command.ts";
import { formatCommand } from "./format-command.ts";
import { graphCommand } from "./graph-command.ts";

const BIN = fileURLToPath(new URL("./hedgerow.js", import.meta.url));
const MODEL = `app A {
  message M; // what is told
  component C { pub m: M; }
  component D { sub m: M; }
  actor X { { c: C; } }
  actor Y { { d: D; } }
}
`;
const PLACED = "app A {\n  on (a) X;\n  on (b) Y;\n}\n";

describe("commands on models", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-models-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const run = async (command: Command, ...words: string[]) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const caught = Promise.all([readStream(out), readStream(err)]);
    const signal = new AbortController().signal;
    const status = await command.run(words, { out, err, signal, isTty: false });
    out.end();
    err.end();
    const [said, complained] = await caught;
    return { status, out: said, err: complained };
  };

  describe("check", () => {
    it("takes several models and deployments, each against its own application", async () => {
      const a = await file("a.riaps", MODEL);
      const b = await file("b.riaps", MODEL.replace("app A", "app B"));
      const depl = await file("a.depl", PLACED);
      const wrong = await file("b.depl", PLACED.replace("app A", "app B").replace("Y", "Z"));
      assert.deepEqual(await run(checkCommand, a, b, depl), {
        status: 0,
        out: "nothing wrong\n",
        err: "",
      });
      const checked = await run(checkCommand, a, b, depl, wrong);
      assert.equal(checked.status, 1);
      assert.match(checked.out, /b\.depl:3:10: error: application B has no actor Z/);
      assert.doesNotMatch(checked.out, /a\.depl/);
    });

    it("tells of a deployment whose application is not there, and checks syntax without a model", async () => {
      const a = await file("a.riaps", MODEL);
      const b = await file("b.riaps", MODEL.replace("app A", "app B"));
      const other = await file("c.depl", PLACED.replace("app A", "app C"));
      assert.match((await run(checkCommand, a, other)).out, /of application C, the model of A/);
      assert.match((await run(checkCommand, a, b, other)).out, /C is in none of the models/);
      assert.equal((await run(checkCommand, other)).status, 0);
    });

    it("as JSON gives each problem with all its facts, sorted, and nothing else", async () => {
      const text = MODEL.replace("sub m: M", "sub m: N").replace("pub m: M", "pub m: O");
      const path = await file("a.riaps", text);
      const { status, out } = await run(checkCommand, path, "--json");
      assert.equal(status, 1);
      const problems = JSON.parse(out) as readonly Problem[];
      assert.deepEqual(
        problems.map(({ line, column, severity, message, hint }) => ({
          line,
          column,
          severity,
          message,
          hint,
        })),
        [
          {
            line: 3,
            column: 24,
            severity: "error",
            message: "there is no message O",
            hint: "there is: M",
          },
          {
            line: 4,
            column: 24,
            severity: "error",
            message: "there is no message N",
            hint: "there is: M",
          },
        ],
      );
      assert.deepEqual(problems[0]!.expected, []);
      assert.equal(problems[0]!.file, path);
    });
  });

  describe("format", () => {
    it("writes what differs again and names it, and then finds nothing more", async () => {
      const rough = await file(
        "a.riaps",
        MODEL.replaceAll("  ", "\t").replace("app A {", "app  A\n{"),
      );
      const fine = await file("a.depl", PLACED);
      assert.deepEqual(await run(formatCommand, rough, fine), {
        status: 0,
        out: `${rough}\n`,
        err: "",
      });
      assert.equal(await readFile(rough, "utf8"), MODEL);
      assert.deepEqual(await run(formatCommand, rough, fine), { status: 0, out: "", err: "" });
    });

    it("with --check names what would change, writes nothing, and fails", async () => {
      const text = MODEL.replaceAll("  ", " ");
      const rough = await file("a.riaps", text);
      assert.deepEqual(await run(formatCommand, rough, "--check"), {
        status: 1,
        out: `${rough}\n`,
        err: "",
      });
      assert.equal(await readFile(rough, "utf8"), text);
    });

    it("tells errors of syntax, leaves that file, and does the others", async () => {
      const bad = await file("bad.riaps", "app  A {");
      const rough = await file("a.riaps", MODEL.replaceAll("  ", " "));
      const { status, err } = await run(formatCommand, bad, rough);
      assert.equal(status, 1);
      assert.match(err, /bad\.riaps:1:9: error: the end of the file is not expected here/);
      assert.equal(await readFile(bad, "utf8"), "app  A {");
      assert.equal(await readFile(rough, "utf8"), MODEL);
    });

    it("with - reads standard input, of either language, and writes standard output", function () {
      this.timeout(30_000);
      for (const [input, output, status] of [
        [MODEL.replaceAll("  ", " "), MODEL, 0],
        ["app A { on (a)X;on (b) Y; }", PLACED, 0],
        ["app A { on a X; }", "", 1],
      ] as const) {
        const ran = spawnSync(process.execPath, [BIN, "format", "-"], { input, encoding: "utf8" });
        assert.equal(ran.status, status, ran.stderr);
        assert.equal(ran.stdout, output);
        assert.equal(ran.stderr === "", status === 0);
      }
    });
  });

  describe("graph", () => {
    it("draws to standard output, or to a file whose ending says how", async () => {
      const model = await file("a.riaps", MODEL);
      const depl = await file("a.depl", PLACED);
      assert.match((await run(graphCommand, model)).out, /^<svg [^>]*>\n<title>A<\/title>/);
      assert.match(
        (await run(graphCommand, model, depl, "--as", "dot")).out,
        /label="b"; style=rounded/,
      );
      const output = join(folder, "a.mmd");
      assert.deepEqual(await run(graphCommand, model, depl, "--output", output), {
        status: 0,
        out: "",
        err: "",
      });
      assert.match(await readFile(output, "utf8"), /^flowchart LR\n {2}subgraph b0\["a"\]/);
    });

    it("tells errors and draws nothing", async () => {
      const model = await file("a.riaps", MODEL.replace("pub m: M", "pub m: N"));
      const { status, out, err } = await run(graphCommand, model);
      assert.deepEqual([status, out], [1, ""]);
      assert.match(err, /a\.riaps:3:24: error: there is no message N/);
    });

    it("takes the application of a name, or that of the deployment", async () => {
      const second = MODEL.replace("app A", "app B").replaceAll(/\b([CD])\b/g, "$1$1");
      const model = await file("two.riaps", MODEL + second);
      const depl = await file("b.depl", PLACED.replace("app A", "app B"));
      assert.match((await run(graphCommand, model)).out, /<title>A</);
      assert.match((await run(graphCommand, model, "--app", "B")).out, /<title>B</);
      assert.match((await run(graphCommand, model, depl)).out, /<title>B</);
      await assert.rejects(run(graphCommand, model, "--app", "Z"), { name: "UsageError" });
    });
  });
});
