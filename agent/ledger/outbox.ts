import type { SubmitOutcome } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";
import type { Json } from "../core/rpc.ts";
import { deferred } from "../core/waiting.ts";
import { judgeSend } from "./answer-rule.ts";
import { numberOf, quantityOf } from "./hex.ts";
import type { LedgerParts } from "./ledger-parts.ts";
import {
  deleteOutbox,
  type OutboxRecord,
  readOutbox,
  readOutcome,
  writeOutcome,
} from "./ledger-records.ts";
import { NONCE_LOST_CHECKS } from "./nonce-rule.ts";
import { type OutboxEntry, OutboxTable } from "./outbox-table.ts";
import { acceptedOutcome, type Receipt, readReceipt } from "./receipt-rule.ts";
import { findRefusal } from "./refusal-finder.ts";
import { type Intent, type RefusedOutcome, SigningDesk } from "./signing-desk.ts";

/** Blocks that are read receipt list by receipt list; after a longer silence each transaction is asked for. */
const BLOCKS_READ_MAX = 8;

/**
 * Takes every accepted request to the chain exactly once.
 *
 * Invariants: a transaction is on the disk, signed, with its nonce and its request's key, before it is
 * sent, and stays there until its outcome is; only these same bytes are ever sent again, and a nonce
 * admits one transaction, so that sending twice has one effect.
 */
