import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import {
  type Address,
  bytesToHex,
  createAddressFromPrivateKey,
  createContractAddress,
  hexToBytes,
} from "@ethereumjs/util";
import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Database, Entry, ScanRange, Store, Writer } from "../core/store.ts";
import type { Chain } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import type { ChainOptions } from "./chain-options.ts";

/** Counts what a program told about its work. */
export class CountingActivity implements Activity {
  openCount = 0;
  beginCount = 0;
  readonly positions: number[] = [];

  begin(): void {
    this.openCount += 1;
    this.beginCount += 1;
  }

  end(): void {
    this.openCount -= 1;
  }

  sent(): void {
    throw new Error("a chain sends no copies");
  }

  received(): void {
    throw new Error("a chain receives no copies");
  }

  reached(stream: string, position: number): void {
    if (stream === "chain") this.positions.push(position);
  }
}

/** A log that nobody reads. */
export const silentLog: Log = { write: () => undefined };

/** A clock whose readings a test sets; sleepers wake when the test says so. */
export class HandClock implements Clock {
  nowUs = 1_700_000_000_000_000;
  nowMs = 0;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  monotonicMs(): number {
    return this.nowMs;
  }

  utcUs(): number {
    return this.nowUs;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (durationMs <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((wake) => {
      this.#sleepers.push({ untilMs: this.nowMs + durationMs, wake });
      signal.addEventListener("abort", () => wake());
    });
  }

  sleepUntilUtc(): Promise<void> {
    throw new Error("a chain never sleeps by cluster time");
  }

  reading(): never {
    throw new Error("a chain takes time as it is");
  }

  get sleeperCount(): number {
    return this.#sleepers.length;
  }

  /** Lets monotonic time pass. */
  pass(durationMs: number): void {
    this.nowMs += durationMs;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.nowMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.nowMs);
    for (const { wake } of due) wake();
  }
}

/** A database in memory that can be told to fail its next transaction. */
export class MemoryDatabase implements Database {
  readonly #tables = new Map<string, Map<string, Uint8Array>>();
  failNext: Error | undefined;
  transactionCount = 0;

  #table(name: string): Map<string, Uint8Array> {
    let table = this.#tables.get(name);
    if (table === undefined) this.#tables.set(name, (table = new Map<string, Uint8Array>()));
    return table;
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    return this.#table(table).get(bytesToHex(key));
  }

  scan(table: string, { from, to, countMax, reverse }: ScanRange): readonly Entry[] {
    const low = from === undefined ? "" : bytesToHex(from);
    const high = to === undefined ? "~" : bytesToHex(to);
    const keys = [...this.#table(table).keys()].filter((key) => key >= low && key < high).sort();
    if (reverse === true) keys.reverse();
    return keys
      .slice(0, countMax)
      .map(
        (key): Entry => [hexToBytes(key as Hex), this.#table(table).get(key) ?? new Uint8Array()],
      );
  }

  transact<T>(work: (writer: Writer) => T): T {
    const writes = new Map<string, readonly [string, string, Uint8Array | undefined]>();
    const put = (table: string, key: Uint8Array, value?: Uint8Array): void =>
      void writes.set(`${table} ${bytesToHex(key)}`, [table, bytesToHex(key), value]);
    const result = work({
      get: (table, key) => {
        const write = writes.get(`${table} ${bytesToHex(key)}`);
        return write === undefined ? this.get(table, key) : write[2];
      },
      put,
      delete: (table, key) => put(table, key),
    });
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure !== undefined) throw failure;
    for (const [table, key, value] of writes.values()) {
      if (value === undefined) this.#table(table).delete(key);
      else this.#table(table).set(key, value);
    }
    this.transactionCount += 1;
    return result;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** One database, whatever its name; it outlives each owner. */
export class MemoryStore implements Store {
  readonly database = new MemoryDatabase();

  open(): Promise<Database> {
    return Promise.resolve(this.database);
  }
}

/** The key of the `index`th account of tests. */
export function testKey(index: number): Uint8Array {
  return new Uint8Array(32).fill(index + 1);
}

/** The address of the `index`th account of tests. */
export function testAddress(index: number): Address {
  return createAddressFromPrivateKey(testKey(index));
}

/** Where the `nonce`th transaction of an account puts the contract that it makes. */
export function contractAddress(index: number, nonce: number): Hex {
  return createContractAddress(testAddress(index), BigInt(nonce)).toString();
}

/** Options of a chain on which the first eight accounts of tests own 1000 ether each. */
export function testOptions(changes: Partial<ChainOptions> = {}): ChainOptions {
  const accounts = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => [
    testAddress(index).toString(),
    "1000000000000000000000",
  ]);
  return {
    chainId: 4242,
    port: 0,
    database: "chain",
    genesis: Object.fromEntries(accounts) as Record<string, string>,
    mining: { kind: "demand", gatherMs: 0 },
    transactionsPerBlockMax: 200,
    ...changes,
  };
}

/** What a test transaction says; the rest is zero. */
export interface TestTransaction {
  readonly from: number;
  readonly nonce: number;
  readonly to?: Hex;
  readonly data?: Hex;
  readonly valueWei?: bigint;
  readonly gas?: bigint;
  readonly feeWei?: bigint;
}

/** A signed transaction's bytes. */
export function signTest(chain: Pick<Chain, "common">, said: TestTransaction): Uint8Array {
  const { from, nonce, to, data, valueWei: value, gas, feeWei = 0n } = said;
  const transaction = createFeeMarket1559Tx(
    {
      nonce,
      gasLimit: gas ?? 1_000_000n,
      maxFeePerGas: feeWei,
      maxPriorityFeePerGas: feeWei,
      ...(to === undefined ? {} : { to }),
      ...(data === undefined ? {} : { data }),
      ...(value === undefined ? {} : { value }),
    },
    { common: chain.common },
  );
  return transaction.sign(testKey(from)).serialize();
}

/** Selectors of Notebook's functions. */
const SELECTORS = {
  note: "fd771069",
  notes: "61c3a7e6",
  count: "06661abd",
  clear: "c0fe1af8",
  hash: "b189fd4c",
  time: "16ada547",
  spin: "a5b6ea8f",
  pass: "0573ea94",
} as const;

/** Calldata of one of Notebook's functions with whole numbers as arguments. */
export function notebookCall(name: keyof typeof SELECTORS, ...words: readonly number[]): Hex {
  const coded = words.map((word) => word.toString(16).padStart(64, "0"));
  return `0x${SELECTORS[name]}${coded.join("")}`;
}
