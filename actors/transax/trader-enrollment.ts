import type { CallOutcome } from "../../agent/component/calls.ts";
import type { Account, ContractPort } from "../../agent/component/contract.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { MessageType } from "../../agent/message/message-type.ts";
import type { marketAbi } from "./contracts/generated/market-artefact.ts";
import { GAS } from "./gas-limits.ts";
import { meterId } from "./hex.ts";
import type { MarketTime } from "./market-time.ts";
import type { Enrollment } from "./messages.ts";

type EnrollmentMessage = typeof Enrollment extends MessageType<infer M> ? M : never;

const ENROLL_TIMEOUT_MS = 30_000;
/** What the household keeps in the market, of what the operator gave it. */
const DEPOSIT_WEI = 50n * 10n ** 18n;

/** A place in the market. */
export interface Membership extends MarketTime {
  readonly market: Hex;
  /** The plan after the last one that was posted for this account. */
  readonly nextPlan: number;
}

/** What it takes to become a member. */
export interface EnrollmentParts {
  readonly meter: string;
  readonly ask: (
    request: { readonly meter: string; readonly owner: Hex },
    timeoutMs: number,
  ) => Promise<CallOutcome<EnrollmentMessage>>;
  readonly market: ContractPort<typeof marketAbi>;
  readonly account: Account;
}

/**
 * Registers a household at the operator and in the contract, and pays in. Every step may have been done
 * before: a trader that is started again enrolls again. Resolves with the reason when it cannot now.
 */
export async function enroll({
  meter,
  ask,
  market,
  account,
}: EnrollmentParts): Promise<Membership | string> {
  const answer = await ask({ meter, owner: account.address }, ENROLL_TIMEOUT_MS);
  if (answer.kind === "no-reply") return answer.reason;
  if (answer.reply.state === "unknown-meter") return answer.reply.state;
  const { market: address, certificate, startS, intervalS, clearIntervals } = answer.reply;
  market.bind(address);
  await market.submit("registerProsumer", [meterId(meter), certificate], {
    key: "register",
    gasLimit: GAS.registerProsumer,
  });
  await market.submit("deposit", [], {
    key: "deposit",
    valueWei: DEPOSIT_WEI,
    gasLimit: GAS.deposit,
  });
  const number = await market.read("accountOf", [account.address]);
  const nextPlan = (await market.read("lastPlan", [number])) + 1;
  return { market: address, startS, intervalS, clearIntervals, nextPlan };
}
