// Goal: the machine with its own state, memoised parameters and WebAssembly crypto does what the library
// does as it ships: same status, gas, logs, balances, nonces, code and storage.
// Method: differential; a list of hard cases and random ones run on the chain and on the library's own
// Merkle state manager with its own parameters and crypto.
// Seed: fast-check's, fixed, because the oracle is slow.
import assert from "node:assert/strict";
import { createBlock } from "@ethereumjs/block";
import { createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { MerkleStateManager } from "@ethereumjs/statemanager";
import { createTxFromRLP } from "@ethereumjs/tx";
import {
  bytesToHex,
  createAccount,
  createAddressFromString,
  hexToBytes,
  setLengthLeft,
} from "@ethereumjs/util";
import { createVM, runTx, type VM } from "@ethereumjs/vm";
import fc from "fast-check";
import {
  CountingActivity,
  contractAddress,
  HandClock,
  MemoryStore,
  notebookCall,
  signTest,
  silentLog,
  type TestTransaction,
  testAddress,
  testOptions,
} from "./chain.fixture.ts";
import { type Chain, openChain } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import { BLOCK_GAS_MAX } from "./fixed-common.ts";
import { NOTEBOOK_CODE } from "./notebook.fixture.ts";

const NOTEBOOK = contractAddress(0, 0);

/** Init code that leaves `runtime` behind. */
const deploying = (runtime: string): Hex =>
  `0x60${(runtime.length / 2).toString(16).padStart(2, "0")}600c60003960${(runtime.length / 2).toString(16).padStart(2, "0")}6000f3${runtime}`;

// A factory: creates what its calldata says with CREATE2 (salt 0) and its value, stores the address in slot 0.
const FACTORY_CODE = deploying("366000600037600036600034f560005500");
// On each call: adds one to transient slot 0 and stores the sum in slot 1.
const TRANSIENT_CODE = deploying("60005c600101805f5d60015500");
// Stores 5 in slot 0, then dies in the constructor, its money going to its caller.
const DYING_INIT = "0x600560005533ff";
// Stores 5 in slot 0 and stays, without code.
const STAYING_INIT = "0x600560005500";
// On each call: asks ecrecover (1) and sha256 (2) about zeros and stores what comes back.
const PRECOMPILE_CODE = deploying(
  "602060006080600060015afa60005160005560206000608060006002610fff5afa60005160015500",
);

/** Deploys everything, one contract per account. */
const DEPLOYMENTS: readonly TestTransaction[] = [
  { from: 0, nonce: 0, data: NOTEBOOK_CODE as Hex },
  { from: 1, nonce: 0, data: FACTORY_CODE },
  { from: 2, nonce: 0, data: TRANSIENT_CODE },
  { from: 3, nonce: 0, data: PRECOMPILE_CODE },
];
const TARGETS = [0, 1, 2, 3].map((from) => contractAddress(from, 0));

type Case = Omit<TestTransaction, "from" | "nonce">;
const HARD_CASES: readonly Case[] = [
  { to: NOTEBOOK, data: notebookCall("note", 1, 20) },
  { to: NOTEBOOK, data: notebookCall("note", 1, 21) },
  { to: NOTEBOOK, data: notebookCall("clear", 1) },
  { to: NOTEBOOK, data: notebookCall("note", 1, 13), valueWei: 4n },
  { to: NOTEBOOK, data: notebookCall("note", 1, 14) },
  { to: NOTEBOOK, data: notebookCall("pass", 3, 30), gas: 90_000n },
  { to: NOTEBOOK, data: notebookCall("pass", 3, 30) },
  { to: NOTEBOOK, data: notebookCall("spin", 40_000), gas: 80_000n },
  { to: NOTEBOOK, data: notebookCall("spin", 0), gas: 60_000n },
  { to: TARGETS[1]!, data: DYING_INIT, valueWei: 7n },
  { to: TARGETS[1]!, data: DYING_INIT, valueWei: 7n },
  { to: TARGETS[1]!, data: STAYING_INIT, valueWei: 1n },
  { to: TARGETS[1]!, data: STAYING_INIT, valueWei: 1n },
  { to: TARGETS[2]! },
  { to: TARGETS[2]! },
  { to: TARGETS[3]! },
  { to: "0x0000000000000000000000000000000000000004", data: "0x010203" },
  { to: "0x00000000000000000000000000000000000000ff" },
  { to: "0x00000000000000000000000000000000000000ff", valueWei: 1n, feeWei: 3n },
  { data: "0xfe" },
  { data: "0x6001600160015500" },
  { data: `0x60016000f3`, valueWei: 2n },
];

async function oracle(genesis: Readonly<Record<string, string>>): Promise<VM> {
  const common = createCustomCommon({ chainId: 4242 }, Mainnet, { hardfork: Hardfork.Prague });
  const stateManager = new MerkleStateManager({ common });
  for (const [address, wei] of Object.entries(genesis))
    await stateManager.putAccount(
      createAddressFromString(address),
      createAccount({ balance: BigInt(wei) }),
    );
  return createVM({ common, stateManager });
}

/** Runs `said` on both and compares what is told and what is left. */
async function runBoth(chain: Chain, vm: VM, said: TestTransaction): Promise<void> {
  const raw = signTest(chain, said);
  const outcome = await chain.sendRaw(raw);
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.reason);
  const { head, archive } = chain;
  const record = archive.transaction({ blockNumber: head.number, index: 0 })!;
  const { common } = vm;
  const header = {
    number: BigInt(head.number),
    timestamp: BigInt(head.timestampS),
    gasLimit: BLOCK_GAS_MAX,
    baseFeePerGas: 0n,
    mixHash: archive.block(head.number - 1)!.hash,
  };
  const block = createBlock({ header }, { common });
  const result = await runTx(vm, { tx: createTxFromRLP(raw, { common }), block });
  const at = JSON.stringify(said, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  assert.equal(record.succeeded, result.execResult.exceptionError === undefined, at);
  assert.equal(record.gasUsed, result.totalGasSpent, at);
  const logs = archive
    .logsAt(head.number, 0, 100)
    .map(({ log }) => [log.address, log.topics, log.data]);
  assert.deepEqual(logs, record.succeeded ? (result.execResult.logs ?? []) : [], at);
  const touched: Hex[] = [
    testAddress(said.from).toString(),
    ...(said.to ? [said.to] : []),
    ...TARGETS,
    `0x${"00".repeat(20)}`,
    ...(result.createdAddress ? [result.createdAddress.toString()] : []),
  ];
  const factory = chain.storageAt(TARGETS[1]!, bytesToHex(new Uint8Array(32)));
  if (factory.length > 0) touched.push(bytesToHex(setLengthLeft(factory, 20)));
  for (const address of touched) await compareAccount(chain, vm, address, at);
}

async function compareAccount(chain: Chain, vm: VM, address: Hex, at: string): Promise<void> {
  const name = createAddressFromString(address);
  const expected = (await vm.stateManager.getAccount(name)) ?? createAccount({});
  const found = chain.account(address);
  assert.equal(found.nonce, expected.nonce, `nonce ${address} ${at}`);
  assert.equal(found.balanceWei, expected.balance, `balance ${address} ${at}`);
  assert.equal(bytesToHex(found.codeHash), bytesToHex(expected.codeHash), `code ${address} ${at}`);
  assert.equal(bytesToHex(chain.code(address)), bytesToHex(await vm.stateManager.getCode(name)));
  for (const slot of [0, 1, 2]) {
    const key = setLengthLeft(Uint8Array.of(slot), 32);
    const value = await vm.stateManager.getStorage(name, key);
    assert.equal(
      bytesToHex(chain.storageAt(address, bytesToHex(key))),
      bytesToHex(value),
      `slot ${slot} ${address} ${at}`,
    );
  }
}

async function open(): Promise<Chain> {
  const parts = {
    clock: new HandClock(),
    store: new MemoryStore(),
    activity: new CountingActivity(),
    log: silentLog,
  };
  return openChain(parts, testOptions());
}

describe("Machine", function () {
  this.timeout(20_000);

  it("does what the library does as it ships", async () => {
    await using chain = await open();
    const vm = await oracle(testOptions().genesis);
    const random = fc.sample(fc.constantFrom(...HARD_CASES), { seed: 1, numRuns: 20 });
    for (const deployment of DEPLOYMENTS) await runBoth(chain, vm, deployment);
    for (const [i, one] of [...HARD_CASES, ...random].entries()) {
      const from = 4 + (i % 4);
      const nonce = Number(chain.account(testAddress(from).toString()).nonce);
      await runBoth(chain, vm, { ...one, from, nonce });
    }
    const factory = chain.storageAt(TARGETS[1]!, bytesToHex(new Uint8Array(32)));
    assert.equal(factory.length, 20, "the factory made something");
    assert.deepEqual(
      chain.storageAt(TARGETS[2]!, bytesToHex(setLengthLeft(Uint8Array.of(1), 32))),
      Uint8Array.of(1),
    );
  });

  it("several transactions in one block see each other as they do alone", async () => {
    await using one = await open();
    await using many = await open();
    const all = [
      ...DEPLOYMENTS,
      ...HARD_CASES.map((said, i) => ({ ...said, from: 4 + (i % 4), nonce: Math.floor(i / 4) })),
    ];
    for (const said of all) assert.ok((await one.sendRaw(signTest(one, said))).ok);
    await Promise.all(all.map((said) => many.sendRaw(signTest(many, said))));
    assert.equal(many.head.number, 1);
    assert.equal(many.head.transactionCount, all.length);
    for (const address of [...TARGETS, ...[4, 5, 6, 7].map((i) => testAddress(i).toString())]) {
      assert.deepEqual(many.account(address), one.account(address));
      for (const slot of [0, 1, 2]) {
        const key = bytesToHex(setLengthLeft(Uint8Array.of(slot), 32));
        assert.deepEqual(many.storageAt(address, key), one.storageAt(address, key));
      }
    }
    const gas = (chain: Chain): bigint[] =>
      Array.from({ length: chain.head.number }, (_, i) => chain.archive.transactionsOf(i + 1))
        .flat()
        .map(({ gasUsed }) => gasUsed);
    assert.deepEqual(gas(many), gas(one));
    assert.ok(hexToBytes(NOTEBOOK).length === 20);
  });
});
