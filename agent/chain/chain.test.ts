// Goal: the chain mines what it accepted, answers when it is durable, survives whatever is sent, keeps
// calls and blocks apart, and tells its work to logical time.
// Method: the real engine on a database in memory and a clock moved by hand.
// Seed: none.
import assert from "node:assert/strict";
import { createEOACode7702Tx, createLegacyTx } from "@ethereumjs/tx";
import {
  bytesToBigInt,
  bytesToHex,
  eoaCode7702SignAuthorization,
  hexToBytes,
} from "@ethereumjs/util";
import { AgentError } from "../core/errors.ts";
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
  testKey,
  testOptions,
} from "./chain.fixture.ts";
import { type Chain, openChain } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import type { ChainOptions } from "./chain-options.ts";
import { NOTEBOOK_CODE } from "./notebook.fixture.ts";

const NOBODY = `0x${"00".repeat(19)}aa` as const;

async function open(changes: Partial<ChainOptions> = {}, store = new MemoryStore()) {
  const clock = new HandClock();
  const activity = new CountingActivity();
  const chain = await openChain({ clock, store, activity, log: silentLog }, testOptions(changes));
  return {
    chain,
    clock,
    store,
    activity,
    [Symbol.asyncDispose]: () => chain[Symbol.asyncDispose](),
  };
}

/** Sends and tells the hash, or the reason. */
async function send(chain: Chain, said: TestTransaction): Promise<string> {
  const outcome = await chain.sendRaw(signTest(chain, said));
  return outcome.ok ? bytesToHex(outcome.hash) : outcome.reason;
}

async function deploy(chain: Chain): Promise<Hex> {
  const hash = await send(chain, { from: 0, nonce: 0, data: NOTEBOOK_CODE as Hex });
  assert.match(hash, /^0x/);
  return contractAddress(0, 0);
}

async function ask(chain: Chain, to: Hex, data: Hex): Promise<bigint[]> {
  const outcome = await chain.call({ to, data: hexToBytes(data) });
  assert.equal(outcome.kind, "returned");
  const returned = outcome.data;
  return Array.from({ length: returned.length / 32 }, (_, i) =>
    bytesToBigInt(returned.subarray(32 * i, 32 * i + 32)),
  );
}

