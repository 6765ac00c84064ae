import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/rpc.ts";
import type { Chain } from "./chain.ts";
import type { FilterTable } from "./rpc-filters.ts";

/** What every method works on. */
export interface RpcContext {
  readonly chain: Chain;
  readonly filters: FilterTable;
  readonly clock: Clock;
}

/** One method: reads its parameters, answers or throws an RpcError. */
export type RpcMethod = (context: RpcContext, params: readonly Json[]) => Json | Promise<Json>;

/** Methods by name. */
export type RpcMethodTable = Readonly<Record<string, RpcMethod>>;
