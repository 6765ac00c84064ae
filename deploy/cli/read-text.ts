import { readFile } from "node:fs/promises";
import { UsageError } from "./command.ts";

/** The text of a file that a person named. @throws UsageError when it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : ""}`);
  }
}
