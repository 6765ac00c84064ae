import { AgentError } from "../../agent/core/errors.ts";
import type { Json, RpcClient } from "../../agent/core/rpc.ts";
import { aborted } from "../../agent/core/waiting.ts";
import type { DayRecord, DayTerms, RunFacts } from "./record.ts";
import { buildRecord } from "./record-build.ts";
import { MarketDecoder, pairUp } from "./record-decode.ts";
import type { DayFacts, MarketEvent, TransactionFact } from "./record-facts.ts";

/** How far the day is, after a block. */
export interface DayProgress {
  readonly blockNumber: number;
  /** Time of the block, seconds since 1970; 0 before the first. */
  readonly blockTimeS: number;
  /** Intervals that are final: all below this one. */
  readonly finalIntervals: number;
  readonly prosumerCount: number;
  readonly tradedWh: number;
  readonly offerCount: number;
  readonly readingCount: number;
  readonly transactionCount: number;
  readonly refusedCount: number;
  readonly gasUsed: number;
}

const NO_PROGRESS: DayProgress = {
  blockNumber: 0,
  blockTimeS: 0,
  finalIntervals: 0,
  prosumerCount: 0,
  tradedWh: 0,
  offerCount: 0,
  readingCount: 0,
  transactionCount: 0,
  refusedCount: 0,
  gasUsed: 0,
};

/** Length of one reading in 0x text. */
const READING_DIGITS = 8;

/**
 * Reads a day of the market off its chain: every block once, and in order.
 *
 * It is the connection's only receiver, asks only when a head was announced, and keeps what it read in
 * memory: some 30 MB for a day of a hundred households. The market is the first contract that was made.
 */
export class DayRecorder {
  #client: RpcClient;
  #isLost = false;
  readonly #tell: (progress: DayProgress) => void;
  readonly #decoder = new MarketDecoder();
  readonly #events: MarketEvent[] = [];
  readonly #transactions: TransactionFact[] = [];
  #market: string | undefined;
  #progress = NO_PROGRESS;
  #lastHash: Json | undefined;
  /** Ends when all blocks asked for so far are taken. */
  #taking: Promise<void> = Promise.resolve();
  #heard = 0;
  #ring: () => void = () => undefined;

  /** `tell` is called after each block. */
  constructor(client: RpcClient, tell: (progress: DayProgress) => void = () => undefined) {
    this.#client = client;
    this.#tell = tell;
    this.use(client);
  }

  /** Reads through another connection to the same chain from now on. */
  use(client: RpcClient): void {
    this.#client = client;
    this.#isLost = false;
    void client.closed.then(() => {
      if (this.#client === client) this.#isLost = true;
    });
  }

  /** As told last. */
  get progress(): DayProgress {
    return this.#progress;
  }

  /** Address of the market's contract in lower case; undefined before it is made. */
  get market(): string | undefined {
    return this.#market;
  }

  /** What was read so far. */
  get facts(): DayFacts {
    return {
      market: this.#market ?? null,
      events: this.#events,
      transactions: this.#transactions,
      blockCount: this.#progress.blockNumber,
    };
  }

  /** The record of what was read so far. */
  record(terms: DayTerms, run: RunFacts): DayRecord {
    return buildRecord(this.facts, terms, run);
  }

  /**
   * Takes all blocks up to `blockNumber` that were not taken yet; calls may overlap.
   * @throws AgentError RECORD_CHAIN_UNREADABLE when the chain does not give one, or has changed its past.
   */
  takeBlock(blockNumber: number): Promise<void> {
    const after = this.#taking.then(async () => {
      while (this.#progress.blockNumber < blockNumber)
        await this.#takeNext(this.#progress.blockNumber + 1);
    });
    // A failure is the caller's; whoever asks next finds the same block missing, and tries again.
    this.#taking = after.catch(() => undefined);
    return after;
  }

  /** Takes all blocks that the chain has now. @throws AgentError RECORD_CHAIN_UNREADABLE */
  async catchUp(): Promise<void> {
    const head = await this.#ask("eth_blockNumber", []);
    await this.takeBlock(Number(head));
  }

