import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { AgentError } from "../core/errors.ts";
import { type Files, type FileWriter, isFileName } from "../core/files.ts";

/** Files of one folder, which is made when the first one is. */
export class DiskFiles implements Files {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async create(name: string): Promise<FileWriter> {
    const path = this.#path(name);
    await mkdir(this.#folder, { recursive: true });
    const handle = await open(path, "w");
    let last: Promise<unknown> = Promise.resolve();
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      // A write that failed was told to who wrote; the file is to be closed all the same.
      await last.then(undefined, () => undefined);
      await handle.close();
    };
    return {
      write(bytes) {
        const written = last.then(() => handle.writeFile(bytes));
        last = written;
        return written;
      },
      [Symbol.asyncDispose]() {
        closing ??= close();
        return closing;
      },
    };
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const path = this.#path(name);
    try {
      for await (const piece of createReadStream(path)) yield new Uint8Array(piece as Buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      throw new AgentError("FILE_MISSING", { name }, { cause: error });
    }
  }

  #path(name: string): string {
    if (!isFileName(name)) throw new AgentError("FILE_NAME_INVALID", { name });
    return join(this.#folder, name);
  }
}
