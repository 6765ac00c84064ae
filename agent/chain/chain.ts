import type { Common } from "@ethereumjs/common";
import { createAccessList2930Tx, type AccessList } from "@ethereumjs/tx";
import { bytesToHex, createAddressFromString, createZeroAddress } from "@ethereumjs/util";
import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Database, Store } from "../core/store.ts";
import { type AccountRecord, EMPTY_ACCOUNT } from "./account-record.ts";
import { readTransaction, type SignedTransaction } from "./admission.ts";
import { ChainArchive, type SealedBlock } from "./chain-archive.ts";
import type { Hex } from "./chain-keys.ts";
import { type ChainOptions, checkChainOptions } from "./chain-options.ts";
import type { BlockRecord } from "./chain-records.ts";
import { CommittedState } from "./committed-state.ts";
import { type ChainCrypto, loadCrypto } from "./crypto.ts";
import { leastGas } from "./estimate-gas.ts";
import { fixedCommon, TRANSACTION_GAS_MAX } from "./fixed-common.ts";
import { openGenesis } from "./genesis.ts";
import { Machine, type Message, type MessageResult } from "./machine.ts";
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

/** A call as it is asked for; what is left out: from nobody, no value, no data, the most gas. */
export interface CallRequest {
  readonly from?: Hex;
  readonly to?: Hex;
  readonly data?: Uint8Array;
  readonly valueWei?: bigint;
  readonly gas?: bigint;
  readonly accessList?: AccessList;
}

/** How a call ended. */
export type CallOutcome =
  | { readonly kind: "returned"; readonly data: Uint8Array }
  /** The contract refused, with the data it gave as its reason. */
  | { readonly kind: "reverted"; readonly data: Uint8Array }
  | { readonly kind: "failed"; readonly reason: string };

/** The gas that a transaction needs, or why it cannot succeed. */
export type EstimateOutcome =
  | { readonly kind: "enough"; readonly gas: bigint }
  | Exclude<CallOutcome, { kind: "returned" }>;

/** Whoever wants to know what happens; called after a block is durable, before senders are answered. */
export interface ChainObserver {
  block?(sealed: SealedBlock): void;
  pending?(transaction: SignedTransaction): void;
}

const POOL_LIMITS = { readyMax: 20_000, queuedMax: 4_096 };
const CALLS_WAITING_MAX = 1_000;
const BUSY = "too many calls wait; try again later";

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
  async call(request: CallRequest): Promise<CallOutcome> {
    if (this.#turns.waitingCount >= CALLS_WAITING_MAX) return { kind: "failed", reason: BUSY };
    const message = messageOf(request);
    const reason = this.#whyNoCall(message);
    if (reason !== undefined) return { kind: "failed", reason };
    const result = await this.#turns.run(() =>
      this.#inside.machine.call(this.#head, this.#nowS(), message),
    );
    return outcomeOf(result) ?? { kind: "returned", data: result.returned };
  }

  /** The least gas limit with which `request` succeeds as a transaction sent now. */
  async estimateGas(request: CallRequest): Promise<EstimateOutcome> {
    if (this.#turns.waitingCount >= CALLS_WAITING_MAX) return { kind: "failed", reason: BUSY };
    const message = messageOf(request);
    const reason = this.#whyNoCall(message);
    if (reason !== undefined) return { kind: "failed", reason };
    return this.#turns.run(() => this.#estimate(message, request.accessList ?? []));
  }

  #whyNoCall({ from, valueWei, gas }: Message): string | undefined {
    if (gas > TRANSACTION_GAS_MAX) return `gas limit too high: the most is ${TRANSACTION_GAS_MAX}`;
    if (this.account(from.toString()).balanceWei < valueWei) return "insufficient funds for transfer";
    return undefined;
  }

  async #estimate(message: Message, accessList: AccessList): Promise<EstimateOutcome> {
    const { from, to, data, valueWei: value, gas } = message;
    let failure: EstimateOutcome | undefined;
    const found = await leastGas(gas, async (gasLimit) => {
      const transaction = createAccessList2930Tx(
        { ...(to === undefined ? {} : { to }), data, value, gasLimit, accessList },
        { common: this.common, freeze: false },
      );
      transaction.getSenderAddress = () => from;
      const result = await this.#inside.machine.trial(this.#head, this.#nowS(), transaction);
      const failed =
        typeof result === "string" ? ({ kind: "failed", reason: result } as const) : outcomeOf(result);
      failure ??= failed;
      const gasBeforeRefund = typeof result === "string" ? 0n : result.gasBeforeRefund;
      return { succeeded: failed === undefined, gasBeforeRefund };
    });
    if (found !== undefined) return { kind: "enough", gas: found };
    return failure ?? { kind: "failed", reason: "gas required exceeds allowance" };
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

function messageOf({ from, to, data, valueWei, gas }: CallRequest): Message {
  return {
    from: from === undefined ? createZeroAddress() : createAddressFromString(from),
    to: to === undefined ? undefined : createAddressFromString(to),
    data: data ?? new Uint8Array(),
    valueWei: valueWei ?? 0n,
    gas: gas ?? TRANSACTION_GAS_MAX,
  };
}

function outcomeOf({ failure, returned }: MessageResult): Exclude<CallOutcome, { kind: "returned" }> | undefined {
  if (failure === undefined) return undefined;
  return failure === "revert"
    ? { kind: "reverted", data: returned }
    : { kind: "failed", reason: failure };
}

/**
 * Opens the chain in database `options.database`, making it when missing.
 * @throws AgentError CHAIN_OPTIONS_INVALID, CHAIN_DATABASE_FOREIGN when the database holds a chain
 * with another id, other rules or another genesis, and what Store.open throws.
 */
export async function openChain(parts: ChainParts, options: ChainOptions): Promise<Chain> {
  checkChainOptions(options);
  const crypto = await loadCrypto();
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

