import assert from "node:assert/strict";
import type { Database, Writer } from "../core/store.ts";

/** One write: a put, or a delete when `value` is undefined. */
export type PendingWrite = readonly [table: string, key: Uint8Array, value: Uint8Array | undefined];

/** The writes of one transaction before they reach the disk: the last one per key, in order of first use. */
export class PendingWrites implements Writer {
  readonly #base: Pick<Database, "get">;
  readonly #tables = new Map<string, Map<string, PendingWrite>>();
  #open = true;
  #size = 0;

  /** Keys without a write here are read from `base`. */
  constructor(base: Pick<Database, "get">) {
    this.#base = base;
  }

  /** How many writes were asked for. */
  get size(): number {
    return this.#size;
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    assert(this.#open, "the transaction is over");
    const write = this.#tables.get(table)?.get(text(key));
    return write === undefined ? this.#base.get(table, key) : write[2]?.slice();
  }

  put(table: string, key: Uint8Array, value: Uint8Array): void {
    this.#write(table, key, value.slice());
  }

  delete(table: string, key: Uint8Array): void {
    this.#write(table, key, undefined);
  }

  /** What is to be written. */
  *all(): Iterable<PendingWrite> {
    for (const writes of this.#tables.values()) yield* writes.values();
  }

  /** Ends the transaction: a writer that escaped its work throws from now on. */
  close(): void {
    this.#open = false;
  }

  #write(table: string, key: Uint8Array, value: Uint8Array | undefined): void {
    assert(this.#open, "the transaction is over");
    let writes = this.#tables.get(table);
    if (writes === undefined) this.#tables.set(table, (writes = new Map<string, PendingWrite>()));
    writes.set(text(key), [table, key.slice(), value]);
    this.#size += 1;
  }
}

/** Bytes as a map's key: one character per byte. */
function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
