// Goal: the small parts keep their word: options, crypto, gas search, revert reasons, turns, caches, keys.
// Method: examples and properties; crypto against the library's own in script.
// Seed: fast-check's, printed on failure.
import assert from "node:assert/strict";
import { createLegacyTx } from "@ethereumjs/tx";
import { bytesToHex, ecrecover, hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { keccak256 } from "viem";
import { AgentError } from "../core/errors.ts";
import { BoundedMap } from "./bounded-map.ts";
import { testAddress, testKey, testOptions } from "./chain.fixture.ts";
import { numberKey, placeKey, readNumber, readPlace } from "./chain-keys.ts";
import { checkChainOptions } from "./chain-options.ts";
import {
  decodeBlock,
  decodeLog,
  decodeTransaction,
  encodeBlock,
  encodeLog,
  encodeTransaction,
} from "./chain-records.ts";
import { chainCrypto as crypto } from "./crypto.ts";
import { leastGas } from "./estimate-gas.ts";
import { fixedCommon } from "./fixed-common.ts";
import { revertReason } from "./revert-reason.ts";
import { Serial } from "./serial.ts";

describe("chain options", () => {
  it("passes good ones and names the field that is wrong", () => {
    const good = testOptions();
    assert.equal(checkChainOptions(good), good);
    const address = testAddress(0).toString();
    const wrong: readonly (readonly [string, unknown])[] = [
      ["chainId", 0],
      ["chainId", 1.5],
      ["chainId", "1"],
      ["port", 65_536],
      ["port", -1],
      ["database", ""],
      ["database", "../x"],
      ["database", undefined],
      ["genesis", []],
      ["genesis", { "0x12": "1" }],
      ["genesis", { [address]: 1 }],
      ["genesis", { [address]: "-1" }],
      ["genesis", { [address]: "9".repeat(39) }],
      ["genesis", { [address]: "1", [address.toUpperCase().replace("0X", "0x")]: "1" }],
      ["mining", {}],
      ["mining", { kind: "demand" }],
      ["mining", { kind: "demand", gatherMs: -1 }],
      ["mining", { kind: "interval", intervalMs: 0 }],
      ["mining", null],
      ["transactionsPerBlockMax", 0],
      ["transactionsPerBlockMax", 10_001],
    ];
    for (const [field, value] of wrong)
      assert.throws(
        () => checkChainOptions({ ...good, [field]: value }),
        (error) =>
          error instanceof AgentError &&
          error.code === "CHAIN_OPTIONS_INVALID" &&
          error.facts["field"] === field,
        `${field} ${JSON.stringify(value)}`,
      );
    assert.throws(() => checkChainOptions("none"), AgentError);
  });
});

describe("chain crypto", () => {
  it("hashes as others do, also beyond one block of the sponge", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (message) => {
        assert.equal(bytesToHex(crypto.keccak256(message)), keccak256(message));
      }),
    );
    const first = crypto.keccak256(Uint8Array.of(1));
    const copy = bytesToHex(first);
    crypto.keccak256(Uint8Array.of(2));
    assert.equal(bytesToHex(first), copy, "a result is not overwritten by the next");
  });

  it("signs what the library's own script recovers, and recovers what it signed", () => {
    const common = fixedCommon(4242, crypto);
    for (let nonce = 0; nonce < 8; nonce += 1) {
      const signed = createLegacyTx(
        { nonce, gasLimit: 21_000n, to: testAddress(1) },
        { common },
      ).sign(testKey(0));
      assert.equal(signed.getSenderAddress().toString(), testAddress(0).toString());
      const { v, r, s } = signed as { v: bigint; r: bigint; s: bigint };
      const words = [r, s].map((word) => hexToBytes(`0x${word.toString(16).padStart(64, "0")}`));
      const message = signed.getHashedMessageToSign();
      const expected = ecrecover(message, v, words[0]!, words[1]!, 4242n);
      assert.deepEqual(crypto.ecrecover(message, v, words[0]!, words[1]!, 4242n), expected);
      assert.throws(() => crypto.ecrecover(message, v + 2n, words[0]!, words[1]!, 4242n));
      assert.throws(() => crypto.ecrecover(message, v, new Uint8Array(32), words[1]!, 4242n));
    }
  });

  it("one fork that stays: a copy is the same object, parameters are merged once", () => {
    const common = fixedCommon(7, crypto);
    assert.equal(common.copy(), common);
    assert.deepEqual(
      [common.chainId(), common.hardfork(), common.consensusType()],
      [7n, "prague", "pos"],
    );
    assert.equal(common.gteHardfork("prague"), true);
    assert.equal(common.gteHardfork("osaka"), false);
    const parameters = { 1: { txGas: 5 } };
    common.updateParams(parameters);
    assert.equal(common.param("txGas"), 5n);
    parameters[1].txGas = 6;
    common.updateParams(parameters);
    assert.equal(common.param("txGas"), 5n);
    common.updateParams({ 1: { txGas: 7 } });
    assert.equal(common.param("txGas"), 7n);
  });
});

