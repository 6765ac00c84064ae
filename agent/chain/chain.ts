import type { Common } from "@ethereumjs/common";
import { bytesToHex } from "@ethereumjs/util";
import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Database, Store } from "../core/store.ts";
import { type AccountRecord, EMPTY_ACCOUNT } from "./account-record.ts";
import { readTransaction, type SignedTransaction } from "./admission.ts";
import { ChainArchive, type PlacedLog, type SealedBlock } from "./chain-archive.ts";
import { Caller, type CallOutcome, type CallRequest, type EstimateOutcome } from "./chain-calls.ts";
import type { Hex, Place } from "./chain-keys.ts";
import { type ChainOptions, checkChainOptions } from "./chain-options.ts";
import type { BlockRecord, TransactionRecord } from "./chain-records.ts";
import { CommittedState } from "./committed-state.ts";
import { type ChainCrypto, chainCrypto } from "./crypto.ts";
import { fixedCommon } from "./fixed-common.ts";
import { openGenesis } from "./genesis.ts";
import { Machine } from "./machine.ts";
import { Miner, type SendOutcome } from "./miner.ts";
import { PendingPool } from "./pending-pool.ts";
import { Serial } from "./serial.ts";

/** The parts of a World that a chain needs. */
export interface ChainParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly activity: Activity;
  readonly log: Log;
}

/** A transaction in a block, with what it did. */
export interface Receipt extends Place {
  readonly record: TransactionRecord;
  readonly logs: readonly PlacedLog[];
}

/** Whoever wants to know what happens; called after a block is durable, before senders are answered. */
export interface ChainObserver {
  block?(sealed: SealedBlock): void;
  pending?(transaction: SignedTransaction): void;
}

const POOL_LIMITS = { readyMax: 20_000, queuedMax: 4_096 };

interface Inside {
  readonly options: ChainOptions;
  readonly parts: ChainParts;
  readonly common: Common;
  readonly crypto: ChainCrypto;
  readonly database: Database;
  readonly committed: CommittedState;
  readonly archive: ChainArchive;
  readonly machine: Machine;
}

/**
 * An Ethereum chain of one board: signed transactions in, durable blocks out.
 *
 * Invariants: a block with its state, receipts and indexes is written in one step or not at all;
 * whoever is told of a block finds it after any crash; timestamps never go back.
 */
export class Chain implements AsyncDisposable {
  /** For reading what happened. */
  readonly archive: ChainArchive;
  readonly chainId: number;
  readonly common: Common;
  /** Rejects when a block could not be written, after which nothing is mined any more; resolves when closed. */
  readonly ended: Promise<void>;
  readonly #inside: Inside;
  readonly #pool: PendingPool<SignedTransaction>;
  readonly #miner: Miner;
  readonly #turns = new Serial();
  readonly #caller: Caller;
  readonly #observers = new Set<ChainObserver>();
  readonly #stopping = new AbortController();
  #head: BlockRecord;
  #sealed: SealedBlock | undefined;
  #closed: Promise<void> | undefined;

