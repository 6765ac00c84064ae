// Goal: plain data is the same exactly when every part of it is.
// Method: fast-check's data against copies of it, and against copies with one change.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { isSameData } from "./same-data.ts";

const data = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.anything({ maxDepth: 0, withBigInt: true }),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie("any"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;

describe("same data", () => {
  it("a copy is the same; wrapped, lengthened or changed it is not", () => {
    fc.assert(
      fc.property(data, (value) => {
        assert(isSameData(value, structuredClone(value)));
        assert(isSameData({ value, absent: undefined }, { value }));
        assert(!isSameData(value, [value]));
        assert(!isSameData([value], [value, value]));
        assert(!isSameData({ value, more: 1 }, { value }));
        assert(!isSameData({ value, more: 1 }, { value, more: 2 }));
      }),
    );
  });

  it("texts, numbers, bytes and lists of one look are different", () => {
    const values = [
      1,
      "1",
      1n,
      true,
      null,
      undefined,
      [1],
      { 0: 1 },
      Uint8Array.of(1),
      Number.NaN,
      0,
      -0,
    ];
    for (const [place, one] of values.entries())
      for (const [other, two] of values.entries())
        assert.equal(isSameData(one, two), place === other, `${place} ${other}`);
  });
});
