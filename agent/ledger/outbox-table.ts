import type { Hex, SubmitOutcome } from "../component/ledger-service.ts";
import type { Deferred } from "../core/waiting.ts";
import type { OutboxRecord } from "./ledger-records.ts";

/** A transaction on its way. */
export interface OutboxEntry {
  readonly record: OutboxRecord;
  readonly outcome: Deferred<SubmitOutcome>;
  /** Monotonic milliseconds of the last try to send; undefined before the first. */
  sentAtMs: number | undefined;
  /** How often the node said that the nonce is used while it had no receipt. */
  nonceLostCount: number;
}

/**
 * The transactions whose outcome is not known. Decides which to send again; sends nothing.
 * Invariant: one entry per hash; those of an account stand in the order of their nonces.
 */
export class OutboxTable {
  readonly #byHash = new Map<Hex, OutboxEntry>();
  readonly #countByAccount = new Map<string, number>();

  get size(): number {
    return this.#byHash.size;
  }

  /** How many transactions of `account` wait. */
  countOf(account: string): number {
    return this.#countByAccount.get(account) ?? 0;
  }

  /** Takes in a transaction. */
  add(record: OutboxRecord, outcome: Deferred<SubmitOutcome>): OutboxEntry {
    const entry: OutboxEntry = { record, outcome, sentAtMs: undefined, nonceLostCount: 0 };
    this.#byHash.set(record.hash, entry);
    this.#countByAccount.set(record.account, this.countOf(record.account) + 1);
    return entry;
  }

  /** Forgets a transaction; false when it was not there. */
  remove({ record: { hash, account } }: OutboxEntry): boolean {
    if (!this.#byHash.delete(hash)) return false;
    const left = this.countOf(account) - 1;
    if (left === 0) this.#countByAccount.delete(account);
    else this.#countByAccount.set(account, left);
    return true;
  }

  /** The transaction with this hash, if it waits. */
  get(hash: Hex): OutboxEntry | undefined {
    return this.#byHash.get(hash);
  }

  /** Everything that waits. */
  all(): OutboxEntry[] {
    return [...this.#byHash.values()];
  }

  /** Those sent `resendMs` ago or earlier, or never. */
  due(nowMs: number, resendMs: number): OutboxEntry[] {
    return this.all().filter(
      ({ sentAtMs }) => sentAtMs === undefined || nowMs - sentAtMs >= resendMs,
    );
  }
}
