import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseApp } from "../../agent/model/parse-app.ts";
import { writeCode } from "./code-folder.ts";
import { planCode } from "./plan-rule.ts";
import { PROJECT_PACKAGES, projectFiles, renamed, type Versions } from "./project-rule.ts";

const ROOT = new URL("../../../", import.meta.url);
/** Files of an example that are copied; the rest of its folder speaks of the house. */
const COPIED = /^[\w.-]+\.(ts|riaps|depl)$/;

/**
 * Writes a project called `name` into the empty or missing folder `folder`, as a copy of an example
 * of EXAMPLES under its own name, and returns the paths of its files, in order.
 * Rejects with EEXIST when a file came into being meanwhile.
 */
export async function writeProject(
  name: string,
  example: string,
  folder: string,
): Promise<readonly string[]> {
  const files = new Map([
    ...(await exampleFiles(name, example)),
    ...projectFiles(name, await ownVersions()),
  ]);
  const modelName = `${name}.riaps`;
  const model = parseApp(files.get(modelName) ?? "", modelName);
  if (!model.ok) throw new Error(`the example ${example} has a model with errors`);
  await mkdir(folder, { recursive: true });
  for (const [path, text] of files) await writeFile(join(folder, path), text, { flag: "wx" });
  const code = await writeCode(planCode(model.value, modelName), folder);
  const written = code.filter(({ fate }) => fate === "written" || fate === "created");
  return [...files.keys(), ...written.map(({ path }) => path)].sort();
}

/** Whether nothing would be overwritten: `folder` is missing, or an empty folder. */
export async function isFree(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return true;
    if (code === "ENOTDIR") return false;
    throw error;
  }
}

async function exampleFiles(
  name: string,
  example: string,
): Promise<readonly (readonly [string, string])[]> {
  const folder = new URL(`actors/${example}/`, ROOT);
  const paths = (await readdir(folder)).filter((path) => COPIED.test(path)).sort();
  const files = paths.map(async (path) =>
    renamed(path, await readFile(new URL(path, folder), "utf8"), { example, name }),
  );
  return Promise.all(files);
}

async function ownVersions(): Promise<Versions> {
  const { version, engines, devDependencies } = JSON.parse(
    await readFile(new URL("package.json", ROOT), "utf8"),
  ) as {
    readonly version: string;
    readonly engines: { readonly node: string };
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const packages = PROJECT_PACKAGES.map((name) => [name, devDependencies[name] ?? "*"] as const);
  const root = fileURLToPath(ROOT);
  // In a clone, and not installed by npm: the project uses this very clone.
  const isInstalled = root.includes(`${sep}node_modules${sep}`);
  const hedgerow = isInstalled ? `^${version}` : `file:${root}`;
  return { hedgerow, node: engines.node, packages: Object.fromEntries(packages) };
}
