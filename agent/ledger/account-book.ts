import type { Hex } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import type { Database } from "../core/store.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytesOf, isHex } from "./hex.ts";
import type { LedgerCrypto } from "./ledger-crypto.ts";
import { readKey, writeKey } from "./ledger-records.ts";

/** An account whose key is at hand; the key is never logged, sent or handed out. */
export interface SigningAccount {
  readonly name: string;
  readonly address: Hex;
  readonly key: Uint8Array;
}

/** What the book needs. */
export interface AccountBookParts {
  readonly random: Random;
  readonly database: Database;
  readonly commits: GroupCommit;
  readonly crypto: LedgerCrypto;
  /** Keys that were given, by account name. */
  readonly given: Readonly<Record<string, Hex>>;
}

/** The accounts of one board: given keys first, then those of the database, else a new one. */
export class AccountBook {
  readonly #parts: AccountBookParts;
  readonly #open = new Map<string, Promise<SigningAccount>>();
  readonly #given = new Map<string, SigningAccount>();

  /** @throws AgentError LEDGER_KEY_INVALID when a given key is none. */
  constructor(parts: AccountBookParts) {
    this.#parts = parts;
    for (const [name, text] of Object.entries(parts.given)) {
      const key = isHex(text) ? bytesOf(text) : new Uint8Array();
      if (!parts.crypto.isKey(key)) throw new AgentError("LEDGER_KEY_INVALID", { account: name });
      this.#given.set(name, { name, key, address: parts.crypto.addressOf(key) });
    }
  }

  /** The account `name`; a new key is durable before this resolves. */
  open(name: string): Promise<SigningAccount> {
    let account = this.#open.get(name);
    if (account === undefined) {
      account = this.#load(name);
      this.#open.set(name, account);
      // A full disk today must not close the account for ever.
      account.catch(() => this.#open.delete(name));
    }
    return account;
  }

  async #load(name: string): Promise<SigningAccount> {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    const { database, commits, crypto, random } = this.#parts;
    let key = readKey(database, name);
    if (key === undefined) {
      // One in 2^128 draws is not below the curve's order.
      let drawn = random.bytes(32);
      while (!crypto.isKey(drawn)) drawn = random.bytes(32);
      await commits.commit((writer) => writeKey(writer, name, drawn));
      key = drawn;
    }
    return { name, key, address: crypto.addressOf(key) };
  }
}