export class Outbox {
  readonly #parts: LedgerParts;
  readonly #table = new OutboxTable();
  readonly #desk: SigningDesk;
  /** Requests under way that have a name. */
  readonly #running = new Map<string, Promise<SubmitOutcome>>();
  /** Per account, requests that are not in the table yet. */
  readonly #signing = new Map<string, number>();
  readonly #settling = new Set<OutboxEntry>();
  /** Receipts of this block and those before were looked at, or nobody waited for them. */
  #readUntil = 0;
  #finalHead = 0;
  #reading = false;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#desk = new SigningDesk(parts, (account) => this.#table.countOf(account));
    for (const record of readOutbox(parts.database)) {
      parts.world.activity.begin();
      const { outcome } = this.#table.add(record, deferred());
      if (record.key !== undefined)
        this.#remember(nameOf(record.account, record.kind, record.key), outcome.promise);
    }
  }

  /** How many transactions have no outcome yet. */
  get waitingCount(): number {
    return this.#table.size;
  }

  /**
   * Resolves when final. @throws AgentError LEDGER_OUTBOX_FULL before anything happened, LEDGER_CLOSED
   * when the manager closed first: the transaction, if any, is taken up again when it is opened.
   */
  async submit(account: string, intent: Intent): Promise<SubmitOutcome> {
    const { activity } = this.#parts.world;
    activity.begin();
    try {
      return await this.#once(account, intent);
    } finally {
      activity.end();
    }
  }

  /** A connection is up: everything that waits is looked for, and sent again when it is not found. */
  connected(finalHead: number): void {
    this.#finalHead = Math.max(this.#finalHead, finalHead);
    this.#readUntil = this.#finalHead;
    this.#parts.background(this.#findOrSend(this.#table.all()));
  }

  /** Blocks up to `finalHead` are final. */
  headed(finalHead: number): void {
    if (finalHead <= this.#finalHead) return;
    this.#finalHead = finalHead;
    if (!this.#reading) this.#parts.background(this.#readBlocks());
  }

  /** To be called every now and then: looks after what has waited for too long. */
  tick(): void {
    const nowMs = this.#parts.world.clock.monotonicMs();
    this.#parts.background(this.#findOrSend(this.#table.due(nowMs, this.#parts.settings.resendMs)));
  }

  /** Tells everyone who waits that the outcome will not be known here. */
  close(error: AgentError): void {
    for (const entry of this.#table.all()) {
      this.#table.remove(entry);
      entry.outcome.reject(error);
      this.#parts.world.activity.end();
    }
  }

  async #once(account: string, intent: Intent): Promise<SubmitOutcome> {
    const { key, kind } = intent;
    if (key === undefined) return this.#start(account, intent);
    const kept = readOutcome(this.#parts.database, { account, kind, key });
    if (kept !== undefined) return kept;
    const name = nameOf(account, kind, key);
    let running = this.#running.get(name);
    if (running === undefined) {
      running = this.#start(account, intent);
      this.#remember(name, running);
    }
    return running;
  }

  #remember(name: string, running: Promise<SubmitOutcome>): void {
    this.#running.set(name, running);
    const forget = (): void => {
      this.#running.delete(name);
    };
    running.then(forget, forget);
  }

  async #start(account: string, intent: Intent): Promise<SubmitOutcome> {
    const signed = await this.#sign(account, intent);
    if (!("hash" in signed)) {
      await this.#keep(account, intent, signed);
      return signed;
    }
    if (this.#parts.signal.aborted) throw new AgentError("LEDGER_CLOSED", { account });
    this.#parts.world.activity.begin();
    const entry = this.#table.add(signed, deferred());
    this.#parts.background(this.#send(entry));
    return entry.outcome.promise;
  }

  async #sign(account: string, intent: Intent): Promise<OutboxRecord | RefusedOutcome> {
    const signing = this.#signing.get(account) ?? 0;
    if (signing + this.#table.countOf(account) >= this.#parts.settings.waitingMax)
      throw new AgentError("LEDGER_OUTBOX_FULL", { account });
    this.#signing.set(account, signing + 1);
    try {
      return await this.#desk.sign(account, intent);
    } finally {
      const left = (this.#signing.get(account) ?? 1) - 1;
      if (left === 0) this.#signing.delete(account);
      else this.#signing.set(account, left);
    }
  }

  async #keep(account: string, { kind, key }: Intent, outcome: SubmitOutcome): Promise<void> {
    if (key === undefined) return;
    const { outcomesMax } = this.#parts.settings;
    await this.#parts.commits.commit((writer) =>
      writeOutcome(writer, { account, kind, key }, { outcome, outcomesMax }),
    );
  }

  async #send(entry: OutboxEntry): Promise<void> {
    const { connection, world } = this.#parts;
    const { hash, raw, account, nonce } = entry.record;
    entry.sentAtMs = world.clock.monotonicMs();
    const answer = await connection.call("eth_sendRawTransaction", [raw]);
    switch (judgeSend(answer)) {
      case "taken":
      case "unknown":
        // Lost answers come with a lost connection, and the next one looks for all that waits.
        entry.nonceLostCount = 0;
        return;
      case "nonce-used":
        if (!(await this.#find(entry))) await this.#nonceLost(entry);
        return;
      case "not-now": {
        const message = answer.ok ? "" : answer.message;
        world.log.write("warn", "ledger-not-taken", { account, nonce, hash, message });
      }
    }
  }

  async #findOrSend(entries: readonly OutboxEntry[]): Promise<void> {
    const nowMs = this.#parts.world.clock.monotonicMs();
    for (const entry of entries) entry.sentAtMs = nowMs;
    await Promise.all(
      entries.map(async (entry) => {
        if (!(await this.#find(entry)) && this.#isWaiting(entry)) await this.#send(entry);
      }),
    );
  }

  #isWaiting(entry: OutboxEntry): boolean {
    return this.#table.get(entry.record.hash) === entry;
  }

  /** Whether the transaction is in a block; settles it when that block is final. */
  async #find(entry: OutboxEntry): Promise<boolean> {
    const { hash } = entry.record;
    const answer = await this.#parts.connection.ask("eth_getTransactionReceipt", [hash]);
    const receipt = answer.ok ? readReceipt(answer.result) : undefined;
    if (receipt === undefined) return false;
    if (receipt.blockNumber <= this.#finalHead) await this.#settle([[entry, receipt]]);
    return true;
  }

  /** Reads the receipts of the blocks that became final, one list a block. */
  async #readBlocks(): Promise<void> {
    this.#reading = true;
    while (this.#readUntil < this.#finalHead) {
      if (this.#table.size === 0) {
        this.#readUntil = this.#finalHead;
        break;
      }
      const many = this.#finalHead - this.#readUntil > BLOCKS_READ_MAX;
      const block = this.#readUntil + 1;
      const until = this.#finalHead;
      if (!many && (await this.#readBlock(block)))
        this.#readUntil = Math.max(block, this.#readUntil);
      else {
        await Promise.all(this.#table.all().map((entry) => this.#find(entry)));
        this.#readUntil = Math.max(until, this.#readUntil);
      }
    }
    this.#reading = false;
  }

  /** False when the node does not list receipts by block. */
  async #readBlock(blockNumber: number): Promise<boolean> {
    const answer = await this.#parts.connection.ask("eth_getBlockReceipts", [
      quantityOf(blockNumber),
    ]);
    if (!answer.ok || !Array.isArray(answer.result)) return false;
    const found: (readonly [OutboxEntry, Receipt])[] = [];
    for (const item of answer.result as readonly Json[]) {
      const receipt = readReceipt(item);
      const entry = receipt && this.#table.get(receipt.transactionHash);
      if (entry !== undefined && receipt !== undefined) found.push([entry, receipt]);
    }
    await this.#settle(found);
    return true;
  }

  async #settle(found: readonly (readonly [OutboxEntry, Receipt])[]): Promise<void> {
    await Promise.all(
      found.map(async ([entry, receipt]) => {
        if (this.#settling.has(entry) || !this.#isWaiting(entry)) return;
        this.#settling.add(entry);
        const { record } = entry;
        const outcome = receipt.succeeded
          ? acceptedOutcome(receipt)
          : await findRefusal(this.#parts, record, receipt);
        const { outcomesMax } = this.#parts.settings;
        const { account, kind, key } = record;
        await this.#parts.commits.commit((writer) => {
          deleteOutbox(writer, record);
          if (key !== undefined)
            writeOutcome(writer, { account, kind, key }, { outcome, outcomesMax });
        });
        this.#settling.delete(entry);
        if (!this.#table.remove(entry)) return;
        entry.outcome.resolve(outcome);
        this.#parts.world.activity.end();
      }),
    );
  }

  /**
   * The nonce went to a transaction that is not ours: the account's key is used elsewhere. What can
   * never be mined any more is signed again, and only after it was seen so several times.
   */
  async #nonceLost(entry: OutboxEntry): Promise<void> {
    const { accounts, connection, world } = this.#parts;
    entry.nonceLostCount += 1;
    if (entry.nonceLostCount < NONCE_LOST_CHECKS || this.#settling.has(entry)) return;
    const account = await accounts.open(entry.record.account);
    const answer = await connection.ask("eth_getTransactionCount", [account.address, "latest"]);
    const count = answer.ok ? numberOf(answer.result) : undefined;
    const { nonce, hash } = entry.record;
    if (count === undefined || count <= nonce || !this.#isWaiting(entry)) return;
    this.#settling.add(entry);
    const record = await this.#desk.signAgain(account, entry.record);
    this.#settling.delete(entry);
    world.log.write("error", "ledger-nonce-lost", { account: account.name, nonce, hash });
    if (!this.#table.remove(entry)) return;
    await this.#send(this.#table.add(record, entry.outcome));
  }
}

function nameOf(account: string, kind: string, key: string): string {
  return JSON.stringify([account, kind, key]);
}
