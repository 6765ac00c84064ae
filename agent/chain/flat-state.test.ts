// Goal: the journal of FlatState does what copying the whole state at each checkpoint would do, across
// blocks, and its delta is exactly what changed.
// Method: random operations against a naive model of nested copies; the committed state after each
// block is compared entry by entry, in the caches and in the database.
// Seed: fast-check's, printed on failure.
import assert from "node:assert/strict";
import {
  Address,
  bytesToHex,
  concatBytes,
  createAccount,
  hexToBytes,
  setLengthLeft,
} from "@ethereumjs/util";
import fc from "fast-check";
import { type AccountRecord, decodeAccount, encodeAccount, sameAccount } from "./account-record.ts";
import { MemoryDatabase } from "./chain.fixture.ts";
import { TABLE } from "./chain-keys.ts";
import { CommittedState, changesOf } from "./committed-state.ts";
import { chainCrypto as crypto } from "./crypto.ts";
import { FlatState } from "./flat-state.ts";
import { inKeyOrder, nextStateRoot, STATE_ROOT_ZERO } from "./state-commitment.ts";

const OWNERS = [1, 2, 3];
const SLOTS = [0, 1, 2];
const addressOf = (owner: number): Address => new Address(new Uint8Array(20).fill(owner));
const slotOf = (slot: number): Uint8Array => setLengthLeft(Uint8Array.of(slot), 32);

type Operation =
  | { kind: "pay"; owner: number; wei: bigint }
  | { kind: "store"; owner: number; slot: number; value: number }
  | { kind: "code"; owner: number; byte: number }
  | { kind: "delete" | "clear"; owner: number }
  | { kind: "checkpoint" | "commit" | "revert" | "block" };

const owner = fc.constantFrom(...OWNERS);
const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("pay" as const), owner, wei: fc.bigInt(0n, 5n) }),
    fc.record({
      kind: fc.constant("store" as const),
      owner,
      slot: fc.constantFrom(...SLOTS),
      value: fc.integer({ min: 0, max: 300 }),
    }),
    fc.record({ kind: fc.constant("code" as const), owner, byte: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constantFrom("delete" as const, "clear" as const), owner }),
    fc.record({
      kind: fc.constantFrom(
        "checkpoint" as const,
        "checkpoint" as const,
        "commit" as const,
        "revert" as const,
        "block" as const,
      ),
    }),
  ),
  { minLength: 5, maxLength: 60 },
);

/** The naive model: everything in two plain tables, copied whole at each checkpoint. */
interface Model {
  accounts: Map<number, { wei: bigint; code: number }>;
  slots: Map<string, number>;
}

function storageWord(value: number): Uint8Array {
  return value === 0 ? new Uint8Array() : hexToBytes(`0x${value.toString(16).padStart(6, "0")}`);
}

async function apply(state: FlatState, model: Model, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case "pay": {
      const address = addressOf(operation.owner);
      const account = (await state.getAccount(address)) ?? createAccount({});
      account.balance = operation.wei;
      await state.putAccount(address, account);
      const before = model.accounts.get(operation.owner) ?? { wei: 0n, code: 0 };
      model.accounts.set(operation.owner, { ...before, wei: operation.wei });
      return;
    }
    case "store":
      await state.putStorage(
        addressOf(operation.owner),
        slotOf(operation.slot),
        storageWord(operation.value),
      );
      model.slots.set(`${operation.owner}/${operation.slot}`, operation.value);
      return;
    case "code": {
      await state.putCode(addressOf(operation.owner), Uint8Array.of(operation.byte, 0));
      const before = model.accounts.get(operation.owner) ?? { wei: 0n, code: 0 };
      model.accounts.set(operation.owner, { ...before, code: operation.byte });
      return;
    }
    case "delete": {
      const existing = model.accounts.get(operation.owner);
      await state.deleteAccount(addressOf(operation.owner));
      model.accounts.delete(operation.owner);
      // Storage goes with an account that was not empty: an empty one has none on a real chain.
      if (existing === undefined || (existing.wei === 0n && existing.code === 0)) return;
      for (const slot of SLOTS) model.slots.delete(`${operation.owner}/${slot}`);
      return;
    }
    case "clear":
      await state.clearStorage(addressOf(operation.owner));
      for (const slot of SLOTS) model.slots.delete(`${operation.owner}/${slot}`);
      return;
    case "checkpoint":
    case "commit":
    case "revert":
    case "block":
      return;
  }
}

