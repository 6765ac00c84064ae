import type { Life } from "./life.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { SimTable } from "./sim-table.ts";
import { SimTreeDisk } from "./sim-tree.ts";

/**
 * What happens to a transaction that is about to become durable: it does; it fails, as a full disk
 * makes it; or its program is killed just before, or just after.
 */
export type WriteFate = "durable" | "fail" | "kill-before" | "kill-after";

/** Decides each transaction's fate; `transactionNumber` counts those of this disk from 1. */
export type WriteFault = (database: string, transactionNumber: number) => WriteFate;

/** Something that a program asks of the disk. */
export interface DiskOperation {
  /** open, read and transact of databases; create, write, close and readFile of files. Others may add to it. */
  readonly kind: string;
  /** Of the database or file. */
  readonly name: string;
  /** What is written. */
  readonly byteCount: number;
}

/**
 * What becomes of an operation: it is done; it fails with EIO; its program is killed just before it, just
 * after it, or with half of it done, as far as the contract of what is written allows halves.
 */
export type DiskFate = "done" | "fail" | "kill-before" | "kill-after" | "tear";

/** A disk that does not do what it is asked to. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  /** As Node names it: EIO, ENOSPC, EROFS. */
  readonly code: "EIO" | "ENOSPC" | "EROFS";

  constructor(code: "EIO" | "ENOSPC" | "EROFS", { kind, name }: DiskOperation) {
    super(`${code}: ${kind} ${name}`);
    this.code = code;
  }
}

/** When a file was made, and each of its pieces written, in µs. */
interface FileAge {
  readonly createdUs: number;
  readonly writtenUs: number[];
}

const WRITES = new Set(["transact", "create", "write"]);
/** Transactions that a disk which loses some remembers. */
const REMEMBERED_MAX = 1000;

/** One host's disk: outlives every program of the host. */
export class SimDisk {
  /** Set by a test; default: everything becomes durable. */
  writeFault: WriteFault = () => "durable";
  /** Set by a test: decides over every operation; `number` counts those of this disk from 1. */
  operationFault: (operation: DiskOperation, number: number) => DiskFate = () => "done";
  /** Writes fail with EROFS. */
  isReadOnly = false;
  /** Writes of a byte or more fail with ENOSPC. */
  isFull = false;
  /** What a cut of the power does to what files were given in the last `writebackMs`: nothing; it is gone; or gone from some byte on. */
  atPowerLoss: "keep" | "lose" | "tear" = "keep";
  /** After so long the system has written of itself what it was given. */
  writebackMs = 5_000;
  /** So many of the last transactions a cut of the power takes, whole: a disk that says "written" too early. */
  lostTransactionCount = 0;
  readonly databases = new Map<string, Map<string, SimTable>>();
  /** Files by name, each in the pieces that were written. */
  readonly files = new Map<string, Uint8Array[]>();
  /** Folders and files, which lose at a loss of power what was not synced. */
  readonly tree = new SimTreeDisk();
  readonly owners = new Map<string, Life>();
  transactionCount = 0;
  operationCount = 0;
  readonly #random: SeededRandom;
  readonly #undos: (() => void)[] = [];
  /** Of files that no test has put there. */
  readonly #ages = new WeakMap<Uint8Array[], FileAge>();

  constructor(seed: string) {
    this.#random = new SeededRandom(`${seed} disk`);
  }

  /** Bytes of keys and values in the databases that `isOwn` picks by name. */
  ownBytes(isOwn: (name: string) => boolean): number {
    let bytes = 0;
    for (const [name, tables] of this.databases)
      if (isOwn(name)) for (const table of tables.values()) bytes += table.byteCount;
    return bytes;
  }

  /**
   * Lets `life` do something with the disk, or not, as its state and its faults have it: every body of a
   * store or of files asks here.
   * @param tear does half of it; default: nothing of it
   * @throws DiskError, and Error when the program was killed
   */
  operate(
    operation: DiskOperation,
    life: Life,
    act: () => void = nothing,
    tear: (share: number) => void = nothing,
  ): void {
    this.operationCount += 1;
    if (WRITES.has(operation.kind)) {
      if (this.isReadOnly) throw new DiskError("EROFS", operation);
      if (this.isFull && operation.byteCount > 0) throw new DiskError("ENOSPC", operation);
    }
    const fate = this.operationFault(operation, this.operationCount);
    if (fate === "fail") throw new DiskError("EIO", operation);
    if (fate === "tear") tear(this.#random.next());
    if (fate === "done" || fate === "kill-after") act();
    if (fate === "done") return;
    const reason = `killed at operation ${this.operationCount}: ${operation.kind} ${operation.name}`;
    life.end({ kind: "killed", reason });
    throw new Error("the program was killed");
  }

  /** Makes a file in place of an earlier one; returns what adds a piece to it. */
  makeFile(name: string, nowUs: () => number): (piece: Uint8Array) => void {
    const pieces: Uint8Array[] = [];
    const age: FileAge = { createdUs: nowUs(), writtenUs: [] };
    this.files.set(name, pieces);
    this.#ages.set(pieces, age);
    return (piece) => {
      pieces.push(piece);
      age.writtenUs.push(nowUs());
    };
  }

  /** Whether transactions are to be remembered, to be taken back. */
  get remembers(): boolean {
    return this.lostTransactionCount > 0;
  }

  /** Keeps what takes the newest transaction back. */
  remember(undo: () => void): void {
    this.#undos.push(undo);
    if (this.#undos.length > REMEMBERED_MAX) this.#undos.shift();
  }

  /** The power is cut at `nowUs`. */
  losePower(nowUs: number): void {
    for (let count = 0; count < this.lostTransactionCount; count += 1) this.#undos.pop()?.();
    this.#undos.length = 0;
    if (this.atPowerLoss === "keep") return;
    const sinceUs = nowUs - this.writebackMs * 1000;
    for (const [name, pieces] of this.files) {
      const age = this.#ages.get(pieces);
      if (age === undefined) continue;
      const keptCount = age.writtenUs.filter((atUs) => atUs <= sinceUs).length;
      // A file whose first bytes are gone may not even be listed.
      if (keptCount === 0 && age.createdUs > sinceUs && this.atPowerLoss === "lose")
        this.files.delete(name);
      else this.#shorten(pieces, age, keptCount);
    }
  }

  /** Takes what is beyond the first pieces, or, when pieces may tear, what is beyond some byte of that. */
  #shorten(pieces: Uint8Array[], { writtenUs }: FileAge, keptCount: number): void {
    const unsafe = pieces.splice(keptCount);
    writtenUs.length = keptCount;
    if (this.atPowerLoss !== "tear") return;
    const byteCount = unsafe.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let rest = Math.floor(this.#random.next() * (byteCount + 1));
    for (const piece of unsafe) {
      if (rest <= 0) return;
      pieces.push(piece.subarray(0, rest));
      writtenUs.push(Number.NEGATIVE_INFINITY);
      rest -= piece.byteLength;
    }
  }
}

const nothing = (): void => undefined;
