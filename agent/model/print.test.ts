// Goal: printing any model or deployment and parsing the text gives it back; printing is a fixed point.
// Method: random models of model.fixture.ts are printed and parsed, and compared in all but positions.
// Seed: fixed below; a failure prints the smallest counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { deployment } from "./deployment.fixture.ts";
import { appFile, withoutPositions } from "./model.fixture.ts";
import { parseAppFile } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { printAppFile } from "./print-app.ts";
import { printDeployment } from "./print-deployment.ts";
import { formatProblem } from "./problem.ts";

const SEED = 20261120;

describe("printing and parsing", () => {
  it("gives a model back", () => {
    fc.assert(
      fc.property(appFile, (file) => {
        const printed = printAppFile(file);
        const parsed = parseAppFile(printed, file.fileName);
        assert.ok(
          parsed.ok,
          parsed.problems.map((each) => formatProblem(each, printed)).join("\n"),
        );
        assert.deepEqual(withoutPositions(parsed.value), withoutPositions(file));
        assert.equal(printAppFile(parsed.value), printed);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it("gives a deployment back", () => {
    fc.assert(
      fc.property(deployment, (model) => {
        const printed = printDeployment(model);
        const parsed = parseDeployment(printed, model.fileName);
        assert.ok(
          parsed.ok,
          parsed.problems.map((each) => formatProblem(each, printed)).join("\n"),
        );
        assert.deepEqual(withoutPositions(parsed.value), withoutPositions(model));
        assert.equal(printDeployment(parsed.value), printed);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it("refuses a string that the language cannot write", () => {
    const parsed = parseDeployment("app A { on all X(a='b'); }", "a.depl");
    assert.ok(parsed.ok);
    const [placement] = parsed.value.placements;
    const [placed] = placement!.actors;
    const [given] = placed!.arguments;
    for (const word of ["ends in \\", 'a \\" quote'])
      assert.throws(
        () =>
          printDeployment({
            ...parsed.value,
            placements: [
              {
                ...placement!,
                actors: [
                  {
                    ...placed!,
                    arguments: [{ ...given!, value: { ...given!.value, value: word } }],
                  },
                ],
              },
            ],
          }),
        { code: "MODEL_NOT_PRINTABLE" },
      );
  });
});
