import { bytesToHex } from "@ethereumjs/util";
import type { Json } from "../core/rpc.ts";
import type { Chain } from "./chain.ts";
import { isAskedFor, type LogQuery } from "./chain-archive.ts";
import { RPC_CODE, RpcError } from "./rpc-error.ts";
import { formatLog } from "./rpc-format.ts";
import type { LogSelection } from "./rpc-parameters.ts";

/** Most filters at a time. */
export const FILTERS_MAX = 1_000;
/** A filter that nobody asks for so long is forgotten; as in geth. */
export const FILTER_IDLE_MS = 5 * 60_000;
/** Most logs of one answer. */
export const LOGS_MAX = 10_000;
/** Most logs that are looked at for one answer. */
const LOGS_READ_MAX = 200_000;
const BLOCK_HASHES_MAX = 1_000;
const PENDING_HASHES_MAX = 10_000;

/** What a filter is for. A cursor is kept instead of its findings, so that it costs no memory. */
type Filter =
  | { readonly kind: "logs"; readonly query: LogQuery; nextBlock: number }
  | { readonly kind: "blocks"; nextBlock: number }
  | { readonly kind: "pending"; readonly hashes: string[]; readonly stop: () => void };

interface Entry {
  readonly filter: Filter;
  usedMs: number;
}

/**
 * The logs that `query` asks for, as JSON.
 * @throws RpcError limitExceeded beyond LOGS_MAX results or LOGS_READ_MAX logs to look at.
 */
export function findLogs(chain: Chain, query: LogQuery): Json[] {
  const { logs, nextBlock } = collect(chain, query);
  if (nextBlock <= Math.min(query.toBlock, chain.head.number)) {
    const message = `query returned more than ${LOGS_MAX} results or looked at more than ${LOGS_READ_MAX}: ask for fewer blocks`;
    throw new RpcError(RPC_CODE.limitExceeded, message);
  }
  return logs;
}

/** Whole blocks' logs until there are LOGS_MAX, and the block to go on with. */
function collect(chain: Chain, query: LogQuery): { logs: Json[]; nextBlock: number } {
  const { archive } = chain;
  const toBlock = Math.min(query.toBlock, chain.head.number);
  if (query.fromBlock > toBlock) return { logs: [], nextBlock: query.fromBlock };
  const logs: Json[] = [];
  let block = archive.block(query.fromBlock);
  let readCount = 0;
  for (const placed of archive.candidates({ ...query, toBlock })) {
    if (block?.number !== placed.blockNumber) {
      if (logs.length >= LOGS_MAX || readCount >= LOGS_READ_MAX)
        return { logs, nextBlock: placed.blockNumber };
      block = archive.block(placed.blockNumber);
    }
    readCount += 1;
    if (block !== undefined && isAskedFor(query, placed.log)) logs.push(formatLog(block, placed));
  }
  return { logs, nextBlock: toBlock + 1 };
}

/** The filters of all clients of one chain. Time is told, not asked. */
export class FilterTable {
  readonly #chain: Chain;
  readonly #newName: () => string;
  readonly #entries = new Map<string, Entry>();

  /** `newName` makes a name that nobody guesses. */
  constructor(chain: Chain, newName: () => string) {
    this.#chain = chain;
    this.#newName = newName;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A filter for logs of blocks to come, or of those asked for. */
  addLogs(selection: LogSelection & { fromBlock: number; toBlock: number }, nowMs: number): string {
    // What exists already is for eth_getFilterLogs; changes begin with the next block.
    const nextBlock = Math.max(selection.fromBlock, this.#chain.head.number + 1);
    return this.#add({ kind: "logs", query: selection, nextBlock }, nowMs);
  }

  addBlocks(nowMs: number): string {
    return this.#add({ kind: "blocks", nextBlock: this.#chain.head.number + 1 }, nowMs);
  }

  addPending(nowMs: number): string {
    const hashes: string[] = [];
    const stop = this.#chain.observe({
      pending: ({ hash }) => {
        hashes.push(hash);
        if (hashes.length > PENDING_HASHES_MAX) hashes.shift();
      },
    });
    return this.#add({ kind: "pending", hashes, stop }, nowMs);
  }

  #add(filter: Filter, nowMs: number): string {
    this.#expire(nowMs);
    if (this.#entries.size >= FILTERS_MAX) {
      if (filter.kind === "pending") filter.stop();
      throw new RpcError(RPC_CODE.limitExceeded, `too many filters: the most is ${FILTERS_MAX}`);
    }
    const name = this.#newName();
    this.#entries.set(name, { filter, usedMs: nowMs });
    return name;
  }

  #expire(nowMs: number): void {
    for (const [name, { usedMs }] of this.#entries)
      if (nowMs - usedMs > FILTER_IDLE_MS) this.remove(name);
  }

  #find(name: string, nowMs: number): Filter {
    this.#expire(nowMs);
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new RpcError(RPC_CODE.serverError, "filter not found");
    entry.usedMs = nowMs;
    return entry.filter;
  }

  /** What is new since the last time; a long list comes in parts, one per call. */
  changes(name: string, nowMs: number): Json[] {
    const filter = this.#find(name, nowMs);
    switch (filter.kind) {
      case "pending":
        return filter.hashes.splice(0);
      case "logs": {
        const { logs, nextBlock } = collect(this.#chain, {
          ...filter.query,
          fromBlock: filter.nextBlock,
        });
        filter.nextBlock = nextBlock;
        return logs;
      }
      case "blocks": {
        const hashes: Json[] = [];
        while (filter.nextBlock <= this.#chain.head.number && hashes.length < BLOCK_HASHES_MAX) {
          const block = this.#chain.archive.block(filter.nextBlock);
          if (block !== undefined) hashes.push(bytesToHex(block.hash));
          filter.nextBlock += 1;
        }
        return hashes;
      }
    }
  }

  /** All logs that a log filter asks for. */
  logs(name: string, nowMs: number): Json[] {
    const filter = this.#find(name, nowMs);
    if (filter.kind !== "logs") throw new RpcError(RPC_CODE.serverError, "filter not found");
    return findLogs(this.#chain, filter.query);
  }

  /** Whether there was one to remove. */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry?.filter.kind === "pending") entry.filter.stop();
    return this.#entries.delete(name);
  }
}
