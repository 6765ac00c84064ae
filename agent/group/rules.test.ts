// Goal: each rule by itself keeps its promise at its borders, and no frame from the wire does harm.
// Method: the rules told exact times and facts; properties over random and damaged frames.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { AgentError } from "../core/errors.ts";
import { FencingGuard } from "./fencing-guard.ts";
import { FoundingRule } from "./founding-rule.ts";
import { decodeFrame, encodeFrame, type GroupFrame, pack } from "./group-frame.ts";
import { checkGroupOptions, FAST_TIMES, type GroupOptions, groupTimes } from "./group-options.ts";
import type { PollRecord } from "./group-types.ts";
import { EMPTY_BASE } from "./log.ts";
import { Outbox } from "./outbox.ts";
import { PollRule } from "./poll-rule.ts";
import { PresenceTable } from "./presence-table.ts";
import { RecallRule } from "./recall-rule.ts";

const bytes = new Uint8Array();
const poll = (change: Partial<PollRecord> = {}): PollRecord => ({
  ...{
    pollId: "p",
    rule: "majority",
    topic: bytes,
    atUtcUs: undefined,
    closesUtcUs: 100,
    from: "x",
  },
  ...change,
});

describe("group options", () => {
  const invalid =
    (option: string): ((error: unknown) => boolean) =>
    (error) =>
      error instanceof AgentError &&
      error.code === "GROUP_OPTION_INVALID" &&
      error.facts["option"] === option;

  it("times are fast by default, and the reference's when the model gives some", () => {
    assert.deepEqual(groupTimes(), FAST_TIMES);
    assert.equal(groupTimes({ heartbeatMs: 500 }).peerTimeoutMs, 3_000);
    for (const times of [
      { heartbeatMs: 1_500 },
      { electionMinMs: 2_000 },
      { electionMaxMs: 3_000 },
      { consensusTimeoutMs: 2_000 },
      { heartbeatMs: 0 },
    ])
      assert.throws(() => groupTimes(times), invalid("times"));
  });

  it("each is checked", () => {
    const good: GroupOptions = { group: "g", self: "a", size: 3 };
    checkGroupOptions(good);
    const cases: [string, Partial<GroupOptions>][] = [
      ["group", { group: "" }],
      ["self", { self: "*" }],
      ["size", { size: 0 }],
      ["size", { size: 16 }],
      ["priority", { priority: 10 }],
      ["voters", { voters: ["a", "b"] }],
      ["voters", { voters: ["a", "b", "b"] }],
    ];
    for (const [option, change] of cases)
      assert.throws(() => checkGroupOptions({ ...good, ...change }), invalid(option));
    assert.throws(
      () => checkGroupOptions({ group: "g", self: "a", keepsCommands: true }),
      invalid("log"),
    );
  });
});

describe("fencing guard", () => {
  it("admits the largest term it saw and later ones, and no earlier one", () => {
    const guard = new FencingGuard(3);
    assert.deepEqual(
      [2, 3, 5, 4, 5].map((term) => guard.admits(term)),
      [false, true, true, false, true],
    );
    assert.equal(guard.term, 5);
  });
});

describe("founding rule", () => {
  const found = (self: string, out: Outbox, size = 3, voters?: readonly string[]): FoundingRule =>
    new FoundingRule(
      { self, life: 7, size, voters, repeatMs: 10, attemptMs: 100, random: () => 0.5 },
      undefined,
      0,
      () => out,
    );

  it("is proposed by the first in order of name, when all are there, and founded with all pledges", () => {
    const out = new Outbox();
    const rule = found("a", out);
    rule.meet(["a", "b"], 0);
    assert.equal(out.sends.length, 0);
    rule.meet(["a", "b", "c", "d"], 1);
    const { to, message } = out.sends.at(-1)!;
    assert.deepEqual([to, message.kind], [["b", "c"], "found"]);
    const { attempt } = rule.pledge!;
    rule.receive("b", 1, { kind: "pledge", attempt, isGiven: true }, 2);
    assert.equal(rule.voterSet, undefined);
    rule.receive("d", 1, { kind: "pledge", attempt, isGiven: true }, 2);
    assert.equal(rule.voterSet, undefined, "who is not in the set does not count");
    rule.receive("c", 2, { kind: "pledge", attempt, isGiven: true }, 3);
    assert.deepEqual(rule.voterSet, { voters: ["a", "b", "c"], lives: [7, 1, 2] });
    // Whoever founded keeps its set, whatever others propose.
    rule.receive("b", 3, { kind: "found", attempt: 9, voters: ["a", "b", "d"] }, 4);
    assert.equal(out.sends.at(-1)!.message.kind, "founded");
  });

  it("a member pledges itself to one set, and is free again only when its proposer drops it", () => {
    const out = new Outbox();
    const rule = found("b", out);
    const given = (): unknown => {
      const { message } = out.sends.at(-1)!;
      return message.kind === "pledge" ? message.isGiven : message.kind;
    };
    rule.receive("a", 1, { kind: "found", attempt: 1, voters: ["a", "b", "c"] }, 0);
    assert.equal(given(), true);
    rule.receive("d", 1, { kind: "found", attempt: 2, voters: ["b", "d", "e"] }, 0);
    assert.equal(given(), false);
    rule.receive("d", 1, { kind: "drop", attempt: 1 }, 0);
    assert.equal(rule.pledge?.attempt, 1);
    rule.receive("a", 1, { kind: "drop", attempt: 1 }, 0);
    rule.receive("d", 1, { kind: "found", attempt: 3, voters: ["b", "d", "e"] }, 0);
    assert.equal(given(), true);
  });

  it("a proposer that is refused, or waits too long, drops its attempt", () => {
    const out = new Outbox();
    const rule = found("a", out);
    rule.meet(["a", "b", "c"], 0);
    rule.receive("b", 1, { kind: "pledge", attempt: rule.pledge!.attempt, isGiven: false }, 1);
    assert.equal(rule.pledge, undefined);
    assert.equal(out.sends.at(-1)!.message.kind, "drop");
    rule.meet(["a", "b", "c"], 500);
    assert.notEqual(rule.pledge, undefined);
    rule.tick(["a"], 601);
    assert.equal(rule.pledge, undefined);
  });

  it("with names given, no other set is ever proposed, pledged for or believed", () => {
    const rule = found("b", new Outbox(), 2, ["b", "c"]);
    rule.receive("a", 1, { kind: "found", attempt: 1, voters: ["a", "b"] }, 0);
    rule.receive("a", 1, { kind: "founded", voters: ["a", "b"], lives: [1, 1] }, 0);
    assert.deepEqual([rule.pledge, rule.voterSet], [undefined, undefined]);
    rule.meet(["a", "b", "c"], 0);
    assert.deepEqual(rule.pledge?.voters, ["b", "c"]);
  });
});

