// Goal: every command and output of the fleet's tutorial is as it says.
// Method: the tutorial itself, in a fresh folder, with four agents as processes on loopback. Seed: none.
import assert from "node:assert/strict";
import { runTutorial } from "../scaffold/tutorial.fixture.ts";

describe("the tutorial of the fleet", function () {
  this.timeout(180_000);

  it("does what it says, command by command", async () => {
    const { commandCount, saidCount } = await runTutorial("deploy/fleet/TUTORIAL.md");
    assert(commandCount >= 20 && saidCount >= 10);
  });
});
