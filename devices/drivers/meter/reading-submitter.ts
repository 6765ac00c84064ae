import type { Account, ContractPort } from "../../../agent/component/contract.ts";
import type { SubmitOutcome } from "../../../agent/component/ledger-service.ts";
import { packReadings } from "./pack-readings.ts";
import type { readingsAbi } from "./readings-abi.ts";

/** More than any contract of this interface was measured to use; what is not used is not paid. */
const SUBMIT_GAS = 80_000;
const SUBMIT_GAS_PER_READING = 1_000;
const US_PER_S = 1_000_000;

/** What a submitter needs of its meter. */
export interface SubmitterParts {
  readonly ledger: ContractPort<typeof readingsAbi>;
  readonly account: Account;
  readonly intervalS: number;
  /** Intervals that are submitted at once. */
  readonly batch: number;
  /** When the meter began to count. */
  readonly activeUtcUs: number;
  /** Net energy of the interval that ends at `endUtcUs`. */
  readonly netWh: (endUtcUs: number) => Promise<number>;
}

/**
 * Submits what is due, without a gap and without repetition: the contract is asked once where it
 * stands, and again after a refusal; in between it is counted.
 */
export class ReadingSubmitter {
  readonly #parts: SubmitterParts;
  #next: number | undefined;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
  }

  /** Submits the readings of all whole intervals up to `nowUtcUs`; undefined when there are none. */
  async submitDue(startS: number, nowUtcUs: number): Promise<SubmitOutcome | undefined> {
    const { ledger, intervalS, netWh } = this.#parts;
    const first = (this.#next ??= await this.#wanted(startS));
    const endUtcUs = (each: number): number => (startS + (each + 1) * intervalS) * US_PER_S;
    const due: number[] = [];
    for (let each = first; endUtcUs(each) <= nowUtcUs; each += 1)
      due.push(await netWh(endUtcUs(each)));
    if (due.length === 0) return undefined;
    const outcome = await ledger.submit("submitReadings", [first, packReadings(due)], {
      // With their number: the key of a refused call, or of one of a former life, is not used again.
      key: `readings ${first}+${due.length}`,
      gasLimit: SUBMIT_GAS + SUBMIT_GAS_PER_READING * due.length,
    });
    this.#next = outcome.kind === "accepted" ? first + due.length : undefined;
    return outcome;
  }

  /**
   * What the contract wants next; at the very first, the begin of the batch in which the meter came up,
   * so that one that is started again before its first batch is in begins at the same place.
   */
  async #wanted(startS: number): Promise<number> {
    const { ledger, account, intervalS, batch, activeUtcUs } = this.#parts;
    const number = await ledger.read("accountOf", [account.address]);
    const next = await ledger.read("nextReading", [number]);
    if (next > 0) return next;
    const begun = Math.floor((activeUtcUs / US_PER_S - startS) / intervalS);
    return Math.max(0, Math.floor(begun / batch) * batch);
  }
}
