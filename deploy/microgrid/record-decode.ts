import type { Abi, AbiFunction, AbiParameter } from "abitype";
import { marketAbi } from "../../actors/transax/contracts/generated/market-artefact.ts";
import { bytesOf, hexOf, keccak256 } from "../../actors/transax/hex.ts";
import { decodeOffers } from "../../actors/transax/rules/offer-codec.ts";
import { decodeSolution, TRADE_BYTES } from "../../actors/transax/rules/solution-codec.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { Json } from "../../agent/core/rpc.ts";
import { AbiCodec } from "../../agent/ledger/abi-codec.ts";
import { decodeValues } from "../../agent/ledger/abi-values.ts";
import type { MarketEvent, TransactionFact } from "./record-facts.ts";

/** The parts of a transaction of eth_getBlockByNumber that the record needs. */
export interface ChainTransaction {
  readonly hash: string;
  /** Null: the transaction creates a contract. */
  readonly to: string | null;
  readonly input: Hex;
}

/** The parts of a receipt of eth_getBlockReceipts that the record needs. */
export interface ChainReceipt {
  readonly transactionHash: string;
  readonly status: string;
  readonly gasUsed: string;
  readonly contractAddress: string | null;
  readonly logs: readonly {
    readonly address: string;
    readonly topics: readonly Hex[];
    readonly data: Hex;
  }[];
}

const SELECTOR_BYTES = 4;
const SELECTOR_DIGITS = 2 + 2 * SELECTOR_BYTES;
const READING_BYTES = 4;

function typeText(parameter: AbiParameter): string {
  if (!("components" in parameter)) return parameter.type;
  return `(${parameter.components.map(typeText).join(",")})${parameter.type.slice("tuple".length)}`;
}

function selectorOf({ name, inputs }: AbiFunction): string {
  const signature = `${name}(${inputs.map(typeText).join(",")})`;
  return hexOf(keccak256(new TextEncoder().encode(signature)).subarray(0, SELECTOR_BYTES));
}

/** Turns what the chain says of a market into facts. Source: Solidity, "Contract ABI Specification". */
export class MarketDecoder {
  readonly #codec = new AbiCodec(keccak256);
  readonly #events: ReturnType<AbiCodec["eventsByTopic"]>;
  readonly #functions: ReadonlyMap<string, AbiFunction>;

  constructor() {
    const abi: Abi = marketAbi;
    const events = abi.filter((item) => item.type === "event").map(({ name }) => name);
    const functions = abi.filter((item) => item.type === "function");
    this.#events = this.#codec.eventsByTopic(abi, events);
    this.#functions = new Map(functions.map((item) => [selectorOf(item), item]));
  }

  /** The market's events in `receipt`; other contracts' are left out. @throws Error for a foreign encoding. */
  eventsOf(receipt: ChainReceipt, market: string): readonly MarketEvent[] {
    return receipt.logs.flatMap(({ address, topics, data }) => {
      const event = topics[0] === undefined ? undefined : this.#events.get(topics[0]);
      if (event === undefined || address.toLowerCase() !== market) return [];
      // The names are the ABI's, and abitype gives each event's arguments the same types as the codec.
      return [this.#codec.decodeEvent(event, topics, data) as unknown as MarketEvent];
    });
  }

  /** What a transaction did and cost; `market`: undefined before there is one. */
  transactionFact(
    { to, input }: ChainTransaction,
    receipt: ChainReceipt,
    market: string | undefined,
  ): TransactionFact {
    const cost = { gasUsed: Number(receipt.gasUsed), succeeded: receipt.status === "0x1" };
    if (to === null) return { functionName: "(create)", ...cost };
    if (input === "0x" && to.toLowerCase() !== market)
      return { functionName: "(transfer)", ...cost };
    const called = this.#functions.get(input.slice(0, SELECTOR_DIGITS));
    if (called === undefined || to.toLowerCase() !== market)
      return { functionName: "(unknown)", ...cost };
    return { functionName: called.name, ...cost, itemCount: this.#itemCount(called, input, cost) };
  }

  /** Only an accepted call is known to be well formed. */
  #itemCount(
    called: AbiFunction,
    input: Hex,
    { succeeded }: { readonly succeeded: boolean },
  ): number | undefined {
    const count = succeeded ? ITEM_COUNTS[called.name] : undefined;
    return count?.(decodeValues(called.inputs, bytesOf(input).subarray(SELECTOR_BYTES)));
  }
}

/** How many items the arguments of an accepted call carry. */
const ITEM_COUNTS: Readonly<Record<string, (args: readonly unknown[]) => number | undefined>> = {
  postOffers: ([, packed]) => decodeOffers(bytesOf(packed as Hex))?.length,
  postSolution: ([offerList, chunks]) =>
    decodeSolution({ offerList: bytesOf(offerList as Hex), chunks: bytesOf(chunks as Hex) })
      ?.length,
  finalize: ([, trades]) => bytesOf(trades as Hex).length / TRADE_BYTES,
  submitReadings: ([, readings]) => bytesOf(readings as Hex).length / READING_BYTES,
};

/** Transactions and receipts of a block, in pairs; undefined when the two do not fit. */
export function pairUp(
  block: Json,
  receipts: Json,
): readonly (readonly [ChainTransaction, ChainReceipt])[] | undefined {
  if (typeof block !== "object" || block === null || !("transactions" in block)) return undefined;
  // What the node of our own loopback says is trusted in form, and checked to belong together.
  const sent = block["transactions"] as unknown as readonly ChainTransaction[];
  const done = receipts as unknown as readonly ChainReceipt[];
  if (!Array.isArray(receipts) || done.length !== sent.length) return undefined;
  const byHash = new Map(done.map((receipt) => [receipt.transactionHash, receipt]));
  const pairs = sent.flatMap((each) => {
    const receipt = byHash.get(each.hash);
    return receipt === undefined ? [] : [[each, receipt] as const];
  });
  return pairs.length === sent.length ? pairs : undefined;
}
