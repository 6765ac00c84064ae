import type { Hex } from "../component/ledger-service.ts";
import type { Json } from "../core/rpc.ts";
import { isHex, numberOf } from "./hex.ts";
import { lowerHex } from "./receipt-rule.ts";

/** An event as the chain gives it. */
export interface ChainLog {
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly transactionHash: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/** The events of a contract in a range of blocks. */
export interface LogPage {
  readonly fromBlock: number;
  readonly toBlock: number;
  /** In the order of the chain. */
  readonly logs: readonly ChainLog[];
}

/** Reads one log of eth_getLogs; undefined when it is none, or was taken back by a reorganisation. */
export function readLog(value: Json): ChainLog | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = value as Readonly<Record<string, Json>>;
  const { transactionHash, topics, data } = fields as Readonly<
    Record<"transactionHash" | "topics" | "data", Json>
  >;
  const blockNumber = numberOf(fields["blockNumber"]);
  const logIndex = numberOf(fields["logIndex"]);
  if (blockNumber === undefined || logIndex === undefined || fields["removed"] === true)
    return undefined;
  if (!isHex(transactionHash) || !isHex(data) || !Array.isArray(topics) || !topics.every(isHex))
    return undefined;
  return {
    blockNumber,
    logIndex,
    transactionHash: lowerHex(transactionHash),
    topics: (topics as readonly Hex[]).map(lowerHex),
    data,
  };
}

/** Fetches the events of `fromBlock` to at most `toBlock`; the page may end sooner. */
export type FetchPage = (fromBlock: number, toBlock: number) => Promise<LogPage>;

/**
 * The newest events of one contract, fetched once for all its readers.
 *
 * Invariants: what is kept covers the blocks from `#from` to `#to` without a hole; a range that is
 * being fetched is not asked for twice. Readers far behind fetch pages of their own, shared by range.
 */
export class LogWindow {
  readonly #fetch: FetchPage;
  readonly #pageBlocksMax: number;
  readonly #logsKeptMax: number;
  #logs: ChainLog[] = [];
  #from = 0;
  /** Last block covered; below `#from` when nothing is kept. */
  #to = -1;
  #underWay = new Map<number, Promise<LogPage>>();

  constructor(
    fetch: FetchPage,
    { pageBlocksMax, logsKeptMax }: { pageBlocksMax: number; logsKeptMax: number },
  ) {
    this.#fetch = fetch;
    this.#pageBlocksMax = pageBlocksMax;
    this.#logsKeptMax = logsKeptMax;
  }

  /** Forgets everything, such as when more kinds of events are wanted. */
  clear(): void {
    this.#logs = [];
    this.#from = 0;
    this.#to = -1;
    this.#underWay = new Map();
  }

  /** The events from `fromBlock` on, up to some block that is not beyond `head` (at least `fromBlock`). */
  async read(fromBlock: number, head: number): Promise<LogPage> {
    if (fromBlock >= this.#from && fromBlock <= this.#to)
      return {
        fromBlock,
        toBlock: this.#to,
        logs: this.#logs.filter((log) => log.blockNumber >= fromBlock),
      };
    let page = this.#underWay.get(fromBlock);
    if (page === undefined) {
      page = this.#load(fromBlock, Math.min(head, fromBlock + this.#pageBlocksMax - 1));
      this.#underWay.set(fromBlock, page);
    }
    return page;
  }

  async #load(fromBlock: number, toBlock: number): Promise<LogPage> {
    const empty = this.#to < this.#from;
    // A page of history must not reach into what is kept: it would be fetched twice.
    const last = !empty && fromBlock < this.#from ? Math.min(toBlock, this.#from - 1) : toBlock;
    // `clear` puts another map in its place: then this page comes too late to be kept.
    const underWay = this.#underWay;
    try {
      const page = await this.#fetch(fromBlock, last);
      if (underWay === this.#underWay) this.#extend(page);
      return page;
    } finally {
      underWay.delete(fromBlock);
    }
  }

  #extend(page: LogPage): void {
    if (this.#to < this.#from) {
      this.#from = page.fromBlock;
      this.#logs = [];
    } else if (page.fromBlock !== this.#to + 1) return;
    this.#logs.push(...page.logs);
    this.#to = page.toBlock;
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    const tooMany = this.#logs.length - this.#logsKeptMax;
    const lastOut = tooMany > 0 ? this.#logs[tooMany - 1] : undefined;
    if (lastOut === undefined) return;
    this.#from = lastOut.blockNumber + 1;
    this.#logs = this.#logs.filter((log) => log.blockNumber >= this.#from);
  }
}
