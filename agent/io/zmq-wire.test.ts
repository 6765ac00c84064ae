// Goal: ZmqWire keeps the contract, open and secured, and the death of processes harms nobody.
// Method: the contract; processes that are killed; sockets whose reach ends at the process or the board.
// Seed: none.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { asked, eventually, fromUtf8, Inbox, utf8 } from "../core/run-in-world.contract.ts";
import { hasCode } from "../core/store.contract.ts";
import { wireContract } from "../core/wire.contract.ts";
import type { Reach, WireRequest } from "../core/wire.ts";
import { makeCurveKeys } from "./curve-keys.ts";
import { SystemClock } from "./system-clock.ts";
import { parseEndpoint } from "./wire-address.ts";
import { ZmqClient } from "./zmq-client.ts";
import { ZmqServer } from "./zmq-server.ts";
import { ZmqWire } from "./zmq-wire.ts";

const clock = new SystemClock();
const loopback = { host: "127.0.0.1", security: undefined };
const wire = new ZmqWire(loopback);

wireContract("zeromq", (body) => body({ wire, clock }));
wireContract("zeromq with curve", (body) => {
  const secured = new ZmqWire({ host: "127.0.0.1", curve: makeCurveKeys() });
  return body({ wire: secured, clock });
});

describe("zmq wire: other processes", function () {
  this.timeout(30_000);
  for (const reach of ["network", "board"] as const)
    it(`outlives the kill of another process, and finds its successor (${reach})`, () =>
      outlivesKills(reach));

  it("what reaches only this process, others cannot name", async () => {
    await using publisher = await wire.publisher({ reach: "process" });
    assert.match(publisher.endpoint, /^mem:\/\/[\da-f]{16}\/\d+$/);
    await using client = wire.client("mem://0123456789abcdef/1");
    assert.equal(await asked(client, utf8("x"), 20), undefined);
  });

  it("what reaches only this board leaves no file", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("hedgerow-"));
    await using server = await wire.server(({ frame, reply }) => reply(frame), { reach: "board" });
    const name = server.endpoint.slice("ipc://@".length);
    assert.match(name, new RegExp(`^hedgerow-${process.pid}-[\\da-f]{16}$`));
    assert(readFileSync("/proc/net/unix", "utf8").includes(`@${name}`));
    assert.deepEqual(
      readdirSync(tmpdir()).filter((each) => each.startsWith("hedgerow-")),
      before,
    );
    assert(!readdirSync(".").includes(name));
  });
});

describe("zmq wire: why there is no link", () => {
  it("tells of keys that are refused, missing or absent", async () => {
    const [ours, theirs] = [makeCurveKeys(), makeCurveKeys()];
    const host = "127.0.0.1";
    const choosy = new ZmqWire({ host, curve: { ...ours, allow: () => false } });
    await using closed = await choosy.publisher();
    await using open = await wire.publisher();
    const keyed = new ZmqWire({ host, curve: theirs });
    for (const [from, to, fault] of [
      [keyed, closed, "key-refused"],
      [wire, closed, "key-missing"],
      [keyed, open, "key-absent"],
    ] as const) {
      await using subscriber = from.subscriber(() => undefined);
      subscriber.connect(to.endpoint);
      await eventually(clock, () => subscriber.links()[0]?.fault === fault);
    }
  });
});

async function outlivesKills(reach: Reach): Promise<void> {
  const inbox = new Inbox<Uint8Array>();
  await using subscriber = wire.subscriber(inbox.push);
  for (let round = 0; round < 2; round += 1) {
    const child = fork(new URL("./publisher-child.contract.js", import.meta.url), [reach]);
    const [endpoints] = (await once(child, "message")) as [{ publisher: string; server: string }];
    subscriber.connect(endpoints.publisher);
    await using client = wire.client(endpoints.server);
    assert.equal(fromUtf8(await asked(client, utf8("x"), 5000)), "x");
    const first = (await inbox.next())[0] ?? 0;
    assert.equal((await inbox.next())[0], first + 1);
    const pending = client.request(utf8("hold"), 600_000);
    await once(child, "message");
    child.kill("SIGKILL");
    assert.deepEqual(await pending, { kind: "none", reason: "lost" });
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.equal(await asked(client, utf8("to the dead"), 50), undefined);
    while (inbox.waiting > 0) await inbox.next();
  }
}

describe("zmq wire: endpoints", () => {
  it("reads its own, and takes other text for peers that never come up", () => {
    const { publicKey } = makeCurveKeys();
    for (const good of ["tcp://10.0.0.7:1", "plain+tcp://host-1.local:65535", "tcp://[::1]:80"])
      assert.equal(parseEndpoint(good)?.kind, "tcp");
    assert.equal(parseEndpoint(`ipc://@some.name#${publicKey}`)?.kind, "unix");
    assert.equal(parseEndpoint("mem://0f/1")?.kind, "memory");
    for (const bad of [
      ...["", "no endpoint", "tcp://host", "tcp://host:0", "tcp://host:65536", "tcp://a b:1"],
      ...["ipc://file", `ipc://@${"x".repeat(100)}`, "tcp://host:1#", "tcp://host:1#short"],
      ...[`tcp://host:1#${"~".repeat(40)}`, `tcp://host:1#${"#".repeat(40)}`, "udp://host:1"],
      ...["plain+ipc://@x", "plain+mem://0f/1", "plain+plain+tcp://host:1"],
    ])
      assert.equal(parseEndpoint(bad), undefined, bad);
  });

  it("refuses keys that are none, or no pair", () => {
    const [one, two] = [makeCurveKeys(), makeCurveKeys()];
    for (const curve of [
      { ...one, publicKey: "short" },
      { ...one, secretKey: one.secretKey.slice(1) },
      { ...one, secretKey: two.secretKey },
    ])
      assert.throws(() => new ZmqWire({ host: "127.0.0.1", curve }), hasCode("WIRE_KEY_INVALID"));
    assert.doesNotThrow(() => new ZmqWire({ host: "127.0.0.1", curve: one }));
  });
});

describe("zmq wire: late answers", () => {
  it("a client counts a reply that comes too late", async () => {
    const held: WireRequest["reply"][] = [];
    await using server = await wire.server((request) => void held.push(request.reply));
    await using client = new ZmqClient(server.endpoint);
    const first = asked(client, utf8("q"), 20);
    await eventually(clock, () => held.length === 1);
    assert.equal(await first, undefined);
    held[0]?.(utf8("late"));
    const second = asked(client, utf8("q"), 5000);
    await eventually(clock, () => held.length === 2);
    held[1]?.(utf8("in time"));
    assert.equal(fromUtf8(await second), "in time");
    assert.equal(client.strayCount, 1);
  });

  it("a server counts replies that cannot be sent: the client is gone, or the server is", async () => {
    const held: WireRequest[] = [];
    const server = await ZmqServer.bind(loopback, (request) => void held.push(request));
    const client = wire.client(server.endpoint);
    const pending = Array.from({ length: 4 }, () => asked(client, utf8("q"), 5000));
    await eventually(clock, () => held.length === pending.length);
    await client[Symbol.asyncDispose]();
    assert.deepEqual(new Set(await Promise.all(pending)), new Set([undefined]));
    held[0]?.reply(utf8("late"));
    held[1]?.refuse();
    assert.equal(server.droppedCount, 2);
    await server[Symbol.asyncDispose]();
    held[2]?.reply(utf8("too late"));
    assert.equal(server.droppedCount, 3);
  });
});
