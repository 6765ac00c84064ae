import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isOwnFile } from "../core/resources.ts";

/** No more entries than that are looked at: what is above counts as not there. */
const ENTRIES_MAX = 10_000;

/** Bytes of the files and folders in `folder` that are `owner`'s; see isOwnFile. */
export async function ownFileBytes(folder: string, owner: string): Promise<number> {
  const own = (await namesIn(folder)).filter((name) => isOwnFile(name, owner));
  let bytes = 0;
  const left = own.map((name) => join(folder, name));
  for (let count = 0; left.length > 0 && count < ENTRIES_MAX; count += 1) {
    const path = left.pop() ?? "";
    const found = await stat(path).catch(absent);
    if (found?.isDirectory() === true)
      for (const name of await namesIn(path)) left.push(join(path, name));
    else bytes += found?.size ?? 0;
  }
  return bytes;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

/** Files come and go while they are counted. */
function absent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
