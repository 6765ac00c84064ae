// Goal: what `hedgerow new` writes compiles, passes its tests and can be changed as the tutorial says, from a
// fresh folder; nothing is overwritten; the example in the house is in step with its model.
// Method: the tutorial's own commands and files, in a temporary folder whose packages are this build. Seed: none.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseApp } from "../../agent/model/parse-app.ts";
import { compareCode } from "./code-folder.ts";
import { isFree, writeProject } from "./new-project.ts";
import { planCode } from "./plan-rule.ts";
import { compileErrors, linkPackages, ROOT } from "./project.fixture.ts";
import { appNameOf, EXAMPLES, nameFault, renamed } from "./project-rule.ts";

interface Ran {
  readonly status: number;
  readonly output: string;
}

/** Runs one line of a shell, with the commands of the packages as npx finds them. */
function shell(line: string, folder: string, bin: string): Promise<Ran> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  return new Promise((resolve) => {
    // npx would ask the network for what it does not find; the commands are on the path instead.
    execFile("sh", ["-c", line.replace(/^npx /, "")], { cwd: folder, env }, (error, out, err) => {
      const status = typeof error?.code === "number" ? error.code : error === null ? 0 : 1;
      resolve({ status, output: `${out}${err}` });
    });
  });
}

async function linkCommands(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  const commands = {
    hedgerow: "dist/deploy/cli/hedgerow.js",
    tsc: "node_modules/typescript/bin/tsc",
    mocha: "node_modules/mocha/bin/mocha.js",
  };
  for (const [name, path] of Object.entries(commands)) {
    const text = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, path)}" "$@"\n`;
    await writeFile(join(bin, name), text, { mode: 0o755 });
  }
  return bin;
}

describe("a new project", function () {
  this.timeout(180_000);
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-new-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("does what the tutorial says, command by command", async () => {
    const tutorial = await readFile(join(ROOT, "actors/hello/TUTORIAL.md"), "utf8");
    const bin = await linkCommands(folder);
    let cwd = folder;
    let ran: Ran | undefined;
    let commandCount = 0;
    const { output: commands } = await shell("hedgerow --help", folder, bin);
    const lacks = (option: string): boolean =>
      option.startsWith("needs=") && !commands.includes(`\n  ${option.slice(6)} `);
    for (const [, info = "", body = ""] of tutorial.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
      const [kind, option = ""] = info.split(" ");
      if (option.startsWith("file=")) await writeFile(join(cwd, option.slice(5)), body);
      if (kind === "text")
        for (const line of body.trim().split("\n"))
          assert(ran?.output.includes(line), `not said: ${line}\n${ran?.output ?? ""}`);
      if (kind !== "sh" || lacks(option)) continue;
      let output = "";
      for (const line of body.trim().split("\n")) {
        commandCount += 1;
        if (line.startsWith("cd ")) {
          cwd = join(cwd, line.slice(3));
          await linkPackages(cwd);
          continue;
        }
        ran = await shell(line, cwd, bin);
        output += ran.output;
        assert.equal(ran.status === 0, option !== "fails", `${line}\n${ran.output}`);
      }
      ran = { status: 0, output };
    }
    assert(commandCount >= 6);
  });

  it("compiles under any name, in step with its model", async () => {
    for (const name of ["a", "sensor", "x2-y"]) {
      const project = join(folder, name);
      const paths = await writeProject(name, "hello", project);
      assert.deepEqual(
        paths.filter((path) => !path.startsWith("generated/")),
        [
          ...[".gitignore", "README.md", `${name}.depl`, `${name}.riaps`],
          ...["application.test.ts", "application.ts", "display.ts", "package.json"],
          ...["sensor.ts", "tsconfig.json"],
        ].sort(),
      );
      const model = parseApp(await readFile(join(project, `${name}.riaps`), "utf8"), "m.riaps");
      assert(model.ok);
      assert.equal(model.value.name, appNameOf(name));
      const reports = await compareCode(planCode(model.value, `${name}.riaps`), project);
      assert(reports.every(({ fate }) => fate === "unchanged" || fate === "kept"));
      await linkPackages(project);
      assert.deepEqual(compileErrors(project, "application.test.ts"), []);
    }
  });

  it("overwrites nothing", async () => {
    assert.equal(await isFree(join(folder, "none")), true);
    assert.equal(await isFree(folder), true);
    await writeFile(join(folder, "sensor.ts"), "mine");
    assert.equal(await isFree(folder), false);
    assert.equal(await isFree(join(folder, "sensor.ts")), false);
    await assert.rejects(writeProject("a", "hello", folder), { code: "EEXIST" });
    assert.equal(await readFile(join(folder, "sensor.ts"), "utf8"), "mine");
  });

  it("takes names that are folders and applications everywhere", () => {
    for (const name of ["a", "room-climate", "x2", "a-1"]) assert.equal(nameFault(name), undefined);
    for (const name of [
      "",
      "A",
      "1a",
      "a_b",
      "-a",
      "a-",
      "a--b",
      "../a",
      "a b",
      "ä",
      "a".repeat(65),
    ])
      assert.match(nameFault(name) ?? "", /small letters/, name);
    assert.match(nameFault("hedgerow") ?? "", /choose another/);
    assert.equal(appNameOf("room-2-climate"), "Room2Climate");
  });

  it("has the example's code under its own name", () => {
    const terms = { example: "hello", name: "room-climate" };
    assert.deepEqual(renamed("hello.riaps", "app Hello {} // Hellos", terms), [
      "room-climate.riaps",
      "app RoomClimate {} // Hellos",
    ]);
    assert.deepEqual(renamed("application.ts", 'HelloApplication "Hello" "hello"', terms), [
      "application.ts",
      'RoomClimateApplication "RoomClimate" "room-climate"',
    ]);
  });

  for (const example of Object.keys(EXAMPLES))
    it(`finds the example ${example} in step with its model`, async () => {
      const home = join(ROOT, "actors", example);
      const model = parseApp(
        await readFile(join(home, `${example}.riaps`), "utf8"),
        `${example}.riaps`,
      );
      assert(model.ok);
      const reports = await compareCode(planCode(model.value, `${example}.riaps`), home);
      assert.deepEqual(
        reports.filter(({ fate }) => fate !== "unchanged" && fate !== "kept"),
        [],
      );
    });
});
