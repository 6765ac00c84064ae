// Goal: the rules of the house that no linter knows hold for every file of the project.
// Method: reads the files that git tracks, or all but what is generated where there is no git. No seed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERROR_SENTENCES } from "../../agent/core/errors.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const README_LINES_MAX = 40;
const SOURCE_LINES_MAX = 400;
const CODE = /\.(ts|js|mjs|cjs|sol|peggy|riaps|depl)$/;
const TEST = /\.(test|contract|fixture)\.ts$/;
/** Folders whose folders are rooms; in devices/drivers every driver is one. */
const ROOMS_IN = ["agent", "devices", "actors", "deploy"];
/** In pieces, so that this file does not hold what it looks for. */
const inPieces = (...pieces: readonly string[]): string => pieces.join("");
const UNFINISHED = new RegExp(
  [
    inPieces("\\bFIX", "ME\\b"),
    inPieces("\\bXX", "X\\b"),
    inPieces("\\bHA", "CK\\b"),
    inPieces("\\.on", "ly\\("),
  ].join("|"),
);
const MACHINE = new RegExp(
  ["wo|rk", "ro|ot", "ho|me/\\w+", "Us|ers/\\w+", "tmp/|wt"]
    .map((folder) => `(?<![\\w.~)}])/${folder.replace("|", "")}(/|\\b)`)
    .join("|"),
);
const REGISTRY = new RegExp(
  [
    "registry\\.(npm|yarn)\\w*\\.\\w+",
    inPieces('"reso', 'lved":'),
    inPieces("_auth", "Token"),
  ].join("|"),
);

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (/^(node_modules|dist|generated|out|\.git)$/.test(entry.name)) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

function projectFiles(): readonly string[] {
  if (!existsSync(join(ROOT, ".git"))) return walk("");
  // New files count before they are added, and removed ones no more.
  const arguments_ = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listed = execFileSync("git", arguments_, { cwd: ROOT, encoding: "utf8" });
  return [...new Set(listed.split("\0"))].filter(
    (path) => path !== "" && existsSync(join(ROOT, path)),
  );
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Every `path:line` of `paths` that matches; binary files have no lines. */
function placesOf(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const text = read(path);
    if (text.includes("\0")) return [];
    const numbered = text.split("\n").map((line, index) => ({ line, number: index + 1 }));
    return numbered
      .filter(({ line }) => pattern.test(line))
      .map(({ number }) => `${path}:${number}`);
  });
}

function linesOf(path: string): number {
  return read(path).trimEnd().split("\n").length;
}

/** The room of a file; undefined for what lies outside of all rooms, such as agent/main.ts. */
function roomOf(path: string): string | undefined {
  const folders = path.split("/").slice(0, path.startsWith("devices/drivers/") ? 3 : 2);
  const isInRoom = ROOMS_IN.includes(folders[0] ?? "") && !folders.join("/").includes(".");
  return isInRoom ? folders.join("/") : undefined;
}

describe("the house is tidy", () => {
  const files = projectFiles();
  const code = files.filter((path) => CODE.test(path));
  const sources = code.filter((path) => !TEST.test(path));
  const tests = code.filter((path) => TEST.test(path));
  const rooms = [...new Set(code.map(roomOf).filter((room) => room !== undefined))];

  it("sees rooms, sources and tests", () => {
    assert.ok(rooms.includes("agent/core"));
    assert.ok(rooms.includes("deploy/ci"));
    assert.ok(rooms.includes("devices/drivers/meter"));
    assert.ok(sources.includes("agent/core/errors.ts"));
    assert.ok(tests.includes("deploy/ci/tidy.test.ts"));
  });

  it(`gives every room a README of at most ${README_LINES_MAX} lines`, () => {
    const without = rooms.filter((room) => !existsSync(join(ROOT, room, "README.md")));
    assert.deepEqual(without, []);
    const tooLong = rooms.filter((room) => linesOf(`${room}/README.md`) > README_LINES_MAX);
    assert.deepEqual(tooLong, []);
  });

  it(`keeps every source at ${SOURCE_LINES_MAX} lines or less`, () => {
    const tooLong = sources.filter((path) => linesOf(path) > SOURCE_LINES_MAX);
    assert.deepEqual(tooLong, []);
  });

  it("leaves no mark of unfinished work, and no test that shuts out others", () => {
    assert.deepEqual(placesOf(UNFINISHED, files), []);
  });

  it("uses every error code in the code", () => {
    const text = sources
      .filter((path) => path !== "agent/core/errors.ts")
      .map(read)
      .join("\n");
    const unused = Object.keys(ERROR_SENTENCES).filter((name) => !text.includes(`"${name}"`));
    assert.deepEqual(unused, []);
  });

  it("names every error code in a test", () => {
    const words = new Set(tests.flatMap((path) => read(path).match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []));
    const untested = Object.keys(ERROR_SENTENCES).filter((name) => !words.has(name));
    assert.deepEqual(untested, []);
  });

  it("names no path of a machine and no registry", () => {
    assert.deepEqual(placesOf(MACHINE, files), []);
    assert.deepEqual(placesOf(REGISTRY, files), []);
  });

  it("has what package.json promises", () => {
    const { bin, version } = JSON.parse(read("package.json")) as {
      readonly bin: Readonly<Record<string, string>>;
      readonly version: string;
    };
    for (const path of Object.values(bin)) assert.ok(existsSync(join(ROOT, path)), path);
    assert.match(read("CHANGELOG.md"), new RegExp(`^## ${version.replaceAll(".", "\\.")}\\b`, "m"));
  });
});
