import { spawn } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import type { PlantedBug } from "./bugs.ts";
import type { Part, Row } from "./report.ts";
import { say } from "./report.ts";

/** Where the sources and `dist` are. */
const ROOT = join(import.meta.dirname, "../../..");
/** A bug has to be found within so long, in s. */
export const LIMIT_S = 300;

/** The source of a bug's file with the bug in it. @throws Error when the text is not there exactly once. */
export function planted({ name, file, find, replacement }: PlantedBug): string {
  const source = readFileSync(join(ROOT, file), "utf8");
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(
      `${name}: its text stands ${parts.length - 1} times in ${file}; deploy/nightly/bugs.ts has to follow the source`,
    );
  return parts.join(replacement);
}

/** What a search for a bug gave. */
export interface Found {
  /** What did not hold; undefined: nothing was found. */
  readonly reason: string | undefined;
  readonly tookS: number;
}

/**
 * Plants a bug in a copy of the compiled code, made of hard links, and searches there in a process of its
 * own. The work tree is only read.
 */
export async function findPlanted(bug: PlantedBug, limitS = LIMIT_S): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    copyTree(join(ROOT, "dist"), join(folder, "dist"));
    for (const name of ["node_modules", "deploy", "actors"])
      symlinkSync(join(ROOT, name), join(folder, name));
    copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
    const { outputText } = ts.transpileModule(planted(bug), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    const target = join(folder, "dist", bug.file.replace(/\.ts$/, ".js"));
    // A link is replaced, never written through.
    rmSync(target);
    writeFileSync(target, outputText);
    return await searched(folder, bug, limitS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyTree(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (/\.(js|json|cjs)$/.test(entry.name)) linkOrCopy(source, target);
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch (error) {
    // The folder for temporary files is on another disk, or links are not allowed there.
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "EXDEV" && code !== "EPERM" && code !== "EMLINK") throw error;
    copyFileSync(source, target);
  }
}

function searched(folder: string, bug: PlantedBug, limitS: number): Promise<Found> {
  const args =
    typeof bug.search === "string"
      ? [join(folder, "dist/deploy/nightly/search-child.js"), bug.search, String(limitS)]
      : [
          join(folder, "node_modules/mocha/bin/mocha.js"),
          ...["--no-config", "--no-package", "--bail", "--exit", "--timeout", "60000"],
          ...["--reporter", "min", join(folder, "dist", bug.search.tests, "*.test.js")],
        ];
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--preserve-symlinks", ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    child.stdout.on(
      "data",
      (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000)),
    );
    // A planted bug may also make the search itself run for ever.
    const deadline = setTimeout(() => child.kill("SIGKILL"), (limitS + 5) * 1000);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(deadline);
      const tookS = (performance.now() - startMs) / 1000;
      const reason = typeof bug.search === "string" ? output.trim() : failureOf(output);
      // A program that could not even begin says nothing, and has found nothing.
      const isFound = code !== 0 && reason !== "" && tookS <= limitS;
      resolve({ reason: isFound ? reason : undefined, tookS });
    });
  });
}

/** The first test that failed, of what mocha writes. */
function failureOf(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith("1) "));
  return lines.slice(start, start + 3).join(" ");
}

/** Plants one bug after the other; what was found of them, and after how long. */
export async function nightBugs(bugs: readonly PlantedBug[]): Promise<Part> {
  const rows: Row[] = [];
  for (const bug of bugs) {
    say("bugs", `${bug.name}: ${bug.what}`);
    const { reason, tookS } = await findPlanted(bug);
    say(
      "bugs",
      `${bug.name}: ${reason === undefined ? "NOT FOUND" : "found"}, ${tookS.toFixed(1)} s`,
    );
    rows.push({
      bug: bug.name,
      in: bug.file.replace("agent/", ""),
      "looked for by": typeof bug.search === "string" ? bug.search : `tests of ${bug.search.tests}`,
      found: reason === undefined ? "NOT FOUND" : "found",
      "after s": tookS,
      by: (reason ?? "").replace(/\s+/g, " ").slice(0, 90),
    });
  }
  const foundCount = rows.filter(({ found }) => found === "found").length;
  return {
    title: `bugs: ${foundCount} of ${bugs.length} planted bugs found`,
    rows,
    isGood: foundCount === bugs.length,
    goal: `each is found within ${LIMIT_S} s`,
  };
}
