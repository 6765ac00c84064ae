// Goal: what `submit` accepted takes effect exactly once, and events arrive in order, each once, across
// killed managers, broken connections, lost answers and lost notifications.
// Method: a scripted chain and a disk in memory; the manager is killed, or its connection cut, at each
// point of a run in turn or at random. Seed: each random run is named by its seed.
import assert from "node:assert/strict";
import { recoverAddress, toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import type {
  Hex,
  LedgerEvent,
  LedgerService,
  SubmitOutcome,
} from "../component/ledger-service.ts";
import { AMOUNT_MAX, COUNTER_ABI, FakeChain } from "./fake-chain.contract.ts";
import { FakeDisk, type FakeWorld, fakeWorld, seeded } from "./fake-world.contract.ts";
import { openLedger } from "./ledger.ts";
import type { LedgerOptions } from "./ledger-options.ts";

const ADDRESS: Hex = "0x00000000000000000000000000000000000000c1";
const never = new AbortController().signal;
const OPTIONS: LedgerOptions = {
  url: "fake",
  chainId: 31_337,
  database: "ledger",
  pollMs: 100,
  resendMs: 100,
  reconnectMs: 1,
  reconnectMsMax: 4,
};

class Bench {
  readonly chain = new FakeChain();
  readonly disk = new FakeDisk();
  world: FakeWorld;

  readonly seed: number;

  constructor(seed = 1) {
    this.seed = seed;
    this.world = this.#newWorld();
  }

  #newWorld(): FakeWorld {
    return fakeWorld({ rpc: this.chain, store: this.disk, seed: this.seed });
  }

  open(options: Partial<LedgerOptions> = {}): Promise<LedgerService & AsyncDisposable> {
    this.world = this.#newWorld();
    return openLedger(this.world, { ...OPTIONS, ...options }, never);
  }
}

function add(ledger: LedgerService, account: string, amount: number, key?: string) {
  const named = key === undefined ? {} : { key };
  const call = { abi: COUNTER_ABI, address: ADDRESS, functionName: "add", args: [BigInt(amount)] };
  return ledger.submit(account, { ...named, ...call });
}

function assertGapless(chain: FakeChain): void {
  const seen = new Map<string, number>();
  for (const { from, nonce } of chain.mined) {
    assert.equal(nonce, seen.get(from) ?? 0);
    seen.set(from, nonce + 1);
  }
}

