import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MARK, type SetupFile } from "./setup-wish.ts";

/** What became of a file. */
export interface Written {
  readonly path: string;
  /** kept: it was as it should be. foreign: somebody else's, left alone. replaced: the old one has `.before-hedgerow`. */
  readonly what: "new" | "kept" | "changed" | "foreign" | "replaced";
}

/**
 * Writes files below `root`, each whole or not at all; twice the same writes nothing.
 * A file that was not written here is left alone unless `mayReplace`.
 */
export async function writeSetup(
  files: readonly SetupFile[],
  root: string,
  mayReplace = false,
): Promise<readonly Written[]> {
  const written: Written[] = [];
  for (const { path, text } of files) {
    const full = join(root, path);
    const before = await textAt(full);
    const isOurs = before?.startsWith(MARK) === true;
    if (before === text) written.push({ path: full, what: "kept" });
    else if (before !== undefined && !isOurs && !mayReplace)
      written.push({ path: full, what: "foreign" });
    else {
      await mkdir(dirname(full), { recursive: true });
      if (before !== undefined && !isOurs) await rename(full, `${full}.before-hedgerow`);
      await writeFile(`${full}.new`, text);
      await rename(`${full}.new`, full);
      const what = before === undefined ? "new" : isOurs ? "changed" : "replaced";
      written.push({ path: full, what });
    }
  }
  return written;
}

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
