import assert from "node:assert/strict";
import type Sqlite from "better-sqlite3";
import type { Database, Entry, ScanRange, Writer } from "../core/store.ts";
import { PendingWrites } from "./pending-writes.ts";

/**
 * One open SQLite file. Each named table is a table of its own, `k` BLOB to `v` BLOB without rowid,
 * so that a range of keys is a range of pages; SQLite compares BLOBs by memcmp, which is our order.
 *
 * A transaction collects its writes first and then runs them in one go: `get` and `scan` of the
 * database see only finished transactions, and work that throws has touched nothing.
 */
export class SqliteDatabase implements Database {
  readonly #sqlite: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement>();
  readonly #tables = new Set<string>();
  #inTransaction = false;

  /** Takes over `sqlite`, already locked. */
  constructor(sqlite: Sqlite.Database) {
    this.#sqlite = sqlite;
    for (const name of sqlite.prepare("SELECT name FROM sqlite_master").pluck().all())
      this.#tables.add(name as string);
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    const name = sqlName(table);
    if (!this.#tables.has(name)) return undefined;
    const row = this.#prepare(`SELECT v FROM "${name}" WHERE k = ?`).get(key) as Row | undefined;
    return row && plainBytes(row[0]);
  }

  scan(table: string, { from, to, countMax, reverse }: ScanRange): readonly Entry[] {
    const name = sqlName(table);
    if (!this.#tables.has(name)) return [];
    const bounds = [from && "k >= ?", to && "k < ?"].filter((bound) => bound !== undefined);
    const where = bounds.length === 0 ? "" : `WHERE ${bounds.join(" AND ")}`;
    const order = reverse === true ? "DESC" : "ASC";
    const sql = `SELECT k, v FROM "${name}" ${where} ORDER BY k ${order} LIMIT ?`;
    const values = [from, to].filter((value) => value !== undefined);
    // SQLite reads a negative limit as none.
    const rows = this.#prepare(sql).all(...values, countMax ?? -1) as [Buffer, Buffer][];
    return rows.map(([key, value]) => [plainBytes(key), plainBytes(value)]);
  }

  transact<T>(work: (writer: Writer) => T): T {
    assert(!this.#inTransaction, "a transaction within a transaction");
    assert(this.#sqlite.open, "the database is closed");
    this.#inTransaction = true;
    const writes = new PendingWrites(this);
    try {
      const result = work(writes);
      assert(!isPromise(result), "a transaction's work must not be asynchronous");
      if (writes.size > 0) this.#apply(writes);
      return result;
    } finally {
      writes.close();
      this.#inTransaction = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sqlite.close();
    return Promise.resolve();
  }

  #apply(writes: PendingWrites): void {
    const made: string[] = [];
    this.#prepare("BEGIN IMMEDIATE").run();
    try {
      for (const [table, key, value] of writes.all()) {
        const name = sqlName(table);
        if (!this.#tables.has(name)) {
          if (value === undefined) continue;
          this.#sqlite.exec(`CREATE TABLE "${name}" (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID`);
          this.#tables.add(name);
          made.push(name);
        }
        if (value === undefined) this.#prepare(`DELETE FROM "${name}" WHERE k = ?`).run(key);
        else this.#prepare(`REPLACE INTO "${name}" (k, v) VALUES (?, ?)`).run(key, value);
      }
      this.#prepare("COMMIT").run();
    } catch (error) {
      // A full or broken disk: SQLite may have rolled back by itself already.
      if (this.#sqlite.inTransaction) this.#sqlite.exec("ROLLBACK");
      for (const name of made) this.#tables.delete(name);
      this.#statements.clear();
      throw error;
    }
  }

  #prepare(sql: string): Sqlite.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      if (statement.reader) statement.raw();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

type Row = readonly [Buffer];

/** SQLite folds the case of names, we do not: all but small letters, digits and "-" become "_hex_". */
function sqlName(table: string): string {
  return `t_${table.replace(/[^a-z0-9-]/gu, (character) => `_${character.codePointAt(0)?.toString(16) ?? ""}_`)}`;
}

function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