/** Gathers events until `count` have come. */
class Sink {
  readonly events: LedgerEvent[] = [];
  #wake: () => void = () => undefined;
  readonly deliver = (event: LedgerEvent): Promise<void> => {
    this.events.push(event);
    this.#wake();
    return Promise.resolve();
  };
  get amounts(): number[] {
    return this.events.map(({ args }) => Number(args["amount"]));
  }
  async reach(count: number): Promise<void> {
    while (this.events.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

const FOLLOW = { reader: "r", abi: COUNTER_ABI, address: ADDRESS, events: ["Added"] };

describe("ledger: accounts", function () {
  this.timeout(30_000);

  it("keeps a key made on first use, and prefers a given one", async () => {
    const bench = new Bench();
    const given: Hex = `0x${"11".repeat(32)}`;
    let made: Hex;
    {
      await using ledger = await bench.open({ keys: { operator: given } });
      made = await ledger.open("a");
      assert.equal(await ledger.open("operator"), privateKeyToAddress(given).toLowerCase());
      assert.notEqual(await ledger.open("b"), made);
    }
    await using ledger = await bench.open();
    assert.equal(await ledger.open("a"), made);
  });

  it("signs digests so that the address is recovered", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    const address = await ledger.open("a");
    for (let at = 0; at < 20; at += 1) {
      const digest = bench.world.random.bytes(32);
      const signature = toHex(await ledger.signDigest("a", digest));
      assert.match(signature, /(1b|1c)$/);
      assert.equal((await recoverAddress({ hash: digest, signature })).toLowerCase(), address);
    }
    await assert.rejects(ledger.signDigest("a", new Uint8Array(31)), {
      code: "LEDGER_CALL_INVALID",
    });
  });

  it("refuses keys and options that are none", async () => {
    const bench = new Bench();
    await assert.rejects(bench.open({ keys: { a: "0x00" } }), { code: "LEDGER_KEY_INVALID" });
    await assert.rejects(bench.open({ pollMs: 1 }), { code: "LEDGER_OPTION_INVALID" });
    await assert.rejects(bench.open({ feeCapWei: 0n }), { code: "LEDGER_OPTION_INVALID" });
  });
});

describe("ledger: outbox", function () {
  this.timeout(30_000);

  it("takes calls of many accounts to the chain, each once, in order, without gaps", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, at) => add(ledger, `account${at % 5}`, at)),
    );
    assert(outcomes.every(({ kind }) => kind === "accepted"));
    assertGapless(bench.chain);
    const amounts = new Map<string, number[]>();
    for (const { from, data } of bench.chain.mined)
      amounts.set(from, [...(amounts.get(from) ?? []), Number(data.slice(10 + 56))]);
    assert.equal(bench.chain.mined.length, 100);
    assert.equal(bench.chain.sentCount, 100);
    assert.equal(bench.world.activity.open, 0);
    assert(bench.disk.transactCount < 100, "writes of many accounts share a flush");
  });

  it("tells a refusal before sending, by name, and uses no nonce for it", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    assert.deepEqual(await add(ledger, "a", AMOUNT_MAX + 1), {
      kind: "refused",
      errorName: "TooMuch",
      errorArgs: [BigInt(AMOUNT_MAX + 1), AMOUNT_MAX],
    });
    assert.equal((await add(ledger, "a", 1)).kind, "accepted");
    assert.equal(bench.chain.mined.length, 1);
    assertGapless(bench.chain);
  });

  it("finds out why a call failed in its block", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    bench.chain.failing = true;
    const outcome = await add(ledger, "a", 1);
    assert.equal(outcome.kind, "refused");
    assert.deepEqual(outcome, {
      kind: "refused",
      errorName: "Error",
      errorArgs: ["switched off"],
      transactionHash: bench.chain.mined[0]!.hash,
    });
  });

  it("gives the same key the same outcome: at once, later, and after a restart", async () => {
    const bench = new Bench();
    let first: SubmitOutcome;
    let refused: SubmitOutcome;
    {
      await using ledger = await bench.open();
      const both = await Promise.all([add(ledger, "a", 1, "k"), add(ledger, "a", 1, "k")]);
      assert.deepEqual(both[0], both[1]);
      first = both[0];
      assert.deepEqual(await add(ledger, "a", 1, "k"), first);
      refused = await add(ledger, "a", AMOUNT_MAX + 1, "refused");
    }
    await using ledger = await bench.open();
    assert.deepEqual(await add(ledger, "a", 1, "k"), first);
    assert.deepEqual(await add(ledger, "a", AMOUNT_MAX + 1, "refused"), refused);
    assert.equal(bench.chain.mined.length, 1);
    // Another account's key of the same name is another key.
    assert.equal((await add(ledger, "b", 2, "k")).kind, "accepted");
    assert.equal(bench.chain.mined.length, 2);
  });

  it("forgets the oldest outcomes only, beyond outcomesMax", async () => {
    const bench = new Bench();
    await using ledger = await bench.open({ outcomesMax: 3 });
    for (let at = 0; at < 5; at += 1) await add(ledger, "a", at, `k${at}`);
    for (const at of [2, 3, 4]) await add(ledger, "a", at, `k${at}`);
    assert.equal(bench.chain.mined.length, 5);
    await add(ledger, "a", 0, "k0");
    assert.equal(bench.chain.mined.length, 6);
  });

  it("deploys once per key and gives the address", async () => {
    const bench = new Bench();
    const request = { key: "d", abi: COUNTER_ABI, bytecode: "0x6000", args: [] } as const;
    await using ledger = await bench.open();
    const [one, two] = await Promise.all([
      ledger.deploy("a", request),
      ledger.deploy("a", request),
    ]);
    assert.deepEqual(one, two);
    assert(one.kind === "accepted" && /^0x[0-9a-f]{40}$/.test(one.contractAddress ?? ""));
    assert.equal(bench.chain.mined.length, 1);
    assert.equal((await ledger.transfer("a", { to: ADDRESS, valueWei: 5n })).kind, "accepted");
  });

  it("reads values, lists and refusals", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    await add(ledger, "a", 7);
    const read = (functionName: string, args: readonly unknown[]) =>
      ledger.read("a", { abi: COUNTER_ABI, address: ADDRESS, functionName, args });
    assert.deepEqual(await read("total", []), { kind: "value", value: 7n });
    assert.deepEqual(await read("pair", []), { kind: "value", value: [7, 8n] });
    const refused = await read("add", [BigInt(AMOUNT_MAX + 1)]);
    assert.equal(refused.kind === "refused" && refused.errorName, "TooMuch");
  });

  it("stops accepting at waitingMax, and accepts again after", async () => {
    const bench = new Bench();
    bench.chain.mining = false;
    await using ledger = await bench.open({ waitingMax: 3 });
    const three = [1, 2, 3].map((amount) => add(ledger, "a", amount));
    await assert.rejects(add(ledger, "a", 4), { code: "LEDGER_OUTBOX_FULL" });
    while (bench.chain.sentCount < 3) await new Promise(setImmediate);
    await assert.rejects(add(ledger, "a", 4), { code: "LEDGER_OUTBOX_FULL" });
    bench.chain.mine();
    await Promise.all(three);
    bench.chain.mining = true;
    assert.equal((await add(ledger, "a", 4)).kind, "accepted");
  });

  it("waits for confirmations when they are asked for", async () => {
    const bench = new Bench();
    await using ledger = await bench.open({ confirmationBlocks: 2 });
    let settled = false;
    const outcome = add(ledger, "a", 1).finally(() => {
      settled = true;
    });
    while (bench.chain.mined.length < 1) await new Promise(setImmediate);
    bench.chain.mine();
    for (let at = 0; at < 20; at += 1) await new Promise(setImmediate);
    assert.equal(settled, false);
    bench.chain.mine();
    assert.equal((await outcome).kind, "accepted");
  });

  it("does without notifications", async () => {
    const bench = new Bench();
    bench.chain.notifying = false;
    await using ledger = await bench.open();
    assert.equal((await add(ledger, "a", 1)).kind, "accepted");
  });

  it("does without receipts by block", async () => {
    const bench = new Bench();
    bench.chain.override = (method) =>
      method === "eth_getBlockReceipts" ? { ok: false, code: -32_601, message: "no" } : undefined;
    await using ledger = await bench.open();
    assert.equal((await add(ledger, "a", 1)).kind, "accepted");
  });

  it("keeps trying what the node does not take yet", async () => {
    const bench = new Bench();
    let refusedCount = 0;
    bench.chain.override = (method) => {
      if (method !== "eth_sendRawTransaction" || refusedCount === 2) return undefined;
      refusedCount += 1;
      return { ok: false, code: -32_000, message: "insufficient funds for gas" };
    };
    await using ledger = await bench.open();
    assert.equal((await add(ledger, "a", 1)).kind, "accepted");
    assert.equal(bench.world.lines.filter((line) => line.includes("ledger-not-taken")).length, 2);
  });

  it("signs again when somebody else used the nonce, and never twice", async () => {
    const bench = new Bench();
    const keys = { a: `0x${"22".repeat(32)}` } as const;
    const other = new Bench();
    let foreign: Hex | undefined;
    other.chain.override = (method, [raw]) => {
      if (method === "eth_sendRawTransaction") foreign = raw as Hex;
      return undefined;
    };
    {
      await using ledger = await other.open({ keys });
      await add(ledger, "a", 999);
    }
    await using ledger = await bench.open({ keys });
    bench.chain.mining = false;
    bench.chain.override = (method) => {
      if (method !== "eth_sendRawTransaction") return undefined;
      bench.chain.override = () => undefined;
      return { ok: false, code: -32_000, message: "try later" };
    };
    const outcome = add(ledger, "a", 1);
    while (!bench.chain.calls.includes("eth_sendRawTransaction")) await new Promise(setImmediate);
    bench.chain.mining = true;
    await bench.chain.send(foreign!);
    assert.equal((await outcome).kind, "accepted");
    assert.equal(bench.chain.mined.length, 2);
    assertGapless(bench.chain);
    assert(bench.world.lines.some((line) => line.includes("ledger-nonce-lost")));
  });

  it("ignores a chain with another number", async () => {
    const bench = new Bench();
    await using ledger = await bench.open({ chainId: 5 });
    const outcome = add(ledger, "a", 1);
    while (!bench.world.lines.some((line) => line.includes("ledger-other-chain")))
      await new Promise(setImmediate);
    assert.equal(bench.chain.sentCount, 0);
    await ledger[Symbol.asyncDispose]();
    await assert.rejects(outcome, { code: "LEDGER_CLOSED" });
  });

  it("rejects what is open when it closes, twice if need be, and nothing works after", async () => {
    const bench = new Bench();
    bench.chain.mining = false;
    const ledger = await bench.open();
    const outcome = add(ledger, "a", 1, "k");
    while (bench.chain.sentCount === 0) await new Promise(setImmediate);
    await ledger[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
    await assert.rejects(outcome, { code: "LEDGER_CLOSED" });
    await assert.rejects(add(ledger, "a", 1), { code: "LEDGER_CLOSED" });
    const ignore = () => Promise.resolve();
    assert.throws(() => ledger.follow("a", FOLLOW, ignore, never), { code: "LEDGER_CLOSED" });
    assert.equal(bench.world.activity.open, 0);
    // It was on the disk: the next life finishes it.
    bench.chain.mine();
    await using again = await bench.open();
    assert.equal((await add(again, "a", 1, "k")).kind, "accepted");
    assert.equal(bench.chain.mined.length, 1);
  });

  it("passes a full disk on to whom it concerns, and leaves no gap", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    await ledger.open("a");
    await add(ledger, "a", 1);
    bench.disk.beforeTransact = () => {
      bench.disk.beforeTransact = () => undefined;
      throw new Error("disk full");
    };
    await assert.rejects(add(ledger, "a", 2), /disk full/);
    assert.equal((await add(ledger, "a", 3)).kind, "accepted");
    assertGapless(bench.chain);
    assert.equal(bench.chain.mined.length, 2);
  });
});

