// Goal: an agent answers every JSON that reaches its socket with a bounded, valid answer, and runs only its methods.
// Method: a table of small methods, asked directly and through the socket of a simulated board; fast-check for noise.
// Seed: fast-check's own, and 1.
import assert from "node:assert/strict";
import fc from "fast-check";
import { AgentError } from "../core/errors.ts";
import type { Json } from "../core/rpc.ts";
import { Simulation } from "../sim/simulation.ts";
import { askAgent } from "./ask-agent.ts";
import type { MethodTable } from "./control-method.ts";
import { openControl } from "./control-server.ts";
import { ANSWER_CHARS_MAX, BATCH_CALLS_MAX, ControlSession } from "./control-session.ts";
import { textParam, wholeParam } from "./read-params.ts";

const written: string[] = [];
const logged: string[] = [];
const log = { write: (_: unknown, event: string) => void logged.push(event) };
const methods: MethodTable = {
  echo: { access: "read", run: (params) => params },
  change: {
    access: "write",
    run(params) {
      written.push(textParam(params, "to") ?? "");
      return null;
    },
  },
  size: {
    access: "read",
    run: (params) => wholeParam(params, "size", { min: 1, max: 9, fallback: 5 }),
  },
  name: { access: "read", run: (params) => textParam(params, "name") ?? null },
  refuse: {
    access: "read",
    run: () => Promise.reject(new AgentError("FILE_MISSING", { name: "x" })),
  },
  broken: { access: "read", run: () => (undefined as unknown as () => Json)() },
  long: { access: "read", run: () => "x".repeat(ANSWER_CHARS_MAX) },
};

function call(method: string, params?: Json): Json {
  return { jsonrpc: "2.0", id: 7, method, ...(params === undefined ? {} : { params }) };
}

async function answered(message: Json, access?: "read"): Promise<string> {
  const session = new ControlSession({ methods, log, ...(access === undefined ? {} : { access }) });
  const answer = (await session.answer(message)) as Record<string, Json> | undefined;
  if (answer === undefined) return "nothing";
  const { result, error } = answer as { result?: Json; error?: { code: number; message: string } };
  return error === undefined ? JSON.stringify(result) : `${error.code} ${error.message}`;
}

describe("control session", () => {
  it("hands parameters over by name, alone or as the one of a list", async () => {
    assert.equal(await answered(call("echo", { a: 1 })), `{"a":1}`);
    assert.equal(await answered(call("echo", [{ a: 1 }])), `{"a":1}`);
    assert.equal(await answered(call("echo")), "{}");
    assert.match(await answered(call("echo", [1])), /^-32602 /);
    assert.match(await answered(call("echo", "a")), /^-32602 /);
  });

  it("refuses by code: what is no call, no method, a bad parameter, what a method refuses", async () => {
    assert.match(await answered(7), /^-32600 /);
    assert.match(await answered({ id: 1 }), /^-32600 /);
    assert.match(await answered([]), /^-32600 /);
    assert.match(await answered({ id: {}, method: "echo" }), /^-32600 /);
    for (const name of ["no", "toString", "__proto__"])
      assert.match(await answered(call(name)), /^-32601 /);
    assert.match(await answered(call("size", { size: 10 })), /^-32602 .*CONTROL_PARAMS_INVALID/);
    assert.match(await answered(call("size", { size: "3" })), /^-32602 /);
    assert.match(await answered(call("name", { name: "x".repeat(1001) })), /^-32602 /);
    assert.equal(await answered(call("size")), "5");
    assert.match(await answered(call("refuse")), /^-32000 FILE_MISSING/);
  });

  it("logs a fault of its own and tells nothing of it", async () => {
    assert.equal(await answered(call("broken")), "-32603 internal error");
    assert.deepEqual(logged, ["control-fault"]);
  });

  it("bounds answers and batches", async () => {
    assert.match(await answered(call("long")), /^-32005 /);
    const batch = Array.from({ length: BATCH_CALLS_MAX + 1 }, () => call("echo"));
    assert.match(await answered(batch), /^-32005 /);
    const session = new ControlSession({ methods, log });
    const answers = (await session.answer(batch.slice(1))) as readonly Json[];
    assert.equal(answers.length, BATCH_CALLS_MAX);
  });

  it("does not answer what wants no answer", async () => {
    assert.equal(
      await answered({ jsonrpc: "2.0", method: "change", params: { to: "x" } }),
      "nothing",
    );
    assert.deepEqual(written.splice(0), ["x"]);
  });

  it("of those that may only read, nothing is changed", async () => {
    assert.equal(await answered(call("echo", { a: 1 }), "read"), `{"a":1}`);
    assert.match(await answered(call("change", { to: "y" }), "read"), /^-32601 /);
    assert.deepEqual(written, []);
  });

  it("answers any JSON, and never rejects", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (message) => {
        const session = new ControlSession({ methods, log });
        const answer = await session.answer(message as Json);
        assert(answer === undefined || typeof answer === "object");
      }),
    );
  });
});

describe("control server", () => {
  it("answers programs of its board, and tells a method that its caller has gone", async () => {
    const told: string[] = [];
    let gone = false;
    const sim = new Simulation({
      seed: 1,
      programs: {
        async agent(world, _options, _parent, signal) {
          const wait = (_: unknown, call: { readonly signal: AbortSignal }): Promise<Json> =>
            new Promise(() => call.signal.addEventListener("abort", () => (gone = true)));
          const table: MethodTable = { ...methods, wait: { access: "read", run: wait } };
          await using _server = await openControl(world, {}, table);
          await world.clock.sleep(10_000, signal);
        },
        async asker({ rpc }, _options, _parent, signal) {
          const outcome = await askAgent(rpc, "unix:/run/control.sock", { method: "size" }, signal);
          told.push(JSON.stringify(outcome));
          await askAgent(rpc, "unix:/run/control.sock", { method: "wait" }, signal);
        },
      },
    });
    sim.host("a").start({ program: "agent", name: "agent", options: {} });
    sim.host("b").start({ program: "asker", name: "stranger", options: {} });
    sim.host("a").start({ program: "asker", name: "asker", options: {} });
    await sim.runFor(1000);
    assert.deepEqual(told, [`{"ok":true,"result":5}`]);
    sim.host("a").kill("asker");
    await sim.runFor(1000);
    assert(gone);
  });
});
