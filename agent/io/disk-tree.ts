import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AgentError } from "../core/errors.ts";
import { type FilePart, requireTreePath, type Tree, type TreeEntry } from "../core/tree.ts";

/** The files below one folder, which is made at the first use. */
export class DiskTree implements Tree {
  readonly #root: string;
  #made: Promise<unknown> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  async read(path: string, part?: FilePart): Promise<Uint8Array | undefined> {
    const place = this.#place(path);
    try {
      const handle = await open(place, "r");
      try {
        if (part === undefined) return plain(await handle.readFile());
        const { offsetBytes, sizeBytes } = part;
        const buffer = Buffer.alloc(sizeBytes);
        const { bytesRead } = await handle.read(buffer, 0, sizeBytes, offsetBytes);
        return plain(buffer.subarray(0, bytesRead));
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isOneOf(error, ["ENOENT", "EISDIR", "ENOTDIR"])) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<readonly TreeEntry[] | undefined> {
    if (path === "") await this.#makeRoot();
    const place = path === "" ? this.#root : this.#place(path);
    try {
      const entries = await readdir(place, { withFileTypes: true });
      return entries
        .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
        .sort((one, other) => (one.name < other.name ? -1 : 1));
    } catch (error) {
      if (isOneOf(error, ["ENOENT", "ENOTDIR"])) return undefined;
      throw error;
    }
  }

  async makeFolder(path: string): Promise<void> {
    const place = this.#place(path);
    await this.#makeRoot();
    await named(path, async () => {
      try {
        await mkdir(place);
      } catch (error) {
        if (!isOneOf(error, ["EEXIST"])) throw error;
      }
    });
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const place = this.#place(path);
    await this.#makeRoot();
    await named(path, async () => {
      const handle = await open(place, "w");
      try {
        await handle.writeFile(bytes);
      } finally {
        await handle.close();
      }
    });
  }

  async sync(path: string): Promise<void> {
    const place = path === "" ? this.#root : this.#place(path);
    if (path === "") await this.#makeRoot();
    await named(path, async () => {
      const handle = await open(place, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const places = [this.#place(from), this.#place(to)] as const;
    await named(from, () => rename(...places));
  }

  async remove(path: string): Promise<void> {
    const place = this.#place(path);
    try {
      if ((await stat(place)).isDirectory()) await rmdir(place);
      else await rm(place);
    } catch (error) {
      if (!isOneOf(error, ["ENOENT", "ENOTDIR"])) throw error;
    }
  }

  urlOf(path: string): string {
    return pathToFileURL(this.#place(path)).href;
  }

  #place(path: string): string {
    requireTreePath(path);
    return join(this.#root, path);
  }

  async #makeRoot(): Promise<void> {
    this.#made ??= mkdir(this.#root, { recursive: true });
    await this.#made;
  }
}

/** What the system says, in the words of Tree. */
async function named(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isOneOf(error, ["ENOENT", "ENOTDIR"]))
      throw new AgentError("FILE_MISSING", { name }, { cause: error });
    if (isOneOf(error, ["ENOSPC", "EDQUOT"]))
      throw new AgentError("DISK_FULL", { name }, { cause: error });
    throw error;
  }
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? "");
}

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
