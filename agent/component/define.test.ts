// Goal: a component whose handlers do not fit its ports does not compile, and one whose do has typed arguments.
// Method: the compiler: each `@ts-expect-error` is an error when the line below it is none.
// Seed: none.
import assert from "node:assert/strict";
import { integer, record } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import type { CallOutcome } from "./calls.ts";
import { type AnyDefinition, component, type Handlers } from "./define.ts";
import { ans, clt, ins, pub, qry, rep, req, srv, sub, tim } from "./ports.ts";

const Ask = message("Ask", record({ number: integer(0, 9) }));
const Told = message("Told", record({ square: integer(0, 81) }));
interface Told {
  readonly square: number;
}

const ports = {
  out: pub(Ask),
  heard: sub(Ask),
  call: clt(Ask, Told),
  served: srv(Ask, Told),
  asking: req(Ask, Told),
  replying: rep(Ask, Told),
  querying: qry(Ask, Told),
  answering: ans(Ask, Told),
  beat: tim(),
  link: ins(Ask, Told),
};
type All = Handlers<typeof ports, Readonly<Record<string, never>>>;
const nothing = (): void => undefined;
const told: unknown[] = [];

/** Every handler, with arguments that only compile when they are what the port says. */
const whole: All = {
  on_heard({ number }, { receivedUtcUs }) {
    told.push(number, receivedUtcUs);
  },
  on_served: ({ number }) => ({ square: number ** 2 }),
  on_asking(outcome: CallOutcome<Told>, { sentUtcUs }) {
    told.push(outcome, sentUtcUs);
  },
  on_replying({ number }, caller) {
    caller.answer({ square: number });
  },
  on_querying(outcome, queryId: number) {
    told.push(outcome.kind, queryId);
  },
  on_answering({ number }, caller) {
    caller.answer({ square: number });
    told.push(caller.id);
  },
  on_beat(dueUtcUs: number) {
    told.push(dueUtcUs);
  },
  on_link({ square }, thread: string) {
    told.push(square, thread);
  },
};

describe("component definitions", () => {
  it("take a handler for every port where something comes in", () => {
    const base = { name: "Whole", ports, options: () => undefined };
    const definition: AnyDefinition = component({ ...base, setup: () => whole });
    assert.equal(definition.ports, ports);
  });

  it("do not compile when a handler is missing, for any kind of port", () => {
    const { on_heard, ...rest } = whole;
    // @ts-expect-error -- on_heard is missing
    const lacking: All = rest;
    const base = { name: "Lacking", options: () => undefined };
    // @ts-expect-error -- on_beat is missing
    component({ ...base, ports: { beat: tim() }, setup: () => ({}) });
    // @ts-expect-error -- on_served is missing
    component({ ...base, ports: { served: srv(Ask, Told) }, setup: () => ({}) });
    // @ts-expect-error -- on_asking is missing
    component({ ...base, ports: { asking: req(Ask, Told) }, setup: () => ({}) });
    // @ts-expect-error -- on_replying is missing
    component({ ...base, ports: { replying: rep(Ask, Told) }, setup: () => ({}) });
    // @ts-expect-error -- on_querying is missing
    component({ ...base, ports: { querying: qry(Ask, Told) }, setup: () => ({}) });
    // @ts-expect-error -- on_answering is missing
    component({ ...base, ports: { answering: ans(Ask, Told) }, setup: () => ({}) });
    // @ts-expect-error -- on_link is missing
    component({ ...base, ports: { link: ins(Ask, Told) }, setup: () => ({}) });
    const free = component({
      ...base,
      ports: { out: pub(Ask), call: clt(Ask, Told) },
      setup: () => ({}),
    });
    assert.deepEqual([Object.keys(free.ports), typeof on_heard], [["out", "call"], "function"]);
    assert.equal("on_heard" in lacking, false);
  });

  it("do not compile when a handler takes or returns something else, or has no port", () => {
    const faulty: All[] = [
      // @ts-expect-error -- the message has no such field
      { ...whole, on_heard: ({ square }) => told.push(square) },
      // @ts-expect-error -- a server returns the reply
      { ...whole, on_served: nothing },
      // @ts-expect-error -- a caller is answered with the reply
      { ...whole, on_replying: (_, caller) => caller.answer({ number: 1 }) },
      // @ts-expect-error -- a publishing port has no handler
      { ...whole, on_out: nothing },
    ];
    assert.equal(faulty.length, 4);
  });

  it("give each port the call of its kind", () => {
    let didRun = false;
    const definition = component({
      name: "Caller",
      ports,
      options: () => undefined,
      setup({ port }) {
        didRun = true;
        // @ts-expect-error -- one does not call a subscriber
        assert.equal(port.heard, undefined);
        // @ts-expect-error -- a message of another type
        port.out({ square: 1 });
        const sent: "sent" | "busy" = port.asking({ number: 1 }, 10);
        const id: number = port.querying({ number: 1 }, 10);
        const isRunning: boolean = port.beat.isRunning;
        assert.deepEqual([sent, id, isRunning], ["busy", 3, false]);
        return whole;
      },
    });
    const port = {
      out: nothing,
      asking: () => "busy",
      querying: () => 3,
      beat: { isRunning: false },
    };
    (definition as AnyDefinition).setup({ port } as never, undefined);
    assert(didRun);
  });
});
