import { UsageError } from "./command.ts";
import { readText } from "./read-text.ts";

/** An Ed25519 public key. */
const KEY_PATTERN = /^[\da-f]{64}$/i;

/**
 * Reads a list of trusted boards: one "NAME HEXKEY" a line; empty lines and those that begin with # say nothing.
 * @throws UsageError that names the line.
 */
export async function readTrustedBoards(path: string): Promise<Readonly<Record<string, string>>> {
  const keys: [string, string][] = [];
  for (const [index, line] of (await readText(path)).split("\n").entries()) {
    const [name = "", key = "", ...rest] = line.trim().split(/\s+/);
    if (name === "" || name.startsWith("#")) continue;
    const where = `${path}:${index + 1}`;
    if (!KEY_PATTERN.test(key) || rest.length > 0)
      throw new UsageError(`${where}: a line is NAME and a key of 64 hexadecimal digits`);
    if (keys.some(([other]) => other === name))
      throw new UsageError(`${where}: ${name} has a key already`);
    keys.push([name, key.toLowerCase()]);
  }
  return Object.fromEntries(keys);
}
