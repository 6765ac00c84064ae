import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT, runTool, ToolError } from "./run-tool.ts";

/** What the bundle is made of. */
export interface Bundle {
  /** Folders of the npm packages of which something is in it, in order. */
  readonly packageFolders: readonly string[];
}

/** What esbuild tells of its work; only what is used here. */
interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>
  >;
}

const requireFrom = createRequire(import.meta.url);

/** Each is a file of this name in the bundle; all share their chunks, and so their classes. */
const ENTRIES = {
  hedgerow: "deploy/board/hedgerow.js",
  child: "deploy/process/child.js",
  thread: "deploy/process/thread.js",
  application: "agent/application.js",
  "self-check": "deploy/board/self-check.js",
};

/** WebAssembly that its packages look for beside their code. */
const WASM_FILES = ["tiny-secp256k1/lib/secp256k1.wasm", "highs/build/highs.wasm"];

/** Packages that look for a compiled part find those of the board; what only makes things faster is left out. */
const STAND_INS = {
  bindings: "native-binding.cjs",
  "cmake-ts/build/loader": "native-loader.cjs",
  "msgpackr-extract": "nothing.cjs",
  zeromq: "zeromq.mjs",
};

/**
 * Bundles the agent, and all that it can load, into few files in `folder`: no package has to be on the board.
 * Rooms that are loaded late stay files of their own, so that an actor's process does not read the EVM.
 * Names are kept, so that a stack trace can be read. The same sources give the same bytes.
 */
export async function bundle(folder: string): Promise<Bundle> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dist = join(ROOT, "dist");
  const meta = join(folder, "meta.json");
  const standIn = (file: string): string => join(ROOT, "deploy/board/files", file);
  const requireText =
    'import{createRequire as hedgerowRequire}from"node:module";' +
    "const require=hedgerowRequire(import.meta.url)," +
    "__filename=import.meta.filename,__dirname=import.meta.dirname;";
  const args = [
    ...Object.entries(ENTRIES).map(([name, path]) => `${name}=${join(dist, path)}`),
    ...["--bundle", "--platform=node", "--target=node20.19", "--format=esm", "--splitting"],
    ...["--minify-whitespace", "--minify-syntax", "--keep-names", "--charset=utf8"],
    ...["--legal-comments=none", "--log-level=warning", "--chunk-names=chunk-[hash]"],
    // Many packages are CommonJS and require Node's own modules.
    ...[`--banner:js=${requireText}`, `--metafile=${meta}`, `--outdir=${folder}`],
    `--alias:zeromq-of-npm=${requireFrom.resolve("zeromq")}`,
    ...Object.entries(STAND_INS).map(([name, file]) => `--alias:${name}=${standIn(file)}`),
  ];
  await runTool(esbuild(), args, { cwd: ROOT });
  for (const file of WASM_FILES) {
    const [name = ""] = file.split("/");
    const source = join(packageFolder(name), file.slice(name.length + 1));
    await copyFile(source, join(folder, file.slice(file.lastIndexOf("/") + 1)));
  }
  const { outputs } = JSON.parse(await readFile(meta, "utf8")) as Metafile;
  await rm(meta);
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const native = ["better-sqlite3", "zeromq"].map(packageFolder);
  const bundled = inputs.map(packageFolderOf).filter((each) => each !== undefined);
  return { packageFolders: [...new Set([...bundled, ...native])].sort() };
}

/** Whether there is something to bundle with. */
export function hasBundler(): boolean {
  try {
    return existsSync(esbuild());
  } catch {
    return false;
  }
}

/** The program: compiled, or a script that starts it. NODE_PATH may say where else it is. */
function esbuild(): string {
  try {
    return requireFrom.resolve("esbuild/bin/esbuild");
  } catch {
    throw new ToolError("the npm package esbuild is not there: npm install");
  }
}

function packageFolder(name: string): string {
  let folder = dirname(requireFrom.resolve(name));
  while (!folder.endsWith(`node_modules/${name}`)) folder = dirname(folder);
  return folder;
}

/** The folder of the npm package that a bundled file, relative to the project, belongs to. */
function packageFolderOf(input: string): string | undefined {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(join(ROOT, input));
  return match?.[1];
}
