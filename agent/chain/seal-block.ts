import { type BlockHeader, createBlockHeader } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { RLP } from "@ethereumjs/rlp";
import { concatBytes, KECCAK256_RLP } from "@ethereumjs/util";
import { Bloom } from "@ethereumjs/vm";
import type { BlockRecord, LogRecord, TransactionRecord } from "./chain-records.ts";
import { encodeTransaction } from "./chain-records.ts";
import type { ChainCrypto } from "./crypto.ts";

/** The 2048-bit filter of addresses and topics. Source: Yellow Paper, section 4.3.1. */
export function bloomOf(common: Common, logs: readonly LogRecord[]): Uint8Array {
  const bloom = new Bloom(undefined, common);
  for (const { address, topics } of logs) {
    bloom.add(address);
    for (const topic of topics) bloom.add(topic);
  }
  return bloom.bitvector;
}

/**
 * The finished block. Its header has the form of Ethereum's and its hash is the header's keccak256,
 * but the three roots are flat hashes, not roots of Merkle tries: of the state see
 * state-commitment.ts; of transactions and receipts the keccak256 of all of them in order.
 */
export function sealBlock(
  { common, crypto: { keccak256 } }: { readonly common: Common; readonly crypto: ChainCrypto },
  environment: BlockHeader,
  stateRoot: Uint8Array,
  { transactions, logs }: {
    readonly transactions: readonly TransactionRecord[];
    readonly logs: readonly LogRecord[];
  },
): BlockRecord {
  const isEmpty = transactions.length === 0;
  const header = createBlockHeader(
    {
      parentHash: environment.parentHash,
      number: environment.number,
      timestamp: environment.timestamp,
      gasLimit: environment.gasLimit,
      baseFeePerGas: environment.baseFeePerGas ?? 0n,
      mixHash: environment.mixHash,
      stateRoot,
      transactionsTrie: isEmpty
        ? KECCAK256_RLP
        : keccak256(concatBytes(...transactions.map(({ hash }) => hash))),
      receiptTrie: isEmpty
        ? KECCAK256_RLP
        : keccak256(RLP.encode(transactions.map((transaction) => encodeTransaction(transaction)))),
      logsBloom: bloomOf(common, logs),
      gasUsed: transactions.at(-1)?.cumulativeGasUsed ?? 0n,
    },
    { common },
  );
  const serialized = header.serialize();
  return {
    number: Number(header.number),
    hash: header.hash(),
    header: serialized,
    timestampS: Number(header.timestamp),
    stateRoot,
    transactionCount: transactions.length,
    sizeBytes: transactions.reduce((sum, { raw }) => sum + raw.length, serialized.length),
  };
}
