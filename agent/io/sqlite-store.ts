import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { AgentError } from "../core/errors.ts";
import type { Database, Store } from "../core/store.ts";
import { SqliteDatabase } from "./sqlite-database.ts";

/**
 * The board's disk: one SQLite file per database in `folder`.
 *
 * Invariants: one owner per file, held by SQLite's own lock, so that a crash frees it; a finished
 * transaction is on the disk (WAL, synchronous FULL: one fsync per transaction).
 * Source: sqlite.org/wal.html, sqlite.org/pragma.html.
 */
export class SqliteStore implements Store {
  readonly #folder: string;

  /** `folder` is made when missing. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @throws AgentError STORE_NAME_INVALID for anything but letters, digits and "-".
   * @throws AgentError STORE_IN_USE when this or another process has the database open.
   */
  async open(name: string): Promise<Database> {
    if (!/^[A-Za-z0-9-]{1,100}$/.test(name)) throw new AgentError("STORE_NAME_INVALID", { name });
    await mkdir(this.#folder, { recursive: true });
    // No waiting for the lock: an owner keeps it for as long as it lives.
    const sqlite = new Sqlite(join(this.#folder, `${name}.sqlite`), { timeout: 0 });
    try {
      claim(sqlite);
    } catch (error) {
      sqlite.close();
      if (isBusy(error)) throw new AgentError("STORE_IN_USE", { name }, { cause: error });
      throw error;
    }
    return new SqliteDatabase(sqlite);
  }
}

function claim(sqlite: Sqlite.Database): void {
  // Exclusive before WAL: then the index of the WAL lives in this process, and no -shm file is made.
  sqlite.pragma("locking_mode = EXCLUSIVE");
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  // 1000 pages of 4 KiB fill about one allocation unit of an SD card (4 MiB). Until then commits only
  // append, which such cards do best; a page that changed a hundred times is written back once; and
  // after a power cut there are no more than 4 MiB to read again.
  sqlite.pragma("wal_autocheckpoint = 1000");
  // One huge transaction must not leave its size behind for ever.
  sqlite.pragma("journal_size_limit = 8388608");
  // Takes the lock now; otherwise the first transaction would.
  sqlite.exec("BEGIN EXCLUSIVE; COMMIT");
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_BUSY");
}
