import { Block, type BlockHeader, createBlockHeader } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import {
  type CustomPrecompile,
  createEVM,
  type EVM,
  EVMError,
  type EVMMockBlockchainInterface,
} from "@ethereumjs/evm";
import type { TypedTransaction } from "@ethereumjs/tx";
import { type Address, createAddressFromString, EthereumJSError } from "@ethereumjs/util";
import { createVM, type RunTxResult, runTx, type VM } from "@ethereumjs/vm";
import { EMPTY_ACCOUNT } from "./account-record.ts";
import { type SignedTransaction, whyRefused } from "./admission.ts";
import type { ChainArchive, SealedBlock } from "./chain-archive.ts";
import type { BlockRecord, LogRecord, TransactionRecord } from "./chain-records.ts";
import { type CommittedState, changesOf, type StateDelta } from "./committed-state.ts";
import type { ChainCrypto } from "./crypto.ts";
import { BLOCK_GAS_MAX } from "./fixed-common.ts";
import { FlatState } from "./flat-state.ts";
import { rememberJumps } from "./jump-analysis.ts";
import { sealBlock } from "./seal-block.ts";
import { nextStateRoot } from "./state-commitment.ts";

/** What a machine works on. */
export interface MachineParts {
  readonly common: Common;
  readonly crypto: ChainCrypto;
  readonly committed: CommittedState;
  readonly archive: ChainArchive;
}

/** A block that is made but not yet written. */
export interface MadeBlock extends SealedBlock {
  readonly delta: StateDelta;
  /** Hashes of transactions that could not run, and why. */
  readonly refused: ReadonlyMap<string, string>;
}

/** A call outside any transaction; `gas` at most TRANSACTION_GAS_MAX. */
export interface Message {
  readonly from: Address;
  /** undefined: makes a contract. */
  readonly to: Address | undefined;
  readonly data: Uint8Array;
  readonly valueWei: bigint;
  readonly gas: bigint;
}

/** How a call or a trial ended. */
export interface MessageResult {
  /** undefined: it succeeded; otherwise the machine's word for it, such as "revert". */
  readonly failure: string | undefined;
  readonly returned: Uint8Array;
  readonly gasUsed: bigint;
  /** Gas it held at most, before refunds. */
  readonly gasBeforeRefund: bigint;
}

/**
 * Checks proofs about blobs (EIP-4844), which this chain does not carry: every proof is a wrong one.
 * Without this the library would throw out of a running transaction.
 */
const POINT_EVALUATION: CustomPrecompile = {
  address: "0x000000000000000000000000000000000000000a",
  function: ({ gasLimit: executionGasUsed }) => ({
    executionGasUsed,
    returnValue: new Uint8Array(),
    exceptionError: new EVMError(EVMError.errorMessages.INVALID_PROOF),
  }),
};

const EOA_DELEGATION = Uint8Array.of(0xef, 0x01, 0x00);

/**
 * Runs transactions and calls on the state. Callers take turns: one block, call or trial at a time.
 * Invariant: between turns the state holds no change.
 */
export class Machine {
  readonly #parts: MachineParts;
  readonly #state: FlatState;
  readonly #vm: VM;
  readonly #evm: EVM;

  private constructor(parts: MachineParts, state: FlatState, vm: VM, evm: EVM) {
    this.#parts = parts;
    this.#state = state;
    this.#vm = vm;
    this.#evm = evm;
  }

  static async make(parts: MachineParts): Promise<Machine> {
    const { common, crypto, committed, archive } = parts;
    const state = new FlatState(committed, crypto.keccak256);
    const blockchain: EVMMockBlockchainInterface = {
      // For BLOCKHASH.
      getBlock: (number) => {
        const hash = archive.block(number)?.hash ?? new Uint8Array(32);
        return Promise.resolve({ hash: () => hash });
      },
      putBlock: () => Promise.resolve(),
      shallowCopy: () => blockchain,
    };
    await rememberJumps(common);
    const evm = await createEVM({
      common,
      stateManager: state,
      blockchain,
      customPrecompiles: [POINT_EVALUATION],
    });
    const vm = await createVM({ common, stateManager: state, blockchain, evm });
    return new Machine(parts, state, vm, evm);
  }

