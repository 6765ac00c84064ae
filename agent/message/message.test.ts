// Goal: what a message type lets through is of its type, whatever bytes arrive; what fits travels unchanged.
// Method: properties over random shapes with values that fit them, and over random and damaged frames.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { AgentError } from "../core/errors.ts";
import {
  bytes,
  type Field,
  hex,
  integer,
  list,
  oneOf,
  real,
  record,
  signed64,
  text,
  truth,
  unsigned64,
} from "./field.ts";
import { message } from "./message-type.ts";

/** A field, and the values that fit it. */
interface Sample {
  readonly field: Field<unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

const packr = new Packr({ useRecords: false, int64AsType: "bigint" });
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const hexDigits = (count: number): fc.Arbitrary<string> =>
  fc
    .string({
      unit: fc.constantFrom(...Array.from("0123456789abcdefABCDEF")),
      minLength: count,
      maxLength: count,
    })
    .map((digits) => `0x${digits}`);
const notMinusZero = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (value === 0 ? 0 : value));

const leaves: fc.Arbitrary<Sample> = fc.oneof(
  fc
    .tuple(fc.integer({ min: -SAFE_MAX, max: 0 }), fc.nat(SAFE_MAX))
    .map(([min, max]) => ({ field: integer(min, max), values: fc.integer({ min, max }) })),
  fc.constant({ field: unsigned64, values: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
  fc.constant({
    field: signed64,
    values: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  }),
  fc.constant({ field: real, values: notMinusZero }),
  fc.constant({ field: truth, values: fc.boolean() }),
  fc.nat(60).map((lengthMax) => ({
    field: text(lengthMax),
    values: fc
      .string({ unit: "binary", maxLength: lengthMax })
      .filter((t) => t.length <= lengthMax),
  })),
  fc.integer({ min: 1, max: 65 }).map((byteCount) => ({
    field: hex(byteCount),
    values: hexDigits(2 * byteCount),
  })),
  fc.nat(80).map((lengthMax) => ({
    field: bytes(lengthMax),
    values: fc.uint8Array({ maxLength: lengthMax }),
  })),
  fc.constant({
    field: oneOf("open", "closed", ""),
    values: fc.constantFrom("open", "closed", ""),
  }),
);

const samples: fc.Arbitrary<Sample> = fc.letrec<{ any: Sample }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaves,
    fc.tuple(tie("any"), fc.nat(5)).map(([{ field, values }, countMax]) => ({
      field: list(field, countMax),
      values: fc.array(values, { maxLength: countMax }),
    })),
    fc
      .dictionary(fc.constantFrom("energyWh", "at", "toString", "length", "a b"), tie("any"))
      .map((fields) => ({
        field: record(
          Object.fromEntries(Object.entries(fields).map(([name, { field }]) => [name, field])),
        ),
        values: fc.record(
          Object.fromEntries(Object.entries(fields).map(([name, { values }]) => [name, values])),
          { noNullPrototype: true },
        ),
      })),
  ),
})).any;

const sampleAndValue = samples.chain(({ field, values }) =>
  values.map((value) => ({ field, value })),
);

describe("message: what fits travels", function () {
  this.timeout(20_000);
  it("a value that fits has no fault, and decodes to an equal value of its own", () => {
    fc.assert(
      fc.property(sampleAndValue, ({ field, value }) => {
        assert.equal(field.fault(value), undefined);
        const type = message("Sample", field);
        const arrived = type.decode(type.encode(value));
        // Undefined stands for noise; no field carries it as a value.
        assert.deepEqual(arrived, value);
      }),
      { numRuns: 200 },
    );
  });

  it("text that UTF-8 cannot carry is refused before it travels", () => {
    const unit = fc.integer({ min: 0xd700, max: 0xe100 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (words) => {
        const type = message("T", text(8));
        const isWhole = Buffer.from(words, "utf8").toString("utf8") === words;
        assert.equal(text(8).fault(words), isWhole ? undefined : "not Unicode");
        if (isWhole) assert.equal(type.decode(type.encode(words)), words);
      }),
    );
  });

  it("unsigned64 carries every size of a bigint, at both ends of each encoding", () => {
    const type = message("Money", record({ wei: unsigned64 }));
    for (const bits of [0n, 7n, 8n, 16n, 31n, 32n, 53n, 63n, 64n])
      for (const wei of [(1n << bits) - 1n, 1n << bits])
        if (wei < 1n << 64n) assert.deepEqual(type.decode(type.encode({ wei })), { wei });
    for (const wei of [-1n, 1n << 64n])
      assert.throws(() => type.encode({ wei }), isMalformed("wei: not in 0..2^64-1"));
    assert.equal(type.decode(packr.pack({ wei: -1 })), undefined);
    assert.equal(type.decode(packr.pack({ wei: 0.5 })), undefined);
    // A reader gets a bigint also from a sender that writes small numbers as numbers.
    assert.deepEqual(type.decode(packr.pack({ wei: 5 })), { wei: 5n });
  });
});

function isMalformed(fault: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof AgentError &&
    error.code === "MESSAGE_MALFORMED" &&
    error.facts["fault"] === fault;
}

