// Goal: HttpRpc keeps the contract, and its HTTP side answers any sender with a bounded, valid reply.
// Method: the contract over loopback; hand-made HTTP requests and WebSocket messages.
// Seed: none.
import assert from "node:assert/strict";
import { once } from "node:events";
import { link, readdir, stat } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import { rpcContract } from "../core/rpc.contract.ts";
import type { Json, RpcSession } from "../core/rpc.ts";
import { HttpRpc } from "./http-rpc.ts";
import { SystemClock } from "./system-clock.ts";
import { inFolder } from "./temporary-folder.contract.ts";

rpcContract("http and websocket", (body) =>
  inFolder((folder) =>
    body({ rpc: new HttpRpc({ socketFolder: join(folder, "run") }), clock: new SystemClock() }),
  ),
);

const silent = (): RpcSession => ({
  answer: () => Promise.resolve(undefined),
  [Symbol.dispose]: () => undefined,
});

describe("http rpc at a socket of the board", () => {
  it("only its owner may enter the folder, and only owner and group may connect", () =>
    inFolder(async (folder) => {
      const run = join(folder, "run");
      await using server = await new HttpRpc({ socketFolder: run }).serve({ socket: "s" }, silent);
      assert.equal(server.url, `unix:${run}/s.sock`);
      assert.equal((await stat(run)).mode & 0o777, 0o700);
      assert.equal((await stat(join(run, "s.sock"))).mode & 0o777, 0o660);
      await server[Symbol.asyncDispose]();
      assert.deepEqual(await readdir(run), []);
    }));

  it("takes the place of a socket that a killed process has left", () =>
    inFolder(async (folder) => {
      const left = createServer().listen(join(folder, "before.sock"));
      await once(left, "listening");
      await link(join(folder, "before.sock"), join(folder, "s.sock"));
      left.close();
      await once(left, "close");
      await using server = await new HttpRpc({ socketFolder: folder }).serve(
        { socket: "s" },
        silent,
      );
      await using client = await new HttpRpc().connect(server.url, AbortSignal.timeout(10_000));
      await client[Symbol.asyncDispose]();
    }));

  it("works in a folder whose name has blanks, and refuses one that is too long", () =>
    inFolder(async (folder) => {
      const rpc = new HttpRpc({ socketFolder: join(folder, "a b") });
      await using server = await rpc.serve({ socket: "s" }, silent);
      const stop = new AbortController();
      await using client = await rpc.connect(server.url, stop.signal);
      await server[Symbol.asyncDispose]();
      await client.closed;
      const long = new HttpRpc({ socketFolder: join(folder, "x".repeat(100)) });
      await assert.rejects(long.serve({ socket: "s" }, silent), { code: "RPC_SOCKET_INVALID" });
      await assert.rejects(new HttpRpc().serve({ socket: "s" }, silent), {
        code: "RPC_SOCKET_INVALID",
      });
    }));
});

async function serve(options = {}): Promise<Awaited<ReturnType<HttpRpc["serve"]>>> {
  return new HttpRpc(options).serve(0, () => ({
    answer: async (message: Json) => Promise.resolve(message === 0 ? undefined : message),
    [Symbol.dispose]: () => undefined,
  }));
}

function post(url: string, body: string, headers = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
}

describe("http rpc", function () {
  this.timeout(30_000);
  it("answers a POST, single or batch, and nothing with 204", async () => {
    await using server = await serve();
    for (const message of [{ id: 1 }, [{ id: 1 }, { id: 2 }]]) {
      const response = await post(server.url, JSON.stringify(message));
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.deepEqual(await response.json(), message);
    }
    assert.equal((await post(server.url, "0")).status, 204);
  });

  it("answers bad JSON with -32700, by POST and by WebSocket", async () => {
    await using server = await serve();
    const response = (await (await post(server.url, "{")).json()) as { error: { code: number } };
    assert.equal(response.error.code, -32_700);
    const socket = new WebSocket(server.url.replace("http", "ws"));
    await once(socket, "open");
    socket.send("{");
    const [data] = (await once(socket, "message")) as [Buffer];
    assert.match(data.toString(), /-32700/);
    socket.terminate();
  });

  it("refuses strangers: method, path, type, host, origin", async () => {
    await using server = await serve();
    assert.equal((await fetch(server.url)).status, 405);
    assert.equal((await post(`${server.url}/x`, "1")).status, 404);
    assert.equal((await post(server.url, "1", { "content-type": "text/plain" })).status, 415);
    assert.equal((await post(server.url, "1", { origin: "http://evil.example" })).status, 403);
    const rebound = request(server.url, { method: "POST", headers: { host: "evil.example" } }).end(
      "1",
    );
    const [answer] = (await once(rebound, "response")) as [{ statusCode: number; resume(): void }];
    answer.resume();
    assert.equal(answer.statusCode, 403);
    const socket = new WebSocket(server.url.replace("http", "ws"), {
      origin: "http://evil.example",
    });
    const [error] = (await once(socket, "error")) as [Error];
    assert.match(error.message, /403/);
  });

  it("refuses bodies over the limit and goes on", async () => {
    await using server = await serve({ bodyBytesMax: 1000 });
    assert.equal((await post(server.url, JSON.stringify("x".repeat(1000)))).status, 413);
    const socket = new WebSocket(server.url.replace("http", "ws"));
    await once(socket, "open");
    socket.send(JSON.stringify("x".repeat(1000)));
    const [code] = (await once(socket, "close")) as [number];
    assert.equal(code, 1009);
    assert.equal((await post(server.url, "1")).status, 200);
  });

  it("keeps every answer of a client that asks faster than it is answered", async () => {
    await using server = await serve({ outstandingMax: 4 });
    const socket = new WebSocket(server.url.replace("http", "ws"));
    await once(socket, "open");
    const answers: string[] = [];
    const all = new Promise<void>((resolve) =>
      socket.on("message", (data: Buffer) => {
        answers.push(data.toString());
        if (answers.length === 100) resolve();
      }),
    );
    for (let id = 1; id <= 100; id += 1) socket.send(JSON.stringify({ id }));
    await all;
    assert.deepEqual(answers[99], JSON.stringify({ id: 100 }));
    socket.terminate();
  });

  it("cuts off a reader that does not read", async () => {
    const rpc = new HttpRpc({ backlogBytesMax: 100_000 });
    let notify: ((notification: Json) => void) | undefined;
    let disposedCount = 0;
    await using server = await rpc.serve(0, (tell) => {
      notify = tell;
      return {
        answer: async (message) => Promise.resolve(message),
        [Symbol.dispose]: () => (disposedCount += 1),
      };
    });
    const socket = new WebSocket(server.url.replace("http", "ws"));
    await once(socket, "open");
    socket.pause();
    const chunk = "x".repeat(1_000_000);
    for (let count = 0; count < 200 && disposedCount === 0; count += 1) {
      notify?.(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(disposedCount, 1);
    socket.terminate();
  });
});
