import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { unpackedPackages } from "./debian-packages.ts";
import { cacheFolder, runTool } from "./run-tool.ts";
import { NODE_ABI, type Target } from "./target.ts";

/** A compiled part of the package. */
export interface NativePart {
  /** Its file's name in the package. */
  readonly name: string;
  readonly path: string;
}

/** What one compiled part is made of. */
interface Recipe {
  readonly name: string;
  /** The npm package that has the sources. */
  readonly from: string;
  /** Sources below the package's folder; C by the C compiler, the rest by that of C++. */
  readonly sources: (folder: string) => Promise<readonly string[]>;
  readonly flags: (folder: string) => Promise<readonly string[]>;
  readonly includes: (folder: string) => readonly string[];
  readonly link: readonly string[];
}

const requireFrom = createRequire(import.meta.url);

function packageFolder(name: string): string {
  return dirname(requireFrom.resolve(`${name}/package.json`));
}

/** Headers of the boards' Node and ZeroMQ, and the library to link with. */
const HEADER_PACKAGES = ["libnode-dev", "libuv1-dev", "libzmq3-dev", "libzmq5"];

/** 64-bit time and file sizes also on 32 bits: a board is to work in 2039. */
const COMMON_FLAGS = ["-O2", "-g0", "-fPIC", "-fvisibility=hidden", "-D_FILE_OFFSET_BITS=64"];
const LINK_FLAGS = ["-shared", "-Wl,--exclude-libs,ALL", "-Wl,--as-needed", "-Wl,-z,relro,-z,now"];

const RECIPES: readonly Recipe[] = [
  {
    name: "better_sqlite3",
    from: "better-sqlite3",
    sources: () => Promise.resolve(["deps/sqlite3/sqlite3.c", "src/better_sqlite3.cpp"]),
    async flags(folder) {
      const text = await readFile(join(folder, "deps/defines.gypi"), "utf8");
      const defines = [...text.matchAll(/'([A-Z][A-Z0-9_]*(?:=[^']*)?)'/g)];
      return [...defines.map(([, define = ""]) => `-D${define}`), "-fno-strict-aliasing"];
    },
    includes: (folder) => [join(folder, "deps/sqlite3")],
    link: ["-Wl,-Bsymbolic", "-lpthread", "-lm"],
  },
  {
    name: "zeromq",
    from: "zeromq",
    async sources(folder) {
      const files = await readdir(join(folder, "src"), { recursive: true });
      return files
        .filter((file) => file.endsWith(".cc"))
        .map((file) => join("src", file))
        .sort();
    },
    flags: () => Promise.resolve(["-DNAPI_CPP_EXCEPTIONS"]),
    includes: () => [packageFolder("node-addon-api")],
    link: ["-l:libzmq.so.5"],
  },
];

/**
 * Compiles SQLite's and ZeroMQ's parts for `target` from the sources in their npm packages, against the
 * headers of the boards' own Node and libzmq. Kept in the cache for as long as nothing of that changes.
 * The same sources and the same compiler give the same bytes.
 */
export async function nativeParts(target: Target): Promise<readonly NativePart[]> {
  const system = await unpackedPackages(target.architecture, HEADER_PACKAGES);
  return Promise.all(RECIPES.map((recipe) => partOf(recipe, target, system)));
}

async function partOf(recipe: Recipe, target: Target, system: string): Promise<NativePart> {
  const folder = packageFolder(recipe.from);
  const compiler = `${target.triplet}-g++`;
  const advice = `apt-get install ${target.compilerPackage}`;
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const flags = await recipe.flags(folder);
  const facts = [
    ...[recipe.name, version, target.architecture, NODE_ABI, flags, COMMON_FLAGS, LINK_FLAGS],
    ...[recipe.link, await runTool(compiler, ["--version"], { advice })],
    await readFile(join(system, "usr/include/node/node_version.h"), "utf8"),
  ];
  const key = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 20);
  const kept = join(cacheFolder(), "native", `${recipe.name}-${target.architecture}-${key}.node`);
  const part = { name: `${recipe.name}.node`, path: kept };
  if (existsSync(kept)) return part;
  await mkdir(dirname(kept), { recursive: true });
  const work = await mkdtemp(`${kept}.`);
  const built = await compile(recipe, target, { system, folder, work, flags });
  await rename(built, kept);
  await rm(work, { recursive: true });
  return part;
}

interface Place {
  readonly system: string;
  readonly folder: string;
  readonly work: string;
  readonly flags: readonly string[];
}

async function compile(recipe: Recipe, { triplet }: Target, place: Place): Promise<string> {
  const { system, folder, work, flags } = place;
  const tool = (name: string): string => `${triplet}-${name}`;
  const includes = [...recipe.includes(folder), join(system, "usr/include/node")];
  const all = [
    ...COMMON_FLAGS,
    ...(triplet.startsWith("arm-") ? ["-D_TIME_BITS=64"] : []),
    ...["-DBUILDING_NODE_EXTENSION", `-DNODE_GYP_MODULE_NAME=${recipe.name}`, ...flags],
    ...[...includes, join(system, "usr/include")].map((each) => `-I${each}`),
    // No path of this machine in the bytes.
    ...[`-ffile-prefix-map=${folder}=.`, `-ffile-prefix-map=${system}=.`],
  ];
  const isCpp = (source: string): boolean => !source.endsWith(".c");
  const objects: string[] = [];
  for (const source of await recipe.sources(folder)) {
    const object = join(work, `${basename(source)}.o`);
    objects.push(object);
    const own = isCpp(source) ? ["-std=c++20", "-Wno-deprecated-declarations"] : [];
    const args = [...own, ...all, "-c", join(folder, source), "-o", object];
    await runTool(tool(isCpp(source) ? "g++" : "gcc"), args);
  }
  const built = join(work, `${recipe.name}.node`);
  const libraries = `-L${join(system, "usr/lib", triplet)}`;
  const args = [...LINK_FLAGS, "-o", built, ...objects, libraries, ...recipe.link];
  await runTool(tool("g++"), args);
  await runTool(tool("strip"), ["--strip-unneeded", built]);
  return built;
}
