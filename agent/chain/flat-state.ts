import type { AccountFields, StateManagerInterface } from "@ethereumjs/common";
import {
  Account,
  type Address,
  bytesToHex,
  equalsBytes,
  KECCAK256_RLP,
  setLengthLeft,
} from "@ethereumjs/util";
import { type AccountRecord, EMPTY_ACCOUNT, sameAccount } from "./account-record.ts";
import type { Hex } from "./chain-keys.ts";
import type { CommittedState, StateDelta } from "./committed-state.ts";
import type { Hash } from "./crypto.ts";

const NOTHING = new Uint8Array();

/** Puts one entry of one table back to what it was. */
interface Undo {
  readonly table: Map<string, unknown>;
  readonly key: string;
  /** undefined: the table had no such entry. */
  readonly before: unknown;
}

/**
 * The state while a block or a call runs: what it changed so far, over the committed state.
 *
 * A checkpoint is the length of the undo journal, so it costs nothing to take and reverting costs
 * what was written since. Nothing reaches the committed state but by `delta`.
 */
export class FlatState implements StateManagerInterface {
  readonly #committed: CommittedState;
  readonly #keccak256: Hash;
  readonly #accounts = new Map<Hex, AccountRecord | null>();
  readonly #slots = new Map<Hex, Map<Hex, Uint8Array>>();
  readonly #codes = new Map<Hex, Uint8Array>();
  readonly #journal: Undo[] = [];
  readonly #checkpoints: number[] = [];
  readonly #originals = new Map<string, Uint8Array>();

  /** Slots as they were when the running transaction first wrote them. Source: EIP-2200. */
  readonly originalStorageCache = {
    get: (address: Address, key: Uint8Array): Promise<Uint8Array> => {
      const name = address.toString() + bytesToHex(key);
      const original = this.#originals.get(name) ?? this.#slot(address, key);
      this.#originals.set(name, original);
      return Promise.resolve(original);
    },
    clear: (): void => this.#originals.clear(),
  };

  constructor(committed: CommittedState, keccak256: Hash) {
    this.#committed = committed;
    this.#keccak256 = keccak256;
  }

  /** The account as it stands now. */
  record(address: Hex): AccountRecord | null {
    const changed = this.#accounts.get(address);
    return changed === undefined ? this.#committed.account(address) : changed;
  }

  #set<K extends string, V>(table: Map<K, V>, key: K, value: V): void {
    if (this.#checkpoints.length > 0)
      this.#journal.push({ table: table, key, before: table.get(key) });
    table.set(key, value);
  }

