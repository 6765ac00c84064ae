import { AgentError } from "../core/errors.ts";
import { type Files, type FileWriter, isFileName } from "../core/files.ts";
import type { Life } from "./life.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { Timeline } from "./timeline.ts";

/** A host's files as one program sees them; what was written outlives it. */
export class SimFiles implements Files {
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #disk: SimDisk;

  constructor(timeline: Timeline, life: Life, disk: SimDisk) {
    this.#timeline = timeline;
    this.#life = life;
    this.#disk = disk;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
  async create(name: string): Promise<FileWriter> {
    check(name);
    const timeline = this.#timeline;
    const disk = this.#disk;
    const life = this.#life;
    let put: (piece: Uint8Array) => void = () => undefined;
    disk.operate({ kind: "create", name, byteCount: 0 }, life, () => {
      put = disk.makeFile(name, () => timeline.nowUs);
    });
    let closed = false;
    return {
      // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
      write: async (bytes) => {
        if (closed || life.dead) return;
        const { byteLength: byteCount } = bytes;
        const tear = (share: number): void => put(bytes.slice(0, Math.floor(share * byteCount)));
        disk.operate({ kind: "write", name, byteCount }, life, () => put(bytes.slice()), tear);
      },
      // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
      [Symbol.asyncDispose]: async () => {
        if (closed) return;
        closed = true;
        if (!life.dead) disk.operate({ kind: "close", name, byteCount: 0 }, life);
      },
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a disk in memory has nothing to wait for
  async *read(name: string): AsyncGenerator<Uint8Array> {
    check(name);
    this.#disk.operate({ kind: "readFile", name, byteCount: 0 }, this.#life);
    const pieces = this.#disk.files.get(name);
    if (pieces === undefined) throw new AgentError("FILE_MISSING", { name });
    yield* pieces;
  }
}

function check(name: string): void {
  if (!isFileName(name)) throw new AgentError("FILE_NAME_INVALID", { name });
}
