// Goal: every body of Rpc carries calls, errors and notifications, and tells when a connection is lost.
// Method: a small server with a few methods; the same claims in a fresh world of each body.
// Seed: none.
import assert from "node:assert/strict";
import { type Json, RPC_DISCONNECTED, type Rpc, type RpcPlace, type RpcServer } from "./rpc.ts";
import { eventually, Inbox, never, type RunIn } from "./run-in-world.contract.ts";

interface Message {
  readonly id: number;
  readonly method: string;
  readonly params: readonly Json[];
}

/** Methods: echo, fail, held (answered by `release`), hang, told (a notification before its answer). */
class EchoServer {
  openCount = 0;
  disposedCount = 0;
  readonly held: (() => void)[] = [];

  serve(rpc: Rpc, place: RpcPlace): Promise<RpcServer> {
    return rpc.serve(place, (notify) => {
      this.openCount += 1;
      return {
        answer: (message) => this.answer(message as unknown as Message, notify),
        [Symbol.dispose]: () => (this.disposedCount += 1),
      };
    });
  }

  async answer(message: Message, notify: (notification: Json) => void): Promise<Json> {
    const { id, method, params } = message;
    if (method === "fail")
      return { jsonrpc: "2.0", id, error: { code: -32_000, message: "reverted", data: "0x01" } };
    if (method === "held") await new Promise<void>((resolve) => this.held.push(resolve));
    if (method === "hang") await new Promise<void>(() => undefined);
    if (method === "told") notify({ jsonrpc: "2.0", method: "news", params: [...params] });
    return { jsonrpc: "2.0", id, result: [...params] };
  }
}

export function rpcContract(name: string, run: RunIn<"rpc" | "clock">): void {
  placeContract(`${name}, a port`, 0, run);
  placeContract(`${name}, a socket`, { socket: "echo" }, run);
  describe(`rpc contract: ${name}`, () => {
    it("a socket is named by letters, digits and hyphens", () =>
      run(async ({ rpc }) => {
        for (const socket of ["", "../x", "x".repeat(41)])
          await assert.rejects(new EchoServer().serve(rpc, { socket }), {
            code: "RPC_SOCKET_INVALID",
          });
      }));
  });
}

/** Where a server was, to be asked for again. */
function samePlace(place: RpcPlace, { url }: RpcServer): RpcPlace {
  return typeof place === "number" ? Number(url.split(":").at(-1)) : place;
}

function placeContract(name: string, place: RpcPlace, run: RunIn<"rpc" | "clock">): void {
  describe(`rpc contract: ${name}`, function () {
    this.timeout(30_000);
    it("carries a call, its result, and an error as an outcome", () =>
      run(async ({ rpc }) => {
        await using server = await new EchoServer().serve(rpc, place);
        await using client = await rpc.connect(server.url, never);
        const params = [1, "ä", null, { deep: [true] }];
        assert.deepEqual(await client.call("echo", params), { ok: true, result: params });
        assert.deepEqual(await client.call("fail", []), {
          ok: false,
          code: -32_000,
          message: "reverted",
          data: "0x01",
        });
      }));

    it("answers calls in whatever order they finish", () =>
      run(async ({ rpc, clock }) => {
        const echo = new EchoServer();
        await using server = await echo.serve(rpc, place);
        await using client = await rpc.connect(server.url, never);
        const order: string[] = [];
        const first = client.call("held", ["first"]).then(() => order.push("first"));
        const second = client.call("held", ["second"]).then(() => order.push("second"));
        await eventually(clock, () => echo.held.length === 2);
        echo.held[1]?.();
        await second;
        echo.held[0]?.();
        await first;
        assert.deepEqual(order, ["second", "first"]);
      }));

    it("delivers notifications in order, also those that came before the receiver", () =>
      run(async ({ rpc }) => {
        await using server = await new EchoServer().serve(rpc, place);
        await using client = await rpc.connect(server.url, never);
        await client.call("told", [1]);
        await client.call("told", [2]);
        const inbox = new Inbox<Json>();
        client.receive((method, params) => inbox.push([method, params]));
        await client.call("told", [3]);
        assert.deepEqual(await inbox.take(3), [
          ["news", [1]],
          ["news", [2]],
          ["news", [3]],
        ]);
      }));

    it("every connection is a session, disposed when its client leaves", () =>
      run(async ({ rpc, clock }) => {
        const echo = new EchoServer();
        await using server = await echo.serve(rpc, place);
        const first = await rpc.connect(server.url, never);
        await using second = await rpc.connect(server.url, never);
        await first.call("echo", []);
        await second.call("echo", []);
        assert.equal(echo.openCount, 2);
        await first[Symbol.asyncDispose]();
        await first[Symbol.asyncDispose]();
        await eventually(clock, () => echo.disposedCount === 1);
        assert.deepEqual(await first.call("echo", []), lost);
        assert.equal((await second.call("echo", [])).ok, true);
      }));

    it("ends pending calls as RPC_DISCONNECTED when the server goes away", () =>
      run(async ({ rpc, clock }) => {
        const echo = new EchoServer();
        const server = await echo.serve(rpc, place);
        await using client = await rpc.connect(server.url, never);
        const hanging = client.call("hang", []);
        await client.call("echo", []);
        await server[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
        assert.deepEqual(await hanging, lost);
        await client.closed;
        assert.deepEqual(await client.call("echo", []), lost);
        await eventually(clock, () => echo.disposedCount === 1);
      }));

    it("connect waits for a server that is not up yet", () =>
      run(async ({ rpc, clock }) => {
        const gone = await new EchoServer().serve(rpc, place);
        await gone[Symbol.asyncDispose]();
        const connecting = rpc.connect(gone.url, never);
        await clock.sleep(50, never);
        await using server = await new EchoServer().serve(rpc, samePlace(place, gone));
        assert.equal(server.url, gone.url);
        await using client = await connecting;
        assert.deepEqual(await client.call("echo", [7]), { ok: true, result: [7] });
      }));

    it("connect that is aborted gives a client that is closed", () =>
      run(async ({ rpc }) => {
        const gone = await new EchoServer().serve(rpc, place);
        await gone[Symbol.asyncDispose]();
        const stop = new AbortController();
        const connecting = rpc.connect(gone.url, stop.signal);
        stop.abort();
        await using client = await connecting;
        await client.closed;
        assert.deepEqual(await client.call("echo", []), lost);
      }));

    it("a place that is taken is refused", () =>
      run(async ({ rpc }) => {
        await using server = await new EchoServer().serve(rpc, place);
        await assert.rejects(new EchoServer().serve(rpc, samePlace(place, server)), {
          code: "EADDRINUSE",
        });
      }));
  });
}

const lost = { ok: false, code: RPC_DISCONNECTED, message: "connection lost" };