describe("message: noise", function () {
  this.timeout(20_000);
  it("any bytes decode to nothing or to a value of the type, and never throw", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.anything({ withBigInt: true, withTypedArray: true, withDate: true }).map((value) => {
        try {
          return Uint8Array.from(packr.pack(value));
        } catch {
          return new Uint8Array();
        }
      }),
    );
    fc.assert(
      fc.property(samples, noise, ({ field }, frame) => {
        const decoded = message("Sample", field).decode(frame);
        if (decoded !== undefined) assert.equal(field.fault(decoded), undefined);
      }),
      { numRuns: 300 },
    );
  });

  it("a frame with some bytes changed, added or cut off does no harm either", () => {
    const damage = fc.record({
      flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
      keep: fc.integer({ min: 0, max: 100 }),
      tail: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(sampleAndValue, damage, ({ field, value }, { flips, keep, tail }) => {
        const type = message("Sample", field);
        const frame = Uint8Array.from(type.encode(value));
        for (const [place, mask] of flips)
          if (frame.length > 0) frame[place % frame.length]! ^= mask;
        const kept = frame.subarray(0, Math.ceil((frame.length * keep) / 100));
        const decoded = type.decode(Uint8Array.from([...kept, ...tail]));
        if (decoded !== undefined) assert.equal(field.fault(decoded), undefined);
      }),
      { numRuns: 300 },
    );
  });

  it("deep nesting and lengths that are lies do not bring the reader down", () => {
    const type = message("Sample", record({ items: list(unsigned64, 4) }));
    for (const frame of [
      new Uint8Array(1_000_000).fill(0x91),
      Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1),
      Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff),
    ])
      assert.equal(type.decode(frame), undefined);
  });

  it("fields that the reader does not know are dropped, at every depth", () => {
    const inner = record({ energyWh: integer(0, 10) });
    const type = message("Sample", record({ list: list(inner, 2), one: inner }));
    const value = { list: [{ energyWh: 1 }], one: { energyWh: 2 } };
    const newer = { list: [{ energyWh: 1, more: [1] }], one: { energyWh: 2, x: null }, y: "z" };
    assert.deepEqual(type.decode(packr.pack(newer)), value);
  });

  it("the bytes of a message are its own, not a view of the frame", () => {
    const type = message("Sample", bytes(4));
    const frame = Uint8Array.from(type.encode(Uint8Array.of(1, 2, 3)));
    const decoded = type.decode(frame);
    frame.fill(9);
    assert.deepEqual(decoded, Uint8Array.of(1, 2, 3));
    assert.equal(decoded.constructor, Uint8Array);
  });
});

describe("message: the sender's own mistakes", () => {
  const cases: readonly [Field<unknown>, unknown, string][] = [
    [integer(0, 5), 6, "not in 0..5"],
    [integer(0, 5), -1, "not in 0..5"],
    [integer(0, 5), 1.5, "not an integer"],
    [integer(0, 5), 2 ** 53, "not an integer"],
    [real, Number.NaN, "not a finite number"],
    [real, "1", "not a finite number"],
    [truth, 1, "not true or false"],
    [text(2), "abc", "longer than 2"],
    [text(2), 1, "not text"],
    [hex(2), "0x12", "not 0x and 2 bytes"],
    [hex(1), "0x12\n", "not 0x and 1 bytes"],
    [bytes(1), [1], "not bytes"],
    [bytes(1), Uint8Array.of(1, 2), "longer than 1"],
    [oneOf("a", "b"), "c", "not one of a, b"],
    [list(truth, 1), [true, true], "more than 1 items"],
    [list(truth, 1), {}, "not a list"],
    [list(truth, 2), [true, 0], "1: not true or false"],
    [record({ a: record({ b: truth }) }), { a: {} }, "a: b: not true or false"],
    [record({}), [], "not a record"],
    [record({}), null, "not a record"],
    [unsigned64, "1", "not a bigint"],
    [signed64, 1n << 63n, "not in -2^63..2^63-1"],
    [signed64, -(1n << 63n) - 1n, "not in -2^63..2^63-1"],
    [signed64, 0.5, "not a bigint"],
  ];
  for (const [field, value, fault] of cases)
    it(`${field.signature}: ${fault}`, () => {
      assert.throws(() => message("Sample", field).encode(value), isMalformed(fault));
    });
});

describe("message: fingerprints", () => {
  it("the same name and shape agree; another name or shape does not", () => {
    const shapes: readonly Field<unknown>[] = [
      integer(0, 1),
      integer(0, 2),
      unsigned64,
      signed64,
      real,
      truth,
      text(1),
      text(2),
      bytes(1),
      bytes(2),
      hex(1),
      hex(2),
      oneOf("a"),
      oneOf("a", "b"),
      list(truth, 1),
      list(truth, 2),
      list(real, 1),
      record({}),
      record({ a: truth }),
      record({ b: truth }),
      record({ a: real }),
      record({ a: truth, b: truth }),
    ];
    const prints = shapes.map((shape) => message("M", shape).fingerprint);
    assert.equal(new Set(prints).size, shapes.length);
    for (const print of prints) assert.match(print, /^[0-9a-f]{8}$/);
    assert.equal(
      message("M", record({ a: text(2) })).fingerprint,
      message("M", record({ a: text(2) })).fingerprint,
    );
    assert.notEqual(message("M", truth).fingerprint, message("N", truth).fingerprint);
  });
});
