import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UsageError } from "./command.ts";
import { textOf, type Values } from "./words.ts";

/** The name that a played recording has among a board's files. */
export const PLAYED_FILE = "played.mcap";
/** Where a board keeps its files, below its data. */
const FILES_FOLDER = "recordings";

/** The file that --play names, as every board is to have it. @throws UsageError when there is none. */
export async function playedFile(values: Values): Promise<Readonly<Record<string, Uint8Array>>> {
  const path = textOf(values, "play");
  if (path === undefined) return {};
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  return { [PLAYED_FILE]: new Uint8Array(await readFile(path)) };
}

/** Gives every board its copy. */
export async function handOutFile(
  files: Readonly<Record<string, Uint8Array>>,
  boards: readonly string[],
  dataFolder: string,
): Promise<void> {
  for (const [name, bytes] of Object.entries(files))
    for (const board of boards) {
      const folder = join(dataFolder, board, FILES_FOLDER);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
}

/** Writes the recordings of a simulation to the folder that a person named. */
export async function keepRecordings(
  folder: string | undefined,
  recordings: readonly (readonly [string, readonly Uint8Array[]])[],
): Promise<void> {
  if (folder === undefined) return;
  await mkdir(resolve(folder), { recursive: true });
  for (const [name, bytes] of recordings)
    if (!name.endsWith(`-${PLAYED_FILE}`))
      await writeFile(join(folder, name), Buffer.concat(bytes.map((piece) => Buffer.from(piece))));
}

/** Copies what the boards have recorded to the folder that a person named. */
export async function collectRecordings(
  folder: string | undefined,
  boards: readonly string[],
  dataFolder: string,
): Promise<void> {
  if (folder === undefined) return;
  await mkdir(resolve(folder), { recursive: true });
  for (const board of boards) {
    const from = join(dataFolder, board, FILES_FOLDER);
    const names = existsSync(from) ? await readdir(from) : [];
    for (const name of names)
      if (name !== PLAYED_FILE) await copyFile(join(from, name), join(folder, `${board}-${name}`));
  }
}
