// Goal: every kind of port does at its component what its model says: alternation, answers in any order, queues
// with their policies, stamps, links to programs that are not ours.
// Method: components on boards of a simulation, connected as an agent would.
// Seed: 1.
import assert from "node:assert/strict";
import type { Caller, CallOutcome } from "../component/calls.ts";
import { component } from "../component/define.ts";
import { ans, clt, pub, qry, rep, req, srv, sub, tim } from "../component/ports.ts";
import { hasCode } from "../core/store.contract.ts";
import type { BindOptions, Wire } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import { Ask, messagePort, pairPort, Site, Told, timerPort } from "./site.contract.ts";

interface Told {
  readonly square: number;
}
type Outcome = CallOutcome<Told>;
const nothing = (): void => undefined;
const reply = (square: number): Outcome => ({ kind: "reply", reply: { square } });
const noReply = (reason: Extract<Outcome, { kind: "no-reply" }>["reason"]): Outcome => ({
  kind: "no-reply",
  reason,
});

/** A component that asks by every kind of port; `log` gets the outcomes. */
function asker(log: unknown[]) {
  let calls: Calls | undefined;
  const definition = component({
    name: "Asker",
    ports: { call: clt(Ask, Told), asking: req(Ask, Told), querying: qry(Ask, Told) },
    options: () => undefined,
    setup({ port }) {
      calls = port;
      return {
        on_asking: (outcome) => void log.push(outcome),
        on_querying: (outcome, queryId) => void log.push([queryId, outcome]),
      };
    },
  });
  const ports = [pairPort("clt", "call"), pairPort("req", "asking"), pairPort("qry", "querying")];
  return {
    definition,
    ports,
    get port(): Calls {
      assert(calls);
      return calls;
    },
  };
}

interface Calls {
  call(request: { number: number }, timeoutMs: number): Promise<Outcome>;
  asking(request: { number: number }, timeoutMs: number): "sent" | "busy";
  querying(request: { number: number }, timeoutMs: number): number;
}

describe("req and rep", () => {
  it("alternate: the next request comes when this one is answered, also later and elsewhere", async () => {
    const site = new Site();
    const log: string[] = [];
    let held: Caller<Told> | undefined;
    const replier = component({
      name: "Replier",
      ports: { replying: rep(Ask, Told), later: tim() },
      options: () => undefined,
      setup: ({ port }) => ({
        on_replying({ number }, caller) {
          log.push(`asked ${number}`);
          held = caller;
          port.later.fireIn(500);
        },
        on_later() {
          log.push("answers");
          held?.answer({ square: 1 });
        },
      }),
    });
    const outcomes: unknown[] = [];
    const askers = [asker(outcomes), asker(outcomes)];
    await site.open("r", replier, [pairPort("rep", "replying"), timerPort("later", null)]);
    for (const [index, { definition, ports }] of askers.entries())
      await site.open(`a${index}`, definition, ports);
    await site.activate();
    for (const [number, { port }] of askers.entries()) {
      assert.equal(port.asking({ number }, 60_000), "sent");
      assert.equal(port.asking({ number: 9 }, 60_000), "busy");
      await site.sim.runFor(10);
    }
    await site.sim.runFor(400);
    assert.deepEqual(log, ["asked 0"]);
    await site.sim.runFor(2000);
    assert.deepEqual(log, ["asked 0", "answers", "asked 1", "answers"]);
    assert.deepEqual(outcomes, [reply(1), reply(1)]);
    assert.equal(askers[0]?.port.asking({ number: 3 }, 60_000), "sent", "usable again");
  });

  it("a handler that throws refuses its request; the next one comes, and nobody is stuck", async () => {
    for (const kind of ["srv", "rep", "ans"] as const) {
      const site = new Site();
      const answer = ({ number }: { number: number }, caller?: Caller<Told>): Told => {
        if (number === 0) throw new Error("bug");
        if (kind !== "srv") caller?.answer({ square: number });
        return { square: number };
      };
      const code = { srv: srv(Ask, Told), rep: rep(Ask, Told), ans: ans(Ask, Told) }[kind];
      const server = component({
        name: "Server",
        ports: { served: code },
        options: () => undefined,
        setup: () => ({ on_served: answer as never, handleFault: () => "go-on" as const }),
      });
      await site.open("s", server, [pairPort(kind, "served")]);
      const caller = component({
        name: "Caller",
        ports: { call: { srv: clt(Ask, Told), rep: req(Ask, Told), ans: qry(Ask, Told) }[kind] },
        options: () => undefined,
        setup({ port }) {
          const call = port.call as unknown as (request: object, timeoutMs: number) => unknown;
          return {
            async handleActivate() {
              if (kind === "srv")
                for (const number of [0, 2]) log.push(await call({ number }, 5000));
              else call({ number: 0 }, 5000);
            },
            ...(kind === "srv"
              ? {}
              : {
                  on_call(outcome: Outcome) {
                    log.push(outcome);
                    if (log.length === 1) call({ number: 2 }, 5000);
                  },
                }),
          } as never;
        },
      });
      const log: unknown[] = [];
      await site.open("c", caller, [
        pairPort(({ srv: "clt", rep: "req", ans: "qry" } as const)[kind], "call"),
      ]);
      await site.activate();
      await site.sim.runFor(100);
      assert.deepEqual(log, [noReply("refused"), reply(2)], kind);
      assert.deepEqual(
        site.ofKind("fault").map(({ handler }) => handler),
        ["on_served"],
      );
    }
  });
});

