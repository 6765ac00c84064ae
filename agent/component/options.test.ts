// Goal: parameters of the wrong kind are refused by name when the component is made, right ones pass.
// Method: each reader with values at and beyond its limits.
// Seed: none.
import assert from "node:assert/strict";
import { AgentError } from "../core/errors.ts";
import { integerOption, numberOption, textOption } from "./options.ts";

const refused = (name: string) => (error: unknown) =>
  error instanceof AgentError &&
  error.code === "COMPONENT_OPTION_INVALID" &&
  error.facts["name"] === name;

describe("component options", () => {
  it("lets values of the right kind through unchanged", () => {
    const parameters = { name: "", count: 0, low: -3, share: 0.5 };
    assert.equal(textOption(parameters, "name"), "");
    assert.equal(integerOption(parameters, "count"), 0);
    assert.equal(integerOption(parameters, "low", -3), -3);
    assert.equal(numberOption(parameters, "share"), 0.5);
    assert.equal(numberOption(parameters, "share", 0.5), 0.5);
  });

  it("refuses everything else and names the parameter", () => {
    for (const x of [undefined, null, 1, true])
      assert.throws(() => textOption({ x }, "x"), refused("x"));
    for (const x of [undefined, "1", 1.5, -1, 2 ** 53, Number.NaN])
      assert.throws(() => integerOption({ x }, "x"), refused("x"));
    for (const x of [undefined, "1", -0.1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => numberOption({ x }, "x"), refused("x"));
    assert.throws(() => integerOption({ x: 1 }, "x", 2), refused("x"));
  });
});
