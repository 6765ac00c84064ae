// Goal: the program is ready once it serves, stops when asked, and fails when its disk or its port does.
// Method: the program on a database in memory, with an Rpc that hands the session to the test.
// Seed: none.
import assert from "node:assert/strict";
import { AgentError } from "../core/errors.ts";
import type { Json, Rpc, RpcSession } from "../core/rpc.ts";
import type { World } from "../core/world.ts";
import {
  CountingActivity,
  HandClock,
  MemoryStore,
  signTest,
  silentLog,
  testAddress,
  testOptions,
} from "./chain.fixture.ts";
import { chainProgram } from "./chain-program.ts";
import { chainCrypto } from "./crypto.ts";
import { fixedCommon } from "./fixed-common.ts";

function start(options: unknown, serve?: Rpc["serve"]) {
  const store = new MemoryStore();
  const stopping = new AbortController();
  const messages: unknown[] = [];
  let open: (notify: (notification: Json) => void) => RpcSession = () => assert.fail("not served");
  let disposedCount = 0;
  const rpc: Rpc = {
    serve:
      serve ??
      ((port, opener) => {
        assert.equal(port, 0);
        open = opener;
        const dispose = (): Promise<void> => Promise.resolve(void (disposedCount += 1));
        return Promise.resolve({ url: "sim://1", [Symbol.asyncDispose]: dispose });
      }),
    connect: () => assert.fail("a chain connects to nobody"),
  };
  let nameCount = 0;
  const parts: Partial<World> = {
    store,
    rpc,
    clock: new HandClock(),
    activity: new CountingActivity(),
    log: silentLog,
    random: { next: () => 0, bytes: (count) => new Uint8Array(count).fill((nameCount += 1)) },
  };
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const parent = {
    send: (message: unknown) => {
      messages.push(message);
      ready();
    },
    receive: () => undefined,
  };
  const running = chainProgram(parts as World, options, parent, stopping.signal);
  running.catch(ready);
  const session = (): RpcSession => open(() => undefined);
  return {
    store,
    stopping,
    messages,
    isReady,
    running,
    session,
    disposedCount: () => disposedCount,
  };
}

describe("chainProgram", () => {
  it("tells its url, answers, and closes everything when asked to stop", async () => {
    const { stopping, messages, isReady, running, session, disposedCount } = start(testOptions());
    await isReady;
    assert.deepEqual(messages, [{ kind: "ready", url: "sim://1" }]);
    using client = session();
    const answer = await client.answer({ jsonrpc: "2.0", id: 1, method: "eth_chainId" });
    assert.deepEqual(answer, { jsonrpc: "2.0", id: 1, result: "0x1092" });
    stopping.abort();
    await running;
    assert.equal(disposedCount(), 1);
  });

  it("stops when it was asked to before it began", async () => {
    const { stopping, running, disposedCount } = start(testOptions());
    stopping.abort();
    await running;
    assert.equal(disposedCount(), 1);
  });

  it("fails when its disk does, after telling whoever waits", async () => {
    const { store, isReady, running, session, disposedCount } = start(testOptions());
    await isReady;
    using client = session();
    store.database.failNext = new Error("the disk is full");
    const common = fixedCommon(4242, chainCrypto);
    const raw = signTest({ common }, { from: 0, nonce: 0, to: testAddress(1).toString() });
    const params = [`0x${Buffer.from(raw).toString("hex")}`];
    const answer = client.answer({ id: 1, method: "eth_sendRawTransaction", params });
    await assert.rejects(running, /the disk is full/);
    assert.match(JSON.stringify(await answer), /nothing is known/);
    assert.equal(disposedCount(), 1);
  });

  it("fails for bad options and for a port that is taken", async () => {
    const bad = start({ ...testOptions(), port: -1 });
    await assert.rejects(bad.running, (error) => error instanceof AgentError);
    const taken = start(testOptions(), () => Promise.reject(new Error("port taken")));
    await assert.rejects(taken.running, /port taken/);
    assert.deepEqual([bad.messages, taken.messages], [[], []]);
  });
});
