// Goal: the recorder reads every block of a real chain once and in order, and makes facts of all it holds.
// Method: the embedded chain in this process with the market on it.
// Seed: none.
import assert from "node:assert/strict";
import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import { bytesToHex } from "@ethereumjs/util";
import { type Abi, encodeFunctionData, type Hex } from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";
import {
  marketAbi,
  marketBytecode,
} from "../../actors/transax/contracts/generated/market-artefact.ts";
import { keccak256, meterId } from "../../actors/transax/hex.ts";
import { emptyFinalizeCall, finalizeCalls } from "../../actors/transax/rules/candidate-chain.ts";
import type { NewOffer, Trade } from "../../actors/transax/rules/market-terms.ts";
import { encodeOffers } from "../../actors/transax/rules/offer-codec.ts";
import { encodeSolution } from "../../actors/transax/rules/solution-codec.ts";
import {
  CountingActivity,
  HandClock,
  MemoryStore,
  silentLog,
  testKey,
  testOptions,
} from "../../agent/chain/chain.fixture.ts";
import { type Chain, openChain } from "../../agent/chain/chain.ts";
import { FilterTable } from "../../agent/chain/rpc-filters.ts";
import { ChainSession } from "../../agent/chain/rpc-session.ts";
import type { Json, RpcClient, RpcOutcome } from "../../agent/core/rpc.ts";
import { AbiCodec } from "../../agent/ledger/abi-codec.ts";
import { packReadings } from "../../devices/drivers/meter/pack-readings.ts";
import { DEFAULT_TARIFF } from "./record.ts";
import { type DayProgress, DayRecorder } from "./record-chain.ts";
import { SAMPLE_RUN, SAMPLE_TERMS } from "./record-sample.fixture.ts";

const INTERVAL_S = 900;

/** A client of a chain in this process. */
class NearClient implements RpcClient {
  readonly calls: string[] = [];
  readonly #session: ChainSession;
  readonly closed: Promise<void>;
  lose: () => void = () => undefined;
  #receiver: (method: string, params: Json) => void = () => undefined;

  constructor(chain: Chain, clock: HandClock) {
    let names = 0;
    const newName = (): string => `0x${(names += 1).toString(16).padStart(32, "0")}`;
    const context = { chain, filters: new FilterTable(chain, newName), clock, log: silentLog };
    this.#session = new ChainSession(context, newName, (told) => {
      const { method, params } = told as { method: string; params: Json };
      this.#receiver(method, params);
    });
    this.closed = new Promise((resolve) => (this.lose = resolve));
  }

  async call(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    this.calls.push(`${method} ${JSON.stringify(params[0] ?? "")}`);
    const answer = await this.#session.answer({ jsonrpc: "2.0", id: 1, method, params });
    const { result, error } = answer as {
      result: Json;
      error?: { code: number; message: string };
    };
    return error === undefined ? { ok: true, result } : { ok: false, ...error };
  }

  receive(receiver: (method: string, params: Json) => void): void {
    this.#receiver = receiver;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.lose();
    return Promise.resolve();
  }
}

/** The embedded chain with a market; account 0 is the operator. */
class MarketChain {
  readonly clock = new HandClock();
  readonly codec = new AbiCodec(keccak256);
  readonly #nonces = new Map<number, number>();
  readonly chain: Chain;
  market: Hex | undefined;

  constructor(chain: Chain, clock: HandClock) {
    this.chain = chain;
    this.clock = clock;
  }

  static async open(): Promise<MarketChain> {
    const clock = new HandClock();
    const parts = {
      clock,
      store: new MemoryStore(),
      activity: new CountingActivity(),
      log: silentLog,
    };
    return new MarketChain(await openChain(parts, testOptions()), clock);
  }

  client(): NearClient {
    return new NearClient(this.chain, this.clock);
  }

  get startS(): number {
    return Math.floor(this.clock.nowUs / 1e6 / INTERVAL_S + 10) * INTERVAL_S;
  }

