// Goal: the deployment that people read is the one that runs, and nothing is wrong with it.
// Method: the committed text against the one that is made; the checker on both files. Seed: none.
import assert from "node:assert/strict";
import { readCommunity } from "../../actors/transax/community-file.ts";
import { actorsOn } from "../../agent/node/application-files.ts";
import { assets, WHOLE_DAY } from "./day.fixture.ts";
import { boardOf, COMMUNITY, deploymentText, participants } from "./deployment-text.ts";

describe("deployment of the microgrid", () => {
  it("is the committed actors/transax/microgrid.depl", async () => {
    const { members } = await readCommunity(assets, COMMUNITY);
    assert.equal(deploymentText(members, WHOLE_DAY), await assets.text("microgrid.depl"));
  });

  it("places every household once, the operator, and two solvers", async () => {
    const texts = {
      modelName: "transax.riaps",
      modelText: await assets.text("transax.riaps"),
      deploymentName: "microgrid.depl",
      deploymentText: await assets.text("microgrid.depl"),
    };
    const boards = Array.from({ length: 11 }, (_, index) => boardOf(index + 1));
    const actors = boards.flatMap((board) => actorsOn(texts, board));
    const count = (type: string): number =>
      actors.filter(({ actorType }) => actorType === type).length;
    assert.deepEqual([count("Prosumer"), count("Dso"), count("TradeSolver")], [102, 1, 2]);
    assert.equal(new Set(actors.map(({ instanceName }) => instanceName)).size, 105);
  });

  it("takes producers first when only some take part", async () => {
    const { members } = await readCommunity(assets, COMMUNITY);
    const some = participants(members, 7);
    assert.equal(some.filter(({ role }) => role === "producer").length, 5);
    assert.equal(some.length, 7);
  });
});