async function compare(state: FlatState, model: Model): Promise<void> {
  for (const name of OWNERS) {
    const account = await state.getAccount(addressOf(name));
    const expected = model.accounts.get(name);
    assert.equal(account?.balance, expected?.wei);
    const code = await state.getCode(addressOf(name));
    assert.equal(code[0] ?? 0, expected?.code ?? 0);
    for (const slot of SLOTS) {
      const value = await state.getStorage(addressOf(name), slotOf(slot));
      assert.equal(
        Number(`0x0${bytesToHex(value).slice(2)}`),
        model.slots.get(`${name}/${slot}`) ?? 0,
      );
      assert.notEqual(value[0], 0, "stored without leading zeros");
    }
  }
}

async function runAgainstModel(steps: readonly Operation[]): Promise<void> {
  const database = new MemoryDatabase();
  const committed = new CommittedState(database);
  const state = new FlatState(committed, crypto.keccak256);
  let model: Model = { accounts: new Map(), slots: new Map() };
  const copies: Model[] = [];
  for (const step of steps) {
    if (step.kind === "checkpoint") {
      await state.checkpoint();
      copies.push(structuredClone(model));
    } else if (step.kind === "commit" && copies.length > 0) {
      await state.commit();
      copies.pop();
    } else if (step.kind === "revert" && copies.length > 0) {
      await state.revert();
      model = copies.pop()!;
    } else if (step.kind === "block" && copies.length === 0) {
      const delta = state.delta();
      database.transact((writer) => committed.write(writer, delta));
      committed.settled(delta);
      state.clear();
      assert.deepEqual(changesOf(state.delta()), []);
      // What the caches say is what a process that starts now would read.
      await compare(new FlatState(new CommittedState(database), crypto.keccak256), model);
    } else await apply(state, model, step);
    await compare(state, model);
  }
}

describe("FlatState", () => {
  it("agrees with a model that copies the whole state", async () => {
    await fc.assert(fc.asyncProperty(operations, runAgainstModel), { numRuns: 300 });
  });

  it("gives the original of a slot as it was when the transaction first wrote it", async () => {
    const state = new FlatState(new CommittedState(new MemoryDatabase()), crypto.keccak256);
    const address = addressOf(1);
    assert.equal((await state.originalStorageCache.get(address, slotOf(0))).length, 0);
    await state.putStorage(address, slotOf(0), Uint8Array.of(7));
    assert.equal((await state.originalStorageCache.get(address, slotOf(0))).length, 0);
    state.originalStorageCache.clear();
    assert.deepEqual(await state.originalStorageCache.get(address, slotOf(0)), Uint8Array.of(7));
  });

  it("a delta leaves out what ends as it began", async () => {
    const state = new FlatState(new CommittedState(new MemoryDatabase()), crypto.keccak256);
    await state.putStorage(addressOf(1), slotOf(0), Uint8Array.of(7));
    await state.putStorage(addressOf(1), slotOf(0), new Uint8Array());
    await state.putAccount(addressOf(2), createAccount({ nonce: 1n }));
    await state.putAccount(addressOf(2));
    await state.checkpoint();
    await state.putCode(addressOf(3), Uint8Array.of(1));
    await state.revert();
    assert.deepEqual(state.delta(), { accounts: [], slots: [], codes: [] });
  });

  it("goes back over checkpoints that somebody left open", async () => {
    const state = new FlatState(new CommittedState(new MemoryDatabase()), crypto.keccak256);
    await state.checkpoint();
    await state.putStorage(addressOf(1), slotOf(0), Uint8Array.of(1));
    const { depth } = state;
    for (const value of [2, 3]) {
      await state.checkpoint();
      await state.putStorage(addressOf(1), slotOf(0), Uint8Array.of(value));
    }
    await state.revertTo(depth);
    assert.deepEqual([state.depth, depth], [1, 1]);
    assert.deepEqual(await state.getStorage(addressOf(1), slotOf(0)), Uint8Array.of(1));
  });

  it("accounts keep what they say in the database", () => {
    const codeHash = new Uint8Array(32).fill(9);
    const account: AccountRecord = { nonce: 2n ** 63n, balanceWei: 10n ** 30n, codeHash };
    assert.ok(sameAccount(decodeAccount(encodeAccount(account)), account));
    assert.ok(!sameAccount({ ...account, nonce: 1n }, account));
    assert.ok(!sameAccount(null, account));
  });

  it("finds the slots of one account and of no neighbour", () => {
    const database = new MemoryDatabase();
    const owners = ["01".repeat(20), "ff".repeat(20), `${"ff".repeat(19)}fe`];
    database.transact((writer) => {
      for (const name of owners)
        writer.put(TABLE.slot, concatBytes(hexToBytes(`0x${name}`), slotOf(3)), Uint8Array.of(1));
    });
    const committed = new CommittedState(database);
    for (const name of owners)
      assert.deepEqual(committed.slotsOf(`0x${name}`), [bytesToHex(slotOf(3))]);
  });
});

