import type { Abi } from "abitype";
import type { Hex, LedgerService, SubmitOutcome } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";
import type { Database } from "../core/store.ts";
import type { World } from "../core/world.ts";
import { AbiCodec } from "./abi-codec.ts";
import { AccountBook } from "./account-book.ts";
import { judgeCall } from "./answer-rule.ts";
import { Connection } from "./connection.ts";
import { EventFeed } from "./event-feed.ts";
import { GroupCommit } from "./group-commit.ts";
import { bytesOf, hexOf } from "./hex.ts";
import { type LedgerCrypto, openCrypto } from "./ledger-crypto.ts";
import { checkOptions, type LedgerOptions, type LedgerSettings } from "./ledger-options.ts";
import type { LedgerParts } from "./ledger-parts.ts";
import { Outbox } from "./outbox.ts";
import { lowerHex } from "./receipt-rule.ts";
import { transactionSigner } from "./transaction-signer.ts";

/** Pause before the node is asked again after it had trouble. */
const TROUBLE_PAUSE_MS = 500;

/**
 * Opens the ledger manager of a board: keys, nonces, outbox and places of readers are in the store's
 * database `options.database`, and what was accepted in an earlier life goes on at once. Does not wait
 * for the chain: requests made before it is reachable wait for it.
 *
 * Disposal (or `signal`) stops at once: promises still open reject with LEDGER_CLOSED, followers
 * resolve, everything is durable, the database is closed.
 * @throws AgentError LEDGER_OPTION_INVALID, LEDGER_KEY_INVALID, and those of Store.open.
 */
