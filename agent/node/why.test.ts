// Goal: every port that is not connected has a reason, and it is the right one.
// Method: two agents with a tiny application in the simulator, each fault by itself, asked at their sockets;
// generated facts for the rule alone.
// Seed: 1; fast-check's own.
import assert from "node:assert/strict";
import fc from "fast-check";
import { actorProgram } from "../actor/actor-program.ts";
import { Ask, Told, tinyApplication, tinyTexts } from "../actor/tiny-app.contract.ts";
import { component } from "../component/define.ts";
import { pub, srv, tim } from "../component/ports.ts";
import type { ProgramTable } from "../core/program.ts";
import type { Json } from "../core/rpc.ts";
import type { LinkFault, LinkState } from "../core/wire.ts";
import { integer, record, text } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import { AskedCluster } from "./asked-cluster.contract.ts";
import type { StartOptions } from "./cluster.contract.ts";
import type { PortStanding } from "./why-desk.ts";
import { type PortFacts, type Reason, standingOf } from "./why-rule.ts";

const pair = tinyTexts("on (a) Sender as s;", "on (b) Receiver as r;");
const TICK = "Tiny/r.sink.tick";
const control = { control: {} };

/** A Source whose ticks have another shape. */
const OtherTick = message("Tick", record({ number: integer(0, 9), unit: text(9) }));
const changed = component({
  name: "Source",
  ports: { tick: pub(OtherTick), ask: srv(Ask, Told), beat: tim() },
  options: () => undefined,
  setup: () => ({
    on_beat: () => undefined,
    on_ask: ({ number }: { number: number }) => ({ square: number }),
  }),
});

async function standing(cluster: AskedCluster, board = "b", port = TICK): Promise<PortStanding> {
  const answer = await cluster.answer(board, "why", { port });
  const [found, ...rest] = (answer as Json & { readonly ports: readonly PortStanding[] }).ports;
  assert(found !== undefined && rest.length === 0, JSON.stringify(answer));
  return found;
}

/** What is said of the tick port of b when a and b run like this for some seconds. */
async function told(
  starts: Readonly<Record<string, StartOptions>>,
  {
    texts = pair,
    programs = {},
    runMs = 4000,
  }: { texts?: typeof pair; programs?: ProgramTable; runMs?: number } = {},
): Promise<PortStanding> {
  const cluster = new AskedCluster(texts, programs);
  for (const [board, options] of Object.entries(starts))
    cluster.start(board, { ...control, ...options });
  await cluster.sim.runFor(runMs);
  return standing(cluster);
}

const kinds = ({ reasons }: PortStanding): readonly string[] => reasons.map(({ kind }) => kind);

