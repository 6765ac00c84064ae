// Goal: what `hedgerow new` writes compiles, passes its tests and can be changed as the tutorial says, from a
// fresh folder; nothing is overwritten; the example in the house is in step with its model.
// Method: the tutorial's own commands and files, in a temporary folder whose packages are this build. Seed: none.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseApp } from "../../agent/model/parse-app.ts";
import { compareCode } from "./code-folder.ts";
import { isFree, writeProject } from "./new-project.ts";
import { planCode } from "./plan-rule.ts";
import { compileErrors, linkPackages, ROOT } from "./project.fixture.ts";
import { appNameOf, EXAMPLES, nameFault, renamed } from "./project-rule.ts";
import { runTutorial } from "./tutorial.fixture.ts";

describe("a new project", function () {
  this.timeout(180_000);
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-new-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("does what the tutorial says, command by command", async () => {
    const { commandCount } = await runTutorial("actors/hello/TUTORIAL.md");
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
