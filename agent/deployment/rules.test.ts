// Goal: the rules of trials, sessions and frames hold case by case, and for any bytes from the network.
// Method: the pure rules are told times and facts; frames are made of anything.
// Seed: of fast-check, printed on failure.
import assert from "node:assert/strict";
import fc from "fast-check";
import { SimIdentity } from "../sim/sim-identity.ts";
import { ASK_PAUSE_MS, GateRule } from "./gate-rule.ts";
import {
  type Command,
  decodeReply,
  decodeRequest,
  encode,
  openCommand,
  type Reply,
  type Request,
  signCommand,
} from "./protocol.ts";
import { SESSION_MS_MAX, SESSIONS_MAX, SessionRule } from "./session-rule.ts";

const TERMS = { deadlineMs: 10_000, settleMs: 3_000 };

describe("gate", () => {
  it("keeps a version whose actors are active, well, and stay", () => {
    const gate = new GateRule(["a", "b"], TERMS, 1_000);
    gate.active("a");
    assert.deepEqual(gate.next(1_500), { kind: "wait", durationMs: 9_500 });
    gate.active("b");
    assert.deepEqual(gate.next(2_000), { kind: "ask" });
    assert.deepEqual(gate.next(2_000), { kind: "wait", durationMs: 9_000 });
    gate.answered("a/x: not yet", 2_100);
    assert.deepEqual(gate.next(2_100), { kind: "wait", durationMs: ASK_PAUSE_MS });
    assert.deepEqual(gate.next(3_100), { kind: "ask" });
    gate.answered(undefined, 3_200);
    assert.deepEqual(gate.next(3_200), { kind: "wait", durationMs: 3_000 });
    assert.deepEqual(gate.next(6_200), { kind: "healthy" });
    gate.ended("a", "Error: late\nat line 3");
    assert.deepEqual(gate.next(6_300), { kind: "sick", reason: "actor a ended: Error: late" });
  });

  it("says who was not active, and what was wrong, at the deadline", () => {
    const silent = new GateRule(["b", "a"], TERMS, 0);
    const late = { kind: "sick", reason: "not active after 10000 ms: a, b" };
    assert.deepEqual(silent.next(10_000), late);
    const unwell = new GateRule([], TERMS, 0);
    assert.deepEqual(unwell.next(0), { kind: "ask" });
    unwell.answered("x", 9_990);
    assert.deepEqual(unwell.next(9_995), { kind: "wait", durationMs: 5 });
    assert.deepEqual(unwell.next(10_000), {
      kind: "sick",
      reason: "not healthy after 10000 ms: x",
    });
  });
});

describe("session", () => {
  const one = Uint8Array.of(1);
  it("takes each number once, of one key, and grows only", () => {
    const rule = new SessionRule();
    rule.open(one, 0);
    assert(!rule.accept(Uint8Array.of(2), 1, "k", 0));
    assert(rule.accept(one, 1, "k", 0));
    assert(!rule.accept(one, 1, "k", 0));
    assert(rule.accept(one, 5, "k", 0));
    assert(!rule.accept(one, 4, "k", 0));
    assert(!rule.accept(one, 6, "other", 0));
    assert(rule.accept(one, 6, "k", SESSION_MS_MAX));
    assert(!rule.accept(one, 7, "k", 2 * SESSION_MS_MAX + 1));
  });

  it("is bounded, and those that nobody has signed in go first", () => {
    const rule = new SessionRule();
    rule.open(one, 0);
    assert(rule.accept(one, 1, "k", 0));
    for (let index = 0; index < 10 * SESSIONS_MAX; index += 1)
      rule.open(Uint8Array.of(7, index & 0xff, index >> 8), 1);
    assert(rule.accept(one, 2, "k", 2));
  });
});

describe("frames of deployment", () => {
  const key = new SimIdentity("laptop");
  const verify = key.verify.bind(key);
  const commands: Command[] = [
    { op: "status" },
    { op: "offer", envelope: Uint8Array.of(1, 2), allowsDowngrade: true },
    { op: "gather", app: "A", endpoints: ["tcp://a:1"] },
    { op: "try", app: "A", id: "1.0.0-aa" },
    { op: "confirm", app: "A", id: "1.0.0-aa" },
    ...(["withdraw", "rollback", "start", "stop", "remove"] as const).map((op) => ({
      op,
      app: "A",
    })),
  ];

  it("are read as they were written", () => {
    for (const [index, command] of commands.entries()) {
      const body = { board: "b", challenge: Uint8Array.of(9), number: index + 1, command };
      const request = decodeRequest(encode(signCommand(body, key)));
      assert(request?.kind === "command");
      const told = openCommand(request, verify);
      assert.deepEqual(JSON.parse(JSON.stringify(told)), JSON.parse(JSON.stringify(body)));
    }
    const hash = "ab".repeat(32);
    const requests: Request[] = [{ kind: "hello" }, { kind: "take", hash }];
    for (const request of requests) assert.deepEqual(decodeRequest(encode(request)), request);
    const status = {
      app: "A",
      phase: "running",
      current: "c",
      previous: null,
      trial: null,
    } as const;
    const failed = { id: "i", reason: "r" };
    const replies: Reply[] = [
      { kind: "done" },
      { kind: "missing", hashes: [hash] },
      { kind: "refused", code: "BUSY", detail: "why" },
      {
        kind: "apps",
        apps: [
          { ...status, failed: null, actors: ["a"] },
          { ...status, failed, actors: [] },
        ],
      },
    ];
    for (const reply of replies) assert.deepEqual(decodeReply(encode(reply)), reply);
  });

  it("a signed command with any byte changed says nothing", () => {
    const body = {
      board: "b",
      challenge: Uint8Array.of(9),
      number: 1,
      command: { op: "status" } as const,
    };
    const signed = signCommand(body, key);
    for (let place = 0; place < signed.body.byteLength; place += 1) {
      const changed = signed.body.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      assert.equal(openCommand({ ...signed, body: changed }, verify), undefined);
    }
  });

  it("of anything are refused, and never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.anything(), (noise, value) => {
        const header = new TextEncoder().encode("HGD1");
        const frames = [noise, Uint8Array.from([...header, ...noise]), encode(value as Request)];
        for (const frame of frames) {
          decodeReply(frame);
          const request = decodeRequest(frame);
          if (request?.kind === "command") openCommand(request, () => true);
        }
        openCommand(
          signCommand({ board: "b", challenge: noise, number: 1, command: value as Command }, key),
          verify,
        );
      }),
    );
  });
});