describe("state commitment", () => {
  const change = fc.tuple(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.uint8Array({ maxLength: 3 }),
  );
  const changes = fc.uniqueArray(change, { selector: ([key]) => bytesToHex(key), maxLength: 8 });

  it("does not depend on the order of changes", () => {
    fc.assert(
      fc.property(changes, fc.integer(), (list, salt) => {
        const shuffled = [...list].sort(
          ([a], [b]) => (((a[0] ?? 0) * 31 + salt) % 7) - (((b[0] ?? 0) * 31 + salt) % 7),
        );
        assert.deepEqual(
          nextStateRoot(crypto.keccak256, STATE_ROOT_ZERO, shuffled),
          nextStateRoot(crypto.keccak256, STATE_ROOT_ZERO, list),
        );
        const keys = inKeyOrder(list).map(([key]) => bytesToHex(key));
        assert.deepEqual(keys, [...keys].sort());
      }),
    );
  });

  it("differs with each key, value and predecessor", () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const same =
          JSON.stringify(inKeyOrder(a).map((pair) => pair.map((x) => bytesToHex(x)))) ===
          JSON.stringify(inKeyOrder(b).map((pair) => pair.map((x) => bytesToHex(x))));
        const rootA = bytesToHex(nextStateRoot(crypto.keccak256, STATE_ROOT_ZERO, a));
        const rootB = bytesToHex(nextStateRoot(crypto.keccak256, STATE_ROOT_ZERO, b));
        assert.equal(rootA === rootB, same);
        const later = nextStateRoot(crypto.keccak256, hexToBytes(rootA), a);
        assert.notEqual(bytesToHex(later), rootA);
      }),
    );
  });

  it("is pinned: a change of encoding breaks every chain", () => {
    const root = nextStateRoot(crypto.keccak256, STATE_ROOT_ZERO, [
      [Uint8Array.of(1, 2), Uint8Array.of(3)],
      [Uint8Array.of(0), new Uint8Array()],
    ]);
    // keccak256(32 zero bytes, RLP [[00, ""], [0102, 03]]) by hand: c9 c2 00 80 c4 82 01 02 03 -> length 9 - 1.
    const byHand = crypto.keccak256(
      concatBytes(new Uint8Array(32), Uint8Array.of(0xc8, 0xc2, 0x00, 0x80, 0xc4, 0x82, 1, 2, 3)),
    );
    assert.deepEqual(root, byHand);
  });
});
