import { AgentError } from "./errors.ts";

/**
 * A board's folders and files as they are on its disk, with the promises of POSIX at a loss of power and
 * no others. Bodies: agent/io (real files) and agent/sim (where power is cut at any operation).
 *
 * What was written or renamed is seen at once by everybody, and is durable only after `sync`: the bytes
 * of a file by a sync of the file; that it is there, is called so, or is gone, by a sync of its folder.
 * Of what is not synced any part may survive, in any order; a rename survives whole or not at all.
 * Source: POSIX.1-2017 fsync, rename; Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014.
 *
 * Paths are relative, such as apps/Hello/state; see `isTreePath`.
 * @throws AgentError FILE_NAME_INVALID for what is no path, FILE_MISSING when the folder is not there.
 */
export interface Tree {
  /** The bytes of a file, or of a part of it; undefined when there is none. */
  read(path: string, part?: FilePart): Promise<Uint8Array | undefined>;
  /** What a folder holds, by name; undefined when there is none. "" is the root, which is always there. */
  list(path: string): Promise<readonly TreeEntry[] | undefined>;
  /** Makes a folder; one that is there stays as it is. */
  makeFolder(path: string): Promise<void>;
  /**
   * Writes a file from start to end, in the place of an earlier one of its name.
   * @throws AgentError DISK_FULL: what is left of it then is anybody's guess.
   */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Resolves when the file's bytes, or the folder's names, are durable. */
  sync(path: string): Promise<void>;
  /** Gives a file or a folder another name; a file takes the place of an earlier one. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or an empty folder; what is not there is ignored. */
  remove(path: string): Promise<void>;
  /** Under which URL a module at `path` is imported. */
  urlOf(path: string): string;
}

/** A part of a file. */
export interface FilePart {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** One name in a folder. */
export interface TreeEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9_@+.-]{1,200}$/;
const SEGMENTS_MAX = 24;

/** Whether `path` names a place below the root: letters, digits, "_", "@", "+", ".", "-", between slashes. */
export function isTreePath(path: string): boolean {
  const segments = path.split("/");
  return segments.length <= SEGMENTS_MAX && segments.every((segment) => SEGMENT.test(segment));
}

/** @throws AgentError FILE_NAME_INVALID */
export function requireTreePath(path: string): void {
  if (!isTreePath(path)) throw new AgentError("FILE_NAME_INVALID", { name: path });
}

/** Removes a file, or a folder with all that it holds; what is not there is ignored. */
export async function removeAll(tree: Tree, path: string): Promise<void> {
  for (const { name, isFolder } of (await tree.list(path)) ?? [])
    if (isFolder) await removeAll(tree, `${path}/${name}`);
    else await tree.remove(`${path}/${name}`);
  await tree.remove(path);
}