/** Lets every promise that can go on do so. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("Chain", () => {
  it("mines a transfer at once and answers with its durable receipt", async () => {
    await using world = await open();
    const { chain, activity } = world;
    const hash = await send(chain, { from: 0, nonce: 0, to: NOBODY, valueWei: 5n });
    const place = chain.archive.placeOf(hexToBytes(hash as Hex))!;
    assert.deepEqual(place, { blockNumber: 1, index: 0 });
    const record = chain.archive.transaction(place)!;
    assert.deepEqual([record.succeeded, record.gasUsed], [true, 21_000n]);
    assert.equal(chain.account(NOBODY).balanceWei, 5n);
    assert.equal(chain.account(testAddress(0).toString()).nonce, 1n);
    assert.deepEqual([activity.openCount, activity.beginCount], [0, 1]);
    assert.deepEqual(activity.positions, [0, 1]);
  });

  it("begins work before sendRaw returns, and a lone queued transaction is no work", async () => {
    await using world = await open();
    const { chain, activity } = world;
    const waiting = await send(chain, { from: 0, nonce: 1, to: NOBODY });
    await send(chain, { from: 0, nonce: 2, to: NOBODY });
    assert.equal(chain.pending(waiting as Hex)?.nonce, 1n);
    assert.equal(activity.openCount, 0);
    const answer = chain.sendRaw(signTest(chain, { from: 0, nonce: 0, to: NOBODY }));
    assert.equal(activity.openCount, 1);
    assert.ok((await answer).ok);
    assert.equal(activity.openCount, 0);
    assert.equal(chain.account(testAddress(0).toString()).nonce, 3n);
    assert.equal(chain.head.transactionCount, 3);
  });

  it("gathers what comes within gatherMs into one block", async () => {
    await using world = await open({ mining: { kind: "demand", gatherMs: 100 } });
    const { chain, clock, activity } = world;
    const answers = [0, 1, 2].map((from) =>
      send(chain, { from, nonce: 0, to: NOBODY, valueWei: 1n }),
    );
    await settled();
    clock.pass(99);
    await settled();
    assert.deepEqual([chain.head.number, activity.openCount], [0, 1]);
    answers.push(send(chain, { from: 3, nonce: 0, to: NOBODY, valueWei: 1n }));
    clock.pass(1);
    await Promise.all(answers);
    assert.deepEqual([chain.head.number, chain.head.transactionCount], [1, 4]);
    assert.deepEqual([activity.openCount, activity.beginCount], [0, 1]);
  });

  it("with intervals answers at once and mines at most one block each, never an empty one", async () => {
    await using world = await open({
      mining: { kind: "interval", intervalMs: 1_000 },
      transactionsPerBlockMax: 2,
    });
    const { chain, clock, activity } = world;
    for (const nonce of [0, 1, 2])
      assert.match(await send(chain, { from: 0, nonce, to: NOBODY }), /^0x/);
    assert.deepEqual([chain.head.number, chain.pendingNonce(testAddress(0).toString())], [0, 3n]);
    await settled();
    clock.pass(1_000);
    await settled();
    assert.deepEqual(
      [chain.head.number, chain.head.transactionCount, activity.openCount],
      [1, 2, 1],
    );
    clock.pass(1_000);
    await settled();
    assert.deepEqual(
      [chain.head.number, chain.head.transactionCount, activity.openCount],
      [2, 1, 0],
    );
    clock.pass(10_000);
    await settled();
    assert.equal(chain.head.number, 2);
  });

  it("drops what cannot run without losing its block, and tells why", async () => {
    await using world = await open({ mining: { kind: "demand", gatherMs: 10 } });
    const { chain, clock } = world;
    const all = 1000n * 10n ** 18n;
    const answers = [
      send(chain, { from: 0, nonce: 0, to: NOBODY, valueWei: all }),
      send(chain, { from: 0, nonce: 1, to: NOBODY, valueWei: 1n }),
      send(chain, { from: 0, nonce: 2, to: NOBODY }),
      send(chain, { from: 1, nonce: 0, to: NOBODY, valueWei: 1n }),
    ];
    await settled();
    clock.pass(10);
    const [first, second, third, fourth] = await Promise.all(answers);
    assert.match(first!, /^0x/);
    assert.match(second!, /insufficient funds/);
    assert.match(third!, /^0x/, "waits for its nonce again");
    assert.match(fourth!, /^0x/);
    assert.equal(chain.head.transactionCount, 2);
    assert.equal(chain.account(NOBODY).balanceWei, all + 1n);
    const again = send(chain, { from: 0, nonce: 1, to: NOBODY });
    await settled();
    clock.pass(10);
    assert.match(await again, /^0x/);
    assert.equal(chain.head.transactionCount, 2);
    assert.equal(chain.pending(third as Hex), undefined);
  });

  it("makes no block of nothing but refused transactions", async () => {
    await using world = await open();
    const { chain, activity } = world;
    const poor = { from: 20, nonce: 0, to: NOBODY, valueWei: 1n } as const;
    assert.match(await send(chain, poor), /insufficient funds/);
    assert.match(await send(chain, { ...poor, valueWei: 0n, feeWei: 1n }), /insufficient funds/);
    assert.equal(chain.head.number, 0);
    assert.equal(activity.openCount, 0);
    assert.match(await send(chain, { ...poor, valueWei: 0n }), /^0x/, "gas is free");
  });

  it("refuses at the door what can never run", async () => {
    await using world = await open();
    const { chain } = world;
    const gas = (gas: bigint): Promise<string> =>
      send(chain, { from: 0, nonce: 0, to: NOBODY, gas });
    assert.match(await gas(2n ** 24n + 1n), /gas limit too high: 16777217, the most is 16777216/);
    assert.match(await gas(20_999n), /intrinsic gas too low/);
    const reason = async (raw: Uint8Array): Promise<string> => {
      const outcome = await chain.sendRaw(raw);
      assert.ok(!outcome.ok);
      return outcome.reason;
    };
    assert.match(await reason(Uint8Array.of(3, 0xc0)), /no blobs/);
    assert.match(await reason(new Uint8Array(200_000)), /oversized/);
    for (const junk of ["", "00", "01", "02c0", "c0", "f8", "7f", "04c0", "ff".repeat(50)])
      assert.equal(typeof (await reason(hexToBytes(`0x${junk}`))), "string");
    const signed = signTest(chain, { from: 0, nonce: 0, to: NOBODY });
    for (let i = 0; i < signed.length; i += 1) {
      const changed = signed.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      const outcome = await chain.sendRaw(changed);
      // One flipped bit names another sender, who owns nothing: never ours.
      if (outcome.ok) assert.equal(chain.account(testAddress(0).toString()).nonce, 0n);
    }
    const foreign = await open({ chainId: 4243 });
    assert.match(
      await reason(signTest(foreign.chain, { from: 0, nonce: 0, to: NOBODY })),
      /chain/i,
    );
    await foreign[Symbol.asyncDispose]();
  });

  it("knows what it was sent before", async () => {
    await using world = await open();
    const { chain } = world;
    await send(chain, { from: 0, nonce: 0, to: NOBODY });
    assert.equal(await send(chain, { from: 0, nonce: 0, to: NOBODY }), "already known");
    assert.equal(
      await send(chain, { from: 0, nonce: 0, to: NOBODY, valueWei: 1n }),
      "nonce too low",
    );
    await send(chain, { from: 0, nonce: 5, to: NOBODY });
    assert.equal(await send(chain, { from: 0, nonce: 5, to: NOBODY }), "already known");
    const other = await send(chain, { from: 0, nonce: 5, to: NOBODY, valueWei: 1n });
    assert.equal(other, "replacement transaction underpriced");
  });

  it("keeps a contract's storage, events and refusals", async () => {
    await using world = await open();
    const { chain } = world;
    const to = await deploy(chain);
    await send(chain, { from: 1, nonce: 0, to, data: notebookCall("note", 7, 70) });
    assert.deepEqual(await ask(chain, to, notebookCall("notes", 7)), [70n]);
    const failing = await send(chain, {
      from: 1,
      nonce: 1,
      to,
      data: notebookCall("note", 7, 13),
      valueWei: 9n,
    });
    const record = chain.archive.transaction(chain.archive.placeOf(hexToBytes(failing as Hex))!)!;
    assert.deepEqual([record.succeeded, record.logCount], [false, 0]);
    assert.deepEqual(await ask(chain, to, notebookCall("notes", 7)), [70n]);
    assert.equal(chain.account(to).balanceWei, 0n);
    assert.equal(chain.account(testAddress(1).toString()).nonce, 2n);
    const query = { fromBlock: 0, toBlock: 9, addresses: [hexToBytes(to)], topics: [] };
    const logs = [...chain.archive.logs(query)];
    assert.deepEqual(
      logs.map(({ blockNumber, index }) => [blockNumber, index]),
      [[2, 0]],
    );
    const byAnyone = { ...query, addresses: [], topics: [[], [...[logs[0]!.log.topics[1]!]]] };
    assert.equal([...chain.archive.logs(byAnyone)].length, 1);
    const bySomeoneElse = { ...query, topics: [[], [new Uint8Array(32)]] };
    assert.equal([...chain.archive.logs(bySomeoneElse)].length, 0);
    const refused = await chain.call({ to, data: hexToBytes(notebookCall("note", 3, 13)) });
    assert.equal(refused.kind, "reverted");
  });

  it("calls leave nothing behind and see the next block's number and time", async () => {
    await using world = await open();
    const { chain, clock } = world;
    const to = await deploy(chain);
    const root = chain.head.stateRoot;
    const outcome = await chain.call({
      from: testAddress(1).toString(),
      to,
      data: hexToBytes(notebookCall("note", 1, 2)),
      valueWei: 3n,
    });
    assert.equal(outcome.kind, "returned");
    assert.deepEqual(await ask(chain, to, notebookCall("notes", 1)), [0n]);
    assert.equal(chain.account(to).balanceWei, 0n);
    assert.deepEqual([chain.head.number, chain.head.stateRoot], [1, root]);
    clock.nowUs += 60_500_000;
    assert.deepEqual(await ask(chain, to, notebookCall("time")), [1_700_000_060n, 2n]);
    await send(chain, { from: 0, nonce: 1, to: NOBODY });
    assert.equal(chain.head.timestampS, 1_700_000_060);
    clock.nowUs -= 120_000_000;
    await send(chain, { from: 0, nonce: 2, to: NOBODY });
    assert.equal(chain.head.timestampS, 1_700_000_060, "time never goes back");
    const [hash] = await ask(chain, to, notebookCall("hash", 2));
    assert.equal(hash, bytesToBigInt(chain.archive.block(2)!.hash));
    assert.deepEqual(await ask(chain, to, notebookCall("hash", 4)), [0n]);
  });

  it("calls between transactions of one sender see whole blocks only", async () => {
    await using world = await open({ transactionsPerBlockMax: 3 });
    const { chain } = world;
    const to = await deploy(chain);
    const sent = Array.from({ length: 12 }, (_, i) =>
      send(chain, { from: 1, nonce: i, to, data: notebookCall("note", i, 20 + i) }),
    );
    const seen = await Promise.all(
      Array.from({ length: 30 }, () => ask(chain, to, notebookCall("count"))),
    );
    await Promise.all(sent);
    for (const [count] of seen) assert.equal(Number(count) % 3, 0);
    assert.deepEqual(await ask(chain, to, notebookCall("count")), [12n]);
    assert.equal(chain.head.number, 5);
  });

  it("estimates what is just enough", async () => {
    await using world = await open();
    const { chain } = world;
    const to = await deploy(chain);
    const from = testAddress(1).toString();
    for (const call of [
      notebookCall("note", 1, 2),
      notebookCall("pass", 1, 3),
      notebookCall("clear", 9),
      notebookCall("spin", 50_000),
    ]) {
      const data = hexToBytes(call);
      const estimate = await chain.estimateGas({ from, to, data, gas: 300_000n });
      assert.equal(estimate.kind, "enough");
      const nonce = Number(chain.account(from).nonce);
      const short = await send(chain, { from: 1, nonce, to, data: call, gas: estimate.gas - 1n });
      const enough = await send(chain, {
        from: 1,
        nonce: nonce + 1,
        to,
        data: call,
        gas: estimate.gas,
      });
      const succeeded = [short, enough].map(
        (hash) =>
          chain.archive.transaction(chain.archive.placeOf(hexToBytes(hash as Hex))!)!.succeeded,
      );
      // A loop until the gas is low succeeds with less than it would take with plenty.
      assert.equal(succeeded[1], true);
      if (call !== notebookCall("spin", 50_000)) assert.equal(succeeded[0], false, call);
      await send(chain, { from: 1, nonce: nonce + 2, to, data: notebookCall("clear", 1) });
    }
    assert.deepEqual(await chain.estimateGas({ from, to: NOBODY, valueWei: 1n }), {
      kind: "enough",
      gas: 21_000n,
    });
    const reverted = await chain.estimateGas({
      from,
      to,
      data: hexToBytes(notebookCall("note", 1, 13)),
    });
    assert.equal(reverted.kind, "reverted");
    const poor = await chain.estimateGas({ from: NOBODY, to, valueWei: 1n });
    assert.equal(poor.kind, "failed");
    const tooLittle = await chain.estimateGas({ from, to: NOBODY, gas: 20_000n });
    assert.equal(tooLittle.kind, "failed");
  });

  it("takes every kind of transaction that carries no blobs", async () => {
    await using world = await open();
    const { chain } = world;
    const to = await deploy(chain);
    const legacy = createLegacyTx(
      { nonce: 0, gasLimit: 21_000n, gasPrice: 3n, to: NOBODY },
      { common: chain.common },
    );
    assert.ok((await chain.sendRaw(legacy.sign(testKey(1)).serialize())).ok);
    const coinbase = `0x${"00".repeat(20)}` as const;
    assert.equal(chain.account(coinbase).balanceWei, 63_000n);
    const authorization = eoaCode7702SignAuthorization(
      [4242n, to, 0n].map((x) =>
        typeof x === "string"
          ? hexToBytes(x)
          : x === 0n
            ? new Uint8Array()
            : Uint8Array.of(0x10, 0x92),
      ) as [Uint8Array, Uint8Array, Uint8Array],
      testKey(3),
    );
    const delegating = createEOACode7702Tx(
      {
        nonce: 0,
        gasLimit: 200_000n,
        to: testAddress(3),
        data: notebookCall("note", 4, 5),
        authorizationList: [authorization],
      },
      { common: chain.common },
    );
    assert.ok((await chain.sendRaw(delegating.sign(testKey(2)).serialize())).ok);
    assert.deepEqual(await ask(chain, testAddress(3).toString(), notebookCall("notes", 4)), [5n]);
    assert.match(
      await send(chain, { from: 3, nonce: 1, to: NOBODY }),
      /^0x/,
      "a delegated account still sends",
    );
  });

  it("takes every proof about blobs for a wrong one, and goes on", async () => {
    await using world = await open();
    const { chain } = world;
    const to = `0x${"00".repeat(19)}0a` as const;
    const hash = await send(chain, { from: 0, nonce: 0, to, valueWei: 5n, gas: 90_000n });
    const { record } = chain.receipt(hexToBytes(hash as Hex))!;
    assert.deepEqual([record.succeeded, record.gasUsed], [false, 90_000n]);
    assert.equal(chain.account(to).balanceWei, 0n);
    assert.equal((await chain.call({ to })).kind, "failed");
    assert.match(await send(chain, { from: 0, nonce: 1, to: NOBODY }), /^0x/);
  });

  it("opens again where it stopped", async () => {
    const first = await open();
    const to = await deploy(first.chain);
    await send(first.chain, { from: 0, nonce: 1, to, data: notebookCall("note", 1, 2) });
    const { head } = first.chain;
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    assert.match(await send(first.chain, { from: 0, nonce: 2, to }), /stopped/);
    await using second = await open({}, first.store);
    assert.deepEqual(second.chain.head, head);
    assert.deepEqual(await ask(second.chain, to, notebookCall("notes", 1)), [2n]);
    assert.equal(
      await send(second.chain, { from: 0, nonce: 1, to, data: notebookCall("note", 1, 2) }),
      "already known",
    );
    assert.match(await send(second.chain, { from: 0, nonce: 2, to: NOBODY }), /^0x/);
    assert.deepEqual(second.chain.archive.block(3)?.number, 3);
  });

  it("refuses a database of another chain", async () => {
    const { store, ...first } = await open();
    await first[Symbol.asyncDispose]();
    const isForeign = (error: unknown): boolean =>
      error instanceof AgentError && error.code === "CHAIN_DATABASE_FOREIGN";
    await assert.rejects(open({ chainId: 4243 }, store), isForeign);
    await assert.rejects(open({ genesis: { [NOBODY]: "1" } }, store), isForeign);
    await (await open({ transactionsPerBlockMax: 7 }, store))[Symbol.asyncDispose]();
  });

  it("a disk that fails ends the chain, and nobody was promised anything", async () => {
    await using world = await open();
    const { chain, store, activity } = world;
    await send(chain, { from: 0, nonce: 0, to: NOBODY, valueWei: 1n });
    store.database.failNext = new Error("the disk is full");
    assert.match(
      await send(chain, { from: 0, nonce: 1, to: NOBODY, valueWei: 1n }),
      /nothing is known/,
    );
    await assert.rejects(chain.ended, /the disk is full/);
    assert.equal(activity.openCount, 0);
    assert.equal(chain.account(NOBODY).balanceWei, 1n);
    assert.match(await send(chain, { from: 0, nonce: 2, to: NOBODY }), /stopped/);
    await chain[Symbol.asyncDispose]();
    await using again = await open({}, store);
    assert.equal(again.chain.head.number, 1);
    assert.match(await send(again.chain, { from: 0, nonce: 1, to: NOBODY, valueWei: 1n }), /^0x/);
  });

  it("two chains that run the same transactions commit to the same state", async () => {
    await using a = await open();
    await using b = await open();
    for (const { chain } of [a, b]) {
      const to = await deploy(chain);
      await send(chain, { from: 1, nonce: 0, to, data: notebookCall("note", 1, 2) });
    }
    assert.deepEqual(a.chain.head.hash, b.chain.head.hash);
    await send(a.chain, { from: 2, nonce: 0, to: NOBODY, valueWei: 1n });
    await send(b.chain, { from: 2, nonce: 0, to: NOBODY, valueWei: 2n });
    assert.notDeepEqual(a.chain.head.stateRoot, b.chain.head.stateRoot);
  });
});
