import type { ContractPort } from "../../agent/component/contract.ts";
import type { SubmitOutcome } from "../../agent/component/ledger-service.ts";
import type { marketAbi } from "./contracts/generated/market-artefact.ts";
import { GAS } from "./gas-limits.ts";
import { hexOf } from "./hex.ts";
import type { MarketMirror } from "./market-mirror.ts";
import { TRADE_BYTES } from "./rules/solution-codec.ts";

/**
 * Makes the market's next interval final, as the mirror knows its candidate. Anybody may. "behind": the
 * mirror has not seen all events yet, as after a restart; the next Finalized will tell when to try again.
 */
export async function finalizeNext(
  market: ContractPort<typeof marketAbi>,
  mirror: MarketMirror,
): Promise<SubmitOutcome | "behind"> {
  const { interval, trades, nextInterval, tail } = mirror.finalizeCall();
  if ((await market.read("nextFinal", [])) !== interval) return "behind";
  return market.submit("finalize", [interval, hexOf(trades), nextInterval, hexOf(tail)], {
    gasLimit: GAS.finalize(trades.length / TRADE_BYTES),
  });
}