  /** Sends a transaction and waits for its block. */
  async send(
    from: number,
    to: Hex | undefined,
    data: Hex,
    valueWei = 0n,
  ): Promise<Hex | undefined> {
    const nonce = this.#nonces.get(from) ?? 0;
    this.#nonces.set(from, nonce + 1);
    const transaction = createFeeMarket1559Tx(
      {
        nonce,
        gasLimit: 5_000_000n,
        maxFeePerGas: 10n ** 10n,
        value: valueWei,
        data,
        ...(to === undefined ? {} : { to }),
      },
      { common: this.chain.common },
    ).sign(testKey(from));
    const client = this.client();
    const heard = new Promise<void>((resolve) => client.receive(() => resolve()));
    await client.call("eth_subscribe", ["newHeads"]);
    const sent = await client.call("eth_sendRawTransaction", [bytesToHex(transaction.serialize())]);
    assert.ok(sent.ok, JSON.stringify(sent));
    await heard;
    const receipt = await client.call("eth_getTransactionReceipt", [sent.result]);
    assert.ok(receipt.ok);
    return (receipt.result as { contractAddress: Hex | null }).contractAddress ?? undefined;
  }

  async deploy(startS: number): Promise<void> {
    const options = {
      startS: BigInt(startS),
      intervalS: INTERVAL_S,
      clearIntervals: 1,
      horizonIntervals: 30,
    };
    const code = this.codec.encodeCreation(marketAbi, marketBytecode, [options]);
    this.market = await this.send(0, undefined, bytesToHex(code));
  }

  async tell(
    from: number,
    functionName: string,
    args: readonly unknown[],
    wei = 0n,
  ): Promise<void> {
    const abi: Abi = marketAbi;
    const data = encodeFunctionData({ abi, functionName, args });
    await this.send(from, this.market, data, wei);
  }

  async join(who: number, prosumer: string): Promise<void> {
    const meter = meterId(prosumer);
    const owner = privateKeyToAccount(bytesToHex(testKey(who))).address;
    const data = encodeFunctionData({
      abi: marketAbi,
      functionName: "certificateDigest",
      args: [meter, owner],
    });
    const read = await this.client().call("eth_call", [{ to: this.market ?? "", data }, "latest"]);
    assert.ok(read.ok);
    const key = bytesToHex(testKey(0));
    const certificate = await sign({ hash: read.result as Hex, privateKey: key, to: "hex" });
    await this.tell(who, "registerProsumer", [meter, certificate]);
    await this.tell(who, "deposit", [], 10n ** 18n);
  }

  post(who: number, offers: readonly NewOffer[]): Promise<void> {
    return this.tell(who, "postOffers", [1, bytesToHex(encodeOffers(offers))]);
  }
}

const offer = (kind: "sell" | "buy", energyWh: number, priceUnits: number): NewOffer => ({
  kind,
  energyWh,
  priceUnits,
  firstInterval: 0,
  intervalMask: 1n,
});

/** Two households trade in interval 0; the second solution is refused. */
async function playDay(market: MarketChain): Promise<number> {
  const { startS } = market;
  await market.send(0, privateKeyToAccount(bytesToHex(testKey(5))).address, "0x", 1_000n);
  await market.deploy(startS);
  await market.tell(0, "setFeeders", [[{ feeder: 1, externalLimitWh: 0, internalLimitWh: 900 }]]);
  await market.tell(0, "registerSmartMeters", [
    [
      { meter: meterId("11"), feeder: 1, productionLimitWh: 900, consumptionLimitWh: 900 },
      { meter: meterId("12"), feeder: 1, productionLimitWh: 0, consumptionLimitWh: 900 },
    ],
  ]);
  await market.join(1, "11");
  await market.join(2, "12");
  await market.post(1, [offer("sell", 500, 100)]);
  await market.post(2, [offer("buy", 300, 200), offer("buy", 50, 180)]);
  const trades: readonly Trade[] = [
    { interval: 0, sellerOffer: 1, buyerOffer: 2, energyWh: 300, priceUnits: 150 },
    { interval: 0, sellerOffer: 1, buyerOffer: 3, energyWh: 50, priceUnits: 140 },
  ];
  const { offerList, chunks } = encodeSolution(trades);
  await market.tell(3, "postSolution", [bytesToHex(offerList), bytesToHex(chunks)]);
  await market.tell(4, "postSolution", [bytesToHex(offerList), bytesToHex(chunks)]);
  market.clock.nowUs = (startS - INTERVAL_S) * 1e6;
  const ordered = [...trades].sort((a, b) => a.priceUnits - b.priceUnits);
  const call = finalizeCalls(ordered, keccak256)[0] ?? emptyFinalizeCall(0);
  await market.tell(6, "finalize", [
    0,
    bytesToHex(call.trades),
    call.nextInterval,
    bytesToHex(call.tail),
  ]);
  await market.tell(1, "submitReadings", [0, packReadings([480, -7])]);
  await market.tell(2, "submitReadings", [0, packReadings([-360])]);
  return startS;
}

