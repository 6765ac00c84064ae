/** A board's disk. Bodies: agent/io (SQLite: WAL, synchronous FULL) and agent/sim (memory). */
export interface Store {
  /** Opens the database `name` (letters, digits, "-"), made when missing; one owner at a time. */
  open(name: string): Promise<Database>;
}

/**
 * Named tables of byte keys in byte order. Reads see the last finished transaction.
 * A database that was never disposed (kill -9, power cut) opens again with whole transactions only.
 */
export interface Database extends AsyncDisposable {
  /** The value under `key`, or undefined. Unknown tables are empty. */
  get(table: string, key: Uint8Array): Uint8Array | undefined;
  /** The entries with `from` <= key < `to` in key order, read at the time of the call. */
  scan(table: string, range: ScanRange): readonly Entry[];
  /**
   * Runs `work` and makes what it wrote durable in one step before returning its result.
   * When `work` throws, nothing was written and the error passes on. Not to be nested.
   */
  transact<T>(work: (writer: Writer) => T): T;
}

/** Which part of a table to read. */
export interface ScanRange {
  /** First key, inclusive; default: from the start. */
  readonly from?: Uint8Array;
  /** End key, exclusive; default: to the end. */
  readonly to?: Uint8Array;
  /** Most entries; default: all. */
  readonly countMax?: number;
  /** Last key first; default false. */
  readonly reverse?: boolean;
}

/** One key with its value. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Writes of one transaction; it reads its own writes. */
export interface Writer {
  get(table: string, key: Uint8Array): Uint8Array | undefined;
  put(table: string, key: Uint8Array, value: Uint8Array): void;
  delete(table: string, key: Uint8Array): void;
}
