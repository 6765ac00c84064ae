import type { PrefixedHexString } from "@ethereumjs/util";

/** Bytes as text: 0x and two lower-case digits a byte. */
export type Hex = PrefixedHexString;

/** The tables of a chain's database. */
export const TABLE = {
  /** "chain" to schema version, chain id, fork. */
  meta: "meta",
  /** address to account. */
  account: "account",
  /** address, slot to value without leading zeros. */
  slot: "slot",
  /** code hash to code. */
  code: "code",
  /** block number to block. */
  block: "block",
  /** block hash to block number. */
  blockHash: "block-hash",
  /** block number, index to transaction and receipt. */
  transaction: "transaction",
  /** transaction hash to block number, index. */
  transactionHash: "transaction-hash",
  /** block number, index in the block to log. */
  log: "log",
  /** address, block number, index to nothing. */
  logAddress: "log-address",
} as const;

/** `number` as eight bytes, so that byte order is number order. */
export function numberKey(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(number));
  return key;
}

/** A block's number and an index inside it. */
export function placeKey(blockNumber: number, index: number): Uint8Array {
  const key = new Uint8Array(12);
  const view = new DataView(key.buffer);
  view.setBigUint64(0, BigInt(blockNumber));
  view.setUint32(8, index);
  return key;
}

/** Where something stands in the chain. */
export interface Place {
  readonly blockNumber: number;
  readonly index: number;
}

/** The inverse of placeKey, for the twelve bytes that start at `start`. */
export function readPlace(key: Uint8Array, start = 0): Place {
  const view = new DataView(key.buffer, key.byteOffset + start, 12);
  return { blockNumber: Number(view.getBigUint64(0)), index: view.getUint32(8) };
}

/** The inverse of numberKey. */
export function readNumber(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0));
}
