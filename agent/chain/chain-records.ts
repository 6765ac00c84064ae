import { type NestedUint8Array, RLP } from "@ethereumjs/rlp";
import { bigIntToUnpaddedBytes, bytesToBigInt } from "@ethereumjs/util";

/** One block as it lies in the database. */
export interface BlockRecord {
  readonly number: number;
  readonly hash: Uint8Array;
  /** RLP of the header, of which `hash` is the keccak256. */
  readonly header: Uint8Array;
  readonly timestampS: number;
  readonly stateRoot: Uint8Array;
  readonly transactionCount: number;
  /** Header and transactions. */
  readonly sizeBytes: number;
}

/** One transaction with what became of it. */
export interface TransactionRecord {
  /** As it was signed and sent. */
  readonly raw: Uint8Array;
  readonly hash: Uint8Array;
  readonly from: Uint8Array;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly cumulativeGasUsed: bigint;
  readonly effectiveGasPriceWei: bigint;
  /** Address of the contract it made; empty when it made none. */
  readonly contractAddress: Uint8Array;
  /** Place of its first log among the block's. */
  readonly firstLogIndex: number;
  readonly logCount: number;
}

/** One event that a contract wrote. */
export interface LogRecord {
  readonly address: Uint8Array;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
  readonly transactionIndex: number;
  readonly transactionHash: Uint8Array;
}

const fromNumber = (value: number): Uint8Array => bigIntToUnpaddedBytes(BigInt(value));
const toNumber = (bytes: Uint8Array): number => Number(bytesToBigInt(bytes));

/** Decodes our own bytes, whose shape the caller knows. */
function decode<T extends NestedUint8Array>(bytes: Uint8Array): T {
  return RLP.decode(bytes) as T;
}

type Field = Uint8Array;

/** A block as bytes of the database. */
export function encodeBlock(block: BlockRecord): Uint8Array {
  return RLP.encode([
    fromNumber(block.number),
    block.hash,
    block.header,
    fromNumber(block.timestampS),
    block.stateRoot,
    fromNumber(block.transactionCount),
    fromNumber(block.sizeBytes),
  ]);
}

/** The inverse of encodeBlock. */
export function decodeBlock(bytes: Uint8Array): BlockRecord {
  const [number, hash, header, timestamp, stateRoot, transactionCount, sizeBytes] =
    decode<[Field, Field, Field, Field, Field, Field, Field]>(bytes);
  return {
    number: toNumber(number),
    hash,
    header,
    timestampS: toNumber(timestamp),
    stateRoot,
    transactionCount: toNumber(transactionCount),
    sizeBytes: toNumber(sizeBytes),
  };
}

/** A transaction as bytes of the database. */
export function encodeTransaction(transaction: TransactionRecord): Uint8Array {
  return RLP.encode([
    transaction.raw,
    transaction.hash,
    transaction.from,
    fromNumber(transaction.succeeded ? 1 : 0),
    bigIntToUnpaddedBytes(transaction.gasUsed),
    bigIntToUnpaddedBytes(transaction.cumulativeGasUsed),
    bigIntToUnpaddedBytes(transaction.effectiveGasPriceWei),
    transaction.contractAddress,
    fromNumber(transaction.firstLogIndex),
    fromNumber(transaction.logCount),
  ]);
}

/** The inverse of encodeTransaction. */
export function decodeTransaction(bytes: Uint8Array): TransactionRecord {
  const [raw, hash, from, status, gasUsed, cumulative, price, contractAddress, first, count] =
    decode<[Field, Field, Field, Field, Field, Field, Field, Field, Field, Field]>(bytes);
  return {
    raw,
    hash,
    from,
    succeeded: toNumber(status) === 1,
    gasUsed: bytesToBigInt(gasUsed),
    cumulativeGasUsed: bytesToBigInt(cumulative),
    effectiveGasPriceWei: bytesToBigInt(price),
    contractAddress,
    firstLogIndex: toNumber(first),
    logCount: toNumber(count),
  };
}

/** A log as bytes of the database. */
export function encodeLog(log: LogRecord): Uint8Array {
  return RLP.encode([
    log.address,
    [...log.topics],
    log.data,
    fromNumber(log.transactionIndex),
    log.transactionHash,
  ]);
}

/** The inverse of encodeLog. */
export function decodeLog(bytes: Uint8Array): LogRecord {
  const [address, topics, data, transactionIndex, transactionHash] =
    decode<[Field, Field[], Field, Field, Field]>(bytes);
  return { address, topics, data, transactionIndex: toNumber(transactionIndex), transactionHash };
}
