// Goal: an actor says to a new agent all that holds and nothing that does not, and asks the ledger for
// nothing twice.
// Method: its halves of the channel alone, with an agent made of a list.
// Seed: 1.
import assert from "node:assert/strict";
import { SeededRandom } from "../sim/seeded-random.ts";
import { LedgerProxy } from "./ledger-proxy.ts";
import type { ToAgent } from "./protocol.ts";
import { StandingWord } from "./standing-word.ts";

describe("standing word", () => {
  it("repeats ports that are there, with the peers that they have, and that the actor is active", () => {
    const said: ToAgent[] = [];
    const word = new StandingWord((message) => said.push(message));
    const provide = { kind: "provide", key: "k", endpoint: "e" } as const;
    const require = { kind: "require", port: "c/p", key: "l" } as const;
    word.tell(provide);
    word.tell({ ...provide, endpoint: "gone" });
    word.tell({ ...provide, kind: "withdraw", endpoint: "gone" });
    word.tell(require);
    word.tell({ ...require, port: "c/q" });
    word.tell({ ...require, port: "c/q", kind: "release" });
    word.tell({ kind: "pong", number: 1 });
    said.length = 0;
    word.repeat();
    assert.deepEqual(said, [provide, { ...require, endpoints: [] }]);
    word.tell({ kind: "active" });
    word.heard({ kind: "peers", port: "c/p", endpoints: ["x", "y"] });
    said.length = 0;
    word.repeat();
    word.repeat();
    const all = [provide, { ...require, endpoints: ["x", "y"] }, { kind: "active" }];
    assert.deepEqual(said, [...all, ...all]);
  });
});

describe("ledger proxy under several agents", () => {
  const keyOf = (message: ToAgent | undefined): unknown =>
    message?.kind === "ledger" ? (message.request as { key?: string }).key : undefined;

  it("asks again what waits, with the same numbers and keys; no two requests share a key", async () => {
    const said: ToAgent[] = [];
    const proxy = new LedgerProxy((message) => said.push(message), new SeededRandom("1"));
    const outcomes = [
      proxy.submit("a", { functionName: "f" }),
      proxy.submit("a", { functionName: "f" }),
      proxy.transfer("a", { valueWei: 1n }),
      proxy.submit("a", { functionName: "g", key: "own" }),
    ];
    const keys: unknown[] = said.map(keyOf);
    assert.equal(new Set(keys).size, 4);
    assert.equal(keys[3], "own");
    assert.equal(keys.filter((key) => typeof key !== "string").length, 0);
    const first = said.splice(0);
    proxy.receive({ kind: "ledger-result", callId: 1, value: "done" });
    proxy.repeat();
    assert.deepEqual(said, first.slice(1));
    for (let callId = 2; callId <= 4; callId += 1)
      proxy.receive({ kind: "ledger-result", callId, value: "done" });
    assert.deepEqual(await Promise.all(outcomes), ["done", "done", "done", "done"]);
    const after: ToAgent[] = said.splice(0);
    proxy.repeat();
    assert.equal(said.length, 0);
    const later = new LedgerProxy((message) => after.push(message), new SeededRandom("2"));
    void later.submit("a", {});
    assert(!keys.includes(keyOf(after.at(-1))), "another life used the same key");
  });

  it("under one agent alone requests go as they are", () => {
    const said: ToAgent[] = [];
    void new LedgerProxy((message) => said.push(message)).submit("a", {
      functionName: "f",
    });
    assert.deepEqual(keyOf(said[0]), undefined);
  });
});
