import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import type { Json } from "../core/rpc.ts";
import type { Chain } from "./chain.ts";
import type { BlockRecord } from "./chain-records.ts";
import type { RpcMethodTable } from "./rpc-context.ts";
import { badParameter, RPC_CODE, RpcError } from "./rpc-error.ts";
import { findLogs } from "./rpc-filters.ts";
import {
  formatBlock,
  formatPending,
  formatReceipt,
  formatTransaction,
  quantity,
} from "./rpc-format.ts";
import {
  isJsonRecord,
  type LogSelection,
  readBlockTag,
  readFlag,
  readHex,
  readQuantity,
  readSelection,
} from "./rpc-parameters.ts";

const FEE_BLOCKS_MAX = 1_024;
const FEE_PERCENTILES_MAX = 100;

function blockOfTag({ archive, head }: Chain, tag: Json | undefined): BlockRecord | undefined {
  return archive.block(readBlockTag(tag, "block", head.number));
}

function blockOfHash({ archive }: Chain, hash: Json | undefined): BlockRecord | undefined {
  return archive.blockByHash(hexToBytes(readHex(hash, "blockHash", 32)));
}

function wholeBlock(chain: Chain, block: BlockRecord | undefined, flag: Json | undefined): Json {
  const isFull = readFlag(flag, "fullTransactions");
  if (block === undefined) return null;
  const records = chain.archive.transactionsOf(block.number);
  return formatBlock(
    chain.common,
    block,
    records.map((record, index) =>
      isFull ? formatTransaction(chain.common, block, index, record) : bytesToHex(record.hash),
    ),
  );
}

function transactionAt(chain: Chain, block: BlockRecord | undefined, position: Json | undefined): Json {
  const index = Number(readQuantity(position, "index"));
  if (block === undefined || index >= block.transactionCount) return null;
  const record = chain.archive.transaction({ blockNumber: block.number, index });
  return record === undefined ? null : formatTransaction(chain.common, block, index, record);
}

function receiptAt(chain: Chain, block: BlockRecord, index: number): Json {
  const { archive, common } = chain;
  const record = archive.transaction({ blockNumber: block.number, index });
  if (record === undefined) return null;
  const logs = archive.logsAt(block.number, record.firstLogIndex, record.logCount);
  return formatReceipt(common, block, index, { record, logs });
}

/** Which blocks and logs a filter object asks for. */
export function readLogFilter(
  chain: Chain,
  value: Json | undefined,
): LogSelection & { readonly fromBlock: number; readonly toBlock: number } {
  if (!isJsonRecord(value)) throw badParameter("filter", "an object");
  const { fromBlock, toBlock, blockHash } = value;
  const newest = chain.head.number;
  if (blockHash !== undefined && blockHash !== null) {
    const block = blockOfHash(chain, blockHash);
    if (block === undefined) throw new RpcError(RPC_CODE.serverError, "unknown block");
    return { ...readSelection(value), fromBlock: block.number, toBlock: block.number };
  }
  // An open end goes on with the chain: the largest number there is.
  const isOpen = toBlock === undefined || toBlock === null || typeof toBlock !== "string" || !toBlock.startsWith("0x");
  const last = readBlockTag(toBlock, "toBlock", newest);
  const first = readBlockTag(fromBlock, "fromBlock", newest);
  if (!isOpen && first > last) throw badParameter("fromBlock", "a block not after toBlock");
  const to = isOpen && toBlock !== "earliest" ? Number.MAX_SAFE_INTEGER - 1 : last;
  return { ...readSelection(value), fromBlock: first, toBlock: Math.min(to, Number.MAX_SAFE_INTEGER - 1) };
}

/** Blocks, transactions, receipts and logs. Source: the Ethereum JSON-RPC specification. */
export const blockMethods: RpcMethodTable = {
  eth_blockNumber: ({ chain }) => quantity(chain.head.number),
  eth_getBlockByNumber: ({ chain }, [tag, full]) => wholeBlock(chain, blockOfTag(chain, tag), full),
  eth_getBlockByHash: ({ chain }, [hash, full]) => wholeBlock(chain, blockOfHash(chain, hash), full),
  eth_getBlockTransactionCountByNumber: ({ chain }, [tag]) => {
    const block = blockOfTag(chain, tag);
    return block === undefined ? null : quantity(block.transactionCount);
  },
  eth_getBlockTransactionCountByHash: ({ chain }, [hash]) => {
    const block = blockOfHash(chain, hash);
    return block === undefined ? null : quantity(block.transactionCount);
  },
  eth_getTransactionByBlockNumberAndIndex: ({ chain }, [tag, index]) =>
    transactionAt(chain, blockOfTag(chain, tag), index),
  eth_getTransactionByBlockHashAndIndex: ({ chain }, [hash, index]) =>
    transactionAt(chain, blockOfHash(chain, hash), index),
  eth_getTransactionByHash: ({ chain }, [value]) => {
    const hash = readHex(value, "transactionHash", 32);
    const place = chain.archive.placeOf(hexToBytes(hash));
    const block = place === undefined ? undefined : chain.archive.block(place.blockNumber);
    if (place !== undefined) return transactionAt(chain, block, quantity(place.index));
    const pending = chain.pending(hash);
    return pending === undefined ? null : formatPending(pending);
  },
  eth_getTransactionReceipt: ({ chain }, [hash]) => {
    const place = chain.archive.placeOf(hexToBytes(readHex(hash, "transactionHash", 32)));
    const block = place === undefined ? undefined : chain.archive.block(place.blockNumber);
    return place === undefined || block === undefined ? null : receiptAt(chain, block, place.index);
  },
  eth_getBlockReceipts: ({ chain }, [value]) => {
    const isHash = typeof value === "string" && value.length === 66;
    const block = isHash ? blockOfHash(chain, value) : blockOfTag(chain, value);
    if (block === undefined) return null;
    return Array.from({ length: block.transactionCount }, (_, i) => receiptAt(chain, block, i));
  },
  eth_getLogs: ({ chain }, [filter]) => findLogs(chain, readLogFilter(chain, filter)),
  eth_feeHistory: ({ chain }, [count, newest, percentiles]) => {
    const wanted = readQuantity(count, "blockCount");
    if (wanted > FEE_BLOCKS_MAX) throw badParameter("blockCount", `at most ${FEE_BLOCKS_MAX}`);
    const last = Math.min(readBlockTag(newest, "newestBlock", chain.head.number), chain.head.number);
    const blockCount = Math.min(Number(wanted), last + 1);
    const hasPercentiles = Array.isArray(percentiles) && percentiles.length > 0;
    if (hasPercentiles && percentiles.length > FEE_PERCENTILES_MAX)
      throw badParameter("rewardPercentiles", `at most ${FEE_PERCENTILES_MAX}`);
    // Gas costs nothing here and blocks are never full, so there is nothing to read from the blocks.
    const rewards = hasPercentiles ? percentiles.map(() => "0x0") : [];
    return {
      oldestBlock: quantity(last + 1 - blockCount),
      baseFeePerGas: Array.from({ length: blockCount + 1 }, () => "0x0"),
      gasUsedRatio: Array.from({ length: blockCount }, () => 0),
      ...(hasPercentiles ? { reward: Array.from({ length: blockCount }, () => rewards) } : {}),
    };
  },
};
