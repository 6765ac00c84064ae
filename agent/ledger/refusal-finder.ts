import { judgeCall } from "./answer-rule.ts";
import { hexOf, quantityOf } from "./hex.ts";
import type { LedgerParts } from "./ledger-parts.ts";
import type { OutboxRecord } from "./ledger-records.ts";
import type { Receipt } from "./receipt-rule.ts";
import type { RefusedOutcome } from "./signing-desk.ts";

/**
 * Why a transaction failed in its block: a receipt does not say. The call is made again on the state
 * after that block, then on the one before it; "unknown" when neither refuses or the states are gone.
 */
export async function findRefusal(
  { signer, accounts, connection, codec }: LedgerParts,
  record: OutboxRecord,
  { transactionHash, blockNumber }: Receipt,
): Promise<RefusedOutcome> {
  const { to, data, valueWei, gasLimit } = signer.read(record.raw);
  const { address } = await accounts.open(record.account);
  const call = {
    from: address,
    ...(to === undefined ? {} : { to }),
    value: quantityOf(valueWei),
    gas: quantityOf(gasLimit),
    data: hexOf(data),
  };
  for (const block of [blockNumber, blockNumber - 1]) {
    const verdict = judgeCall(await connection.ask("eth_call", [call, quantityOf(block)]));
    // Without the contract's bytes it may as well be the state that is gone.
    if (verdict.kind === "refused" && verdict.revertData.length > 0)
      return { kind: "refused", ...codec.nameRefusal(record.errors, verdict), transactionHash };
  }
  return { kind: "refused", errorName: "unknown", errorArgs: [], transactionHash };
}
