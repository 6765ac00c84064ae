// Goal: a queue is first in, first out, never longer than its policy says, and gives back exactly what found
// no place.
// Method: random runs of offers and shifts beside a plain array.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { InputQueue, type Waiting } from "./input-queue.ts";

const item = (order: number): Waiting => ({ order, deadlineMs: Infinity });

describe("input queue", () => {
  it("does what a plain array would do, with a bound", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom("dropOldest", "dropNewest", "refuse"),
        fc.nat(5),
        // Long runs of one kind, so that queues fill and their arrays are made shorter.
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 })), { maxLength: 40 }),
        (lengthMax, whenFull, slackMax, runs) => {
          const queue = new InputQueue<Waiting>({ lengthMax, whenFull }, slackMax);
          const placesMax = lengthMax + (whenFull === "refuse" ? slackMax : 0);
          const plain: Waiting[] = [];
          let order = 0;
          for (const [offers, count] of runs)
            for (let each = 0; each < count; each += 1) {
              if (offers) {
                const newest = item((order += 1));
                const isFull = plain.length >= placesMax;
                const gone = isFull && whenFull === "dropOldest" ? plain.shift() : newest;
                if (gone !== newest || !isFull) plain.push(newest);
                assert.equal(queue.offer(newest), isFull ? gone : undefined);
              } else assert.equal(queue.shift(), plain.shift());
              assert.equal(queue.length, plain.length);
              assert.equal(queue.first, plain[0]);
              assert.equal(queue.at(plain.length - 1), plain.at(-1));
              assert.equal(queue.isFull, plain.length >= lengthMax);
            }
        },
      ),
    );
  });

  it("keeps order over many more items than it ever holds", () => {
    const queue = new InputQueue<Waiting>({ lengthMax: 5_000, whenFull: "dropNewest" });
    let next = 0;
    for (let order = 0; order < 50_000; order += 1) {
      queue.offer(item(order));
      if (order >= 3_000) assert.equal(queue.shift()?.order, next++);
    }
    assert.equal(queue.length, 3_000);
    assert.equal(queue.at(2_999)?.order, 49_999);
  });
});
