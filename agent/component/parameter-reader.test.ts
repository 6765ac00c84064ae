// Goal: parameters reach a component with the types that its shape says, others are refused by name.
// Method: every kind with a value of every kind. Seed: none.
import assert from "node:assert/strict";
import { AgentError } from "../core/errors.ts";
import { parameterReader } from "./parameter-reader.ts";

const VALUES = { text: "x", number: -1.5, truth: false } as const;
const KINDS = ["text", "number", "truth"] as const;

describe("parameter reader", () => {
  it("lets a value of one of the kinds through, and no other", () => {
    for (const kinds of [["text"], ["number"], ["truth"], ["text", "truth"]] as const)
      for (const kind of KINDS) {
        const read = parameterReader({ limit: kinds });
        const isRight = kinds.some((each) => each === kind);
        if (isRight) assert.deepEqual(read({ limit: VALUES[kind] }), { limit: VALUES[kind] });
        else
          assert.throws(
            () => read({ limit: VALUES[kind] }),
            (error) =>
              error instanceof AgentError &&
              error.code === "COMPONENT_OPTION_INVALID" &&
              error.facts["name"] === "limit" &&
              error.facts["want"] === kinds.join(" or "),
          );
      }
  });

  it("refuses a parameter that is not given, and hands on none that the shape does not name", () => {
    const read = parameterReader({ limit: ["number"] });
    assert.throws(() => read({}), /COMPONENT_OPTION_INVALID.*limit/);
    assert.deepEqual(read({ limit: 1, more: 2 }), { limit: 1 });
  });

  it("types what it reads", () => {
    const { limit, name } = parameterReader({ limit: ["number"], name: ["text", "truth"] })({
      limit: 2,
      name: "n",
    });
    const doubled: number = limit * 2;
    const either: string | boolean = name;
    assert.deepEqual([doubled, either], [4, "n"]);
  });
});
