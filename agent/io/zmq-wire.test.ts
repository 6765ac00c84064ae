// Goal: ZmqWire keeps the contract on loopback; noise on its ports and the death of processes harm nobody.
// Method: the contract; raw ZeroMQ sockets that speak nonsense; a publisher's process that is killed.
// Seed: none.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { Dealer, Router, Subscriber, XPublisher } from "zeromq";
import { asked, eventually, fromUtf8, Inbox, utf8 } from "../core/run-in-world.contract.ts";
import { wireContract } from "../core/wire.contract.ts";
import type { WireRequest } from "../core/wire.ts";
import { unpackBatch } from "./frame-batch.ts";
import { SystemClock } from "./system-clock.ts";
import { ZmqClient } from "./zmq-client.ts";
import { ZmqServer } from "./zmq-server.ts";
import { ZmqSubscriber } from "./zmq-subscriber.ts";
import { ZmqWire } from "./zmq-wire.ts";

const loopback = "tcp://127.0.0.1:*";
const clock = new SystemClock();
const wire = new ZmqWire({ host: "127.0.0.1" });

wireContract("zeromq", (body) => body({ wire, clock }));

describe("zmq wire", function () {
  this.timeout(30_000);
  it("outlives the kill of another process, and finds its successor", async () => {
    const inbox = new Inbox<Uint8Array>();
    await using subscriber = wire.subscriber(inbox.push);
    for (let round = 0; round < 2; round += 1) {
      const child = fork(new URL("./publisher-child.contract.js", import.meta.url));
      const [endpoints] = (await once(child, "message")) as [{ publisher: string; server: string }];
      subscriber.connect(endpoints.publisher);
      await using client = wire.client(endpoints.server);
      assert.equal(fromUtf8(await asked(client, utf8("x"), 5000)), "x");
      const first = (await inbox.next())[0] ?? 0;
      assert.equal((await inbox.next())[0], first + 1);
      child.kill("SIGKILL");
      await once(child, "exit");
      assert.equal(await asked(client, utf8("to the dead"), 50), undefined);
      while (inbox.waiting > 0) await inbox.next();
    }
  });

  it("a publisher ignores subscriptions that are none of ours", async () => {
    await using publisher = await wire.publisher();
    const stranger = new Subscriber();
    stranger.subscribe("", "short", "much too long a topic");
    stranger.connect(publisher.endpoint);
    const inbox = new Inbox<Uint8Array>();
    await using subscriber = wire.subscriber(inbox.push);
    subscriber.connect(publisher.endpoint);
    await eventually(clock, () => publisher.subscriberCount === 1);
    assert.equal(publisher.offer(utf8("one copy")), 1);
    assert.equal(fromUtf8(await inbox.next()), "one copy");
    stranger.close();
  });

  it("a subscriber that does not read loses its own copies and delays nobody else's", async () => {
    await using publisher = await wire.publisher();
    const stalled = new Subscriber({ receiveHighWaterMark: 1 });
    stalled.subscribe("8 bytes.");
    stalled.connect(publisher.endpoint);
    const inbox = new Inbox<Uint8Array>();
    await using subscriber = wire.subscriber(inbox.push);
    subscriber.connect(publisher.endpoint);
    await eventually(clock, () => publisher.subscriberCount === 2);
    const frame = new Uint8Array(64 * 1024);
    let offeredCount = 0;
    let copyCount = 0;
    // Until its queue is full: that is bounded by bytes too, long before ten thousand of these.
    while (publisher.droppedCount < 100) {
      copyCount += publisher.offer(frame);
      offeredCount += 1;
      assert(offeredCount < 5000, "nothing was ever dropped");
      assert.equal((await inbox.next()).byteLength, frame.byteLength);
    }
    assert.equal(copyCount + publisher.droppedCount, 2 * offeredCount);
    stalled.close();
  });

  it("a subscriber drops and counts what no publisher of ours sends", async () => {
    const stranger = new XPublisher();
    await stranger.bind("tcp://127.0.0.1:*");
    const inbox = new Inbox<Uint8Array>();
    await using subscriber = new ZmqSubscriber(inbox.push);
    subscriber.connect(stranger.lastEndpoint ?? "");
    const [subscription] = await stranger.receive();
    const topic = subscription?.subarray(1) ?? Buffer.alloc(0);
    const head = (kind: number): Buffer => Buffer.concat([topic, Buffer.from([kind])]);
    await stranger.send([topic, "no kind"]);
    await stranger.send([head(7), "unknown kind"]);
    await stranger.send([head(0)]);
    await stranger.send([head(1), "a length beyond the end"]);
    await stranger.send([head(0), "good"]);
    assert.equal(fromUtf8(await inbox.next()), "good");
    assert.equal(subscriber.malformedCount, 4);
    stranger.close();
  });

  it("a malformed batch hands over nothing, not even its good beginning", () => {
    const frames: Uint8Array[] = [];
    const take = (frame: Uint8Array): void => void frames.push(frame);
    for (const body of [[1], [1, 0, 0, 0], [1, 0, 0, 0, 5, 2, 0, 0, 0, 5], [255, 255, 255, 255, 1]])
      assert.equal(unpackBatch(Uint8Array.from(body), take), false);
    assert.deepEqual(frames, []);
    assert.equal(unpackBatch(Uint8Array.from([1, 0, 0, 0, 5, 0, 0, 0, 0]), take), true);
    assert.deepEqual(frames, [Uint8Array.of(5), new Uint8Array()]);
  });

  it("server and client drop and count messages that are none of ours", async () => {
    const server = await ZmqServer.bind(loopback, ({ frame: request, reply }) => {
      reply(request);
      reply(utf8("a second reply"));
    });
    const stranger = new Dealer();
    stranger.connect(server.endpoint);
    await stranger.send("one part");
    await stranger.send(["long id", "x"]);
    for (const body of ["body", "next"]) await stranger.send(["good", body]);
    for (const body of ["body", "next"])
      assert.deepEqual((await stranger.receive()).map(String), ["good", body]);
    assert.equal(server.malformedCount, 2);
    stranger.close();
    await server[Symbol.asyncDispose]();

    const liar = new Router();
    await liar.bind("tcp://127.0.0.1:*");
    await using client = new ZmqClient(liar.lastEndpoint ?? "");
    const pending = asked(client, utf8("q"), 5000);
    const [who, id] = (await liar.receive()) as [Buffer, Buffer, Buffer];
    await liar.send([who, "x"]);
    await liar.send([who, Buffer.from([9, 9, 9, 9]), "for another request"]);
    await liar.send([who, id, "true"]);
    assert.equal(fromUtf8(await pending), "true");
    assert.equal(client.strayCount, 2);
    liar.close();
  });

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
    const held: WireRequest["reply"][] = [];
    const hold = ({ reply }: WireRequest): void => void held.push(reply);
    const server = await ZmqServer.bind(loopback, hold);
    const client = wire.client(server.endpoint);
    const pending = Array.from({ length: 1000 }, () => asked(client, utf8("q"), 5000));
    await eventually(clock, () => held.length === pending.length);
    await client[Symbol.asyncDispose]();
    assert.deepEqual(new Set(await Promise.all(pending)), new Set([undefined]));
    // Until the server hears of the connection's end, a reply is still accepted.
    await eventually(clock, () => {
      held.pop()?.(utf8("late"));
      return server.droppedCount > 0;
    });
    await server[Symbol.asyncDispose]();
    const droppedCount = server.droppedCount;
    held.pop()?.(utf8("too late"));
    assert.equal(server.droppedCount, droppedCount + 1);
  });
});
