import { RPC_DISCONNECTED, type Rpc, type RpcOutcome } from "../core/rpc.ts";
import type { Params } from "./control-method.ts";

/** Asks the agent at `url` one thing; outcome with RPC_DISCONNECTED when none is there until `signal` aborts. */
export async function askAgent(
  rpc: Pick<Rpc, "connect">,
  url: string,
  { method, params = {} }: { readonly method: string; readonly params?: Params },
  signal: AbortSignal,
): Promise<RpcOutcome> {
  await using client = await rpc.connect(url, signal);
  if (signal.aborted) return { ok: false, code: RPC_DISCONNECTED, message: "no agent answers" };
  return await client.call(method, [params]);
}