export async function openLedger(
  world: World,
  options: LedgerOptions,
  signal: AbortSignal,
): Promise<LedgerService & AsyncDisposable> {
  const settings = checkOptions(options);
  const crypto = await openCrypto();
  const database = await world.store.open(settings.database);
  try {
    return new Ledger(world, { settings, crypto, database }, signal);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

function errorsOf(abi: Abi): Abi {
  return abi.filter(({ type }) => type === "error");
}

class Ledger implements LedgerService, AsyncDisposable {
  readonly #parts: LedgerParts;
  readonly #crypto: LedgerCrypto;
  readonly #outbox: Outbox;
  readonly #feed: EventFeed;
  readonly #closing = new AbortController();
  readonly #work = new Set<Promise<void>>();
  #failure: unknown;
  #closed: Promise<void> | undefined;

  constructor(
    world: World,
    opened: { settings: LedgerSettings; crypto: LedgerCrypto; database: Database },
    signal: AbortSignal,
  ) {
    const { settings, crypto, database } = opened;
    this.#crypto = crypto;
    const commits = new GroupCommit(world.clock, database);
    const { random } = world;
    this.#parts = {
      ...{ world, settings, database, commits, signal: this.#closing.signal },
      accounts: new AccountBook({ random, database, commits, crypto, given: settings.keys }),
      signer: transactionSigner(crypto, settings),
      codec: new AbiCodec(crypto.keccak256),
      connection: new Connection(world, settings, this.#closing.signal),
      background: (work) => this.#background(work),
    };
    this.#outbox = new Outbox(this.#parts);
    this.#feed = new EventFeed(this.#parts);
    this.#background(this.#connect());
    this.#background(this.#tick());
    const close = (): void => void this[Symbol.asyncDispose]();
    signal.addEventListener("abort", close, { once: true });
    const forget = (): void => signal.removeEventListener("abort", close);
    this.#closing.signal.addEventListener("abort", forget, { once: true });
    if (signal.aborted) close();
  }

  async open(account: string): Promise<Hex> {
    this.#assertOpen();
    return (await this.#parts.accounts.open(account)).address;
  }

  async deploy(...[account, request]: Parameters<LedgerService["deploy"]>): Promise<SubmitOutcome> {
    const { key, abi, bytecode, args } = request;
    const data = this.#parts.codec.encodeCreation(abi, bytecode, args);
    const intent = { kind: "deploy", key, to: undefined, data, errors: errorsOf(abi) } as const;
    return this.#submit(account, { ...intent, valueWei: 0n });
  }

  async submit(...[account, request]: Parameters<LedgerService["submit"]>): Promise<SubmitOutcome> {
    const { key, abi, address, functionName, args, valueWei = 0n } = request;
    const data = this.#parts.codec.encodeCall(abi, functionName, args);
    const to = lowerHex(address);
    return this.#submit(account, { kind: "call", key, to, data, valueWei, errors: errorsOf(abi) });
  }

  async transfer(
    ...[account, request]: Parameters<LedgerService["transfer"]>
  ): Promise<SubmitOutcome> {
    const { key, to, valueWei } = request;
    const intent = { kind: "transfer", key, data: new Uint8Array(), errors: [] } as const;
    return this.#submit(account, { ...intent, to: lowerHex(to), valueWei });
  }

  async read(
    ...[account, request]: Parameters<LedgerService["read"]>
  ): ReturnType<LedgerService["read"]> {
    const { codec, connection, accounts, world, signal } = this.#parts;
    this.#assertOpen();
    const { abi, address, functionName, args } = request;
    const data = hexOf(codec.encodeCall(abi, functionName, args));
    const { address: from } = await accounts.open(account);
    for (;;) {
      const call = { from, to: address, data };
      const verdict = judgeCall(await connection.ask("eth_call", [call, "latest"]));
      switch (verdict.kind) {
        case "refused":
          return { kind: "refused", ...codec.nameRefusal(abi, verdict) };
        case "result":
          return codec.decodeResult(abi, functionName, { args, result: bytesOf(verdict.result) });
        case "again":
          await world.clock.sleep(TROUBLE_PAUSE_MS, signal);
      }
    }
  }

  async signDigest(account: string, digest: Uint8Array): Promise<Uint8Array> {
    this.#assertOpen();
    if (digest.length !== 32)
      throw new AgentError("LEDGER_CALL_INVALID", { name: "signDigest", bytes: digest.length });
    const { key } = await this.#parts.accounts.open(account);
    const [recovery = 0, ...rs] = this.#crypto.sign(digest, key);
    return Uint8Array.from([...rs, 27 + recovery]);
  }

  follow(...call: Parameters<LedgerService["follow"]>): Promise<void> {
    this.#assertOpen();
    const following = this.#feed.follow(...call);
    // Its failure is its caller's; closing only waits until its place is saved.
    this.#track(following.catch(() => undefined));
    return following;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #submit(account: string, intent: Parameters<Outbox["submit"]>[1]): Promise<SubmitOutcome> {
    this.#assertOpen();
    return this.#outbox.submit(account, intent);
  }

  async #connect(): Promise<void> {
    const { confirmationBlocks } = this.#parts.settings;
    await this.#parts.connection.run({
      connected: (head) => {
        this.#outbox.connected(head - confirmationBlocks);
        this.#feed.headed(head - confirmationBlocks);
      },
      head: (head) => this.#headed(head - confirmationBlocks),
    });
  }

  #headed(finalHead: number): void {
    this.#outbox.headed(finalHead);
    this.#feed.headed(finalHead);
  }

  /** Notifications may be lost, and so may transactions: a slow look, only while someone waits. */
  async #tick(): Promise<void> {
    const { world, settings, connection, signal } = this.#parts;
    while (!signal.aborted) {
      await world.clock.sleep(settings.pollMs, signal);
      if (this.#closing.signal.aborted) return;
      if (this.#outbox.waitingCount === 0 && this.#feed.readerCount === 0) continue;
      this.#outbox.tick();
      const head = await connection.headNumber();
      if (head !== undefined) this.#headed(head - settings.confirmationBlocks);
    }
  }

  /** Work that nobody awaits: its failure is a bug or a broken disk, and ends the manager. */
  #background(work: Promise<void>): void {
    const watched = work.then(
      () => undefined,
      (error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#failure = error;
        this.#parts.world.log.write("error", "ledger-failed", { reason: String(error) });
        void this[Symbol.asyncDispose]();
      },
    );
    this.#track(watched);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work.then(() => this.#work.delete(work));
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw this.#closedError();
  }

  #closedError(): AgentError {
    const { database } = this.#parts.settings;
    return new AgentError("LEDGER_CLOSED", { database }, { cause: this.#failure });
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#outbox.close(this.#closedError());
    while (this.#work.size > 0) await Promise.all(this.#work);
    await this.#parts.commits[Symbol.asyncDispose]();
    await this.#parts.database[Symbol.asyncDispose]();
  }
}
