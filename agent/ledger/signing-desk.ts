import type { Abi } from "abitype";
import type { Hex, SubmitOutcome } from "../component/ledger-service.ts";
import type { Writer } from "../core/store.ts";
import { deferred } from "../core/waiting.ts";
import type { SigningAccount } from "./account-book.ts";
import { gasLimitOf, judgeCall } from "./answer-rule.ts";
import { hexOf, numberOf, quantityOf } from "./hex.ts";
import type { LedgerParts } from "./ledger-parts.ts";
import {
  deleteOutbox,
  type OutboxRecord,
  type RequestKind,
  readNonce,
  writeNonce,
  writeOutbox,
} from "./ledger-records.ts";
import { firstNonce } from "./nonce-rule.ts";

/** What shall become a transaction. */
export interface Intent {
  readonly kind: RequestKind;
  readonly key: string | undefined;
  /** Undefined: creates a contract. */
  readonly to: Hex | undefined;
  readonly data: Uint8Array;
  readonly valueWei: bigint;
  /** Undefined: as the chain estimates. */
  readonly gasLimit: number | undefined;
  /** The errors of the contract's interface. */
  readonly errors: Abi;
}

/** A request that the chain would refuse; nothing was signed. */
export type RefusedOutcome = Extract<SubmitOutcome, { kind: "refused" }>;

/** Pause before the node is asked again after it had trouble. */
const TROUBLE_PAUSE_MS = 500;

/**
 * Turns intents into signed transactions on the disk.
 *
 * Invariants: nonces of an account follow the order of `sign`, without gaps, because the nonce is read,
 * used and raised within the transaction that puts the record in the outbox.
 */
export class SigningDesk {
  readonly #parts: LedgerParts;
  readonly #waitingOf: (account: string) => number;
  /** Per account, the end of its line. */
  readonly #lines = new Map<string, Promise<void>>();
  /** Accounts whose nonce was compared with the chain's. */
  readonly #compared = new Map<string, Promise<void>>();

  /** `waitingOf` tells how many transactions of an account are in the outbox. */
  constructor(parts: LedgerParts, waitingOf: (account: string) => number) {
    this.#parts = parts;
    this.#waitingOf = waitingOf;
  }

  /** Resolves when the signed transaction is durable, or the chain would refuse it. */
  async sign(name: string, intent: Intent): Promise<OutboxRecord | RefusedOutcome> {
    const before = this.#lines.get(name);
    const line = deferred<undefined>();
    this.#lines.set(name, line.promise);
    let durable: Promise<OutboxRecord>;
    try {
      const account = await this.#parts.accounts.open(name);
      const [gas] = await Promise.all([this.#estimate(account, intent), this.#compare(account)]);
      await before;
      if (typeof gas !== "number") return gas;
      durable = this.#parts.commits.commit((writer) => this.#accept(writer, account, intent, gas));
    } finally {
      void this.#leave(name, line, before);
    }
    return durable;
  }

  /** Signs again with a new nonce what can never be mined with its old one. */
  signAgain(account: SigningAccount, old: OutboxRecord): Promise<OutboxRecord> {
    return this.#parts.commits.commit((writer) => {
      deleteOutbox(writer, old);
      const nonce = this.#takeNonce(writer, account.name);
      const fields = { ...this.#parts.signer.read(old.raw), nonce };
      const record = { ...old, nonce, ...this.#parts.signer.sign(fields, account.key) };
      writeOutbox(writer, record);
      return record;
    });
  }

  /** Whoever came later goes on when this one and all before it have left. */
  async #leave(
    name: string,
    line: { promise: Promise<void>; resolve(value: undefined): void },
    before: Promise<void> | undefined,
  ): Promise<void> {
    await before;
    line.resolve(undefined);
    if (this.#lines.get(name) === line.promise) this.#lines.delete(name);
  }

  #accept(writer: Writer, account: SigningAccount, intent: Intent, gas: number): OutboxRecord {
    const { settings, signer } = this.#parts;
    const { kind, key, to, data, valueWei, errors } = intent;
    const nonce = this.#takeNonce(writer, account.name);
    const gasLimit = intent.gasLimit ?? gasLimitOf(gas, settings);
    const signed = signer.sign({ nonce, gasLimit, to, valueWei, data }, account.key);
    const named = key === undefined ? {} : { key };
    const record = { account: account.name, kind, ...named, nonce, errors, ...signed };
    writeOutbox(writer, record);
    return record;
  }

  #takeNonce(writer: Writer, account: string): number {
    const nonce = readNonce(writer, account) ?? 0;
    writeNonce(writer, account, nonce + 1);
    return nonce;
  }

  /** Gas that the call needs on the newest block, or why the chain would refuse it. */
  async #estimate(account: SigningAccount, intent: Intent): Promise<number | RefusedOutcome> {
    const { connection, codec, world, signal } = this.#parts;
    const { to, data, valueWei, errors } = intent;
    if (intent.gasLimit !== undefined) return intent.gasLimit;
    const call = {
      from: account.address,
      ...(to === undefined ? {} : { to }),
      ...(valueWei === 0n ? {} : { value: quantityOf(valueWei) }),
      data: hexOf(data),
    };
    for (;;) {
      const verdict = judgeCall(await connection.ask("eth_estimateGas", [call]));
      if (verdict.kind === "refused")
        return { kind: "refused", ...codec.nameRefusal(errors, verdict) };
      const gas = verdict.kind === "result" ? numberOf(verdict.result) : undefined;
      if (gas !== undefined) return gas;
      await world.clock.sleep(TROUBLE_PAUSE_MS, signal);
    }
  }

  #compare(account: SigningAccount): Promise<void> {
    let compared = this.#compared.get(account.name);
    if (compared === undefined) {
      compared = this.#compareWithChain(account);
      this.#compared.set(account.name, compared);
      compared.catch(() => this.#compared.delete(account.name));
    }
    return compared;
  }

  async #compareWithChain({ name, address }: SigningAccount): Promise<void> {
    const { connection, commits, world, signal } = this.#parts;
    for (;;) {
      const outcome = await connection.ask("eth_getTransactionCount", [address, "pending"]);
      const chainCount = outcome.ok ? numberOf(outcome.result) : undefined;
      if (chainCount === undefined) {
        await world.clock.sleep(TROUBLE_PAUSE_MS, signal);
        continue;
      }
      const waiting = this.#waitingOf(name) > 0;
      await commits.commit((writer) => {
        const stored = readNonce(writer, name);
        const nonce = firstNonce({ stored, chainCount, waiting });
        if (nonce !== stored) writeNonce(writer, name, nonce);
      });
      return;
    }
  }
}