  /**
   * Takes blocks as they come, those of the past first, until `signal` aborts or the connection is lost;
   * call catchUp afterwards for the last ones. @throws AgentError RECORD_CHAIN_UNREADABLE
   */
  async follow(signal: AbortSignal): Promise<"stopped" | "lost"> {
    try {
      return await this.#follow(signal);
    } catch (error) {
      // Questions that a lost connection left open fail in passing.
      if (this.#isLost) return "lost";
      throw error;
    }
  }

  async #follow(signal: AbortSignal): Promise<"stopped" | "lost"> {
    const client = this.#client;
    client.receive((method, params) => {
      if (method !== "eth_subscription") return;
      this.#heard = Math.max(this.#heard, headNumberOf(params));
      this.#ring();
    });
    const subscription = await this.#ask("eth_subscribe", ["newHeads"]);
    await this.catchUp();
    const lost = client.closed.then(() => "lost" as const);
    const stopped = Promise.race([aborted(signal), lost]);
    while (!signal.aborted) {
      if (this.#heard > this.#progress.blockNumber) await this.takeBlock(this.#heard);
      else if ((await Promise.race([stopped, this.#nextRing()])) === "lost") return "lost";
    }
    // Nobody cares any more whether the connection still stands.
    await client.call("eth_unsubscribe", [subscription]);
    return "stopped";
  }

  #nextRing(): Promise<void> {
    return new Promise((resolve) => {
      this.#ring = resolve;
    });
  }

  async #ask(method: string, params: readonly Json[]): Promise<Json> {
    const outcome = await this.#client.call(method, params);
    if (!outcome.ok)
      throw unreadable(this.#progress.blockNumber + 1, `${method}: ${outcome.message}`);
    return outcome.result;
  }

  async #takeNext(blockNumber: number): Promise<void> {
    const number = `0x${blockNumber.toString(16)}`;
    const [block, receipts] = await Promise.all([
      this.#ask("eth_getBlockByNumber", [number, true]),
      this.#ask("eth_getBlockReceipts", [number]),
    ]);
    const pairs = pairUp(block, receipts);
    if (pairs === undefined) throw unreadable(blockNumber, "no such block, or receipts missing");
    const head = block as Readonly<Record<string, Json>>;
    if (this.#lastHash !== undefined && head["parentHash"] !== this.#lastHash)
      throw unreadable(blockNumber, "its parent is not the block before");
    // All is decoded before anything is kept, so that a failure leaves nothing behind.
    let market = this.#market;
    const facts: TransactionFact[] = [];
    const events: MarketEvent[] = [];
    for (const [transaction, receipt] of pairs) {
      market ??= receipt.contractAddress?.toLowerCase();
      facts.push(this.#decoder.transactionFact(transaction, receipt, market));
      if (market !== undefined) events.push(...this.#decoder.eventsOf(receipt, market));
    }
    this.#market = market;
    for (const fact of facts) this.#takeTransaction(fact);
    for (const event of events) this.#takeEvent(event);
    this.#lastHash = head["hash"];
    this.#progress = { ...this.#progress, blockNumber, blockTimeS: Number(head["timestamp"]) };
    this.#tell(this.#progress);
  }

  #takeTransaction(fact: TransactionFact): void {
    this.#transactions.push(fact);
    const { gasUsed, succeeded } = fact;
    const before = this.#progress;
    this.#progress = {
      ...before,
      transactionCount: before.transactionCount + 1,
      refusedCount: before.refusedCount + (succeeded ? 0 : 1),
      gasUsed: before.gasUsed + gasUsed,
    };
  }

  #takeEvent(event: MarketEvent): void {
    this.#events.push(event);
    const before = this.#progress;
    switch (event.name) {
      case "ProsumerRegistered":
        this.#progress = { ...before, prosumerCount: before.prosumerCount + 1 };
        return;
      case "OfferPosted":
        this.#progress = { ...before, offerCount: before.offerCount + 1 };
        return;
      case "ReadingSubmitted": {
        const count = (event.args.readings.length - "0x".length) / READING_DIGITS;
        this.#progress = { ...before, readingCount: before.readingCount + count };
        return;
      }
      case "Finalized":
        this.#progress = {
          ...before,
          finalIntervals: event.args.interval + 1,
          tradedWh: before.tradedWh + Number(event.args.tradedWh),
        };
        return;
      case "FeederSet":
      case "MeterRegistered":
      case "Deposited":
      case "Withdrawn":
      case "SolutionPosted":
      case "CandidateDropped":
      case "OfferReleased":
        return;
    }
  }
}

function headNumberOf(params: Json): number {
  const { result } = params as { readonly result?: { readonly number?: string } };
  return Number(result?.number ?? 0);
}

function unreadable(blockNumber: number, reason: string): AgentError {
  return new AgentError("RECORD_CHAIN_UNREADABLE", { blockNumber, reason });
}