describe("why a port is not connected", function () {
  this.timeout(30_000);

  it("it is", async () => {
    const { state, peerCount, reasons, kind } = await told({ a: {}, b: {} });
    assert.deepEqual([state, peerCount, reasons, kind], ["connected", 1, [], "sub"]);
  });

  it("the provider's board is not there", async () => {
    const { state, reasons } = await told({ b: {} });
    assert.equal(state, "unconnected");
    assert.deepEqual(reasons, [{ kind: "board-absent", board: "a", provider: "s.source.tick" }]);
  });

  it("the board is there, and the actor is not up", async () => {
    const texts = tinyTexts("on (a) Sender(failAt = 1) as s;", "on (b) Receiver as r;");
    const { reasons } = await told({ a: {}, b: {} }, { texts, runMs: 120_000 });
    assert.deepEqual(reasons, [{ kind: "provider-down", board: "a", provider: "s.source.tick" }]);
  });

  it("one of two providers is missing", async () => {
    const texts = tinyTexts("on (a, c) Sender as s;", "on (b) Receiver as r;");
    const { state, peerCount, reasons } = await told({ a: {}, b: {} }, { texts });
    assert.deepEqual([state, peerCount], ["partly", 1]);
    assert.deepEqual(reasons, [{ kind: "board-absent", board: "c", provider: "s.source.tick" }]);
  });

  it("the board runs another version of the application", async () => {
    const application = tinyTexts("on (a, b) Receiver as r;", "on (c) Sender as s;");
    const [reason, ...rest] = (await told({ a: { application }, b: {} })).reasons;
    assert(reason?.kind === "version" && rest.length === 0, JSON.stringify(reason));
    assert.match(`${reason.own} ${reason.theirs}`, /^[\da-f]{8} [\da-f]{8}$/);
    assert.notEqual(reason.own, reason.theirs);
  });

  it("the shapes of a message differ: both are named", async () => {
    const tiny = tinyApplication([]);
    const other = { ...tiny, components: { ...tiny.components, Source: changed } };
    const actor = actorProgram((_, codeUrl) =>
      Promise.resolve(codeUrl === undefined ? tiny : other),
    );
    const { reasons } = await told({ a: { codeUrl: "other" }, b: {} }, { programs: { actor } });
    const [reason, ...rest] = reasons;
    assert(reason?.kind === "type" && rest.length === 0, JSON.stringify(reasons));
    assert.equal(reason.board, "a");
    const [pairOf] = reason.messages;
    assert.equal(pairOf?.message, "Tick");
    assert.equal(pairOf.theirs, OtherTick.fingerprint);
    assert.notEqual(pairOf.own, pairOf.theirs);
  });

  it("who speaks as the board has another key, or is on no list", async () => {
    const wrong = { trustedBoards: { a: "00".repeat(32) } };
    const [imposter] = (await told({ a: {}, b: wrong })).reasons;
    assert(imposter?.kind === "board-imposter" && imposter.board === "a");
    assert.match(imposter.from, /^a:/);
    const [stranger] = (await told({ a: {}, b: { trustedBoards: {} } })).reasons;
    assert(stranger?.kind === "board-stranger" && stranger.from === "a", JSON.stringify(stranger));
  });

  it("its provider does not answer: the address that was tried", async () => {
    const cluster = new AskedCluster(pair);
    for (const board of ["a", "b"]) cluster.start(board, { ...control, lasting: true });
    await cluster.sim.runFor(4000);
    cluster.sim.unplug("a");
    await cluster.sim.runFor(60_000);
    const lost = await standing(cluster);
    assert.equal(lost.state, "unconnected");
    const reason = lost.reasons.find(({ kind }) => kind === "unreachable");
    assert(reason?.kind === "unreachable" && reason.fault === "silent", JSON.stringify(lost));
    assert.match(reason.endpoint, /^sim:\/\/a\//);
    assert(kinds(lost).includes("board-absent"));
    cluster.sim.plug("a");
    await cluster.sim.runFor(10_000);
    assert.equal((await standing(cluster)).state, "connected");
  });

  it("its own actor is down, or does not answer", async () => {
    const dying: ProgramTable = { actor: async () => Promise.reject(new Error("as told")) };
    const down = await told({ b: {} }, { programs: dying, runMs: 120_000 });
    assert.deepEqual(down.reasons, [{ kind: "actor-down", state: "given-up" }]);
    const deaf: ProgramTable = { actor: async () => new Promise<void>(() => undefined) };
    const silent = await told({ b: {} }, { programs: deaf, runMs: 1000 });
    assert.deepEqual(silent.state, "unconnected");
    assert.deepEqual(kinds(silent), ["actor-down"]);
  });

  it("everywhere: of all boards; ports that others connect to wait for nobody", async () => {
    const cluster = new AskedCluster(pair);
    for (const board of ["a", "b"]) cluster.start(board, control);
    await cluster.sim.runFor(4000);
    const answers = (await cluster.answer("a", "everywhere", { method: "why" })) as Json &
      readonly { readonly result: { readonly ports: readonly PortStanding[] } }[];
    const all = answers.flatMap(({ result }) => result.ports);
    assert.deepEqual(
      all.map(({ port, state }) => `${port} ${state}`),
      [
        "Tiny/s.source.tick none",
        "Tiny/s.source.ask none",
        "Tiny/s.source.beat none",
        "Tiny/r.sink.tick connected",
        "Tiny/r.sink.ask connected",
      ],
    );
  });

  it("dht: its inside, with the names that this board knows", async () => {
    const cluster = new AskedCluster(pair);
    for (const board of ["a", "b"]) cluster.start(board, control);
    await cluster.sim.runFor(4000);
    const view = (await cluster.answer("b", "dht")) as Json & {
      readonly members: readonly { readonly board: string; readonly address: string }[];
      readonly keys: readonly {
        readonly topic: string | null;
        readonly hasListener: boolean;
        readonly records: readonly { readonly board: string; readonly expiresInMs: number }[];
      }[];
    };
    assert.deepEqual(
      view.members.map(({ board }) => board),
      ["a"],
    );
    const tick = view.keys.find(({ topic }) => topic === "Tiny/pub/Tick");
    assert.equal(tick?.hasListener, true);
    assert.deepEqual(
      tick.records.map(({ board }) => board),
      ["a"],
    );
    assert((tick.records[0]?.expiresInMs ?? 0) > 0);
  });
});

const FACTS: PortFacts = {
  ...{ board: "b", kind: "sub", topic: "Tiny/pub/Tick", variant: "f1", isTimed: false },
  ...{ links: [], known: [], others: [], expected: [], local: [], version: "v", clockBoundUs: 1 },
  boardOf: () => ({ state: "present", from: "", version: "v" }),
};
const ENDPOINT = "tcp://10.0.0.1:5";
const FAULTS = [
  ...["refused", "no-route", "forbidden", "silent", "broken", "key-refused"],
  ...["key-missing", "key-absent", "no-address"],
] as readonly LinkFault[];

function failed(fault: LinkFault | null, endpoint = ENDPOINT): readonly Reason[] {
  const state = fault === null ? "connecting" : "failed";
  const known = [{ endpoint, board: "a" }];
  return standingOf({ ...FACTS, known, links: [{ endpoint, state, fault }] }).reasons;
}

describe("the rule of why", () => {
  it("every fault of a link has its reason", () => {
    const expected = [
      ...["unreachable", "segment", "policy", "unreachable", "unreachable", "key-refused"],
      ...["key-missing", "key-absent", "unreachable"],
    ];
    for (const [index, fault] of FAULTS.entries()) {
      const [reason, ...rest] = failed(fault);
      assert.deepEqual([reason?.kind, rest], [expected[index], []]);
      assert(reason !== undefined && "endpoint" in reason && reason.endpoint === ENDPOINT);
    }
    assert.equal(failed(null)[0]?.kind, "connecting");
    // Another board that says it is at our own loopback was started without its address.
    assert.equal(failed("refused", "tcp://127.0.0.1:5")[0]?.kind, "segment");
  });

  it("nobody in the deployment provides it, or only for its own board", () => {
    const topic = "Tiny/pub/Tick";
    assert.deepEqual(standingOf(FACTS).reasons, [{ kind: "not-in-deployment", topic }]);
    const who = { board: "a", provider: "s.source.tick" };
    const { reasons } = standingOf({ ...FACTS, local: [who] });
    assert.deepEqual(reasons, [{ kind: "local-elsewhere", ...who }]);
  });

  it("a clock that nobody knows is told of ports that send time, connected or not", () => {
    const links: LinkState[] = [{ endpoint: ENDPOINT, state: "connected", fault: null }];
    const known = [{ endpoint: ENDPOINT, board: "a" }];
    const timed = { ...FACTS, links, known, isTimed: true };
    assert.deepEqual(standingOf(timed), { state: "connected", reasons: [] });
    for (const clockBoundUs of [null, 2_000_000])
      assert.deepEqual(standingOf({ ...timed, clockBoundUs }), {
        state: "connected",
        reasons: [{ kind: "clock", boundUs: clockBoundUs }],
      });
  });

  it("a client with one server needs no other; what is known and not handed on yet is told", () => {
    const expected = [{ board: "c", provider: "s.source.ask" }];
    const links: LinkState[] = [{ endpoint: ENDPOINT, state: "connected", fault: null }];
    const known = [{ endpoint: ENDPOINT, board: "a" }];
    assert.equal(standingOf({ ...FACTS, kind: "clt", expected, links, known }).state, "connected");
    assert.equal(standingOf({ ...FACTS, kind: "sub", expected, links, known }).state, "partly");
    const [told] = standingOf({ ...FACTS, known }).reasons;
    assert.equal(told?.kind, "being-told");
    assert.equal(standingOf({ ...FACTS, kind: "group" }).reasons[0]?.kind, "group-alone");
  });

  it("whatever the facts are: who is not fully connected has a reason", () => {
    const board = fc.constantFrom("a", "b", "c");
    const endpoint = fc.constantFrom("tcp://10.0.0.1:5", "tcp://10.0.0.2:5", "tcp://127.0.0.1:5");
    const where = fc.record({ endpoint, board: fc.option(board) });
    const who = fc.record({ board, provider: fc.constant("s.source.tick") });
    const link = fc.oneof(
      fc.record({
        endpoint,
        state: fc.constantFrom("connected", "connecting"),
        fault: fc.constant(null),
      }),
      fc.record({ endpoint, state: fc.constant("failed"), fault: fc.constantFrom(...FAULTS) }),
    ) as fc.Arbitrary<LinkState>;
    const state = fc.constantFrom("present", "absent", "imposter", "stranger");
    const facts = fc.record({
      kind: fc.constantFrom("sub", "clt", "req", "qry", "group"),
      isTimed: fc.boolean(),
      links: fc.array(link, { maxLength: 3 }),
      known: fc.array(where, { maxLength: 3 }),
      others: fc.array(
        where.map((each) => ({ ...each, variant: "f2" })),
        { maxLength: 2 },
      ),
      expected: fc.array(who, { maxLength: 3 }),
      local: fc.array(who, { maxLength: 2 }),
      boardFacts: fc.record({
        state,
        from: fc.constant("x"),
        version: fc.option(fc.constantFrom("v", "w")),
      }),
      clockBoundUs: fc.option(fc.nat()),
    });
    fc.assert(
      fc.property(facts, ({ boardFacts, ...more }) => {
        const result = standingOf({ ...FACTS, ...more, boardOf: () => boardFacts });
        const isWhole = more.links.some((each) => each.state === "connected");
        if (result.state !== "connected")
          assert(result.reasons.some(({ kind }) => kind !== "clock"));
        assert.equal(result.state === "unconnected", !isWhole);
      }),
    );
  });
});
