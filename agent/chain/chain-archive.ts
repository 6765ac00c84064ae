import { concatBytes } from "@ethereumjs/util";
import type { Database, Writer } from "../core/store.ts";
import { numberKey, type Place, placeKey, readNumber, readPlace, TABLE } from "./chain-keys.ts";
import {
  type BlockRecord,
  decodeBlock,
  decodeLog,
  decodeTransaction,
  encodeBlock,
  encodeLog,
  encodeTransaction,
  type LogRecord,
  type TransactionRecord,
} from "./chain-records.ts";

/** A block with all that belongs to it. */
export interface SealedBlock {
  readonly block: BlockRecord;
  readonly transactions: readonly TransactionRecord[];
  readonly logs: readonly LogRecord[];
}

/** A log and where it stands. */
export interface PlacedLog extends Place {
  readonly log: LogRecord;
}

/** Which logs to find. */
export interface LogQuery {
  readonly fromBlock: number;
  /** Inclusive. */
  readonly toBlock: number;
  /** Empty: any. */
  readonly addresses: readonly Uint8Array[];
  /** By position; an empty list: any. Source: the Ethereum JSON-RPC specification, eth_getLogs. */
  readonly topics: readonly (readonly Uint8Array[])[];
}

const CHUNK_ENTRIES = 256;

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Whether `query` asks for `log`, leaving blocks aside. */
export function isAskedFor({ addresses, topics }: LogQuery, log: LogRecord): boolean {
  return (
    (addresses.length === 0 || addresses.some((address) => equal(address, log.address))) &&
    topics.every((choices, position) => {
      if (choices.length === 0) return true;
      const topic = log.topics[position];
      return topic !== undefined && choices.some((choice) => equal(choice, topic));
    })
  );
}

/** Reads and writes everything of a chain but its state. Keeps nothing in memory. */
export class ChainArchive {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest block; undefined in an empty database. */
  newest(): BlockRecord | undefined {
    const [entry] = this.#database.scan(TABLE.block, { reverse: true, countMax: 1 });
    return entry === undefined ? undefined : decodeBlock(entry[1]);
  }

  block(number: number): BlockRecord | undefined {
    const bytes = this.#database.get(TABLE.block, numberKey(number));
    return bytes === undefined ? undefined : decodeBlock(bytes);
  }

  blockByHash(hash: Uint8Array): BlockRecord | undefined {
    const key = this.#database.get(TABLE.blockHash, hash);
    return key === undefined ? undefined : this.block(readNumber(key));
  }

  /** Where the transaction stands; undefined when it is in no block. */
  placeOf(transactionHash: Uint8Array): Place | undefined {
    const key = this.#database.get(TABLE.transactionHash, transactionHash);
    return key === undefined ? undefined : readPlace(key);
  }

  transaction({ blockNumber, index }: Place): TransactionRecord | undefined {
    const bytes = this.#database.get(TABLE.transaction, placeKey(blockNumber, index));
    return bytes === undefined ? undefined : decodeTransaction(bytes);
  }

  /** The transactions of a block, in order. */
  transactionsOf(blockNumber: number): TransactionRecord[] {
    return this.#database
      .scan(TABLE.transaction, { from: placeKey(blockNumber, 0), to: placeKey(blockNumber + 1, 0) })
      .map(([, bytes]) => decodeTransaction(bytes));
  }

  /** `count` logs of a block from `firstIndex` on. */
  logsAt(blockNumber: number, firstIndex: number, count: number): PlacedLog[] {
    const from = placeKey(blockNumber, firstIndex);
    return this.#database
      .scan(TABLE.log, { from, to: placeKey(blockNumber, firstIndex + count) })
      .map(([, bytes], i) => ({ blockNumber, index: firstIndex + i, log: decodeLog(bytes) }));
  }

  /** The logs that `query` asks for, in chain order, read piece by piece as the caller goes on. */
  *logs(query: LogQuery): Generator<PlacedLog, undefined> {
    for (const placed of this.candidates(query)) if (isAskedFor(query, placed.log)) yield placed;
    return undefined;
  }

  /** The logs that have to be looked at to answer `query`: one contract's by its index, else all. */
  candidates(query: LogQuery): Generator<PlacedLog, undefined> {
    const [address] = query.addresses;
    return address !== undefined && query.addresses.length === 1
      ? this.#logsOfAddress(query, address)
      : this.#allLogs(query);
  }

  *#allLogs({ fromBlock, toBlock }: LogQuery): Generator<PlacedLog, undefined> {
    const to = placeKey(toBlock + 1, 0);
    for (let from = placeKey(fromBlock, 0); ; ) {
      const entries = this.#database.scan(TABLE.log, { from, to, countMax: CHUNK_ENTRIES });
      for (const [key, bytes] of entries) yield { ...readPlace(key), log: decodeLog(bytes) };
      const last = entries.at(-1);
      if (last === undefined || entries.length < CHUNK_ENTRIES) return undefined;
      from = concatBytes(last[0], Uint8Array.of(0));
    }
  }

  *#logsOfAddress(query: LogQuery, address: Uint8Array): Generator<PlacedLog, undefined> {
    const to = concatBytes(address, placeKey(query.toBlock + 1, 0));
    for (let from = concatBytes(address, placeKey(query.fromBlock, 0)); ; ) {
      const entries = this.#database.scan(TABLE.logAddress, { from, to, countMax: CHUNK_ENTRIES });
      for (const [key] of entries) {
        const place = readPlace(key, address.length);
        yield* this.logsAt(place.blockNumber, place.index, 1);
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < CHUNK_ENTRIES) return undefined;
      from = concatBytes(last[0], Uint8Array.of(0));
    }
  }

  /** Writes a block as part of its transaction. */
  write(writer: Writer, { block, transactions, logs }: SealedBlock): void {
    const key = numberKey(block.number);
    writer.put(TABLE.block, key, encodeBlock(block));
    writer.put(TABLE.blockHash, block.hash, key);
    for (const [index, transaction] of transactions.entries()) {
      const place = placeKey(block.number, index);
      writer.put(TABLE.transaction, place, encodeTransaction(transaction));
      writer.put(TABLE.transactionHash, transaction.hash, place);
    }
    for (const [index, log] of logs.entries()) {
      const place = placeKey(block.number, index);
      writer.put(TABLE.log, place, encodeLog(log));
      writer.put(TABLE.logAddress, concatBytes(log.address, place), new Uint8Array());
    }
  }
}
