// Goal: a plot shows every finite point within its box, and no other.
// Method: properties on the text of the SVG. Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { svgPlot } from "./svg-plot.ts";

const number = fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constant(Infinity));

describe("svg plot", () => {
  it("has one dot for every finite point, all within the box", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number), { maxLength: 20 }),
        fc.boolean(),
        (points, isLogY) => {
          const text = svgPlot({ title: "a < b & c", x: "x", y: "y", isLogY }, [
            { name: "dots", shape: "dots", points },
          ]);
          const shown = points.filter(
            ([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!isLogY || y > 0),
          );
          const dots = [...text.matchAll(/d="M(\S+) (\S+)h0"/g)];
          assert.equal(dots.length, shown.length);
          for (const [, x, y] of dots) {
            assert.ok(Number(x) >= 79.9 && Number(x) <= 710.1, `x ${x}`);
            assert.ok(Number(y) >= 39.9 && Number(y) <= 370.1, `y ${y}`);
          }
          assert.ok(text.includes("a &lt; b &amp; c"));
        },
      ),
    );
  });
});