describe("recall rule", () => {
  const options = { voters: ["a", "b", "c", "d", "e"], self: "a", quorum: 3 };
  const end = (term: number, index: number): { term: number; index: number } => ({ term, index });

  it("waits until no old answer counts, then takes the furthest of three answers", () => {
    const rule = new RecallRule({ ...options, answerWindowMs: 100, repeatMs: 10 }, 0);
    assert.deepEqual(rule.ask(124), []);
    assert.deepEqual(rule.ask(125), ["b", "c", "d", "e"]);
    assert.equal(rule.answered("b", 124, { term: 9, end: end(9, 9) }), undefined);
    assert.equal(rule.answered("x", 125, { term: 9, end: end(9, 9) }), undefined);
    assert.equal(rule.answered("b", 125, { term: 3, end: end(2, 7) }), undefined);
    assert.equal(rule.answered("b", 125, { term: 3, end: end(2, 7) }), undefined);
    assert.equal(rule.answered("c", 125, { term: 5, end: end(1, 30) }), undefined);
    assert.deepEqual(rule.ask(135), ["d", "e"]);
    assert.deepEqual(rule.answered("d", 126, { term: 1, end: end(2, 8) }), {
      term: 5,
      end: end(2, 8),
    });
  });
});

describe("poll rule", () => {
  const rule = (): PollRule =>
    new PollRule({ self: "a", voters: ["a", "b", "c"], quorum: 2 }, EMPTY_BASE.state);
  const open = (rules: PollRule, change: Partial<PollRecord> = {}): void =>
    void rules.apply({ index: 1, term: 1, body: { kind: "poll", poll: poll(change) } });

  it("is decided by a majority or by all, refused when that cannot be, and expires at its instant", () => {
    const most = rule();
    open(most);
    most.count("a", "p", true);
    most.count("a", "p", true);
    most.count("stranger", "p", true);
    assert.deepEqual(most.verdicts(99), []);
    most.count("b", "p", true);
    assert.equal(most.verdicts(99)[0]?.verdict, "accepted");
    assert.deepEqual(most.verdicts(99), [], "named once");
    const all = rule();
    open(all, { rule: "consensus", from: "c" });
    all.count("a", "p", true);
    assert.deepEqual(all.verdicts(99), []);
    all.count("b", "p", false);
    assert.equal(all.verdicts(99)[0]?.verdict, "refused");
    const late = rule();
    open(late);
    assert.equal(late.closesUtcUs, 100);
    assert.equal(late.verdicts(100)[0]?.verdict, "expired");
  });

  it("hears the first verdict on a vote and no second one; a repeated request opens nothing", () => {
    const rules = rule();
    open(rules, { atUtcUs: 500 });
    const say = (verdict: "accepted" | "refused"): unknown =>
      rules.apply({ index: 2, term: 1, body: { kind: "verdict", pollId: "p", verdict } });
    assert.notEqual(say("accepted"), undefined);
    assert.equal(say("refused"), undefined);
    open(rules);
    assert.equal(rules.isOpen("p", 0), false);
    assert.equal(rules.state(600, undefined).actions.length, 1);
    assert.equal(rules.state(500 + 3_600_000_000, undefined).actions.length, 0);
  });

  it("asks those who have a vote and did not ask themselves", () => {
    const rules = rule();
    open(rules, { from: "a" });
    assert.equal(rules.unanswered(0).length, 0);
    open(rules, { pollId: "q", from: "b" });
    assert.equal(rules.unanswered(0).length, 1);
    assert.equal(rules.unanswered(100).length, 0, "it is over");
    rules.answer("q", false);
    rules.answer("q", true);
    assert.deepEqual(rules.answers, [["q", false]]);
  });
});

