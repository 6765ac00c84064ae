// A chain of one contract, scripted for the ledger's tests: blocks on demand, connections that break.
import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  encodeFunctionResult,
  getContractAddress,
  type Hex,
  keccak256,
  parseAbi,
  parseTransaction,
  recoverTransactionAddress,
  type TransactionSerialized,
} from "viem";
import {
  type Json,
  RPC_DISCONNECTED,
  type Rpc,
  type RpcClient,
  type RpcOutcome,
} from "../core/rpc.ts";

export const COUNTER_ABI = parseAbi([
  "function add(uint256 amount)",
  "function total() view returns (uint256)",
  "function pair() view returns (uint8 small, uint256 large)",
  "event Added(address indexed by, uint256 amount, uint256 total)",
  "event Reset()",
  "error TooMuch(uint256 amount, uint32 most)",
]);

/** The counter refuses to add more than this at once. */
export const AMOUNT_MAX = 1_000_000;

interface Transaction {
  readonly hash: Hex;
  readonly from: Hex;
  readonly to: Hex | null | undefined;
  readonly nonce: number;
  readonly data: Hex;
}

export interface Mined extends Transaction {
  readonly blockNumber: number;
  readonly succeeded: boolean;
}

const DISCONNECTED: RpcOutcome = { ok: false, code: RPC_DISCONNECTED, message: "gone" };

function refused(message: string): RpcOutcome {
  return { ok: false, code: -32_000, message };
}

