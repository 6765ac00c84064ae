import { bytesToHex } from "@ethereumjs/util";
import type { Program } from "../core/program.ts";
import { openChain } from "./chain.ts";
import { checkChainOptions } from "./chain-options.ts";
import { FilterTable } from "./rpc-filters.ts";
import { ChainSession } from "./rpc-session.ts";

/** What the program tells its parent once clients may connect. */
export interface ChainReady {
  readonly kind: "ready";
  /** For HTTP, such as http://127.0.0.1:8545; the same with ws:// for WebSocket. */
  readonly url: string;
}

const NAME_BYTES = 16;

/**
 * The embedded ledger: an Ethereum chain of one board, served as JSON-RPC on loopback until `signal`
 * aborts. Options: ChainOptions.
 * @throws AgentError CHAIN_OPTIONS_INVALID, CHAIN_DATABASE_FOREIGN, and whatever the store throws.
 */
export const chainProgram: Program = async (world, options, parent, signal) => {
  const checked = checkChainOptions(options);
  const { clock, random, rpc, log } = world;
  await using chain = await openChain(world, checked);
  const newName = (): string => bytesToHex(random.bytes(NAME_BYTES));
  const filters = new FilterTable(chain, newName);
  await using server = await rpc.serve(
    checked.port,
    (notify) => new ChainSession({ chain, filters, clock, log }, newName, notify),
  );
  const ready: ChainReady = { kind: "ready", url: server.url };
  parent.send(ready);
  await new Promise<void>((resolve, reject) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    chain.ended.then(resolve, reject);
  });
};
