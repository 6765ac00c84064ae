// Goal: each rule serves whom it promises to serve next, and nobody who waits is passed over for ever where
// the rule promises that.
// Method: properties over random inputs; the starvation that RIAPS 2.0 has is an example of its own.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Waiting } from "./input-queue.ts";
import { type Input, SCHEDULER_RULES } from "./scheduler-rule.ts";

const { default: byArrival, priority, roundRobin, deadline } = SCHEDULER_RULES;
type Queues = Waiting[][];

/** Inputs of queues whose items have distinct orders, older ones first. */
const queues: fc.Arbitrary<Queues> = fc
  .array(fc.tuple(fc.nat(5), fc.option(fc.integer({ min: 0, max: 5 }))), { maxLength: 30 })
  .map((arrivals) => {
    const made: Queues = Array.from({ length: 6 }, () => []);
    for (const [order, [port, deadlineMs]] of arrivals.entries())
      made[port]?.push({ order, deadlineMs: deadlineMs ?? Infinity });
    return made;
  });

const inputs = (made: Queues): Input[] => made.map(([next], index) => ({ index, next }));

/** Serves until nobody waits. */
function served(rule: (typeof SCHEDULER_RULES)["default"], made: Queues): [number, Waiting][] {
  const log: [number, Waiting][] = [];
  for (let last = -1; ; ) {
    last = rule(inputs(made), last);
    const next = made[last]?.shift();
    if (next === undefined) return log;
    log.push([last, next]);
  }
}

describe("scheduler rules", () => {
  for (const [name, rule] of Object.entries(SCHEDULER_RULES))
    it(`${name}: serves everybody who waits, each port in its order, and nobody when none waits`, () => {
      fc.assert(
        fc.property(queues, (made) => {
          const all = made.flat();
          const before = made.map((queue) => [...queue]);
          const log = served(rule, made);
          assert.equal(log.length, all.length);
          for (const [port, queue] of before.entries()) {
            const ofPort = log.filter(([place]) => place === port).map(([, item]) => item);
            assert.deepEqual(ofPort, queue);
          }
          assert.equal(rule([], -1), -1);
        }),
      );
    });

  it("default: in the order of arrival", () => {
    fc.assert(
      fc.property(queues, (made) => {
        const orders = served(byArrival, made).map(([, { order }]) => order);
        assert.deepEqual(
          orders,
          orders.map((_, index) => index),
        );
      }),
    );
  });

  it("priority: nobody is served while one of a lower index waits", () => {
    fc.assert(
      fc.property(queues, (made) => {
        const place = priority(inputs(made), -1);
        assert.equal(
          place,
          made.findIndex((queue) => queue.length > 0),
        );
      }),
    );
  });

  it("priority: two that wait at one moment leave nothing behind that a later one would wait for", () => {
    // RIAPS 2.0 kept a stale entry of the second port here, and blocked for ever in its next receive.
    const made: Queues = [[{ order: 1, deadlineMs: 1 }], [{ order: 2, deadlineMs: 2 }], []];
    const log = served(priority, made).map(([place]) => place);
    assert.deepEqual(log, [0, 1]);
    for (let order = 3; order < 8; order += 1) {
      made[2]?.push({ order, deadlineMs: Infinity });
      assert.deepEqual(
        served(priority, made).map(([place]) => place),
        [2],
      );
    }
  });

  it("round robin: between two turns of a port that waits every other one has at most one", () => {
    fc.assert(
      fc.property(queues, (made) => {
        const left = made.map((queue) => queue.length);
        const turns = served(roundRobin, made).map(([place]) => place);
        for (const [at, place] of turns.entries()) {
          const again = turns.indexOf(place, at + 1);
          if (again < 0) continue;
          const between = turns.slice(at + 1, again);
          assert.equal(new Set(between).size, between.length);
        }
        assert.equal(
          turns.length,
          left.reduce((sum, count) => sum + count, 0),
        );
      }),
    );
  });

  it("deadline: the earliest first; as they came among equals, and those without one last", () => {
    fc.assert(
      fc.property(queues, (made) => {
        const waiting = made.flatMap(([next]) => (next === undefined ? [] : [next]));
        const [first] = waiting.sort(
          (one, other) =>
            (one.deadlineMs === other.deadlineMs ? 0 : one.deadlineMs - other.deadlineMs) ||
            one.order - other.order,
        );
        const place = deadline(inputs(made), -1);
        assert.equal(made[place]?.[0], first);
      }),
    );
  });
});
