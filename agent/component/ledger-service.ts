import type { Abi } from "abitype";

/** Bytes as text: 0x and two hexadecimal digits a byte. */
export type Hex = `0x${string}`;

/**
 * What a component may ask of a ledger, whatever chain is behind it: plain data, so that it crosses
 * from an actor's process to the board's agent, which keeps keys, nonces, outbox and cursors.
 *
 * An account is named by its owner, an actor such as "prosumer101"; its key never leaves the agent.
 */
export interface LedgerService {
  /** The address of `account`, whose key is made on first use. */
  open(account: string): Promise<Hex>;
  /** Signs a contract creation and resolves when it is final. */
  deploy(account: string, request: DeployRequest): Promise<SubmitOutcome>;
  /**
   * Signs and sends a contract call and resolves when it is final. Once accepted here it reaches the
   * chain exactly once, across crashes and reconnects; the same `key` again gives the same outcome.
   */
  submit(account: string, request: SubmitRequest): Promise<SubmitOutcome>;
  /** Sends coins of the chain itself. */
  transfer(account: string, request: TransferRequest): Promise<SubmitOutcome>;
  /** Runs a view function on the newest block. */
  read(account: string, request: ReadRequest): Promise<ReadOutcome>;
  /** Signature over a 32-byte digest: 65 bytes r, s, v with v of 27 or 28 (Ethereum yellow paper, appendix F). */
  signDigest(account: string, digest: Uint8Array): Promise<Uint8Array>;
  /**
   * Hands over the events of one contract in the order of the chain, one at a time, each once:
   * the next only after `deliver` has resolved, and after a restart those not yet resolved.
   * Resolves when `signal` aborts.
   */
  follow(
    account: string,
    request: FollowRequest,
    deliver: (event: LedgerEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** A contract creation. */
export interface DeployRequest {
  /** Names this deployment among those of the account; makes it idempotent. */
  readonly key: string;
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly args: readonly unknown[];
}

/** A state-changing contract call. */
export interface SubmitRequest {
  /** Names this call among those of the account; makes it idempotent. Without: every request is a new one. */
  readonly key?: string;
  readonly abi: Abi;
  readonly address: Hex;
  readonly functionName: string;
  readonly args: readonly unknown[];
  /** Coins sent along, in wei; default 0. */
  readonly valueWei?: bigint;
  /**
   * Gas to sign for, when the caller knows it: nothing is tried out before, so that a refusal comes from
   * the chain and costs gas. Default: what the chain estimates, and a margin.
   */
  readonly gasLimit?: number;
}

/** A transfer of coins. */
export interface TransferRequest {
  readonly key?: string;
  readonly to: Hex;
  readonly valueWei: bigint;
}

/** A call that changes nothing. */
export interface ReadRequest {
  readonly abi: Abi;
  readonly address: Hex;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/** What the chain made of a transaction; a refusal by the contract is an outcome. */
export type SubmitOutcome =
  | {
      readonly kind: "accepted";
      readonly transactionHash: Hex;
      readonly blockNumber: number;
      readonly gasUsed: number;
      /** Set when the transaction created a contract. */
      readonly contractAddress?: Hex;
    }
  | {
      readonly kind: "refused";
      /** Name of the contract's error, such as "FinalizeTooEarly"; "unknown" when it gave none. */
      readonly errorName: string;
      readonly errorArgs: readonly unknown[];
      /** Set when the refusal was found out on chain rather than before sending. */
      readonly transactionHash?: Hex;
    };

/** Result of a view function: the single value, or the list when it returns several. */
export type ReadOutcome =
  | { readonly kind: "value"; readonly value: unknown }
  | {
      readonly kind: "refused";
      readonly errorName: string;
      readonly errorArgs: readonly unknown[];
    };

/** Which events to hand over. */
export interface FollowRequest {
  /** Names this reader among those of the account: its place in the chain is kept under it. */
  readonly reader: string;
  readonly abi: Abi;
  readonly address: Hex;
  /** Names of the events wanted. */
  readonly events: readonly string[];
  /** First block of a new reader; default 0. */
  readonly fromBlock?: number;
}

/** One event of a contract. */
export interface LedgerEvent {
  readonly name: string;
  /** Arguments by name: numbers up to 48 bits wide, bigints beyond, text, 0x text for bytes and addresses. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly blockNumber: number;
  /** Place among the block's events. */
  readonly logIndex: number;
  readonly transactionHash: Hex;
}
