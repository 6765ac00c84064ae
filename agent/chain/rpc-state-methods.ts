import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import type { Json } from "../core/rpc.ts";
import type { CallOutcome, Chain } from "./chain.ts";
import { readSlot, padWord } from "./rpc-words.ts";
import type { RpcMethodTable } from "./rpc-context.ts";
import { RPC_CODE, RpcError } from "./rpc-error.ts";
import { readLogFilter } from "./rpc-block-methods.ts";
import { quantity } from "./rpc-format.ts";
import {
  isJsonRecord,
  readAddress,
  readBlockTag,
  readCall,
  readHex,
  refuseGiven,
} from "./rpc-parameters.ts";
import { revertReason } from "./revert-reason.ts";

/** Refuses blocks other than the newest: the state of older ones is not kept. */
function needNewest({ archive, head }: Chain, tag: Json | undefined): void {
  let number: number;
  if (isJsonRecord(tag) && tag["blockHash"] !== undefined) {
    const hash = hexToBytes(readHex(tag["blockHash"], "blockHash", 32));
    number = archive.blockByHash(hash)?.number ?? -1;
  } else number = readBlockTag(isJsonRecord(tag) ? tag["blockNumber"] : tag, "block", head.number);
  if (number === head.number) return;
  const message = number > head.number || number < 0 ? "header not found" : "historical state is not available";
  throw new RpcError(RPC_CODE.serverError, message);
}

function refuse(outcome: Exclude<CallOutcome, { kind: "returned" }>): never {
  if (outcome.kind === "failed") throw new RpcError(RPC_CODE.serverError, outcome.reason);
  const reason = revertReason(outcome.data);
  const message = reason === undefined ? "execution reverted" : `execution reverted: ${reason}`;
  throw new RpcError(RPC_CODE.reverted, message, bytesToHex(outcome.data));
}

/** Accounts, calls and sending. Source: the Ethereum JSON-RPC specification; EIP-1474 for codes. */
export const stateMethods: RpcMethodTable = {
  eth_chainId: ({ chain }) => quantity(chain.chainId),
  net_version: ({ chain }) => String(chain.chainId),
  net_listening: () => true,
  net_peerCount: () => "0x0",
  web3_clientVersion: () => "hedgerow-chain/0.1.0",
  eth_syncing: () => false,
  eth_accounts: () => [],
  eth_gasPrice: () => "0x0",
  eth_maxPriorityFeePerGas: () => "0x0",
  eth_getBalance: ({ chain }, [address, tag]) => {
    needNewest(chain, tag);
    return quantity(chain.account(readAddress(address, "address")).balanceWei);
  },
  eth_getCode: ({ chain }, [address, tag]) => {
    needNewest(chain, tag);
    return bytesToHex(chain.code(readAddress(address, "address")));
  },
  eth_getStorageAt: ({ chain }, [address, slot, tag]) => {
    needNewest(chain, tag);
    return padWord(chain.storageAt(readAddress(address, "address"), readSlot(slot)));
  },
  eth_getTransactionCount: ({ chain }, [value, tag]) => {
    const address = readAddress(value, "address");
    if (tag === "pending") return quantity(chain.pendingNonce(address));
    needNewest(chain, tag);
    return quantity(chain.account(address).nonce);
  },
  eth_call: async ({ chain }, [transaction, tag, stateOverride, blockOverride]) => {
    refuseGiven(stateOverride, "stateOverride");
    refuseGiven(blockOverride, "blockOverride");
    const request = readCall(transaction);
    needNewest(chain, tag);
    const outcome = await chain.call(request);
    return outcome.kind === "returned" ? bytesToHex(outcome.data) : refuse(outcome);
  },
  eth_estimateGas: async ({ chain }, [transaction, tag, stateOverride]) => {
    refuseGiven(stateOverride, "stateOverride");
    const request = readCall(transaction);
    needNewest(chain, tag);
    const outcome = await chain.estimateGas(request);
    return outcome.kind === "enough" ? quantity(outcome.gas) : refuse(outcome);
  },
  eth_sendRawTransaction: async ({ chain }, [raw]) => {
    const outcome = await chain.sendRaw(hexToBytes(readHex(raw, "transaction")));
    if (outcome.ok) return bytesToHex(outcome.hash);
    throw new RpcError(RPC_CODE.serverError, outcome.reason);
  },
  eth_newFilter: ({ chain, filters, clock }, [filter]) =>
    filters.addLogs(readLogFilter(chain, filter), clock.monotonicMs()),
  eth_newBlockFilter: ({ filters, clock }) => filters.addBlocks(clock.monotonicMs()),
  eth_newPendingTransactionFilter: ({ filters, clock }) => filters.addPending(clock.monotonicMs()),
  eth_getFilterChanges: ({ filters, clock }, [name]) =>
    filters.changes(readHexName(name), clock.monotonicMs()),
  eth_getFilterLogs: ({ filters, clock }, [name]) =>
    filters.logs(readHexName(name), clock.monotonicMs()),
  eth_uninstallFilter: ({ filters }, [name]) => filters.remove(readHexName(name)),
};

function readHexName(name: Json | undefined): string {
  return readHex(name, "filterId");
}