  constructor(inside: Inside, head: BlockRecord) {
    const { archive, common, options, parts } = inside;
    this.#inside = inside;
    this.archive = archive;
    this.common = common;
    this.chainId = options.chainId;
    this.#head = head;
    this.#pool = new PendingPool(POOL_LIMITS, (sender) => this.account(sender as Hex).nonce);
    this.#miner = new Miner(
      {
        clock: parts.clock,
        activity: parts.activity,
        pool: this.#pool,
        makeBlock: (taken) => this.#makeBlock(taken),
        announce: () => this.#announce(),
        inTurn: (work) => this.#turns.run(work),
      },
      options.mining,
      options.transactionsPerBlockMax,
    );
    this.#caller = new Caller({
      machine: inside.machine,
      common,
      turns: this.#turns,
      head: () => this.#head,
      nowS: () => this.#nowS(),
      balanceWei: (address) => this.account(address).balanceWei,
    });
    parts.activity.reached("chain", head.number);
    this.ended = this.#miner.run(this.#stopping.signal);
    // Whoever opened the chain awaits `ended` too; here a failure only closes the door.
    this.ended.catch(() => this.#stopping.abort());
  }

  /** The newest durable block. */
  get head(): BlockRecord {
    return this.#head;
  }

  /** Tells `observer` of what happens from now on, until the returned function is called. */
  observe(observer: ChainObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Takes a signed transaction in; see Miner for when it is answered. */
  sendRaw(raw: Uint8Array): Promise<SendOutcome> {
    const refuse = (reason: string): Promise<SendOutcome> => Promise.resolve({ ok: false, reason });
    if (this.#stopping.signal.aborted) return refuse("the chain is being stopped");
    const transaction = readTransaction(this.common, raw);
    if (typeof transaction === "string") return refuse(transaction);
    if (this.archive.placeOf(transaction.hashBytes) !== undefined) return refuse("already known");
    const outcome = this.#miner.send(transaction);
    if (this.#pool.find(transaction.hash) === transaction)
      for (const observer of this.#observers) observer.pending?.(transaction);
    return outcome;
  }

  /** What became of the transaction; undefined when it is in no block. */
  receipt(hash: Uint8Array): Receipt | undefined {
    const place = this.archive.placeOf(hash);
    const record = place === undefined ? undefined : this.archive.transaction(place);
    if (place === undefined || record === undefined) return undefined;
    const { blockNumber } = place;
    const logs = this.archive.logsAt(blockNumber, record.firstLogIndex, record.logCount);
    return { ...place, record, logs };
  }

  /** A transaction that waits for a block. */
  pending(hash: Hex): SignedTransaction | undefined {
    return this.#pool.find(hash);
  }

  /** The account after the newest block. */
  account(address: Hex): AccountRecord {
    return this.#inside.committed.account(address) ?? EMPTY_ACCOUNT;
  }

  /** The nonce for the next transaction of `address`, counting those that wait. */
  pendingNonce(address: Hex): bigint {
    return this.#pool.nextNonce(address);
  }

  /** The code of a contract; empty for any other account. */
  code(address: Hex): Uint8Array {
    return this.#inside.committed.code(bytesToHex(this.account(address).codeHash));
  }

  /** A storage slot's value without leading zeros. `slot` has 32 bytes. */
  storageAt(address: Hex, slot: Hex): Uint8Array {
    return this.#inside.committed.slot(address, slot);
  }

  /** What `request` would return in a transaction sent now: it sees the next block's number and time. */
  call(request: CallRequest): Promise<CallOutcome> {
    return this.#caller.call(request);
  }

  /** The least gas limit with which `request` succeeds as a transaction sent now. */
  estimateGas(request: CallRequest): Promise<EstimateOutcome> {
    return this.#caller.estimateGas(request);
  }

  #nowS(): number {
    return Math.floor(this.#inside.parts.clock.utcUs() / 1_000_000);
  }

  async #makeBlock(taken: readonly SignedTransaction[]): Promise<ReadonlyMap<string, string>> {
    const { machine, database, committed, archive, parts } = this.#inside;
    const { delta, refused, ...sealed } = await machine.makeBlock(this.#head, this.#nowS(), taken);
    for (const [hash, reason] of refused)
      parts.log.write("info", "chain-transaction-refused", { hash, reason });
    if (sealed.transactions.length === 0) return refused;
    database.transact((writer) => {
      committed.write(writer, delta);
      archive.write(writer, sealed);
    });
    committed.settled(delta);
    this.#head = sealed.block;
    this.#sealed = sealed;
    return refused;
  }

  #announce(): void {
    const sealed = this.#sealed;
    if (sealed === undefined) return;
    for (const observer of [...this.#observers]) observer.block?.(sealed);
    this.#inside.parts.activity.reached("chain", sealed.block.number);
  }

  /** Finishes the block being made, answers whoever waits, and closes the database. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#closed ??= this.ended
      .catch(() => undefined)
      .then(() => this.#turns.run(() => Promise.resolve()))
      .then(() => this.#inside.database[Symbol.asyncDispose]());
    return this.#closed;
  }
}

/**
 * Opens the chain in database `options.database`, making it when missing.
 * @throws AgentError CHAIN_OPTIONS_INVALID, CHAIN_DATABASE_FOREIGN when the database holds a chain
 * with another id, other rules or another genesis, and what Store.open throws.
 */
export async function openChain(parts: ChainParts, options: ChainOptions): Promise<Chain> {
  checkChainOptions(options);
  const crypto = chainCrypto;
  const common = fixedCommon(options.chainId, crypto);
  const database = await parts.store.open(options.database);
  try {
    const committed = new CommittedState(database);
    const archive = new ChainArchive(database);
    const inside = { options, parts, common, crypto, database, committed, archive };
    const head = openGenesis(inside);
    const machine = await Machine.make(inside);
    return new Chain({ ...inside, machine }, head);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}
