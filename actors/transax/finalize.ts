import type { ContractPort } from "../../agent/component/contract.ts";
import type { SubmitOutcome } from "../../agent/component/ledger-service.ts";
import type { marketAbi } from "./contracts/generated/market-artefact.ts";
import { GAS } from "./gas-limits.ts";
import { hexOf } from "./hex.ts";
import type { MarketMirror } from "./market-mirror.ts";
import { TRADE_BYTES } from "./rules/solution-codec.ts";

/** Makes the market's next interval final, as the mirror knows its candidate. Anybody may. */
export function finalizeNext(
  market: ContractPort<typeof marketAbi>,
  mirror: MarketMirror,
): Promise<SubmitOutcome> {
  const { interval, trades, nextInterval, tail } = mirror.finalizeCall();
  return market.submit("finalize", [interval, hexOf(trades), nextInterval, hexOf(tail)], {
    gasLimit: GAS.finalize(trades.length / TRADE_BYTES),
  });
}