describe("ledger: outbox across crashes", function () {
  this.timeout(30_000);

  /** Twelve named calls of three accounts, all at once; the same again after each restart. */
  const addAll = (ledger: LedgerService) =>
    Promise.all(
      Array.from({ length: 12 }, (_, at) => add(ledger, `account${at % 3}`, at + 1, `key${at}`)),
    );

  function assertEachOnce(chain: FakeChain): void {
    const amounts = chain.mined.map(({ data }) => Number(BigInt(`0x${data.slice(10)}`)));
    assert.deepEqual(
      amounts.sort((one, other) => one - other),
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
    assertGapless(chain);
  }

  it("kill before the n-th transaction of the disk, for every n: each call once", async () => {
    let killedCount = 0;
    for (let at = 1; at <= 12; at += 1) {
      const bench = new Bench(at);
      bench.disk.beforeTransact = (count) => {
        if (count !== at) return;
        killedCount += 1;
        bench.disk.kill();
        bench.chain.cutAll();
      };
      const first = await bench.open();
      await addAll(first).catch(() => undefined);
      await first[Symbol.asyncDispose]();
      await using second = await bench.open();
      const outcomes = await addAll(second);
      assert(outcomes.every(({ kind }) => kind === "accepted"));
      assertEachOnce(bench.chain);
    }
    assert(killedCount >= 3, `only ${killedCount} runs got so far`);
  });

  it("kill at the n-th message to the chain, before or after it takes effect: each call once", async () => {
    for (const when of ["before", "after"] as const)
      for (let at = 1; at <= 60; at += 3) {
        const bench = new Bench(at);
        let messageCount = 0;
        let killed: () => void = () => undefined;
        const dead = new Promise<void>((resolve) => {
          killed = resolve;
        });
        bench.chain.fault = (_method, now) => {
          if (now !== when) return undefined;
          messageCount += 1;
          if (messageCount !== at) return undefined;
          bench.disk.kill();
          killed();
          return "cut";
        };
        const first = await bench.open();
        const all = addAll(first).catch(() => undefined);
        await Promise.race([all, dead]);
        await first[Symbol.asyncDispose]();
        await using second = await bench.open();
        assert((await addAll(second)).every(({ kind }) => kind === "accepted"));
        assertEachOnce(bench.chain);
      }
  });

  for (let seed = 1; seed <= 10; seed += 1)
    it(`connections that break at random points: each call once (seed ${String(seed)})`, async () => {
      const bench = new Bench(seed);
      const random = seeded(seed);
      bench.chain.fault = () => (random.next() < 0.05 ? "cut" : undefined);
      await using ledger = await bench.open();
      assert((await addAll(ledger)).every(({ kind }) => kind === "accepted"));
      assertEachOnce(bench.chain);
      assert.equal(bench.world.activity.open, 0);
    });

  it("takes up unnamed calls of an earlier life, too", async () => {
    const bench = new Bench();
    bench.chain.mining = false;
    const first = await bench.open();
    const lost = add(first, "a", 1);
    while (bench.chain.sentCount === 0) await new Promise(setImmediate);
    bench.disk.kill();
    await first[Symbol.asyncDispose]();
    await assert.rejects(lost);
    await using second = await bench.open();
    assert.equal(bench.world.activity.open, 1);
    bench.chain.mining = true;
    bench.chain.mine();
    assert.equal((await add(second, "a", 2)).kind, "accepted");
    assert.equal(bench.chain.mined.length, 2);
    assertGapless(bench.chain);
  });
});

describe("ledger: events", function () {
  this.timeout(30_000);

  it("pages the past first, then follows, in order", async () => {
    const bench = new Bench();
    await using ledger = await bench.open({ pageBlocksMax: 3 });
    for (let amount = 1; amount <= 10; amount += 1) await add(ledger, "a", amount);
    const sink = new Sink();
    const stop = new AbortController();
    const following = ledger.follow("a", FOLLOW, sink.deliver, stop.signal);
    await sink.reach(10);
    await add(ledger, "a", 11);
    await sink.reach(11);
    stop.abort();
    await following;
    assert.deepEqual(sink.amounts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const [first] = sink.events;
    assert.deepEqual(first, {
      name: "Added",
      args: { by: await ledger.open("a"), amount: 1n, total: 1n },
      blockNumber: 1,
      logIndex: 0,
      transactionHash: bench.chain.mined[0]!.hash,
    });
  });

  it("fetches a block once for a hundred readers, and flushes their places together", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    const stop = new AbortController();
    const sinks = Array.from({ length: 100 }, () => new Sink());
    const following = sinks.map((sink, at) =>
      ledger.follow(`account${at}`, FOLLOW, sink.deliver, stop.signal),
    );
    await add(ledger, "a", 1);
    await Promise.all(sinks.map((sink) => sink.reach(1)));
    const before = bench.chain.calls.filter((method) => method === "eth_getLogs").length;
    const flushed = bench.disk.transactCount;
    await add(ledger, "a", 2);
    await Promise.all(sinks.map((sink) => sink.reach(2)));
    stop.abort();
    await Promise.all(following);
    assert.equal(bench.chain.calls.filter((method) => method === "eth_getLogs").length, before + 1);
    assert(bench.disk.transactCount - flushed <= 12, String(bench.disk.transactCount - flushed));
  });

  it("goes on where each reader stopped, and repeats nothing after an orderly close", async () => {
    const bench = new Bench();
    const seen: number[] = [];
    for (let life = 0; life < 6; life += 1) {
      await using ledger = await bench.open();
      const sink = new Sink();
      void ledger.follow("a", FOLLOW, sink.deliver, never);
      await Promise.all([1, 2, 3].map((amount) => add(ledger, "a", 10 * life + amount)));
      await sink.reach(3);
      await new Promise(setImmediate);
      seen.push(...sink.amounts);
    }
    const expected = Array.from({ length: 6 }, (_, life) => [1, 2, 3].map((at) => 10 * life + at));
    assert.deepEqual(seen, expected.flat());
  });

  for (const cursorPer of ["event", "block"] as const)
    it(`repeats after a kill only what its promise allows (cursor per ${cursorPer})`, async () => {
      for (let killAt = 1; killAt <= 12; killAt += 1) {
        const bench = new Bench();
        {
          await using ledger = await bench.open();
          // Three blocks of four events.
          for (let block = 0; block < 3; block += 1) {
            bench.chain.mining = false;
            const sent = bench.chain.sentCount;
            const four = [1, 2, 3, 4].map((at) => add(ledger, "a", 4 * block + at));
            while (bench.chain.sentCount < sent + 4) await new Promise(setImmediate);
            bench.chain.mine();
            await Promise.all(four);
          }
        }
        bench.chain.mining = true;
        const seen: LedgerEvent[] = [];
        const first = await bench.open({ cursorPer });
        await new Promise<void>((resolve) => {
          const deliver = (event: LedgerEvent): Promise<void> => {
            if (seen.length < killAt) seen.push(event);
            if (seen.length === killAt) {
              bench.disk.kill();
              resolve();
            }
            return Promise.resolve();
          };
          void first.follow("a", FOLLOW, deliver, never).catch(() => undefined);
        });
        await first[Symbol.asyncDispose]();
        await using second = await bench.open({ cursorPer });
        const sink = new Sink();
        void second.follow("a", FOLLOW, sink.deliver, never);
        while (sink.amounts.at(-1) !== 12) await sink.reach(sink.events.length + 1);
        const again = sink.amounts[0]!;
        // The last one delivered was not known to be durable; before it nothing may come again.
        const least = cursorPer === "event" ? killAt : killAt - ((killAt - 1) % 4);
        assert(again >= least && again <= killAt + 1, `killed at ${killAt}, again from ${again}`);
        assert.deepEqual(
          sink.amounts,
          Array.from({ length: 13 - again }, (_, at) => again + at),
        );
      }
    });

  it("delivers one at a time, waits for each, and stops at once", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    for (const amount of [1, 2]) await add(ledger, "a", amount);
    let entered = 0;
    const stop = new AbortController();
    const following = ledger.follow(
      "a",
      FOLLOW,
      () => {
        entered += 1;
        return new Promise(() => undefined);
      },
      stop.signal,
    );
    while (entered === 0) await new Promise(setImmediate);
    for (let at = 0; at < 20; at += 1) await new Promise(setImmediate);
    assert.equal(entered, 1);
    stop.abort();
    await following;
    const sink = new Sink();
    void ledger.follow("a", FOLLOW, sink.deliver, never);
    await sink.reach(2);
    assert.deepEqual(sink.amounts, [1, 2]);
  });

  it("rejects when `deliver` does, without skipping the event", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    await add(ledger, "a", 1);
    const failing = ledger.follow("a", FOLLOW, () => Promise.reject(new Error("no")), never);
    await assert.rejects(failing, /no/);
    const sink = new Sink();
    void ledger.follow("a", FOLLOW, sink.deliver, never);
    await sink.reach(1);
    assert.deepEqual(sink.amounts, [1]);
  });

  it("tells logical time how far all readers are", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    await add(ledger, "a", 1);
    assert.equal(bench.world.activity.positions.at(-1), 1);
    let release: () => void = () => undefined;
    void ledger.follow("a", FOLLOW, () => new Promise((resolve) => (release = resolve)), never);
    await add(ledger, "a", 2);
    assert.equal(bench.world.activity.positions.at(-1), 1);
    assert.equal(bench.world.activity.open, 1);
    for (let at = 0; at < 200 && bench.world.activity.positions.at(-1) !== 2; at += 1) {
      release();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(bench.world.activity.positions.at(-1), 2);
    assert.deepEqual(
      bench.world.activity.positions,
      [...new Set(bench.world.activity.positions)].sort((one, other) => one - other),
    );
  });

  it("halves its pages when the node finds them too large", async () => {
    const bench = new Bench();
    await using ledger = await bench.open();
    for (let amount = 1; amount <= 9; amount += 1) await add(ledger, "a", amount);
    bench.chain.override = (method, [filter]) => {
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string };
      if (Number(toBlock) - Number(fromBlock) < 2) return undefined;
      return { ok: false, code: -32_005, message: "too many results" };
    };
    const sink = new Sink();
    void ledger.follow("a", FOLLOW, sink.deliver, never);
    await sink.reach(9);
    assert.deepEqual(sink.amounts, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  for (let seed = 1; seed <= 10; seed += 1)
    it(`readers of every speed get everything once, over breaking connections (seed ${String(seed)})`, async () => {
      const bench = new Bench(seed);
      const random = seeded(seed);
      await using ledger = await bench.open({ pageBlocksMax: 4, logsKeptMax: 5 });
      bench.chain.fault = () => (random.next() < 0.02 ? "cut" : undefined);
      const sinks = Array.from({ length: 5 }, () => new Sink());
      sinks.forEach((sink, at) => {
        const slow = async (event: LedgerEvent): Promise<void> => {
          if (at > 0 && random.next() < 0.3)
            await new Promise((resolve) => setTimeout(resolve, at));
          await sink.deliver(event);
        };
        void ledger.follow(`r${at}`, { ...FOLLOW, fromBlock: at }, slow, never);
      });
      await Promise.all(Array.from({ length: 30 }, (_, at) => add(ledger, `a${at % 4}`, at + 1)));
      const inOrder = bench.chain.mined.map(({ data }) => Number(BigInt(`0x${data.slice(10)}`)));
      const blocks = bench.chain.mined.map(({ blockNumber }) => blockNumber);
      await Promise.all(
        sinks.map(async (sink, at) => {
          const expected = inOrder.filter((_, place) => blocks[place]! >= at);
          await sink.reach(expected.length);
          assert.deepEqual(sink.amounts, expected);
        }),
      );
    });
});