describe("a recorder on the embedded chain", () => {
  it("makes a record of all that happened", async () => {
    const market = await MarketChain.open();
    const told: DayProgress[] = [];
    const recorder = new DayRecorder(market.client(), (progress) => void told.push(progress));
    const startS = await playDay(market);
    await recorder.catchUp();
    const terms = { ...SAMPLE_TERMS, startS, intervalCount: 2, tariff: DEFAULT_TARIFF };
    const { totals, prosumers, gas, trades, market: address } = recorder.record(terms, SAMPLE_RUN);
    assert.equal(address, market.market?.toLowerCase());
    assert.deepEqual(trades, [
      { interval: 0, seller: "11", buyer: "12", energyWh: 50, price: 140 },
      { interval: 0, seller: "11", buyer: "12", energyWh: 300, price: 150 },
    ]);
    assert.deepEqual(
      prosumers.map(
        ({ prosumer, producedWh, consumedWh, toGridWh, fromGridWh, missingReadings }) => [
          prosumer,
          producedWh,
          consumedWh,
          toGridWh,
          fromGridWh,
          missingReadings,
        ],
      ),
      [
        ["11", 480, 7, 130, 7, 0],
        ["12", 0, 360, 0, 10, 1],
      ],
    );
    assert.equal(totals.paidUnits, 52_000n);
    assert.deepEqual([totals.refusedCount, totals.solutionCount, totals.offerCount], [1, 1, 3]);
    const byName = new Map(gas.map((each) => [each.functionName, each]));
    assert.deepEqual(
      [...byName].map(([name, { callCount, items }]) => [name, callCount, items?.count]).sort(),
      [
        ["(create)", 1, undefined],
        ["(transfer)", 1, undefined],
        ["deposit", 2, undefined],
        ["finalize", 1, 2],
        ["postOffers", 2, 3],
        ["postSolution", 2, 2],
        ["registerProsumer", 2, undefined],
        ["registerSmartMeters", 1, undefined],
        ["setFeeders", 1, undefined],
        ["submitReadings", 2, 3],
      ],
    );
    assert.equal(byName.get("(transfer)")?.gasTotal, 21_000);
    assert.equal(totals.blockCount, told.length);
    const { blockTimeS, ...last } = recorder.progress;
    assert.ok(blockTimeS > 0);
    assert.deepEqual(last, {
      blockNumber: told.length,
      finalIntervals: 1,
      prosumerCount: 2,
      tradedWh: 350,
      offerCount: 3,
      readingCount: 3,
      transactionCount: totals.transactionCount,
      refusedCount: 1,
      gasUsed: totals.gasUsed,
    });
    await market.chain[Symbol.asyncDispose]();
  });

  it("takes each block once and in order, those of the past first, however it is asked", async () => {
    const market = await MarketChain.open();
    await market.send(0, undefined, "0x");
    const client = market.client();
    const numbers: number[] = [];
    let next: () => void = () => undefined;
    const recorder = new DayRecorder(client, ({ blockNumber }) => {
      numbers.push(blockNumber);
      if (blockNumber >= 3) next();
    });
    const third = new Promise<void>((resolve) => (next = resolve));
    const stopping = new AbortController();
    const following = recorder.follow(stopping.signal);
    await market.send(0, undefined, "0x");
    await market.send(0, undefined, "0x");
    await third;
    await Promise.all([recorder.takeBlock(2), recorder.catchUp(), recorder.takeBlock(3)]);
    stopping.abort();
    await following;
    await market.send(0, undefined, "0x");
    await recorder.catchUp();
    assert.deepEqual(numbers, [1, 2, 3, 4]);
    const fetched = client.calls.filter((call) => call.startsWith("eth_getBlockReceipts"));
    assert.equal(fetched.length, 4);
    await market.chain[Symbol.asyncDispose]();
  });

  it("tells that the connection is lost", async () => {
    const market = await MarketChain.open();
    const client = market.client();
    const following = new DayRecorder(client).follow(new AbortController().signal);
    client.lose();
    assert.equal(await following, "lost");
    await market.chain[Symbol.asyncDispose]();
  });
})
  // A slow machine may need longer than mocha's two seconds.
  .timeout(30_000);