describe("qry and ans", () => {
  it("many outstanding, answered later and in any order, to whom they belong", async () => {
    const site = new Site();
    const callers: [number, Caller<Told>][] = [];
    const answerer = component({
      name: "Answerer",
      ports: { answering: ans(Ask, Told) },
      options: () => undefined,
      setup: () => ({
        on_answering({ number }, caller) {
          callers.push([number, caller]);
          if (callers.length < 6) return;
          for (const [asked, each] of callers.reverse()) each.answer({ square: asked });
        },
      }),
    });
    const logs: unknown[][] = [[], []];
    const askers = logs.map((log) => asker(log));
    await site.open("r", answerer, [pairPort("ans", "answering")]);
    for (const [index, { definition, ports }] of askers.entries())
      await site.open(`a${index}`, definition, ports);
    await site.activate();
    for (const number of [1, 2, 3])
      for (const [index, { port }] of askers.entries())
        assert.equal(port.querying({ number: 10 * index + number }, 60_000), number);
    await site.sim.runFor(100);
    for (const [index, log] of logs.entries())
      assert.deepEqual(
        log.sort(),
        [1, 2, 3].map((number) => [number, reply(10 * index + number)]),
      );
    assert.equal(new Set(callers.map(([, { id }]) => id)).size, 6);
  });

  it("a server that leaves the list ends what was asked of it", async () => {
    const site = new Site();
    const answerer = component({
      name: "Answerer",
      ports: { answering: ans(Ask, Told) },
      options: () => undefined,
      setup: () => ({ on_answering: nothing }),
    });
    const log: unknown[] = [];
    const asking = asker(log);
    await site.open("r", answerer, [pairPort("ans", "answering")]);
    await site.open("a", asking.definition, asking.ports);
    await site.activate();
    asking.port.querying({ number: 1 }, 3_600_000);
    await site.sim.runFor(10);
    site.connect(site.ofKind("provide").map(({ endpoint }) => endpoint));
    await site.sim.runFor(10);
    assert.deepEqual(log, [[1, noReply("lost")]]);
  });
});

