// Goal: a parameter has the kinds of value that its model gives it, and every kind when the model gives none.
// Method: one component whose parameters get values in every way there is. Seed: none.
import assert from "node:assert/strict";
import { parseApp } from "../../agent/model/parse-app.ts";
import { parameterKinds } from "./parameter-kinds-rule.ts";

const MODEL = `app Kinds {
  component C(plain = 1, given, passed, open, mixed = "x", unused) { timer t; }
  component Other(given = true) { timer t; }
  actor A(inner = 2.5, outer) {
    { c : C(given = "g", passed = inner, open = outer, mixed = false, unused = outer); o : Other; }
  }
}`;

describe("parameter kinds", () => {
  it("follow defaults, what actors write, and defaults of the actor's own", () => {
    const app = parseApp(MODEL, "m.riaps");
    assert(app.ok);
    const [component] = app.value.components;
    assert(component);
    assert.deepEqual(Object.fromEntries(parameterKinds(app.value, component)), {
      plain: ["number"],
      given: ["text"],
      passed: ["number"],
      open: ["text", "number", "truth"],
      mixed: ["text", "truth"],
      unused: ["text", "number", "truth"],
    });
  });
});
