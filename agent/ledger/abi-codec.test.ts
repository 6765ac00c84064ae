// Goal: what the codec makes is what the ABI specification says, and it reads back what it made.
// Method: random types and values, compared with viem in both directions; known errors and events.
// Seed: fast-check's own, printed on failure; fixed here by FC_SEED.
import assert from "node:assert/strict";
import type { Abi, AbiParameter } from "abitype";
import fc from "fast-check";
import * as viem from "viem";
import { AbiCodec } from "./abi-codec.ts";
import { decodeValues, encodeValues } from "./abi-values.ts";
import { bytesOf, hexOf } from "./hex.ts";

const FC_SEED = 20_260_101;
const runs = (numRuns: number) => ({ seed: FC_SEED, numRuns });

interface Typed {
  readonly parameter: AbiParameter;
  readonly value: fc.Arbitrary<unknown>;
}

const hexOfLength = (byteCount: number) =>
  fc.uint8Array({ minLength: byteCount, maxLength: byteCount }).map(hexOf);

const leaf: fc.Arbitrary<Typed> = fc.oneof(
  fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 32 })).map(([signed, bytes]) => {
    const bits = BigInt(bytes * 8);
    const range = signed
      ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }
      : { min: 0n, max: 2n ** bits - 1n };
    const value = fc.bigInt(range).map((big) => (bits <= 48n ? Number(big) : big));
    return { parameter: { type: `${signed ? "" : "u"}int${bits}` }, value };
  }),
  fc.constant({ parameter: { type: "bool" }, value: fc.boolean() }),
  fc.constant({ parameter: { type: "address" }, value: hexOfLength(20) }),
  fc.constant({ parameter: { type: "string" }, value: fc.string({ unit: "grapheme" }) }),
  fc.constant({ parameter: { type: "bytes" }, value: fc.uint8Array({ maxLength: 70 }).map(hexOf) }),
  fc
    .integer({ min: 1, max: 32 })
    .map((count) => ({ parameter: { type: `bytes${count}` }, value: hexOfLength(count) })),
);

const typed: fc.Arbitrary<Typed> = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .tuple(tie("typed"), fc.option(fc.integer({ min: 1, max: 3 })))
      .map(([{ parameter, value }, length]) => ({
        parameter: { ...parameter, type: `${parameter.type}[${length ?? ""}]` },
        value: fc.array(
          value,
          length === null ? { maxLength: 3 } : { minLength: length, maxLength: length },
        ),
      })),
    fc
      .tuple(fc.array(tie("typed"), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([fields, named]) => ({
        parameter: {
          type: "tuple",
          components: fields.map(({ parameter }, at) =>
            named ? { ...parameter, name: `field${at}` } : parameter,
          ),
        },
        value: named
          ? fc.record(Object.fromEntries(fields.map(({ value }, at) => [`field${at}`, value])), {
              noNullPrototype: true,
            })
          : fc.tuple(...fields.map(({ value }) => value)),
      })),
  ),
})).typed;

const typedValues = fc
  .array(typed, { maxLength: 4 })
  .chain((list) =>
    fc
      .tuple(...list.map(({ value }) => value))
      .map((values) => ({ parameters: list.map(({ parameter }) => parameter), values })),
  );

const plainKeccak = (message: Uint8Array): Uint8Array => viem.keccak256(message, "bytes");
const codec = new AbiCodec(plainKeccak);

