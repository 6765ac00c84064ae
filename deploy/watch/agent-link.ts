import type { Params } from "../../agent/control/control-method.ts";
import { type Json, RPC_DISCONNECTED, type Rpc, type RpcClient } from "../../agent/core/rpc.ts";
import type { BoardAnswer } from "./board-measure.ts";

/** How an agent that refuses a question is told. */
export class AgentRefusal extends Error {
  override readonly name = "AgentRefusal";
}

/** A connection to the agent of this board, for whoever asks again and again; made anew when it is lost. */
export class AgentLink implements AsyncDisposable {
  readonly #rpc: Pick<Rpc, "connect">;
  readonly #url: string;
  readonly #connectMsMax: number;
  #client: RpcClient | undefined;

  /** `connectMsMax`: how long an agent has to take a connection. */
  constructor(rpc: Pick<Rpc, "connect">, url: string, connectMsMax = 3_000) {
    this.#rpc = rpc;
    this.#url = url;
    this.#connectMsMax = connectMsMax;
  }

  /** Asks once; undefined when the agent is not there, or went away. @throws AgentRefusal */
  async ask(method: string, params: Params = {}): Promise<Json | undefined> {
    this.#client ??= await this.#connect();
    const outcome = await this.#client?.call(method, [params]);
    if (outcome?.ok === true) return outcome.result;
    if (outcome !== undefined && outcome.code !== RPC_DISCONNECTED)
      throw new AgentRefusal(`the agent refused ${method}: ${outcome.message}`);
    await this[Symbol.asyncDispose]();
    return undefined;
  }

  /** Asks all boards, or those named; undefined when the agent is not there. */
  async everywhere<R>(
    method: string,
    params: Params = {},
    boards?: readonly string[],
  ): Promise<readonly BoardAnswer<R>[] | undefined> {
    const which = boards === undefined ? {} : { boards };
    const answer = await this.ask("everywhere", { method, params, ...which });
    return answer as (Json & readonly BoardAnswer<R>[]) | undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.[Symbol.asyncDispose]();
  }

  async #connect(): Promise<RpcClient | undefined> {
    const signal = AbortSignal.timeout(this.#connectMsMax);
    const client = await this.#rpc.connect(this.#url, signal);
    return signal.aborted ? undefined : client;
  }
}