  #slot(address: Address, key: Uint8Array): Uint8Array {
    const owner = address.toString();
    const slot = bytesToHex(setLengthLeft(key, 32));
    return this.#slots.get(owner)?.get(slot) ?? this.#committed.slot(owner, slot);
  }

  #setSlot(owner: Hex, slot: Hex, value: Uint8Array): void {
    let slots = this.#slots.get(owner);
    // The table of an account stays when its entries are undone: empty, it says nothing.
    if (slots === undefined) this.#slots.set(owner, (slots = new Map<Hex, Uint8Array>()));
    this.#set(slots, slot, value);
  }

  getAccount(address: Address): Promise<Account | undefined> {
    const record = this.record(address.toString());
    // The machine changes what it gets, so it gets an object of its own.
    return Promise.resolve(
      record === null
        ? undefined
        : // eslint-disable-next-line @typescript-eslint/no-deprecated -- the factories parse each field again
          new Account(record.nonce, record.balanceWei, KECCAK256_RLP, record.codeHash),
    );
  }

  putAccount(address: Address, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address);
    const { nonce, balance: balanceWei, codeHash } = account;
    this.#set(this.#accounts, address.toString(), { nonce, balanceWei, codeHash });
    return Promise.resolve();
  }

  async deleteAccount(address: Address): Promise<void> {
    const owner = address.toString();
    const record = this.record(owner);
    if (record === null) return;
    this.#set(this.#accounts, owner, null);
    // An empty account (EIP-161) never had storage, and clearing looks into the database.
    if (!sameAccount(record, EMPTY_ACCOUNT)) await this.clearStorage(address);
  }

  modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const record = this.record(address.toString()) ?? EMPTY_ACCOUNT;
    this.#set(this.#accounts, address.toString(), {
      nonce: fields.nonce ?? record.nonce,
      balanceWei: fields.balance ?? record.balanceWei,
      codeHash: fields.codeHash ?? record.codeHash,
    });
    return Promise.resolve();
  }

  putCode(address: Address, code: Uint8Array): Promise<void> {
    const codeHash = this.#keccak256(code);
    this.#codes.set(bytesToHex(codeHash), code);
    return this.modifyAccountFields(address, { codeHash });
  }

  getCode(address: Address): Promise<Uint8Array> {
    const record = this.record(address.toString());
    if (record === null || equalsBytes(record.codeHash, EMPTY_ACCOUNT.codeHash))
      return Promise.resolve(NOTHING);
    const codeHash = bytesToHex(record.codeHash);
    return Promise.resolve(this.#codes.get(codeHash) ?? this.#committed.code(codeHash));
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length;
  }

  getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(this.#slot(address, key));
  }

  putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    const firstByte = value.findIndex((byte) => byte !== 0);
    const trimmed = firstByte === -1 ? NOTHING : value.subarray(firstByte);
    this.#setSlot(address.toString(), bytesToHex(setLengthLeft(key, 32)), trimmed);
    return Promise.resolve();
  }

  clearStorage(address: Address): Promise<void> {
    const owner = address.toString();
    const slots = new Set(this.#committed.slotsOf(owner));
    for (const slot of this.#slots.get(owner)?.keys() ?? []) slots.add(slot);
    for (const slot of slots) this.#setSlot(owner, slot, NOTHING);
    return Promise.resolve();
  }

  checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#journal.length);
    return Promise.resolve();
  }

  commit(): Promise<void> {
    this.#checkpoints.pop();
    if (this.#checkpoints.length === 0) this.#journal.length = 0;
    return Promise.resolve();
  }

  revert(): Promise<void> {
    const length = this.#checkpoints.pop() ?? 0;
    for (let i = this.#journal.length - 1; i >= length; i -= 1) {
      const undo = this.#journal[i];
      if (undo === undefined) continue;
      if (undo.before === undefined) undo.table.delete(undo.key);
      else undo.table.set(undo.key, undo.before);
    }
    this.#journal.length = length;
    return Promise.resolve();
  }

  /** Checkpoints that are open. */
  get depth(): number {
    return this.#checkpoints.length;
  }

  /** Reverts until `depth` checkpoints are open. */
  async revertTo(depth: number): Promise<void> {
    while (this.#checkpoints.length > depth) await this.revert();
  }

  /** What differs from the committed state. */
  delta(): StateDelta {
    const accounts = [...this.#accounts].filter(
      ([address, record]) => !sameAccount(record, this.#committed.account(address)),
    );
    const slots = [...this.#slots].flatMap(([owner, entries]) =>
      [...entries]
        .filter(([slot, value]) => !equalsBytes(value, this.#committed.slot(owner, slot)))
        .map(([slot, value]) => [owner, slot, value] as const),
    );
    const hashes = new Set(
      accounts.flatMap(([, record]) => (record === null ? [] : [bytesToHex(record.codeHash)])),
    );
    const codes = [...this.#codes].filter(([codeHash]) => hashes.has(codeHash));
    return { accounts, slots, codes };
  }

  /** Forgets every change, checkpoint and original. */
  clear(): void {
    this.#accounts.clear();
    this.#slots.clear();
    this.#codes.clear();
    this.#journal.length = 0;
    this.#checkpoints.length = 0;
    this.#originals.clear();
  }

  clearCaches(): void {
    // Nothing here may be dropped: what looks like a cache is the block being made.
  }

  /** The machine asks for copies only to trace; we never do. */
  shallowCopy(): StateManagerInterface {
    throw new Error("the state of a chain is not copied");
  }

  getStateRoot(): Promise<Uint8Array> {
    throw new Error("roots are made per block, see state-commitment.ts");
  }

  setStateRoot(): Promise<void> {
    throw new Error("the state of a chain has one root, its newest");
  }

  hasStateRoot(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
