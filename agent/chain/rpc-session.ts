import type { Log } from "../core/log.ts";
import type { Json, RpcSession } from "../core/rpc.ts";
import { isAskedFor, type SealedBlock } from "./chain-archive.ts";
import { blockMethods } from "./rpc-block-methods.ts";
import type { RpcContext, RpcMethodTable } from "./rpc-context.ts";
import { badParameter, RPC_CODE, RpcError } from "./rpc-error.ts";
import { formatHeader, formatLog } from "./rpc-format.ts";
import { isJsonRecord, type LogSelection, readHex, readSelection } from "./rpc-parameters.ts";
import { stateMethods } from "./rpc-state-methods.ts";

/** Most calls in one batch. */
export const BATCH_CALLS_MAX = 1_000;
/** Most subscriptions of one connection. */
export const SUBSCRIPTIONS_MAX = 100;

const METHODS: RpcMethodTable = { ...stateMethods, ...blockMethods };
/** More turns than an answer needs to get from here to its socket. */
const TURNS_TO_SEND = 8;

/** What one subscription is about; only "logs" selects. */
interface Topic {
  readonly kind: "newHeads" | "newPendingTransactions" | "logs";
  readonly selection: LogSelection;
}

const EVERYTHING: LogSelection = { addresses: [], topics: [] };

/** Answers one client: its calls, its batches and its subscriptions. */
export class ChainSession implements RpcSession {
  readonly #context: RpcContext & { readonly log: Log };
  readonly #newName: () => string;
  readonly #notify: (notification: Json) => void;
  readonly #topics = new Map<string, Topic>();
  readonly #stopObserving: () => void;
  /** What was told before the answer that names its subscription was on its way. */
  #held: Json[] | undefined;

  constructor(
    context: RpcContext & { readonly log: Log },
    newName: () => string,
    notify: (notification: Json) => void,
  ) {
    this.#context = context;
    this.#newName = newName;
    this.#notify = notify;
    this.#stopObserving = context.chain.observe({
      block: (sealed) => this.#tellBlock(sealed),
      pending: ({ hash }) => this.#tell("newPendingTransactions", () => [hash]),
    });
  }

  /** Answers a call, or a batch of calls, which run together and may end in any order. */
  async answer(message: Json): Promise<Json | undefined> {
    if (!Array.isArray(message)) return this.#answerOne(message as Exclude<Json, readonly Json[]>);
    const calls = message as readonly Json[];
    if (calls.length === 0) return failure(null, RPC_CODE.invalidRequest, "an empty batch");
    if (calls.length > BATCH_CALLS_MAX)
      return failure(null, RPC_CODE.limitExceeded, `a batch has at most ${BATCH_CALLS_MAX} calls`);
    const answers = await Promise.all(calls.map((call) => this.#answerOne(call)));
    const told = answers.filter((answer) => answer !== undefined);
    return told.length === 0 ? undefined : told;
  }

  async #answerOne(message: Json): Promise<Json | undefined> {
    if (!isJsonRecord(message)) return failure(null, RPC_CODE.invalidRequest, "not a call");
    const { id = null, method, params = [] } = message;
    const isCall = "id" in message;
    if (typeof method !== "string" || (typeof id === "object" && id !== null) || typeof id === "boolean")
      return failure(null, RPC_CODE.invalidRequest, "not a call");
    try {
      const result = await this.#run(method, params);
      return isCall ? { jsonrpc: "2.0", id, result } : undefined;
    } catch (error) {
      // A request must not end the chain: what is not an answer is a fault of ours, told and logged.
      if (!(error instanceof RpcError)) {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#context.log.write("error", "chain-rpc-fault", { method: method.slice(0, 100), reason });
        return isCall ? failure(id, RPC_CODE.internal, "internal error") : undefined;
      }
      return isCall ? failure(id, error.code, error.message, error.data) : undefined;
    }
  }

  #run(method: string, params: Json): Json | Promise<Json> {
    if (!Array.isArray(params)) throw badParameter("params", "a list");
    const list = params as readonly Json[];
    if (method === "eth_subscribe") return this.#subscribe(list);
    if (method === "eth_unsubscribe")
      return this.#topics.delete(readHex(list[0], "subscriptionId"));
    const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
    if (run === undefined)
      throw new RpcError(
        RPC_CODE.methodNotFound,
        `the method ${method.slice(0, 100)} does not exist/is not available`,
      );
    return run(this.#context, list);
  }

  #subscribe([kind, options]: readonly Json[]): Json {
    if (this.#topics.size >= SUBSCRIPTIONS_MAX)
      throw new RpcError(RPC_CODE.limitExceeded, `the most subscriptions are ${SUBSCRIPTIONS_MAX}`);
    const name = this.#newName();
    if (kind === "newHeads" || kind === "newPendingTransactions")
      this.#topics.set(name, { kind, selection: EVERYTHING });
    else if (kind === "logs") {
      const filter = isJsonRecord(options) ? options : {};
      this.#topics.set(name, { kind, selection: readSelection(filter) });
    } else throw badParameter("subscription", "newHeads, logs or newPendingTransactions");
    if (this.#held === undefined) {
      this.#held = [];
      void this.#release();
    }
    return name;
  }

  /** Clients know a subscription's name from the answer, so nothing may be told before it left. */
  async #release(): Promise<void> {
    for (let turn = 0; turn < TURNS_TO_SEND; turn += 1) await Promise.resolve();
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const notification of held) this.#notify(notification);
  }

  #tellBlock({ block, logs }: SealedBlock): void {
    const { common } = this.#context.chain;
    if (this.#topics.size === 0) return;
    this.#tell("newHeads", () => [formatHeader(common, block)]);
    this.#tell("logs", ({ selection }) => {
      const query = { ...selection, fromBlock: block.number, toBlock: block.number };
      return logs.flatMap((log, index) =>
        isAskedFor(query, log)
          ? [formatLog(block, { blockNumber: block.number, index, log })]
          : [],
      );
    });
  }

  #tell(kind: Topic["kind"], news: (topic: Topic) => readonly Json[]): void {
    for (const [subscription, topic] of this.#topics) {
      if (topic.kind !== kind) continue;
      for (const result of news(topic)) {
        const params = { subscription, result };
        const notification = { jsonrpc: "2.0", method: "eth_subscription", params };
        if (this.#held === undefined) this.#notify(notification);
        else this.#held.push(notification);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#stopObserving();
    this.#topics.clear();
  }
}

function failure(id: Json, code: number, message: string, data?: Json): Json {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return { jsonrpc: "2.0", id, error };
}

