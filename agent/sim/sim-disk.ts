import { AgentError } from "../core/errors.ts";
import type { Database, Entry, ScanRange, Store, Writer } from "../core/store.ts";
import type { Life } from "./life.ts";
import { SimTreeDisk } from "./sim-tree.ts";
import type { Timeline } from "./timeline.ts";

/**
 * What happens to a transaction that is about to become durable: it does; it fails, as a full disk
 * makes it; or its program is killed just before, or just after.
 */
export type WriteFate = "durable" | "fail" | "kill-before" | "kill-after";

/** Decides each transaction's fate; `transactionNumber` counts those of this disk from 1. */
export type WriteFault = (database: string, transactionNumber: number) => WriteFate;

/** One host's disk: outlives every program of the host. */
export class SimDisk {
  /** Set by a test; default: everything becomes durable. */
  writeFault: WriteFault = () => "durable";
  readonly databases = new Map<string, Map<string, SimTable>>();
  /** Files by name, each in the pieces that were written. */
  readonly files = new Map<string, Uint8Array[]>();
  /** Folders and files, which lose at a loss of power what was not synced. */
  readonly tree = new SimTreeDisk();
  readonly owners = new Map<string, Life>();
  transactionCount = 0;

  /** Bytes of keys and values in the databases that `isOwn` picks by name. */
  ownBytes(isOwn: (name: string) => boolean): number {
    let bytes = 0;
    for (const [name, tables] of this.databases)
      if (isOwn(name)) for (const table of tables.values()) bytes += table.byteCount;
    return bytes;
  }
}

/** A host's disk as one program sees it. */
export class SimStore implements Store {
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #disk: SimDisk;

  constructor(timeline: Timeline, life: Life, disk: SimDisk) {
    this.#timeline = timeline;
    this.#life = life;
    this.#disk = disk;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
  async open(name: string): Promise<Database> {
    if (!/^[A-Za-z0-9-]{1,100}$/.test(name)) throw new AgentError("STORE_NAME_INVALID", { name });
    const { databases, owners } = this.#disk;
    if (owners.has(name)) throw new AgentError("STORE_IN_USE", { name });
    const tables = databases.get(name) ?? new Map<string, SimTable>();
    databases.set(name, tables);
    owners.set(name, this.#life);
    const release = (): void => {
      if (owners.get(name) === this.#life) owners.delete(name);
    };
    const disown = this.#life.owns(release);
    return new SimDatabase({
      name,
      tables,
      disk: this.#disk,
      life: this.#life,
      timeline: this.#timeline,
      close: () => {
        disown();
        release();
      },
    });
  }
}

interface DatabaseParts {
  readonly name: string;
  readonly tables: Map<string, SimTable>;
  readonly disk: SimDisk;
  readonly life: Life;
  readonly timeline: Timeline;
  readonly close: () => void;
}

class SimDatabase implements Database {
  readonly #parts: DatabaseParts;
  #open = true;
  #inTransaction = false;

  constructor(parts: DatabaseParts) {
    this.#parts = parts;
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    this.#check();
    return this.#parts.tables.get(table)?.get(textOf(key));
  }

  scan(table: string, range: ScanRange): readonly Entry[] {
    this.#check();
    return this.#parts.tables.get(table)?.scan(range) ?? [];
  }

  transact<T>(work: (writer: Writer) => T): T {
    this.#check();
    if (this.#inTransaction) throw new Error("a transaction within a transaction");
    this.#inTransaction = true;
    const writer = new SimWriter(this.#parts.tables);
    try {
      const result = work(writer);
      if (typeof result === "object" && result !== null && "then" in result)
        throw new Error("a transaction's work must not be asynchronous");
      if (writer.writes.size > 0) this.#commit(writer);
      return result;
    } finally {
      writer.open = false;
      this.#inTransaction = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open) this.#parts.close();
    this.#open = false;
    return Promise.resolve();
  }

  #check(): void {
    if (!this.#open) throw new Error("the database is closed");
    // Only code that waited for the outside world can still run in a dead program: it ends here.
    if (this.#parts.life.dead) throw new Error("the program was killed");
  }

  #commit(writer: SimWriter): void {
    const { name, tables, disk, life, timeline } = this.#parts;
    disk.transactionCount += 1;
    const fate = disk.writeFault(name, disk.transactionCount);
    if (fate === "fail")
      throw new Error(`the disk refused transaction ${disk.transactionCount} of ${name}`);
    if (fate !== "kill-before") {
      timeline.count("transactions");
      for (const { table, key, value } of writer.writes.values()) {
        let rows = tables.get(table);
        if (rows === undefined) tables.set(table, (rows = new SimTable()));
        rows.set(key, value);
        timeline.transcript.add(
          timeline.nowUs,
          `write ${life.name} ${name} ${table} ${key}`,
          value,
        );
      }
    }
    if (fate === "durable") return;
    life.end({
      kind: "killed",
      reason: `killed at transaction ${disk.transactionCount} of ${name}`,
    });
    throw new Error("the program was killed");
  }
}

interface Write {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

class SimWriter implements Writer {
  /** By table and key; a later write takes the place of an earlier one. */
  readonly writes = new Map<string, Write>();
  open = true;
  readonly #tables: ReadonlyMap<string, SimTable>;

  constructor(tables: ReadonlyMap<string, SimTable>) {
    this.#tables = tables;
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    this.#check();
    const text = textOf(key);
    const write = this.writes.get(placeOf(table, text));
    return write === undefined ? this.#tables.get(table)?.get(text) : write.value?.slice();
  }

  put(table: string, key: Uint8Array, value: Uint8Array): void {
    this.#check();
    const text = textOf(key);
    this.writes.set(placeOf(table, text), { table, key: text, value: value.slice() });
  }

  delete(table: string, key: Uint8Array): void {
    this.#check();
    const text = textOf(key);
    this.writes.set(placeOf(table, text), { table, key: text, value: undefined });
  }

  #check(): void {
    if (!this.open) throw new Error("the transaction is over");
  }
}

/** One table: keys as text with one character per byte, whose order is the order of bytes. */
class SimTable {
  readonly #values = new Map<string, Uint8Array>();
  readonly #keys: string[] = [];

  /** Of all keys and values. */
  get byteCount(): number {
    return this.#keys.reduce(
      (sum, key) => sum + key.length + (this.#values.get(key)?.byteLength ?? 0),
      0,
    );
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.slice();
  }

  /** Puts, or deletes when `value` is undefined. */
  set(key: string, value: Uint8Array | undefined): void {
    const known = this.#values.has(key);
    if (value === undefined) {
      if (!known) return;
      this.#values.delete(key);
      this.#keys.splice(this.#placeOf(key), 1);
      return;
    }
    this.#values.set(key, value);
    if (!known) this.#keys.splice(this.#placeOf(key), 0, key);
  }

  scan({ from, to, countMax, reverse }: ScanRange): readonly Entry[] {
    const start = from === undefined ? 0 : this.#placeOf(textOf(from));
    const end = to === undefined ? this.#keys.length : this.#placeOf(textOf(to));
    const count = Math.max(0, Math.min(end - start, countMax ?? Number.POSITIVE_INFINITY));
    const keys =
      reverse === true
        ? this.#keys.slice(end - count, end).reverse()
        : this.#keys.slice(start, start + count);
    return keys.map((key) => [bytesOf(key), this.get(key) ?? new Uint8Array()]);
  }

  /** How many keys are before `key`. */
  #placeOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function placeOf(table: string, key: string): string {
  return `${table.length} ${table}${key}`;
}
