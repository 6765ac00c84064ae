import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CodePlan, GENERATED_MARK } from "./plan-rule.ts";

/**
 * What became of one file. written: generated anew; created: the developer's, which was missing;
 * removed: generated for what the model has no more; unchanged; kept: the developer's, untouched.
 */
export type FileFate = "written" | "created" | "removed" | "unchanged" | "kept";

/** One file of an application's code. */
export interface FileReport {
  /** Relative to the folder of the code. */
  readonly path: string;
  readonly fate: FileFate;
}

/**
 * What `plan` would do in `folder`, without doing it.
 * A generated file that is not the model's counts as "written", one that is too many as "removed".
 */
export async function compareCode(plan: CodePlan, folder: string): Promise<readonly FileReport[]> {
  const reports: FileReport[] = [];
  for (const [path, text] of plan.generated) {
    const isSame = (await textOf(join(folder, path))) === text;
    reports.push({ path, fate: isSame ? "unchanged" : "written" });
  }
  for (const path of await leftOver(plan, folder)) reports.push({ path, fate: "removed" });
  for (const path of plan.own.keys()) {
    const isThere = (await textOf(join(folder, path))) !== undefined;
    reports.push({ path, fate: isThere ? "kept" : "created" });
  }
  return reports;
}

/** Does it: writes what is generated, creates what is missing of the developer's, and touches nothing else. */
export async function writeCode(plan: CodePlan, folder: string): Promise<readonly FileReport[]> {
  const reports = await compareCode(plan, folder);
  for (const { path, fate } of reports) {
    const file = join(folder, path);
    const text = plan.generated.get(path) ?? plan.own.get(path) ?? "";
    if (fate === "removed") await rm(file);
    if (fate !== "written" && fate !== "created") continue;
    await mkdir(dirname(file), { recursive: true });
    // A file that came into being meanwhile is the developer's.
    await writeFile(file, text, { flag: fate === "created" ? "wx" : "w" });
  }
  return reports;
}

/** Generated files for what the model has no more. */
async function leftOver(plan: CodePlan, folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const name of await namesIn(join(folder, "generated"))) {
    const path = `generated/${name}`;
    if (!name.endsWith(".ts") || plan.generated.has(path)) continue;
    if ((await textOf(join(folder, path)))?.startsWith(GENERATED_MARK) === true) paths.push(path);
  }
  return paths.sort();
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return ifThere(() => readdir(folder), []);
}

async function textOf(file: string): Promise<string | undefined> {
  return ifThere(() => readFile(file, "utf8"), undefined);
}

async function ifThere<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