function hex(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

export class FakeChain implements Rpc {
  /** Called before a request takes effect and before its answer leaves; "cut" breaks the connection there. */
  fault: (method: string, when: "before" | "after") => "cut" | undefined = () => undefined;
  /** Answers instead of the chain when it gives something. */
  override: (method: string, params: readonly Json[]) => RpcOutcome | undefined = () => undefined;
  /** Whether transactions are mined as soon as they can be. */
  mining = true;
  /** Whether new heads are told. */
  notifying = true;
  /** Whether calls pass the estimate and fail in their block. */
  failing = false;
  readonly mined: Mined[] = [];
  readonly calls: string[] = [];
  sentCount = 0;
  #head = 0;
  readonly #pool = new Map<string, Transaction>();
  readonly #logs: { blockNumber: number; json: Json }[] = [];
  readonly #clients = new Set<FakeClient>();
  readonly #totals = new Map<string, bigint>();

  get head(): number {
    return this.#head;
  }

  serve(): never {
    throw new Error("not served");
  }

  connect(_url: string, signal: AbortSignal): Promise<RpcClient> {
    const client = new FakeClient(this, () => this.#clients.delete(client));
    this.#clients.add(client);
    if (signal.aborted) client.cut();
    return Promise.resolve(client);
  }

  /** Breaks every connection. */
  cutAll(): void {
    for (const client of [...this.#clients]) client.cut();
  }

  nonceOf(address: string): number {
    return this.mined.filter(({ from }) => from === address.toLowerCase()).length;
  }

  /** Takes in a transaction as if somebody else had sent it. */
  async send(raw: Hex): Promise<RpcOutcome> {
    this.sentCount += 1;
    const parsed = parseTransaction(raw);
    const serialized = raw as TransactionSerialized;
    const from = (
      await recoverTransactionAddress({
        serializedTransaction: serialized,
      })
    ).toLowerCase() as Hex;
    const hash = keccak256(raw);
    const nonce = parsed.nonce ?? 0;
    const { to, data = "0x" } = parsed;
    if (this.mined.some((one) => one.hash === hash)) return refused("nonce too low");
    if (nonce < this.nonceOf(from)) return refused("nonce too low");
    if (this.#pool.has(`${from}/${nonce}`)) return refused("already known");
    this.#pool.set(`${from}/${nonce}`, { hash, from, to, nonce, data });
    if (this.mining) this.mine();
    return { ok: true, result: hash };
  }

  /** Makes one block of everything that can be mined; an empty one when there is nothing. */
  mine(): void {
    this.#head += 1;
    for (let found = true; found; ) {
      found = false;
      for (const [place, transaction] of this.#pool) {
        if (transaction.nonce !== this.nonceOf(transaction.from)) continue;
        this.#pool.delete(place);
        this.#execute(transaction);
        found = true;
      }
    }
    if (!this.notifying) return;
    for (const client of this.#clients) client.notify({ number: hex(this.#head) });
  }

  #execute(transaction: Transaction): void {
    const { from, to, data, nonce } = transaction;
    const refusal = to ? this.#refusalOf(data) : undefined;
    const succeeded = refusal === undefined && !this.failing;
    const mined = { ...transaction, blockNumber: this.#head, succeeded };
    this.mined.push(mined);
    if (!succeeded) return;
    const address = to ?? getContractAddress({ from, nonce: BigInt(nonce) }).toLowerCase();
    if (data === "0x" || !to) return;
    const amount = amountOf(data);
    const total = (this.#totals.get(address) ?? 0n) + amount;
    this.#totals.set(address, total);
    const logIndex = this.#logs.filter((log) => log.blockNumber === this.#head).length;
    this.#logs.push({
      blockNumber: this.#head,
      json: {
        address,
        topics: encodeEventTopics({
          abi: COUNTER_ABI,
          eventName: "Added",
          args: { by: from },
        }) as string[],
        data: encodeAbiParameters([{ type: "uint256" }, { type: "uint256" }], [amount, total]),
        blockNumber: hex(this.#head),
        logIndex: hex(logIndex),
        transactionHash: transaction.hash,
      },
    });
  }

  #refusalOf(data: Hex): Hex | undefined {
    if (data === "0x" || amountOf(data) <= BigInt(AMOUNT_MAX)) return undefined;
    return encodeErrorResult({
      abi: COUNTER_ABI,
      errorName: "TooMuch",
      args: [amountOf(data), AMOUNT_MAX],
    });
  }

  async answer(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    this.calls.push(method);
    const instead = this.override(method, params);
    if (instead !== undefined) return instead;
    const [first] = params as readonly [Record<string, Hex> & Hex];
    switch (method) {
      case "eth_chainId":
        return { ok: true, result: "0x7a69" };
      case "eth_subscribe":
        return { ok: true, result: "0x1" };
      case "eth_blockNumber":
        return { ok: true, result: hex(this.#head) };
      case "eth_getTransactionCount":
        return { ok: true, result: hex(this.nonceOf(first)) };
      case "eth_estimateGas":
      case "eth_call":
        return this.#call(method, first);
      case "eth_sendRawTransaction":
        return this.send(first);
      case "eth_getTransactionReceipt":
        return { ok: true, result: this.#receipts(({ hash }) => hash === first)[0] ?? null };
      case "eth_getBlockReceipts":
        return { ok: true, result: this.#receipts((one) => one.blockNumber === Number(first)) };
      case "eth_getLogs":
        return { ok: true, result: this.#logsOf(first) };
      default:
        return { ok: false, code: -32_601, message: "no such method" };
    }
  }

  #call(method: string, call: Record<string, Hex>): RpcOutcome {
    const { to, data = "0x" } = call;
    const functionName = to && data !== "0x" ? decode(data).functionName : "";
    if (functionName === "total") {
      const result = this.#totals.get(to!) ?? 0n;
      return { ok: true, result: encodeFunctionResult({ abi: COUNTER_ABI, functionName, result }) };
    }
    if (functionName === "pair")
      return {
        ok: true,
        result: encodeFunctionResult({ abi: COUNTER_ABI, functionName, result: [7, 8n] }),
      };
    const refusal = to ? this.#refusalOf(data) : undefined;
    const failed = method === "eth_call" && this.failing ? revertText("switched off") : undefined;
    const revertData = refusal ?? failed;
    if (revertData !== undefined)
      return { ok: false, code: 3, message: "execution reverted", data: revertData };
    return { ok: true, result: method === "eth_call" ? "0x" : hex(50_000) };
  }

  #receipts(wanted: (mined: Mined) => boolean): Json[] {
    return this.mined.filter(wanted).map(({ hash, from, to, nonce, blockNumber, succeeded }) => ({
      transactionHash: hash,
      blockNumber: hex(blockNumber),
      gasUsed: hex(40_000),
      status: succeeded ? "0x1" : "0x0",
      contractAddress: to ? null : getContractAddress({ from, nonce: BigInt(nonce) }),
    }));
  }

  #logsOf(filter: Record<string, Hex>): Json {
    const { fromBlock, toBlock, address } = filter;
    return this.#logs
      .filter(({ blockNumber, json }) => {
        const log = json as { address: string };
        return (
          blockNumber >= Number(fromBlock) &&
          blockNumber <= Number(toBlock) &&
          log.address === address
        );
      })
      .map(({ json }) => json);
  }
}

function decode(data: Hex) {
  return decodeFunctionData({ abi: COUNTER_ABI, data });
}

function amountOf(data: Hex): bigint {
  const { args } = decode(data) as { readonly args?: readonly bigint[] };
  return args?.[0] ?? 0n;
}

function revertText(text: string): Hex {
  return encodeErrorResult({
    abi: parseAbi(["error Error(string)"]),
    errorName: "Error",
    args: [text],
  });
}

class FakeClient implements RpcClient {
  readonly closed: Promise<void>;
  readonly #chain: FakeChain;
  readonly #gone: () => void;
  #resolve: () => void = () => undefined;
  #receiver: (method: string, params: Json) => void = () => undefined;
  #open = true;

  constructor(chain: FakeChain, gone: () => void) {
    this.#chain = chain;
    this.#gone = gone;
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  async call(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    await Promise.resolve();
    if (this.#isOpen() && this.#chain.fault(method, "before") === "cut") this.cut();
    if (!this.#isOpen()) return DISCONNECTED;
    const outcome = await this.#chain.answer(method, params);
    if (this.#chain.fault(method, "after") === "cut") this.cut();
    return this.#isOpen() ? outcome : DISCONNECTED;
  }

  #isOpen(): boolean {
    return this.#open;
  }

  receive(receiver: (method: string, params: Json) => void): void {
    this.#receiver = receiver;
  }

  notify(result: Json): void {
    if (this.#open) this.#receiver("eth_subscription", { subscription: "0x1", result });
  }

  cut(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#gone();
    this.#resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    return Promise.resolve();
  }
}
