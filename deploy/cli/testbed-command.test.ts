// Goal: a testbed made by hand stays until it is taken down; programs run on its hosts with their own statuses; a cut is seen by
// ping; what is wrong is said with what would be right; what follows -- is not read.
// Method: the command as processes of its own, one after the other, on a testbed with a name of this process. No seed.
import assert from "node:assert/strict";
import { nftObstacle, runProgram, testbedObstacle } from "../testbed/tools.ts";
import { qualityOf } from "./link-words.ts";

const CLI = new URL("./hedgerow.js", import.meta.url).pathname;
const hedgerow = (...words: string[]) => runProgram(process.execPath, [CLI, "testbed", ...words]);
const obstacle = testbedObstacle() ?? nftObstacle();

describe("hedgerow testbed", function () {
  this.timeout(60_000);

  it("teaches", async () => {
    assert.match((await hedgerow("--help")).stdout, /testbed up --hosts 5/);
  });

  it("reads a link's quality with its units, and says what is wrong", () => {
    assert.deepEqual(qualityOf({ delay: "200us", jitter: "1.5ms", loss: "1%", reorder: "0.5" }), {
      ...{ delayMs: 0.2, jitterMs: 1.5, lossShare: 0.01, duplicateShare: 0, reorderShare: 0.5 },
    });
    assert.throws(() => qualityOf({ delay: "5" }), /--delay takes a time such as 5ms/);
    assert.throws(() => qualityOf({ loss: "-1%" }), /--loss takes a share such as 1%/);
    assert.throws(() => qualityOf({ loss: "101%" }), /lossShare is from 0 to 1/);
  });

  (obstacle === undefined ? it : it.skip)(
    `makes hosts, runs programs, cuts and removes${obstacle === undefined ? "" : ` (${obstacle})`}`,
    async () => {
      const name = ["--name", `test-${process.pid}`];
      try {
        const up = await hedgerow("up", "--hosts", "2", ...name);
        assert.equal(up.status, 0, up.stderr);
        assert.match(up.stdout, /h2 +10\.77\.1\.2/);
        const ran = await hedgerow("run", "h2", ...name, "--", "sh", "-c", "exit 7", "--help");
        assert.equal(ran.status, 7);
        assert.equal((await hedgerow("cut", "h2", "h1", ...name)).status, 0);
        const { stdout } = await hedgerow("ping", "h1", "h2", "--count", "3", "--json", ...name);
        const said = JSON.parse(stdout) as Record<"there" | "back", { lostCount: number }>;
        assert.deepEqual([said.there.lostCount, said.back.lostCount], [0, 3]);
      } finally {
        assert.equal((await hedgerow("down", ...name)).status, 0);
      }
    },
  );
});
