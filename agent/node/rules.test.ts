// Goal: actors are restarted with growing pauses and given up in time; errors of the files say where.
// Method: properties over times of death; texts with one error each.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { tinyTexts } from "../actor/tiny-app.contract.ts";
import { AgentError } from "../core/errors.ts";
import { type ApplicationTexts, actorsOn } from "./application-files.ts";
import { DEFAULT_RESTART_POLICY, RestartRule } from "./restart-rule.ts";

describe("restart rule", () => {
  const policy = { restartsMax: 3, periodMs: 1000, firstDelayMs: 50, delayMsMax: 150 };

  it("restarts at most restartsMax times within any period, and gives up exactly beyond", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(700), { maxLength: 40 }), (gapsMs) => {
        const rule = new RestartRule(policy);
        const deathsMs: number[] = [];
        let nowMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          deathsMs.push(nowMs);
          const count = deathsMs.filter((atMs) => nowMs - atMs < policy.periodMs).length;
          const verdict = rule.died(nowMs);
          assert.equal(verdict.kind, count > policy.restartsMax ? "give-up" : "restart");
          if (verdict.kind === "restart")
            assert.equal(verdict.delayMs, [0, 50, 100, 150][Math.min(count, 3)]);
        }
      }),
    );
  });

  it("the default gives up a program that dies as fast as it starts, and never one that dies once a minute", () => {
    const fast = new RestartRule();
    let nowMs = 0;
    let restartCount = 0;
    for (let verdict = fast.died(nowMs); verdict.kind === "restart"; verdict = fast.died(nowMs)) {
      restartCount += 1;
      nowMs += verdict.delayMs;
    }
    assert.equal(restartCount, DEFAULT_RESTART_POLICY.restartsMax);
    assert(nowMs < DEFAULT_RESTART_POLICY.periodMs);
    const slow = new RestartRule();
    for (let minute = 0; minute < 100; minute += 1)
      assert.deepEqual(slow.died(minute * 60_000), { kind: "restart", delayMs: 50 });
  });
});

function problemsOf(texts: ApplicationTexts): string {
  try {
    actorsOn(texts, "b");
  } catch (error) {
    assert(error instanceof AgentError && error.code === "MODEL_INVALID", String(error));
    return String(error.facts["problems"]);
  }
  throw new Error("nothing was found wrong");
}

describe("application files", () => {
  const good = tinyTexts("on (b) Both;", "on (c) Sender as s, Receiver as r;");

  it("gives the actors of one board, and none for a board that the deployment does not name", () => {
    const names = (board: string): string[] =>
      actorsOn(good, board).map(({ instanceName }) => instanceName);
    assert.deepEqual([names("b"), names("c"), names("d")], [["Both"], ["s", "r"], []]);
  });

  it("a mistake in either file is told with file, line and column; both files at once", () => {
    const modelText = good.modelText.replace("timer beat 1 sec;", "timer beat 1 fortnight;");
    const deploymentText = good.deploymentText.replace("on (c)", "on c");
    const problems = problemsOf({ ...good, modelText, deploymentText });
    assert.match(problems, /^tiny\.riaps:9:\d+: error: /m);
    assert.match(problems, /^tiny\.depl:4:\d+: error: /m);
  });

  it("what is well formed but wrong is told alike", () => {
    const modelText = good.modelText.replace("sub tick : Tick;", "sub tick : Tock;");
    assert.match(problemsOf({ ...good, modelText }), /^tiny\.riaps:12:\d+: error: .*Tock/m);
    const deploymentText = good.deploymentText.replace("Receiver as r", "Nobody as r");
    assert.match(problemsOf({ ...good, deploymentText }), /^tiny\.depl:4:\d+: error: .*Nobody/m);
  });
});