describe("least gas", () => {
  it("is the least that succeeds, for any threshold and any use", async () => {
    const number = fc.integer({ min: 1, max: 100_000 });
    await fc.assert(
      fc.asyncProperty(number, number, number, async (a, b, most) => {
        const [used, needed] = [Math.min(a, b), Math.max(a, b)].map(BigInt) as [bigint, bigint];
        let attemptCount = 0;
        const found = await leastGas(BigInt(most), (gas) => {
          attemptCount += 1;
          return Promise.resolve({
            succeeded: gas >= needed,
            gasBeforeRefund: gas >= needed ? used : gas,
          });
        });
        assert.equal(found, needed <= BigInt(most) ? needed : undefined);
        assert.ok(attemptCount <= 20);
      }),
    );
  });
});

describe("revert reason", () => {
  const word = (value: number): string => value.toString(16).padStart(64, "0");
  it("reads sentences and panics and nothing else", () => {
    const text = Buffer.from("unlucky").toString("hex").padEnd(64, "0");
    assert.equal(revertReason(hexToBytes(`0x08c379a0${word(32)}${word(7)}${text}`)), "unlucky");
    assert.equal(revertReason(hexToBytes(`0x4e487b71${word(0x11)}`)), "panic code 0x11");
    assert.equal(
      revertReason(hexToBytes(`0x08c379a0${word(32)}${word(2 ** 40)}${text}`)),
      undefined,
    );
    assert.equal(revertReason(hexToBytes("0x08c379a0")), undefined);
    assert.equal(revertReason(new Uint8Array()), undefined);
  });
});

describe("turns", () => {
  it("run one after the other, also past a failure", async () => {
    const serial = new Serial();
    const events: string[] = [];
    const work =
      (name: string, fail = false) =>
      async (): Promise<string> => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} ends`);
        if (fail) throw new Error(name);
        return name;
      };
    const [a, b, c] = [serial.run(work("a")), serial.run(work("b", true)), serial.run(work("c"))];
    assert.equal(serial.waitingCount, 3);
    assert.equal(await a, "a");
    await assert.rejects(b, /b/);
    assert.equal(await c, "c");
    assert.deepEqual(
      events,
      ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
    assert.equal(serial.waitingCount, 0);
  });
});

describe("BoundedMap", () => {
  it("forgets what was used longest ago", () => {
    const map = new BoundedMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    assert.equal(map.get("a"), 1);
    map.set("c", 3);
    assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [1, undefined, 3, 2]);
    map.set("a", 4);
    map.delete("c");
    assert.deepEqual([map.get("a"), map.size], [4, 1]);
  });
});

describe("chain records", () => {
  const bytes = (byteCount: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: byteCount, maxLength: byteCount });
  const number = fc.nat();

  it("keys keep the order of numbers and come back", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), number, (a, b, index) => {
        assert.equal(readNumber(numberKey(a)), a);
        assert.deepEqual(readPlace(placeKey(a, index)), { blockNumber: a, index });
        assert.equal(Math.sign(Buffer.compare(numberKey(a), numberKey(b))), Math.sign(a - b));
      }),
    );
  });

  it("come back from their bytes", () => {
    const block = fc.record({
      number,
      hash: bytes(32),
      header: fc.uint8Array(),
      timestampS: number,
      stateRoot: bytes(32),
      transactionCount: number,
      sizeBytes: number,
    });
    const wei = fc.bigInt(0n, 2n ** 200n);
    const transaction = fc.record({
      raw: fc.uint8Array(),
      hash: bytes(32),
      from: bytes(20),
      succeeded: fc.boolean(),
      gasUsed: wei,
      cumulativeGasUsed: wei,
      effectiveGasPriceWei: wei,
      contractAddress: fc.oneof(bytes(20), bytes(0)),
      firstLogIndex: number,
      logCount: number,
    });
    const log = fc.record({
      address: bytes(20),
      topics: fc.array(bytes(32), { maxLength: 4 }),
      data: fc.uint8Array(),
      transactionIndex: number,
      transactionHash: bytes(32),
    });
    fc.assert(
      fc.property(block, transaction, log, (a, b, c) => {
        assert.deepEqual(decodeBlock(encodeBlock(a)), { ...a });
        assert.deepEqual(decodeTransaction(encodeTransaction(b)), { ...b });
        assert.deepEqual(decodeLog(encodeLog(c)), { ...c });
      }),
    );
  });
});
