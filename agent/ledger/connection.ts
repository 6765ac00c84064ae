import { AgentError } from "../core/errors.ts";
import { type Json, RPC_DISCONNECTED, type RpcClient, type RpcOutcome } from "../core/rpc.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import { numberOf, quantityOf } from "./hex.ts";
import type { LedgerSettings } from "./ledger-options.ts";

/** Calls that wait for an answer at the same time; others wait for their turn. */
const CALLS_OPEN_MAX = 64;

/** What a connection tells. */
export interface ConnectionEvents {
  /** A connection is up, and the chain's head is `blockNumber`. */
  connected(blockNumber: number): void;
  /** A new head. */
  head(blockNumber: number): void;
}

/** Keeps one connection to the chain, connects again when it is lost, and follows the heads. */
export class Connection {
  readonly #world: World;
  readonly #settings: LedgerSettings;
  readonly #signal: AbortSignal;
  /** Calls without an answer: all are given up when the signal aborts. */
  readonly #answering = new Set<AbortController>();
  #client: RpcClient | undefined;
  #up: Deferred<undefined> = deferred();
  #openCount = 0;
  readonly #turns: (() => void)[] = [];

  constructor(world: World, settings: LedgerSettings, signal: AbortSignal) {
    this.#world = world;
    this.#settings = settings;
    this.#signal = signal;
    const close = (): void => {
      this.#up.resolve(undefined);
      for (const answered of this.#answering) answered.abort();
    };
    signal.addEventListener("abort", close, { once: true });
  }

  /** Connects again and again until the signal aborts. */
  async run(events: ConnectionEvents): Promise<void> {
    const { clock, random, rpc, log } = this.#world;
    const { url, reconnectMs, reconnectMsMax } = this.#settings;
    let pauseMs = reconnectMs;
    while (!this.#isClosing()) {
      const client = await rpc.connect(url, this.#signal);
      const gone = deferred<undefined>();
      const abort = (): void => gone.resolve(undefined);
      this.#signal.addEventListener("abort", abort, { once: true });
      try {
        if (await this.#greet(client, events)) {
          pauseMs = reconnectMs;
          await Promise.race([client.closed, gone.promise]);
        }
      } finally {
        this.#signal.removeEventListener("abort", abort);
        this.#drop(client);
        await client[Symbol.asyncDispose]();
      }
      if (this.#isClosing()) return;
      log.write("warn", "ledger-disconnected", { url, pauseMs });
      await clock.sleep(pauseMs * (0.8 + 0.4 * random.next()), this.#signal);
      pauseMs = Math.min(reconnectMsMax, 2 * pauseMs);
    }
  }

  /**
   * Calls once; waits for a connection first.
   * @throws AgentError LEDGER_CLOSED when the signal aborts before an answer.
   */
  async call(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    await this.#turn();
    try {
      while (this.#client === undefined && !this.#isClosing()) await this.#up.promise;
      if (this.#isClosing() || this.#client === undefined)
        throw new AgentError("LEDGER_CLOSED", { method });
      const outcome = await this.#timed(this.#client, method, params);
      if (this.#isClosing()) throw new AgentError("LEDGER_CLOSED", { method });
      return outcome;
    } finally {
      this.#openCount -= 1;
      this.#turns.shift()?.();
    }
  }

  /**
   * Calls until a node has answered; for questions, which may be put twice.
   * @throws AgentError LEDGER_CLOSED when the signal aborts before an answer.
   */
  async ask(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    for (;;) {
      const outcome = await this.call(method, params);
      if (outcome.ok || outcome.code !== RPC_DISCONNECTED) return outcome;
    }
  }

  /** The number of the newest block; undefined when the node could not say. */
  async headNumber(): Promise<number | undefined> {
    const outcome = await this.ask("eth_blockNumber", []);
    return outcome.ok ? numberOf(outcome.result) : undefined;
  }

  async #turn(): Promise<void> {
    while (this.#openCount >= CALLS_OPEN_MAX)
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#openCount += 1;
  }

  async #greet(client: RpcClient, events: ConnectionEvents): Promise<boolean> {
    let heard = 0;
    client.receive((method, params) => {
      const head = method === "eth_subscription" ? headOf(params) : undefined;
      if (head === undefined) return;
      heard = Math.max(heard, head);
      if (this.#client === client) events.head(head);
    });
    const chain = await this.#timed(client, "eth_chainId", []);
    if (!chain.ok) return false;
    const { url, chainId } = this.#settings;
    if (chain.result !== quantityOf(chainId)) {
      this.#world.log.write("error", "ledger-other-chain", { url, wanted: chainId });
      return false;
    }
    // A node without notifications still has the slow poll.
    await this.#timed(client, "eth_subscribe", ["newHeads"]);
    const head = await this.#timed(client, "eth_blockNumber", []);
    const blockNumber = head.ok ? numberOf(head.result) : undefined;
    if (blockNumber === undefined || this.#isClosing()) return false;
    this.#client = client;
    this.#up.resolve(undefined);
    events.connected(Math.max(heard, blockNumber));
    return true;
  }

  #drop(client: RpcClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (!this.#isClosing()) this.#up = deferred();
  }

  /** A connection that does not answer is as good as lost, and is closed. */
  async #timed(client: RpcClient, method: string, params: readonly Json[]): Promise<RpcOutcome> {
    const answered = new AbortController();
    this.#answering.add(answered);
    const late = async (): Promise<RpcOutcome> => {
      await this.#world.clock.sleep(this.#settings.answerMsMax, answered.signal);
      return { ok: false, code: RPC_DISCONNECTED, message: "no answer in time" };
    };
    if (this.#isClosing()) answered.abort();
    const outcome = await Promise.race([client.call(method, params), late()]);
    this.#answering.delete(answered);
    answered.abort();
    if (!outcome.ok && outcome.code === RPC_DISCONNECTED && !this.#isClosing()) {
      this.#drop(client);
      await client[Symbol.asyncDispose]();
    }
    return outcome;
  }

  #isClosing(): boolean {
    return this.#signal.aborted;
  }
}

function headOf(params: Json): number | undefined {
  if (typeof params !== "object" || params === null || !("result" in params)) return undefined;
  const { result } = params;
  if (typeof result !== "object" || result === null || !("number" in result)) return undefined;
  return numberOf((result as Readonly<Record<"number", Json>>).number);
}
