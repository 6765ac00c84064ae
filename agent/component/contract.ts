import type {
  Abi,
  AbiParameter,
  AbiParametersToPrimitiveTypes,
  AbiParameterToPrimitiveType,
  ExtractAbiEvent,
  ExtractAbiEventNames,
  ExtractAbiFunction,
  ExtractAbiFunctionNames,
} from "abitype";
import type { Hex, SubmitOutcome } from "./ledger-service.ts";

/** A kind of contract a component talks to, known by its interface. */
export interface ContractType<A extends Abi = Abi> {
  readonly name: string;
  readonly abi: A;
}

/** Names a contract port: typed calls out, typed events in. */
export function contract<const A extends Abi>(name: string, abi: A): ContractType<A> {
  return { name, abi };
}

type Writes = "nonpayable" | "payable";
type Reads = "pure" | "view";

/** Names of the functions that change state. */
export type WriteNames<A extends Abi> = ExtractAbiFunctionNames<A, Writes>;
/** Names of the functions that only read. */
export type ReadNames<A extends Abi> = ExtractAbiFunctionNames<A, Reads>;
/** Arguments of a function, in order. */
export type FunctionArgs<
  A extends Abi,
  F extends ExtractAbiFunctionNames<A>,
> = AbiParametersToPrimitiveTypes<ExtractAbiFunction<A, F>["inputs"], "inputs">;
type Outputs<A extends Abi, F extends ExtractAbiFunctionNames<A>> = AbiParametersToPrimitiveTypes<
  ExtractAbiFunction<A, F>["outputs"],
  "outputs"
>;
/** What a view function gives: its single value, or the list of them. */
export type FunctionResult<A extends Abi, F extends ExtractAbiFunctionNames<A>> =
  Outputs<A, F> extends readonly [infer One] ? One : Outputs<A, F>;
/** Arguments of an event, by name. */
export type EventArgs<A extends Abi, E extends ExtractAbiEventNames<A>> = {
  readonly [P in ExtractAbiEvent<A, E>["inputs"][number] as P extends {
    readonly name: infer N extends string;
  }
    ? N
    : never]: P extends AbiParameter ? AbiParameterToPrimitiveType<P, "outputs"> : never;
};
/** Where an event stands on the chain. */
export interface EventPlace {
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly transactionHash: Hex;
}

/** A contract as a component sees it: its actor's account signs, on the board, and never twice. */
export interface ContractPort<A extends Abi> {
  /**
   * Says where the contract is; from then on its events arrive, those of the past first.
   * A repetition with the same address is ignored; the place in the chain survives restarts.
   */
  bind(address: Hex, fromBlock?: number): void;
  /** Creates the contract, binds it and resolves with its address; with the same `key` never twice. */
  deploy(key: string, bytecode: Hex, args: readonly unknown[]): Promise<Hex>;
  /** Changes state; resolves when final. See LedgerService.submit. @throws AgentError CONTRACT_UNBOUND */
  submit<F extends WriteNames<A>>(
    functionName: F,
    args: FunctionArgs<A, F>,
    options?: SubmitOptions,
  ): Promise<SubmitOutcome>;
  /**
   * Reads from the newest block.
   * @throws AgentError CONTRACT_UNBOUND, or CONTRACT_READ_REFUSED when the contract refuses.
   */
  read<F extends ReadNames<A>>(
    functionName: F,
    args: FunctionArgs<A, F>,
  ): Promise<FunctionResult<A, F>>;
}

/** How to submit. */
export interface SubmitOptions {
  /** Names the call, so that after a crash the same call is not made twice. */
  readonly key?: string;
  /** Coins sent along, in wei. */
  readonly valueWei?: bigint;
  /** See SubmitRequest. */
  readonly gasLimit?: number;
}

/** The account of a component's actor on the ledger; all components of the actor share it. */
export interface Account {
  readonly address: Hex;
  /** Sends coins of the chain itself. */
  transfer(to: Hex, valueWei: bigint, key?: string): Promise<SubmitOutcome>;
  /** See LedgerService.signDigest. */
  signDigest(digest: Uint8Array): Promise<Uint8Array>;
}
