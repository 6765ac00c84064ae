import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { SshTarget } from "./ssh.ts";

/** A board that was added, as this user's list has it: nothing secret. */
export interface KnownBoard extends SshTarget {
  /** As deployments name it. */
  readonly name: string;
  readonly cluster: string;
  readonly interfaceName: string;
  readonly architecture: string;
  /** Of the package there. */
  readonly version: string;
  /** Ed25519 public key, in hex. */
  readonly ed25519: string;
  /** CURVE public key, in Z85; absent when the agent there makes none. */
  readonly curve?: string;
}

/** Folder of this user's settings. */
export function configFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment["XDG_CONFIG_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "hedgerow");
}

/** The list in `folder`, by name; empty when there is none. @throws Error when the file is not such a list. */
export async function readKnownBoards(folder: string): Promise<readonly KnownBoard[]> {
  const path = join(folder, "boards.json");
  if (!existsSync(path)) return [];
  const value: unknown = JSON.parse(await readFile(path, "utf8"));
  const { format, boards } = value as { readonly format?: unknown; readonly boards?: unknown };
  if (format !== 1 || !Array.isArray(boards) || !boards.every(isKnownBoard))
    throw new Error(`${path} is no list of boards of format 1`);
  return boards;
}

/** Puts the list in the place of the one before, whole or not at all. */
export async function writeKnownBoards(
  folder: string,
  boards: readonly KnownBoard[],
): Promise<void> {
  const path = join(folder, "boards.json");
  const sorted = [...boards].sort((one, other) => (one.name < other.name ? -1 : 1));
  await mkdir(dirname(path), { recursive: true });
  const text = `${JSON.stringify({ format: 1, boards: sorted }, undefined, 2)}\n`;
  await writeFile(`${path}.new`, text, { flush: true });
  await rename(`${path}.new`, path);
}

function isKnownBoard(value: unknown): value is KnownBoard {
  const board = value as Partial<Record<keyof KnownBoard, unknown>> | null;
  const texts = ["name", "host", "cluster", "interfaceName", "ed25519", "version"] as const;
  return board !== null && texts.every((name) => typeof board[name] === "string");
}
