// Goal: on the embedded chain, with real sockets and a real disk, every accepted call takes effect exactly
// once and every event is delivered in order, although manager, connection and chain come and go.
// Method: the chain program and managers in this process, each with a database of its own in a temporary
// folder; a manager is disposed at the n-th message it sends, the chain is stopped and started again on
// the same port. Seed: keys are drawn by the system; outcomes do not depend on them.
import assert from "node:assert/strict";
import { parseAbi, parseEther } from "viem";
import { type ChainReady, chainProgram } from "../chain/chain-program.ts";
import { NOTEBOOK_CODE } from "../chain/notebook.fixture.ts";
import type { Hex, LedgerEvent, LedgerService } from "../component/ledger-service.ts";
import type { Rpc, RpcClient } from "../core/rpc.ts";
import type { Channel } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import { CountedActivity } from "../io/counted-activity.ts";
import { makeWorld } from "../io/real-world.ts";
import { inFolder } from "../io/temporary-folder.contract.ts";
import { openLedger } from "./ledger.ts";
import { openCrypto } from "./ledger-crypto.ts";
import type { LedgerOptions } from "./ledger-options.ts";

const NOTEBOOK_ABI = parseAbi([
  "function note(uint256 key, uint256 value) payable",
  "function count() view returns (uint256)",
  "function time() view returns (uint256, uint256)",
  "event Noted(address indexed by, uint256 indexed key, uint256 value)",
  "error Refused(uint256 key)",
]);
const CHAIN_ID = 31_337;
const never = new AbortController().signal;

function keyOf(account: number): Hex {
  return `0x${(account + 1).toString(16).padStart(64, "0")}`;
}

