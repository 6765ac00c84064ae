import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";

/** A file to be packed: where it comes from, and where it goes to. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Code cannot be packed; the message says what is to be done. */
export class PackError extends Error {
  override readonly name = "PackError";
}

/** What compiled modules import, as the compiler and bundlers write it. */
const IMPORTS =
  /(?:^|[;}\s])(?:import|export)\s*(?:[\w$*{}\s,]+?\sfrom\s*)?["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;

/**
 * A compiled module and all modules that it imports, by their paths below its folder.
 * @throws PackError when it imports what a board does not have.
 */
export async function codeFiles(modulePath: string): Promise<readonly SourceFile[]> {
  const entry = resolve(modulePath);
  const folder = dirname(entry);
  const files = new Map<string, SourceFile>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const bytes = new Uint8Array(await readFile(path));
    files.set(path, { path: relative(folder, path).split(sep).join("/"), bytes });
    if (!/\.[cm]?js$/.test(path)) continue;
    for (const specifier of importsOf(new TextDecoder().decode(bytes)))
      waiting.push(...followed(specifier, { path, folder }));
  }
  const about = join(folder, "package.json");
  const isOwnType = files.has(about) || !entry.endsWith(".js");
  const type = new TextEncoder().encode('{"type":"module"}\n');
  const sorted = [...files.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
  return isOwnType ? sorted : [...sorted, { path: "package.json", bytes: type }];
}

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(IMPORTS)].map(([, one, other]) => one ?? other ?? "");
}

function followed(
  specifier: string,
  { path, folder }: { readonly path: string; readonly folder: string },
): readonly string[] {
  if (/^(hedgerow$|node:)/.test(specifier)) return [];
  if (!/^\.{1,2}\//.test(specifier))
    throw new PackError(
      `${path} imports "${specifier}", and boards have no packages but hedgerow: bundle the code into ` +
        "one module first, such as by npx esbuild application.js --bundle --format=esm --platform=node " +
        "--external:hedgerow --outfile=bundled/application.js, and pack that",
    );
  const target = join(dirname(path), specifier);
  if (relative(folder, target).startsWith(".."))
    throw new PackError(
      `${path} imports "${specifier}", which lies outside of ${folder}: bundle the code into one module first`,
    );
  if (!existsSync(target))
    throw new PackError(`${path} imports "${specifier}", which is not there`);
  return [target];
}