  /** The block that would follow `parent`, as far as running code can see it. */
  #environment(parent: BlockRecord, timestampS: number): Block {
    const { common } = this.#parts;
    const header: BlockHeader = createBlockHeader(
      {
        parentHash: parent.hash,
        number: BigInt(parent.number + 1),
        timestamp: BigInt(Math.max(parent.timestampS, timestampS)),
        gasLimit: BLOCK_GAS_MAX,
        baseFeePerGas: 0n,
        // Known beforehand, so never to be used for chance; there is no beacon to take it from.
        mixHash: parent.hash,
      },
      { common },
    );
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the factory makes the header again
    return new Block(header, [], [], [], { common });
  }

  /** Runs `transactions` in order on top of `parent`; whoever gets the block must write or forget it. */
  async makeBlock(
    parent: BlockRecord,
    timestampS: number,
    transactions: readonly SignedTransaction[],
  ): Promise<MadeBlock> {
    const block = this.#environment(parent, timestampS);
    const refused = new Map<string, string>();
    const done: TransactionRecord[] = [];
    const logs: LogRecord[] = [];
    try {
      for (const transaction of transactions) {
        const gasBefore = done.at(-1)?.cumulativeGasUsed ?? 0n;
        const result = await this.#runOne(block, transaction);
        if (typeof result === "string") refused.set(transaction.hash, result);
        else {
          const made = recordOf(transaction, result, gasBefore, logs.length);
          done.push(made);
          logs.push(...logsOf(result, made, done.length - 1));
        }
      }
      const delta = this.#state.delta();
      const { keccak256 } = this.#parts.crypto;
      const stateRoot = nextStateRoot(keccak256, parent.stateRoot, changesOf(delta));
      const sealed = sealBlock(this.#parts, block.header, stateRoot, { transactions: done, logs });
      return { block: sealed, transactions: done, logs, delta, refused };
    } finally {
      this.#forget();
    }
  }

  async #runOne(block: Block, transaction: SignedTransaction): Promise<RunTxResult | string> {
    const sender = createAddressFromString(transaction.sender);
    const code = await this.#state.getCode(sender);
    const isDelegated = (): boolean => EOA_DELEGATION.every((byte, i) => code[i] === byte);
    const account = this.#state.record(transaction.sender as `0x${string}`) ?? EMPTY_ACCOUNT;
    const reason = whyRefused(transaction, account, isDelegated);
    if (reason !== undefined) return reason;
    const { depth } = this.#state;
    try {
      return await runTx(this.#vm, { tx: transaction.signed, block, blockGasUsed: 0n });
    } catch (error) {
      // The library refuses by throwing; anything else is a fault. It undoes what it did, unless it
      // throws from the middle of a run: then its checkpoints are still open.
      await this.#state.revertTo(depth);
      if (error instanceof EthereumJSError) return error.message;
      throw error;
    }
  }

  /** What `message` returns in the next block, without a trace left behind. */
  async call(parent: BlockRecord, timestampS: number, message: Message): Promise<MessageResult> {
    const { from: caller, to, data, valueWei: value, gas: gasLimit } = message;
    const block = this.#environment(parent, timestampS);
    try {
      const { execResult } = await this.#evm.runCall({
        block,
        caller,
        ...(to === undefined ? {} : { to }),
        data,
        value,
        gasLimit,
      });
      return {
        failure: execResult.exceptionError?.error,
        returned: execResult.returnValue,
        gasUsed: execResult.executionGasUsed,
        gasBeforeRefund: execResult.executionGasUsed,
      };
    } finally {
      this.#forget();
    }
  }

  /** How `message` would end as a transaction with its gas limit; a text: why it cannot be one. */
  async trial(
    parent: BlockRecord,
    timestampS: number,
    transaction: TypedTransaction,
  ): Promise<MessageResult | string> {
    const block = this.#environment(parent, timestampS);
    try {
      const result = await runTx(this.#vm, { tx: transaction, block, skipNonce: true });
      return {
        failure: result.execResult.exceptionError?.error,
        returned: result.execResult.returnValue,
        gasUsed: result.totalGasSpent,
        gasBeforeRefund: result.totalGasSpent + result.gasRefund,
      };
    } catch (error) {
      if (error instanceof EthereumJSError) return error.message;
      throw error;
    } finally {
      this.#forget();
    }
  }

  #forget(): void {
    this.#evm.journal.cleanJournal();
    this.#evm.transientStorage.clear();
    this.#state.clear();
  }
}

function recordOf(
  { raw, hashBytes: hash, signed }: SignedTransaction,
  result: RunTxResult,
  gasBefore: bigint,
  firstLogIndex: number,
): TransactionRecord {
  const { execResult, totalGasSpent: gasUsed, amountSpent, createdAddress } = result;
  const succeeded = execResult.exceptionError === undefined;
  return {
    raw,
    hash,
    from: signed.getSenderAddress().bytes,
    succeeded,
    gasUsed,
    cumulativeGasUsed: gasBefore + gasUsed,
    effectiveGasPriceWei: amountSpent / gasUsed,
    contractAddress:
      signed.to === undefined && createdAddress ? createdAddress.bytes : new Uint8Array(),
    firstLogIndex,
    logCount: succeeded ? (execResult.logs?.length ?? 0) : 0,
  };
}

function logsOf(
  { execResult: { logs = [] } }: RunTxResult,
  { hash: transactionHash, logCount }: TransactionRecord,
  transactionIndex: number,
): LogRecord[] {
  return logs.slice(0, logCount).map(([address, topics, data]) => ({
    address,
    topics,
    data,
    transactionIndex,
    transactionHash,
  }));
}
