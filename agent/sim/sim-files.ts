import { AgentError } from "../core/errors.ts";
import { type Files, type FileWriter, isFileName } from "../core/files.ts";
import type { Life } from "./life.ts";

/** A host's files as one program sees them; what was written outlives it. */
export class SimFiles implements Files {
  readonly #life: Life;
  readonly #files: Map<string, Uint8Array[]>;

  constructor(life: Life, files: Map<string, Uint8Array[]>) {
    this.#life = life;
    this.#files = files;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
  async create(name: string): Promise<FileWriter> {
    check(name);
    const pieces: Uint8Array[] = [];
    this.#files.set(name, pieces);
    let closed = false;
    return {
      write: (bytes) => {
        if (!closed && !this.#life.dead) pieces.push(bytes.slice());
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => {
        closed = true;
        return Promise.resolve();
      },
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a disk in memory has nothing to wait for
  async *read(name: string): AsyncGenerator<Uint8Array> {
    check(name);
    const pieces = this.#files.get(name);
    if (pieces === undefined) throw new AgentError("FILE_MISSING", { name });
    yield* pieces;
  }
}

function check(name: string): void {
  if (!isFileName(name)) throw new AgentError("FILE_NAME_INVALID", { name });
}
