import { concatBytes, hexToBytes, bytesToHex } from "@ethereumjs/util";
import type { Database, Writer } from "../core/store.ts";
import { type AccountRecord, decodeAccount, encodeAccount } from "./account-record.ts";
import { BoundedMap } from "./bounded-map.ts";
import { type Hex, TABLE } from "./chain-keys.ts";
import type { StateChange } from "./state-commitment.ts";

/** What one block changes: the new value of each account and slot that differs from before. */
export interface StateDelta {
  /** null: the account is gone. */
  readonly accounts: readonly (readonly [address: Hex, account: AccountRecord | null])[];
  /** An empty value: the slot is zero again. */
  readonly slots: readonly (readonly [address: Hex, slot: Hex, value: Uint8Array])[];
  readonly codes: readonly (readonly [codeHash: Hex, code: Uint8Array])[];
}

const ACCOUNTS_CACHED_MAX = 10_000;
const SLOTS_CACHED_MAX = 20_000;
const CODES_CACHED_MAX = 64;
const NOTHING = new Uint8Array();

/** The first key after all keys that begin with `prefix`. */
function after(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i -= 1) {
    const digit = end[i] ?? 0;
    if (digit < 255) {
      end[i] = digit + 1;
      return end.slice(0, i + 1);
    }
  }
  return new Uint8Array(prefix.length + 1).fill(255);
}

/** The delta as tagged keys and values, to be committed to. Code is covered by its hash in the account. */
export function changesOf({ accounts, slots }: StateDelta): StateChange[] {
  return [
    ...accounts.map(([address, account]): StateChange => [
      concatBytes(Uint8Array.of(0), hexToBytes(address)),
      account === null ? NOTHING : encodeAccount(account),
    ]),
    ...slots.map(([address, slot, value]): StateChange => [
      concatBytes(Uint8Array.of(1), hexToBytes(address), hexToBytes(slot)),
      value,
    ]),
  ];
}

/** The state after the last durable block, read through bounded caches. */
export class CommittedState {
  readonly #database: Database;
  readonly #accounts = new BoundedMap<Hex, AccountRecord | null>(ACCOUNTS_CACHED_MAX);
  readonly #slots = new BoundedMap<string, Uint8Array>(SLOTS_CACHED_MAX);
  readonly #codes = new BoundedMap<Hex, Uint8Array>(CODES_CACHED_MAX);

  constructor(database: Database) {
    this.#database = database;
  }

  /** The account, or null when there is none. */
  account(address: Hex): AccountRecord | null {
    let account = this.#accounts.get(address);
    if (account === undefined) {
      const bytes = this.#database.get(TABLE.account, hexToBytes(address));
      account = bytes === undefined ? null : decodeAccount(bytes);
      this.#accounts.set(address, account);
    }
    return account;
  }

  /** A slot's value without leading zeros; empty for zero. `slot` has 32 bytes. */
  slot(address: Hex, slot: Hex): Uint8Array {
    const key = address + slot;
    let value = this.#slots.get(key);
    if (value === undefined) {
      const bytes = concatBytes(hexToBytes(address), hexToBytes(slot));
      value = this.#database.get(TABLE.slot, bytes) ?? NOTHING;
      this.#slots.set(key, value);
    }
    return value;
  }

  /** The slots of `address` that are not zero. */
  slotsOf(address: Hex): Hex[] {
    const from = hexToBytes(address);
    return this.#database
      .scan(TABLE.slot, { from, to: after(from) })
      .map(([key]) => bytesToHex(key.subarray(20)));
  }

  /** The code behind `codeHash`; empty when unknown. */
  code(codeHash: Hex): Uint8Array {
    let code = this.#codes.get(codeHash);
    if (code === undefined) {
      code = this.#database.get(TABLE.code, hexToBytes(codeHash)) ?? NOTHING;
      if (code.length > 0) this.#codes.set(codeHash, code);
    }
    return code;
  }

  /** Writes `delta` as part of its block's transaction. */
  write(writer: Writer, { accounts, slots, codes }: StateDelta): void {
    for (const [address, account] of accounts) {
      const key = hexToBytes(address);
      if (account === null) writer.delete(TABLE.account, key);
      else writer.put(TABLE.account, key, encodeAccount(account));
    }
    for (const [address, slot, value] of slots) {
      const key = concatBytes(hexToBytes(address), hexToBytes(slot));
      if (value.length === 0) writer.delete(TABLE.slot, key);
      else writer.put(TABLE.slot, key, value);
    }
    for (const [codeHash, code] of codes) writer.put(TABLE.code, hexToBytes(codeHash), code);
  }

  /** To be told once `delta` is durable. */
  settled({ accounts, slots }: StateDelta): void {
    for (const [address, account] of accounts) this.#accounts.set(address, account);
    for (const [address, slot, value] of slots) this.#slots.set(address + slot, value);
  }
}