describe("queues of ports", () => {
  const sink = (log: number[], losses: unknown[]) =>
    component({
      name: "Sink",
      ports: { heard: sub(Ask) },
      options: () => undefined,
      setup: () => ({
        on_heard: ({ number }) => void log.push(number),
        handleLoss: (loss) => void losses.push(loss),
      }),
    });
  const source = (losses: unknown[]) => {
    let publish: (message: { number: number }) => void = nothing;
    const definition = component({
      name: "Source",
      ports: { out: pub(Ask) },
      options: () => undefined,
      setup({ port }) {
        publish = port.out;
        return { handleLoss: (loss) => void losses.push(loss) };
      },
    });
    return { definition, publish: (number: number) => publish({ number }) };
  };

  it("drop the oldest or the newest, tell it, and count it", async () => {
    for (const [whenFull, kept] of [
      ["dropOldest", [7, 8, 9]],
      ["dropNewest", [0, 1, 2]],
    ] as const) {
      const site = new Site();
      const log: number[] = [];
      const losses: { count: number; side: string }[] = [];
      const { definition, publish } = source([]);
      await site.open("p", definition, [messagePort("pub", "out")]);
      const queue = { lengthMax: 3, whenFull };
      const host = await site.open("s", sink(log, losses), [
        messagePort("sub", "heard", { queue }),
      ]);
      await site.activate();
      host.pause();
      for (let number = 0; number < 10; number += 1) publish(number);
      await site.sim.runFor(100);
      assert.deepEqual([log, losses], [[], []], "nothing is handled in a pause");
      host.resume();
      await site.sim.runFor(1000);
      assert.deepEqual(log, kept);
      assert(losses.length <= 2 && losses.every(({ side }) => side === "received"));
      assert.equal(
        losses.reduce((sum, { count }) => sum + count, 0),
        7,
      );
      const { receivedCount, handledCount, droppedCount } = host.counters()["heard"]!;
      assert.deepEqual([receivedCount, handledCount, droppedCount], [10, 3, 7]);
    }
  });

  it("that refuse hold back their publisher, which hears what it could not send; nothing else is lost", async () => {
    const site = new Site();
    const log: number[] = [];
    const losses: { count: number; side: string }[] = [];
    const { definition, publish } = source(losses);
    const publisher = await site.open("p", definition, [messagePort("pub", "out")]);
    const queue = { lengthMax: 20, whenFull: "refuse" } as const;
    const here: unknown[] = [];
    const host = await site.open("s", sink(log, here), [messagePort("sub", "heard", { queue })]);
    await site.activate();
    host.pause();
    let number = 0;
    for (let burst = 0; burst < 150; burst += 1) {
      for (let each = 0; each < 100; each += 1) publish((number += 1));
      await site.sim.runFor(10);
    }
    host.resume();
    await site.sim.runFor(5000);
    const lostCount = losses.reduce((sum, { count }) => sum + count, 0);
    assert(lostCount > 0, "the publisher's own queue was full");
    assert(losses.every(({ side }) => side === "sent"));
    assert.equal(log.length + lostCount, number);
    assert.deepEqual(here, []);
    assert.equal(host.counters()["heard"]?.droppedCount, 0);
    assert.equal(publisher.counters()["out"]?.droppedCount, lostCount);
    publish(1);
    await site.sim.runFor(10);
    assert.equal(log.at(-1), 1, "it flows again");
  });

  it("that refuse tell whoever asks; those that drop do not", async () => {
    for (const [whenFull, reason] of [
      ["refuse", "refused"],
      ["dropNewest", "timeout"],
    ] as const) {
      const site = new Site();
      const server = component({
        name: "Server",
        ports: { served: srv(Ask, Told) },
        options: () => undefined,
        setup: () => ({ on_served: ({ number }) => ({ square: number }) }),
      });
      const queue = { lengthMax: 2, whenFull };
      const host = await site.open("s", server, [pairPort("srv", "served", { queue })]);
      const asking = asker([]);
      const { definition, ports } = asking;
      await site.open("a", definition, ports);
      await site.activate();
      host.pause();
      const asked = [1, 2, 3, 4].map((number) => asking.port.call({ number }, 1000));
      await site.sim.runFor(500);
      host.resume();
      await site.sim.runFor(1000);
      assert.deepEqual(await Promise.all(asked), [
        reply(1),
        reply(2),
        noReply(reason),
        noReply(reason),
      ]);
      const { refusedCount, droppedCount } = host.counters()["served"]!;
      assert.deepEqual([refusedCount, droppedCount], whenFull === "refuse" ? [2, 0] : [0, 2]);
    }
  });
});

