import { AgentError } from "../core/errors.ts";
import type { Database, Entry, ScanRange, Store, Writer } from "../core/store.ts";
import type { Life } from "./life.ts";
import type { SimDisk } from "./sim-disk.ts";
import { SimTable, textOf } from "./sim-table.ts";
import type { Timeline } from "./timeline.ts";

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
    this.#disk.operate({ kind: "open", name, byteCount: 0 }, this.#life);
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
    this.#read();
    return this.#parts.tables.get(table)?.get(textOf(key));
  }

  scan(table: string, range: ScanRange): readonly Entry[] {
    this.#read();
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

  #read(): void {
    this.#check();
    const { disk, name, life } = this.#parts;
    disk.operate({ kind: "read", name, byteCount: 0 }, life);
  }

  #commit(writer: SimWriter): void {
    const { name, tables, disk, life, timeline } = this.#parts;
    disk.transactionCount += 1;
    const fate = disk.writeFault(name, disk.transactionCount);
    if (fate === "fail")
      throw new Error(`the disk refused transaction ${disk.transactionCount} of ${name}`);
    // One that tears leaves nothing behind: the journal of a database undoes it.
    const byteCount = writer.byteCount;
    disk.operate({ kind: "transact", name, byteCount }, life, () => {
      if (fate === "kill-before") return;
      timeline.count("transactions");
      const undo = disk.remembers ? writtenOver(tables, writer) : undefined;
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
      if (undo !== undefined) disk.remember(undo);
    });
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
  byteCount = 0;
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
    this.byteCount += key.byteLength + value.byteLength;
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

/** What takes a transaction back that is about to be written. */
function writtenOver(tables: ReadonlyMap<string, SimTable>, writer: SimWriter): () => void {
  const before = [...writer.writes.values()].map(({ table, key }) => ({
    ...{ table, key },
    value: tables.get(table)?.get(key),
  }));
  return () => {
    for (const { table, key, value } of before) tables.get(table)?.set(key, value);
  };
}

function placeOf(table: string, key: string): string {
  return `${table.length} ${table}${key}`;
}
