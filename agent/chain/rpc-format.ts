import { createBlockHeaderFromRLP } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import {
  type AccessList2930Tx,
  Capability,
  createTxFromRLP,
  type EOACode7702Tx,
  type FeeMarket1559Tx,
  type LegacyTx,
  type TypedTransaction,
} from "@ethereumjs/tx";
import { bigIntToHex, bytesToHex } from "@ethereumjs/util";
import type { Json } from "../core/rpc.ts";
import type { SignedTransaction } from "./admission.ts";
import type { PlacedLog } from "./chain-archive.ts";
import type { BlockRecord, TransactionRecord } from "./chain-records.ts";
import type { JsonRecord } from "./rpc-parameters.ts";
import { bloomOf } from "./seal-block.ts";

/** A whole number as EIP-1474 writes it. */
export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A head as eth_subscribe tells it, and the part of a block that is not its transactions. */
export function formatHeader(common: Common, block: BlockRecord): JsonRecord {
  const header = createBlockHeaderFromRLP(block.header, { common });
  const { uncleHash, coinbase, transactionsTrie, receiptTrie, ...fields } = header.toJSON();
  return {
    ...(fields as JsonRecord),
    hash: bytesToHex(block.hash),
    sha3Uncles: uncleHash ?? null,
    miner: coinbase?.toString() ?? null,
    transactionsRoot: transactionsTrie ?? null,
    receiptsRoot: receiptTrie ?? null,
  };
}

/** A block with its transactions, which are hashes or whole ones. */
export function formatBlock(
  common: Common,
  block: BlockRecord,
  transactions: readonly Json[],
): JsonRecord {
  return {
    ...formatHeader(common, block),
    totalDifficulty: "0x0",
    size: quantity(block.sizeBytes),
    transactions,
    uncles: [],
    withdrawals: [],
  };
}

function formatFees(signed: TypedTransaction, effectiveGasPriceWei: bigint | undefined): JsonRecord {
  if (!signed.supports(Capability.EIP1559FeeMarket))
    return { gasPrice: bigIntToHex((signed as LegacyTx | AccessList2930Tx).gasPrice) };
  const { maxFeePerGas, maxPriorityFeePerGas } = signed as FeeMarket1559Tx;
  return {
    gasPrice: bigIntToHex(effectiveGasPriceWei ?? maxFeePerGas),
    maxFeePerGas: bigIntToHex(maxFeePerGas),
    maxPriorityFeePerGas: bigIntToHex(maxPriorityFeePerGas),
  };
}

function formatTyped(signed: TypedTransaction): JsonRecord {
  if (!signed.supports(Capability.EIP2718TypedTransaction)) {
    const isProtected = signed.supports(Capability.EIP155ReplayProtection);
    return isProtected ? { chainId: bigIntToHex(signed.common.chainId()) } : {};
  }
  const { accessList = [], authorizationList } = (signed as EOACode7702Tx).toJSON();
  return {
    chainId: bigIntToHex(signed.common.chainId()),
    yParity: bigIntToHex(signed.v ?? 0n),
    accessList: accessList as unknown as Json,
    ...(authorizationList === undefined
      ? {}
      : { authorizationList: authorizationList as unknown as Json }),
  };
}

function formatSigned(signed: TypedTransaction, effectiveGasPriceWei?: bigint): JsonRecord {
  return {
    type: quantity(signed.type),
    nonce: bigIntToHex(signed.nonce),
    gas: bigIntToHex(signed.gasLimit),
    to: signed.to?.toString() ?? null,
    value: bigIntToHex(signed.value),
    input: bytesToHex(signed.data),
    v: bigIntToHex(signed.v ?? 0n),
    r: bigIntToHex(signed.r ?? 0n),
    s: bigIntToHex(signed.s ?? 0n),
    ...formatFees(signed, effectiveGasPriceWei),
    ...formatTyped(signed),
  };
}

/** A transaction in a block. */
export function formatTransaction(
  common: Common,
  block: BlockRecord,
  index: number,
  record: TransactionRecord,
): JsonRecord {
  return {
    ...formatSigned(createTxFromRLP(record.raw, { common }), record.effectiveGasPriceWei),
    hash: bytesToHex(record.hash),
    from: bytesToHex(record.from),
    blockHash: bytesToHex(block.hash),
    blockNumber: quantity(block.number),
    transactionIndex: quantity(index),
  };
}

/** A transaction that waits for its block. */
export function formatPending({ signed, hash, sender }: SignedTransaction): JsonRecord {
  const place = { blockHash: null, blockNumber: null, transactionIndex: null };
  return { ...formatSigned(signed), hash, from: sender, ...place };
}

/** A log of `block`. */
export function formatLog(block: BlockRecord, { index, log }: PlacedLog): JsonRecord {
  return {
    address: bytesToHex(log.address),
    topics: log.topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(log.data),
    blockNumber: quantity(block.number),
    blockHash: bytesToHex(block.hash),
    blockTimestamp: quantity(block.timestampS),
    transactionHash: bytesToHex(log.transactionHash),
    transactionIndex: quantity(log.transactionIndex),
    logIndex: quantity(index),
    removed: false,
  };
}

/** What became of a transaction, with the logs it wrote. */
export function formatReceipt(
  common: Common,
  block: BlockRecord,
  index: number,
  { record, logs }: { readonly record: TransactionRecord; readonly logs: readonly PlacedLog[] },
): JsonRecord {
  const signed = createTxFromRLP(record.raw, { common });
  const { contractAddress } = record;
  return {
    type: quantity(signed.type),
    status: record.succeeded ? "0x1" : "0x0",
    transactionHash: bytesToHex(record.hash),
    transactionIndex: quantity(index),
    blockHash: bytesToHex(block.hash),
    blockNumber: quantity(block.number),
    from: bytesToHex(record.from),
    to: signed.to?.toString() ?? null,
    contractAddress: contractAddress.length === 0 ? null : bytesToHex(contractAddress),
    gasUsed: bigIntToHex(record.gasUsed),
    cumulativeGasUsed: bigIntToHex(record.cumulativeGasUsed),
    effectiveGasPrice: bigIntToHex(record.effectiveGasPriceWei),
    logs: logs.map((log) => formatLog(block, log)),
    logsBloom: bytesToHex(bloomOf(common, logs.map(({ log }) => log))),
  };
}