describe("stamps", () => {
  it("arrivals say when they were sent, when they came, and until when they are to be handled", async () => {
    const site = new Site();
    const arrivals: unknown[] = [];
    const source = component({
      name: "Source",
      ports: { out: pub(Ask), beat: tim() },
      options: () => undefined,
      setup: ({ port }) => ({ on_beat: () => port.out({ number: 1 }) }),
    });
    const sink = component({
      name: "Sink",
      ports: { heard: sub(Ask) },
      options: () => undefined,
      setup: () => ({ on_heard: (_, arrival) => void arrivals.push(arrival) }),
    });
    await site.open("p", source, [
      messagePort("pub", "out", { timed: true }),
      timerPort("beat", 1000),
    ]);
    await site.open("s", sink, [messagePort("sub", "heard", { timed: true, withinMs: 30 })]);
    await site.activate();
    await site.sim.runUntil(Math.ceil(site.sim.utcUs / 1e6) * 1e6 + 500_000);
    const [arrival] = arrivals as {
      sentUtcUs: number;
      receivedUtcUs: number;
      deadlineUtcUs: number;
    }[];
    assert.equal(arrivals.length, 1);
    assert(arrival);
    assert.equal(arrival.sentUtcUs % 1e6, 0);
    assert(
      arrival.receivedUtcUs > arrival.sentUtcUs && arrival.receivedUtcUs < arrival.sentUtcUs + 1e5,
    );
    assert.equal(arrival.deadlineUtcUs, arrival.receivedUtcUs + 30_000);
  });
});

describe("links to programs that are not ours", () => {
  /** A wire that notes how it is used. */
  function noted(notes: unknown[]): (world: World) => World {
    return (world) => {
      const { wire } = world;
      const noting: Wire = {
        publisher: (options?: BindOptions) => {
          notes.push(options?.reach, options?.door);
          return wire.publisher();
        },
        server: (serve, options) => {
          notes.push(options?.reach, options?.door);
          return wire.server(serve);
        },
        subscriber(receive) {
          const opened = wire.subscriber(receive);
          return Object.assign(Object.create(opened) as typeof opened, {
            connect: (endpoint: string) => notes.push(endpoint),
          });
        },
        client(endpoint) {
          notes.push(endpoint);
          return wire.client(endpoint);
        },
      };
      return { ...world, wire: noting };
    };
  }
  const address = "tcp://192.168.1.9:5556";
  const link = (how: "bind" | "connect", port: string, curveKey: string | null = null) => ({
    ...{ how, port, address, curveKey },
  });
  const server = component({
    name: "Server",
    ports: { out: pub(Ask), served: srv(Ask, Told) },
    options: () => undefined,
    setup: () => ({ on_served: () => ({ square: 1 }) }),
  });

  it("open a door, and reach as far as their scope", async () => {
    for (const [scope, isSpread, reach] of [
      ["internal", false, "process"],
      ["internal", true, "board"],
      ["local", false, "board"],
      ["global", true, "network"],
    ] as const) {
      const notes: unknown[] = [];
      const ports = [messagePort("pub", "out", { scope }), pairPort("srv", "served", { scope })];
      const placing = { foreign: [link("bind", "s/out")], isSpread, world: noted(notes) };
      await new Site().open("s", server, ports, placing);
      assert.deepEqual(notes, [reach, address, reach, undefined]);
    }
  });

  it("one port has one door", async () => {
    const foreign = [link("bind", "s/out"), link("bind", "s/out")];
    const ports = [messagePort("pub", "out"), pairPort("srv", "served")];
    await assert.rejects(
      new Site().open("s", server, ports, { foreign }),
      hasCode("COMPONENT_UNFIT"),
    );
  });

  it("subscribers hear theirs and ours; whoever asks has one server", async () => {
    const notes: unknown[] = [];
    const site = new Site();
    const client = component({
      name: "Client",
      ports: { heard: sub(Ask), call: clt(Ask, Told) },
      options: () => undefined,
      setup: () => ({ on_heard: nothing }),
    });
    const key = "k".repeat(40);
    const foreign = [link("connect", "c/heard"), link("connect", "c/call", key)];
    const ports = [messagePort("sub", "heard"), pairPort("clt", "call")];
    const host = await site.open("c", client, ports, { foreign, world: noted(notes) });
    host.peers("heard", ["sim://b/1"]);
    host.peers("call", ["sim://b/2"]);
    assert.deepEqual(notes, [`plain+${address}`, `plain+${address}#${key}`, "sim://b/1"]);
    assert.deepEqual(
      site.ofKind("require").map(({ port }) => port),
      ["c/heard"],
    );
  });
});
