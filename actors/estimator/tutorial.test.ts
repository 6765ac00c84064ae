// Goal: every command, output and quotation of this application's tutorial is as it says.
// Method: the tutorial itself, in a fresh folder; once simulated, once as processes. Seed: 1, the command's default.
import assert from "node:assert/strict";
import { runTutorial } from "../../deploy/scaffold/tutorial.fixture.ts";

describe("the tutorial of the estimator", function () {
  this.timeout(180_000);

  it("does what it says, command by command", async () => {
    const { commandCount, saidCount, quotedCount } = await runTutorial(
      "actors/estimator/TUTORIAL.md",
    );
    assert(commandCount >= 4 && saidCount >= 5 && quotedCount >= 6);
  });
});
