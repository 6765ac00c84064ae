// Goal: the pool hands out each sender's transactions in nonce order without gaps, in order of arrival
// otherwise, stays within its limits and forgets nothing that it promised.
// Method: examples for each answer; random schedules of adding and mining against a naive chain.
// Seed: fast-check's, printed on failure.
import assert from "node:assert/strict";
import fc from "fast-check";
import { PendingPool, type Pooled } from "./pending-pool.ts";

const pooled = (sender: string, nonce: number, variant = ""): Pooled => ({
  hash: `${sender}${nonce}${variant}`,
  sender,
  nonce: BigInt(nonce),
});

function poolOf(limits = { readyMax: 100, queuedMax: 100 }) {
  const nonces = new Map<string, bigint>();
  const pool = new PendingPool<Pooled>(limits, (sender) => nonces.get(sender) ?? 0n);
  const hashes = (count: number): string[] => pool.take(count).map(({ hash }) => hash);
  /** Mines what was taken, as a chain would. */
  const settle = (taken: readonly string[], dropped: readonly string[] = []): void => {
    const unmined = new Set<string>();
    for (const hash of taken) {
      const { sender, nonce } = pool.find(hash)!;
      if (dropped.includes(hash) || nonce !== (nonces.get(sender) ?? 0n)) unmined.add(hash);
      else nonces.set(sender, nonce + 1n);
    }
    pool.settle(unmined, new Set(dropped));
  };
  return { pool, nonces, hashes, settle };
}

describe("PendingPool", () => {
  it("queues what comes before its turn and hands out in nonce order", () => {
    const { pool, hashes } = poolOf();
    assert.equal(pool.add(pooled("a", 1)), "queued");
    assert.equal(pool.add(pooled("a", 2)), "queued");
    assert.equal(pool.nextNonce("a"), 0n);
    assert.deepEqual(hashes(9), []);
    assert.equal(pool.add(pooled("b", 0)), "ready");
    assert.equal(pool.add(pooled("a", 0)), "ready");
    assert.equal(pool.nextNonce("a"), 3n);
    assert.deepEqual(hashes(9), ["b0", "a0", "a1", "a2"]);
    assert.equal(pool.add(pooled("a", 3)), "ready");
  });

  it("refuses what it knows, what is too old and a second one for the same nonce", () => {
    const { pool, nonces } = poolOf();
    nonces.set("a", 5n);
    assert.equal(pool.add(pooled("a", 4)), "nonce too low");
    assert.equal(pool.add(pooled("a", 5)), "ready");
    assert.equal(pool.add(pooled("a", 5)), "already known");
    assert.equal(pool.add(pooled("a", 5, "'")), "replaced");
    assert.equal(pool.add(pooled("a", 7)), "queued");
    assert.equal(pool.add(pooled("a", 7, "'")), "replaced");
    pool.take(1);
    assert.equal(pool.add(pooled("a", 5)), "already known");
    assert.equal(pool.add(pooled("a", 5, "'")), "replaced");
  });

  it("when one is dropped, those after it wait for their nonce again", () => {
    const { pool, hashes, settle } = poolOf();
    for (const nonce of [0, 1, 2]) pool.add(pooled("a", nonce));
    settle(hashes(2), ["a0"]);
    assert.equal(pool.find("a0"), undefined);
    assert.equal(pool.readyCount, 0);
    assert.equal(pool.queuedCount, 2);
    assert.equal(pool.add(pooled("a", 0, "'")), "ready");
    assert.deepEqual(hashes(9), ["a0'", "a1", "a2"]);
  });

  it("keeps its limits: ready ones are refused, of the queued the oldest is forgotten", () => {
    const { pool, hashes, settle } = poolOf({ readyMax: 2, queuedMax: 2 });
    for (const nonce of [1, 2, 3]) assert.equal(pool.add(pooled("a", nonce)), "queued");
    assert.equal(pool.find("a1"), undefined);
    assert.equal(pool.queuedCount, 2);
    assert.equal(pool.add(pooled("b", 0)), "ready");
    assert.equal(pool.add(pooled("b", 1)), "ready");
    assert.equal(pool.add(pooled("a", 0)), "full");
    settle(hashes(2));
    // What did not fit when its gap closed goes on as soon as there is room.
    assert.equal(pool.add(pooled("a", 1)), "queued");
    assert.equal(pool.add(pooled("a", 0)), "ready");
    assert.equal(pool.readyCount, 2);
    settle(hashes(2));
    assert.deepEqual(hashes(2), ["a2", "a3"].slice(0, pool.readyCount));
  });

  it("random schedules: everything sent once is mined once, in nonce order", () => {
    const step = fc.record({ sender: fc.constantFrom("a", "b", "c"), mine: fc.boolean(), count: fc.integer({ min: 1, max: 4 }) });
    const order = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 30, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), order, (steps, nonces) => {
        const { pool, hashes, settle } = poolOf();
        const accepted = new Set<string>();
        const mined: string[] = [];
        const mine = (count: number): void => {
          const taken = hashes(count);
          mined.push(...taken);
          settle(taken);
        };
        for (const [i, { sender, mine: isMining, count }] of steps.entries()) {
          const transaction = pooled(sender, nonces[i] ?? 0);
          const admission = pool.add(transaction);
          if (admission === "ready" || admission === "queued") accepted.add(transaction.hash);
          if (isMining) mine(count);
        }
        // Close every gap, then mine the rest.
        for (const sender of ["a", "b", "c"])
          for (let nonce = 0; nonce < 8; nonce += 1) {
            const transaction = pooled(sender, nonce);
            if (pool.add(transaction) !== "nonce too low") accepted.add(transaction.hash);
          }
        while (pool.readyCount > 0) mine(3);
        assert.deepEqual([...mined].sort(), [...accepted].sort());
        for (const sender of ["a", "b", "c"]) {
          const own = mined.filter((hash) => hash.startsWith(sender));
          assert.deepEqual(own, own.map((_, nonce) => `${sender}${nonce}`));
          assert.equal(pool.nextNonce(sender), BigInt(own.length));
        }
        assert.equal(pool.queuedCount, 0);
      }),
      { numRuns: 200 },
    );
  });
});