/** A chain on which accounts a0, a1, ... are rich, and managers for it. */
class Bench implements AsyncDisposable {
  readonly #folder: string;
  readonly #keys: Record<string, Hex> = {};
  readonly #genesis: Record<string, string> = {};
  #port = 0;
  #stopChain: () => Promise<void> = () => Promise.resolve();
  activity = new CountedActivity();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string, accountCount: number): Promise<Bench> {
    const bench = new Bench(folder);
    const crypto = await openCrypto();
    for (let at = 0; at < accountCount; at += 1) {
      const key = keyOf(at);
      bench.#keys[`a${String(at)}`] = key;
      bench.#genesis[crypto.addressOf(Buffer.from(key.slice(2), "hex"))] = String(
        parseEther("1000"),
      );
    }
    await bench.startChain();
    return bench;
  }

  world(): World {
    return makeWorld({
      name: "test",
      host: "127.0.0.1",
      broadcastHost: "127.255.255.255",
      dataFolder: this.#folder,
      assetsFolder: this.#folder,
      spawner: { entry: "none" } as never,
      levelMin: "error",
      activity: this.activity,
    });
  }

  async startChain(): Promise<void> {
    const stop = new AbortController();
    const options = {
      chainId: CHAIN_ID,
      port: this.#port,
      database: "chain",
      genesis: this.#genesis,
      mining: { kind: "demand", gatherMs: 2 },
      transactionsPerBlockMax: 200,
    };
    const world = { ...this.world(), activity: new CountedActivity() };
    const ready = new Promise<ChainReady>((resolve, reject) => {
      const parent: Channel = {
        send: (message) => resolve(message as ChainReady),
        receive: () => undefined,
      };
      const running = chainProgram(world, options, parent, stop.signal);
      running.catch(reject);
      this.#stopChain = () => {
        stop.abort();
        return running;
      };
    });
    this.#port = Number(new URL((await ready).url).port);
  }

  stopChain(): Promise<void> {
    return this.#stopChain();
  }

  openLedger(changes: Partial<LedgerOptions> = {}, rpc?: Rpc) {
    this.activity = new CountedActivity();
    const world = rpc === undefined ? this.world() : { ...this.world(), rpc };
    const url = `ws://127.0.0.1:${String(this.#port)}`;
    const common = { url, chainId: CHAIN_ID, database: "ledger", keys: this.#keys };
    const fast = { pollMs: 100, resendMs: 200, reconnectMs: 5, reconnectMsMax: 50 };
    return openLedger(world, { ...common, ...fast, ...changes }, never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopChain();
  }
}

async function deployNotebook(ledger: LedgerService): Promise<Hex> {
  const request = { key: "notebook", abi: NOTEBOOK_ABI, bytecode: NOTEBOOK_CODE as Hex, args: [] };
  const outcome = await ledger.deploy("a0", request);
  assert(outcome.kind === "accepted" && outcome.contractAddress !== undefined);
  return outcome.contractAddress;
}

function note(
  ledger: LedgerService,
  address: Hex,
  [account, key, value]: [string, number, number],
) {
  const args = [BigInt(key), BigInt(value)];
  const call = { abi: NOTEBOOK_ABI, address, functionName: "note", args };
  return ledger.submit(account, { key: `note${String(key)}`, ...call });
}

async function countOf(ledger: LedgerService, address: Hex): Promise<unknown> {
  const call = { abi: NOTEBOOK_ABI, address, functionName: "count", args: [] };
  const outcome = await ledger.read("a0", call);
  return outcome.kind === "value" ? outcome.value : outcome;
}

/** The keys noted so far, by a reader of this name, until `count` of them were seen. */
async function follow(
  ledger: LedgerService,
  { address, reader, count }: { address: Hex; reader: string; count: number },
): Promise<number[]> {
  const events: LedgerEvent[] = [];
  const stop = new AbortController();
  await ledger.follow(
    "a0",
    { reader, abi: NOTEBOOK_ABI, address, events: ["Noted"] },
    (event) => {
      events.push(event);
      // After this one has resolved: it counts as delivered.
      if (events.length === count) setImmediate(() => stop.abort());
      return Promise.resolve();
    },
    stop.signal,
  );
  return events.map(({ args }) => Number(args["key"]));
}

/** Calls `at` when the n-th message leaves. */
class CountingRpc implements Rpc {
  readonly #rpc: Rpc;
  #left: number;
  readonly #at: () => void;

  constructor(rpc: Rpc, left: number, at: () => void) {
    this.#rpc = rpc;
    this.#left = left;
    this.#at = at;
  }

  serve(): never {
    throw new Error("not used");
  }

  async connect(url: string, signal: AbortSignal): Promise<RpcClient> {
    const client = await this.#rpc.connect(url, signal);
    return {
      call: (method, params) => {
        this.#left -= 1;
        if (this.#left === 0) this.#at();
        return client.call(method, params);
      },
      receive: (receiver) => client.receive(receiver),
      closed: client.closed,
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  }
}

const ascending = (one: number, other: number): number => one - other;

describe("ledger on the embedded chain", function () {
  this.timeout(60_000);

  it("20 accounts times 20 calls at once: each mined once, nonces without gaps", () =>
    inFolder(async (folder) => {
      await using bench = await Bench.open(folder, 20);
      await using ledger = await bench.openLedger();
      const address = await deployNotebook(ledger);
      const outcomes = await Promise.all(
        Array.from({ length: 400 }, (_, at) =>
          note(ledger, address, [`a${String(at % 20)}`, at, 1]),
        ),
      );
      assert.deepEqual(
        outcomes.filter(({ kind }) => kind !== "accepted"),
        [],
      );
      assert.equal(await countOf(ledger, address), 400n);
      const keys = await follow(ledger, { address, reader: "all", count: 400 });
      assert.deepEqual(
        keys.sort(ascending),
        Array.from({ length: 400 }, (_, at) => at),
      );
      assert.equal(bench.activity.busyCount, 0);
    }));

  it("names the refusals of a real contract, transfers coins and reads", () =>
    inFolder(async (folder) => {
      await using bench = await Bench.open(folder, 1);
      await using ledger = await bench.openLedger();
      const address = await deployNotebook(ledger);
      assert.deepEqual(await note(ledger, address, ["a0", 5, 13]), {
        kind: "refused",
        errorName: "Refused",
        errorArgs: [5n],
      });
      assert.deepEqual(await note(ledger, address, ["a0", 6, 14]), {
        kind: "refused",
        errorName: "Error",
        errorArgs: ["unlucky"],
      });
      // Waits until somebody has paid its gas.
      const poor = note(ledger, address, ["poor", 7, 1]);
      const to = await ledger.open("poor");
      const sent = await ledger.transfer("a0", { key: "t", to, valueWei: parseEther("1") });
      assert.equal(sent.kind, "accepted");
      assert.equal((await poor).kind, "accepted");
      assert.equal((await note(ledger, address, ["poor", 8, 1])).kind, "accepted");
      assert.equal(await countOf(ledger, address), 2n);
      const time = { abi: NOTEBOOK_ABI, address, functionName: "time", args: [] };
      const read = await ledger.read("a0", time);
      assert(read.kind === "value" && Array.isArray(read.value) && read.value.length === 2);
    }));

  it("closed at the n-th message and opened again, for many n: each call once, each event once", () =>
    inFolder(async (folder) => {
      await using bench = await Bench.open(folder, 3);
      let address: Hex;
      {
        await using ledger = await bench.openLedger();
        address = await deployNotebook(ledger);
      }
      const seen: number[] = [];
      let callCount = 0;
      for (let closeAt = 4; closeAt <= 40; closeAt += 3) {
        const calls = Array.from({ length: 6 }, (_, at): [string, number, number] => [
          `a${String(at % 3)}`,
          callCount + at,
          1,
        ]);
        callCount += calls.length;
        let close: () => void = () => undefined;
        const closing = new Promise<void>((resolve) => {
          close = resolve;
        });
        const first = await bench.openLedger(
          {},
          new CountingRpc(bench.world().rpc, closeAt, close),
        );
        const all = Promise.all(calls.map((call) => note(first, address, call)));
        await Promise.race([all.catch(() => undefined), closing]);
        await first[Symbol.asyncDispose]();
        await all.catch(() => undefined);
        await using second = await bench.openLedger();
        const outcomes = await Promise.all(calls.map((call) => note(second, address, call)));
        assert(outcomes.every(({ kind }) => kind === "accepted"));
        assert.equal(await countOf(second, address), BigInt(callCount));
        seen.push(...(await follow(second, { address, reader: "r", count: calls.length })));
      }
      assert.deepEqual(
        seen.sort(ascending),
        Array.from({ length: callCount }, (_, at) => at),
      );
    }));

  it("a chain that stops in the middle and comes back: each call once, events go on in order", () =>
    inFolder(async (folder) => {
      await using bench = await Bench.open(folder, 5);
      await using ledger = await bench.openLedger();
      const address = await deployNotebook(ledger);
      const following = follow(ledger, { address, reader: "r", count: 100 });
      const all = Promise.all(
        Array.from({ length: 100 }, (_, at) =>
          note(ledger, address, [`a${String(at % 5)}`, at, 1]),
        ),
      );
      for (let times = 0; times < 3; times += 1) {
        await bench.stopChain();
        await bench.startChain();
      }
      assert((await all).every(({ kind }) => kind === "accepted"));
      assert.equal(await countOf(ledger, address), 100n);
      const keys = await following;
      assert.equal(new Set(keys).size, 100);
      // Each account's calls reach the chain, and so the reader, in the order in which they were made.
      for (let account = 0; account < 5; account += 1) {
        const own = keys.filter((key) => key % 5 === account);
        assert.deepEqual(own, [...own].sort(ascending));
      }
    }));
});