describe("ledger: abi codec", () => {
  it("encodes as viem does, and decodes what viem encoded", () => {
    fc.assert(
      fc.property(typedValues, ({ parameters, values }) => {
        const expected = viem.encodeAbiParameters(parameters, values);
        assert.equal(hexOf(encodeValues(parameters, values)), expected);
        assert.deepEqual(decodeValues(parameters, bytesOf(expected)), values);
      }),
      runs(500),
    );
  });

  it("names functions by selector, also with tuples and aliases", () => {
    const abi = [
      {
        type: "function",
        name: "post",
        stateMutability: "nonpayable",
        outputs: [],
        inputs: [
          {
            name: "offers",
            type: "tuple[2][]",
            components: [
              { name: "a", type: "uint" },
              { name: "b", type: "address" },
            ],
          },
          { name: "limits", type: "int[]" },
        ],
      },
    ] as const satisfies Abi;
    const args = [
      [
        [
          { a: 1n, b: viem.zeroAddress },
          { a: 2n, b: viem.zeroAddress },
        ],
      ],
      [-1n],
    ];
    const signature = "post((uint256,address)[2][],int256[])";
    const data = hexOf(codec.encodeCall(abi, "post", args));
    assert.equal(data.slice(0, 10), viem.toFunctionSelector(signature));
    assert.equal(hexOf(codec.encodeCall(abi, signature, args)), data);
  });

  it("chooses the overload that fits", () => {
    const abi = viem.parseAbi(["function f(uint256 a)", "function f(string a)", "function f()"]);
    for (const args of [[1n], ["x"], []] as const)
      assert.equal(
        hexOf(codec.encodeCall(abi, "f", args)),
        viem.encodeFunctionData({ abi, functionName: "f", args: [...args] as [bigint] }),
      );
    assert.throws(() => codec.encodeCall(abi, "f", [true]), { code: "LEDGER_CALL_INVALID" });
    assert.throws(() => codec.encodeCall(abi, "g", []), { code: "LEDGER_CALL_INVALID" });
  });

  it("refuses values that do not fit their type", () => {
    const bad: [string, unknown][] = [
      ["uint8", 256],
      ["uint8", -1],
      ["uint256", 1.5],
      ["uint256", "1"],
      ["int8", 128n],
      ["bool", 1],
      ["address", "0x00"],
      ["bytes4", "0x0000"],
      ["bytes", "00"],
      ["string", 1],
      ["uint8[2]", [1]],
      ["uint8[]", 1],
    ];
    for (const [type, value] of bad)
      assert.throws(() => encodeValues([{ type }], [value]), `${type} ${String(value)}`);
  });

  it("decodes events, with indexed values and hashes of indexed texts", () => {
    fc.assert(
      fc.property(
        hexOfLength(20),
        fc.string(),
        fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
        fc.integer({ min: 0, max: 255 }),
        (by, note, amount, level) => {
          const abi = viem.parseAbi([
            "event Moved(address indexed by, string indexed note, uint256 amount, uint8 indexed level)",
          ]);
          const topics: readonly viem.Hex[] = viem
            .encodeEventTopics({ abi, args: { by, note, level } })
            .filter((topic) => typeof topic === "string");
          const data = viem.encodeAbiParameters([{ type: "uint256" }], [amount]);
          const event = codec.eventsByTopic(abi, ["Moved"]).get(topics[0] ?? "0x");
          assert.deepEqual(codec.decodeEvent(event!, topics, data), {
            name: "Moved",
            args: { by, note: viem.keccak256(viem.toBytes(note)), amount, level },
          });
        },
      ),
      runs(100),
    );
  });

  it("decodes custom and built-in errors, and leaves unknown ones", () => {
    const abi = viem.parseAbi(["error TooEarly(uint32 now, uint64 from)", "error Empty()"]);
    const cases: [viem.Hex, unknown][] = [
      [
        viem.encodeErrorResult({ abi, errorName: "TooEarly", args: [5, 6n] }),
        { errorName: "TooEarly", errorArgs: [5, 6n] },
      ],
      [viem.encodeErrorResult({ abi, errorName: "Empty" }), { errorName: "Empty", errorArgs: [] }],
      [
        viem.encodeErrorResult({ abi: viem.parseAbi(["error Error(string)"]), args: ["no"] }),
        { errorName: "Error", errorArgs: ["no"] },
      ],
      [
        viem.encodeErrorResult({ abi: viem.parseAbi(["error Panic(uint256)"]), args: [17n] }),
        { errorName: "Panic", errorArgs: [17n] },
      ],
      ["0x12345678", undefined],
      ["0x", undefined],
    ];
    for (const [data, expected] of cases)
      assert.deepEqual(codec.decodeRefusal(abi, bytesOf(data)), expected);
  });

  it("gives one result bare and several as a list", () => {
    const abi = viem.parseAbi([
      "function one() view returns (uint256)",
      "function two() view returns (uint8, string)",
    ]);
    const one = bytesOf(viem.encodeFunctionResult({ abi, functionName: "one", result: 5n }));
    const two = bytesOf(viem.encodeFunctionResult({ abi, functionName: "two", result: [5, "x"] }));
    assert.deepEqual(codec.decodeResult(abi, "one", { args: [], result: one }), {
      kind: "value",
      value: 5n,
    });
    assert.deepEqual(codec.decodeResult(abi, "two", { args: [], result: two }), {
      kind: "value",
      value: [5, "x"],
    });
    assert.equal(
      codec.decodeResult(abi, "one", { args: [], result: new Uint8Array() }).kind,
      "refused",
    );
  });
});
