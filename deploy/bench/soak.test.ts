// Goal: an actor that crashes every minute costs nothing that stays.
// Method: a virtual day in the simulator; `npm run bench -- --only soak` also compares heaps.
// Seed: 1.
import assert from "node:assert/strict";
import { soak } from "./soak.ts";

describe("soak", function () {
  this.timeout(60_000);
  it("after hours of crashes as much is open and in mind as after the first", async () => {
    const [first, middle, last] = await soak(1, [1, 12, 24]);
    assert(first && middle && last);
    assert.equal(first.restartCount, 60);
    assert.equal(last.restartCount, 1440);
    // Each life is heard from its first beat or its second.
    assert(last.heardCount >= 1440 * 5, `${last.heardCount} messages`);
    assert(Object.keys(first.counts).length >= 15, "it counts too little");
    assert.deepEqual(middle.counts, first.counts);
    assert.deepEqual(last.counts, first.counts);
  });
});
