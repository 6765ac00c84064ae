import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { ProgramCall } from "../core/spawner.ts";
import type { LastingTerms } from "./child-protocol.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** What is kept of one lasting child, for its next parent. */
export interface LastingRecord {
  readonly call: ProgramCall;
  readonly process: ProcessIdentity;
  readonly terms: LastingTerms;
}

const SUFFIX = ".child";
const OWNER_ONLY = { folder: 0o700, file: 0o600 } as const;

/**
 * The lasting children of one parent, a file each, in a folder of its own.
 *
 * A file is there whole or not at all. It need not outlive a power cut, which ends the child too, so
 * nothing waits for the disk.
 */
export class LastingRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where the record called `id` is. */
  pathOf(id: string): string {
    return join(this.#folder, `${id}${SUFFIX}`);
  }

  /** Keeps a child in mind; false when the disk does not take it. */
  write(record: LastingRecord): boolean {
    const { recordPath } = record.terms;
    const next = `${recordPath}.next`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: OWNER_ONLY.folder });
      writeFileSync(next, serialize(record), { mode: OWNER_ONLY.file });
      renameSync(next, recordPath);
      return true;
    } catch {
      return false;
    }
  }

  /** Forgets a child; idempotent. */
  remove(record: LastingRecord): void {
    rmSync(record.terms.recordPath, { force: true });
  }

  /** Every record; what is no whole record is deleted: its child was never told to run. */
  read(): readonly LastingRecord[] {
    return this.#names().flatMap((name) => {
      const path = join(this.#folder, name);
      const record = name.endsWith(SUFFIX) ? readRecord(path) : undefined;
      if (record !== undefined) return [record];
      rmSync(path, { force: true });
      return [];
    });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }
}

function readRecord(path: string): LastingRecord | undefined {
  try {
    return deserialize(readFileSync(path)) as LastingRecord;
  } catch {
    return undefined;
  }
}