describe("presence table", () => {
  it("a member is there until it says goodbye or is silent for too long; a new life leaves and joins", () => {
    const table = new PresenceTable("b", 100);
    assert.deepEqual(table.heard("a", 1, 0), [{ kind: "joined", member: "a" }]);
    assert.deepEqual(table.heard("a", 1, 50), []);
    assert.deepEqual(table.heard("b", 9, 50), [], "itself");
    assert.deepEqual(table.members, ["a", "b"]);
    assert.deepEqual(table.expire(150), []);
    assert.deepEqual(table.expire(151), [{ kind: "left", member: "a" }]);
    table.heard("a", 1, 200);
    assert.deepEqual(
      table.heard("a", 2, 201).map(({ kind }) => kind),
      ["left", "joined"],
    );
    assert.deepEqual(table.gone("a", 1), [], "a goodbye of an earlier life");
    assert.deepEqual(table.gone("a", 2), [{ kind: "left", member: "a" }]);
  });
});

describe("group frames", () => {
  const echo = { life: 1, sentMs: 1.5 };
  const end = { term: 1, index: 2 };
  const base = { index: 1, term: 1, state: { ...EMPTY_BASE.state, open: [poll({ atUtcUs: 7 })] } };
  const bodies = [
    { kind: "start" },
    { kind: "poll", poll: poll() },
    { kind: "verdict", pollId: "p", verdict: "expired" },
    { kind: "command", proposalId: "c", command: Uint8Array.of(1) },
  ] as const;
  const messages: readonly GroupFrame["message"][] = [
    { kind: "hello" },
    { kind: "found", attempt: 2 ** 47, voters: ["a"] },
    { kind: "pledge", attempt: 1, isGiven: true },
    { kind: "drop", attempt: 1 },
    { kind: "founded", voters: ["a"], lives: [1] },
    { kind: "vote", isTrial: true, term: 1, end, sentMs: 0.25 },
    { kind: "voted", isTrial: true, term: 1, isGiven: false, ownTerm: 2, echo },
    { kind: "recall", sentMs: 1 },
    { kind: "recalled", term: 1, end, echo },
    ...bodies.map((body) => ({
      ...{ kind: "append" as const, term: 1, before: end, commitIndex: 0, sentMs: 1 },
      entries: [{ index: 1, term: 1, body }],
    })),
    { kind: "install", term: 1, base, sentMs: 1 },
    { kind: "appended", term: 1, isTaken: true, index: 1, isFull: true, echo },
    { kind: "ask", poll: poll({ atUtcUs: 1_800_000_000_000_000 }) },
    { kind: "ballot", pollId: "p", isYes: true },
    { kind: "propose", proposalId: "c", command: Uint8Array.of(1, 2) },
    { kind: "data", role: "all", payload: Uint8Array.of(3), sentUtcUs: undefined },
    { kind: "alive", endpoint: "tcp://1" },
    { kind: "bye" },
  ];
  const frameOf = (message: GroupFrame["message"]): GroupFrame => ({
    ...{ group: "g", from: "a", life: 2 ** 47, set: "a b", to: ["*"], message },
  });

  it("carry every message", () => {
    for (const message of messages) {
      const decoded = decodeFrame(encodeFrame(frameOf(message)));
      assert.notEqual(decoded, undefined, message.kind);
      assert.deepEqual(
        JSON.stringify(plainBytes(decoded)),
        JSON.stringify(plainBytes(frameOf(message))),
      );
    }
  });

  it("with a field missing or of another kind are dropped", () => {
    for (const message of messages)
      for (const name of Object.keys(message)) {
        if (name === "sentUtcUs") continue;
        const broken = { ...message, [name]: { odd: true } } as never;
        assert.equal(
          decodeFrame(encodeFrame(frameOf(broken))),
          undefined,
          `${message.kind} ${name}`,
        );
      }
    assert.equal(decodeFrame(pack([2, "g", "a", 1, "", ["*"], { kind: "hello" }])), undefined);
  });

  it("of any bytes, or damaged, decode to nothing or to something whole, and never throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void decodeFrame(noise)));
    const damage = fc.tuple(
      fc.nat(messages.length - 1),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
    );
    fc.assert(
      fc.property(damage, ([number, place, mask]) => {
        const frame = Uint8Array.from(encodeFrame(frameOf(messages[number]!)));
        frame[place % frame.length]! ^= mask;
        const decoded = decodeFrame(frame);
        if (decoded !== undefined) assert.equal(typeof decoded.message.kind, "string");
      }),
      { numRuns: 300 },
    );
  });
});

function plainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plainBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainBytes(each)]));
}
