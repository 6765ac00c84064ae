// Goal: programs that speak ZeroMQ through libzmq and ours understand each other; what they say wrongly is dropped and counted.
// Method: sockets of zeromq.js, which is libzmq, beside ours on loopback.
// Seed: none.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { Context, Dealer, Publisher, Reply, Request, Router, Subscriber, XPublisher } from "zeromq";
import { asked, eventually, fromUtf8, Inbox, utf8 } from "../core/run-in-world.contract.ts";
import { hasCode } from "../core/store.contract.ts";
import { makeCurveKeys, readCurveKeys } from "./curve-keys.ts";
import { SystemClock } from "./system-clock.ts";
import { ZmqClient } from "./zmq-client.ts";
import { ZmqPublisher } from "./zmq-publisher.ts";
import { ZmqServer } from "./zmq-server.ts";
import { ZmqSubscriber } from "./zmq-subscriber.ts";
import { ZmqWire } from "./zmq-wire.ts";

const clock = new SystemClock();
const loopback = { host: "127.0.0.1", security: undefined };
const wire = new ZmqWire(loopback);
/** Strangers of their own: nothing of libzmq is shared with the doors. */
const context = new Context();
const STAMP = 1_800_000_000_123_457;

/** A free address for a door; nobody else takes it in a moment. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `tcp://127.0.0.1:${port}`;
}

function secondsStamp(): Buffer {
  const stamp = Buffer.alloc(8);
  stamp.writeDoubleLE(STAMP / 1e6);
  return stamp;
}

/** Offers greetings until a plain subscriber, who nobody counts, has heard one. */
async function untilHeard(publisher: ZmqPublisher, stranger: Subscriber): Promise<void> {
  let isHeard = false;
  const heard = stranger.receive().then(() => {
    isHeard = true;
  });
  await eventually(clock, () => {
    publisher.offer(utf8("greeting"));
    return isHeard;
  });
  await heard;
}

/** The next message that is no greeting. */
async function nextOf(stranger: Subscriber): Promise<Buffer[]> {
  for (;;) {
    const parts = await stranger.receive();
    if (String(parts[0]) !== "greeting") return parts;
  }
}

describe("zmq wire: libzmq subscribes", () => {
  it("through a door, and is not counted", async () => {
    const door = await freeAddress();
    await using publisher = await ZmqPublisher.bind(loopback, { door, reach: "process" });
    const inbox = new Inbox<Uint8Array>();
    await using ours = wire.subscriber(inbox.push);
    ours.connect(publisher.endpoint);
    await eventually(clock, () => publisher.subscriberCount === 1);
    const stranger = new Subscriber({ context });
    stranger.subscribe();
    stranger.connect(door);
    await untilHeard(publisher, stranger);
    assert.equal(publisher.subscriberCount, 1);
    assert.equal(publisher.offer(utf8("plain")), 1);
    assert.equal(publisher.offer(utf8("stamped"), STAMP), 1);
    assert.deepEqual(await nextOf(stranger), [Buffer.from("plain")]);
    assert.deepEqual(await nextOf(stranger), [Buffer.from("stamped"), secondsStamp()]);
    stranger.close();
  });

  it("to topics, and takes them back; the own endpoint is a door, too", async () => {
    await using publisher = await ZmqPublisher.bind(loopback);
    const stranger = new Subscriber({ context });
    stranger.subscribe("greeting", "a", "ab");
    stranger.connect(publisher.endpoint);
    await untilHeard(publisher, stranger);
    const large = "abc".repeat(100_000);
    for (const text of ["b", "", "a", large, "none", "ax"])
      assert.equal(publisher.offer(utf8(text)), 0);
    for (const text of ["a", large, "ax"]) assert.equal(String(await nextOf(stranger)), text);
    stranger.unsubscribe("a");
    let isHeard = false;
    const heard = nextOf(stranger).then((parts) => {
      isHeard = true;
      return String(parts[0]);
    });
    // Until libzmq's cancellation has come, "ax" may still be heard once.
    const texts: string[] = [];
    await eventually(clock, () => {
      publisher.offer(utf8("ab"));
      return isHeard;
    });
    texts.push(await heard);
    assert.deepEqual(texts, ["ab"]);
    stranger.close();
  });

  it("and does not read: it loses its own copies, and nobody else's, and not by our count", async () => {
    await using publisher = await ZmqPublisher.bind(loopback);
    const stalled = new Subscriber({ context, receiveHighWaterMark: 1 });
    stalled.subscribe();
    stalled.connect(publisher.endpoint);
    const inbox = new Inbox<Uint8Array>();
    await using subscriber = wire.subscriber(inbox.push);
    subscriber.connect(publisher.endpoint);
    await eventually(clock, () => publisher.subscriberCount === 1);
    const frame = new Uint8Array(64 * 1024);
    for (let count = 0; publisher.plainDroppedCount < 100; count += 1) {
      assert(count < 5000, "nothing was ever dropped");
      assert.equal(publisher.offer(frame), 1);
      assert.equal((await inbox.next()).byteLength, frame.byteLength);
    }
    assert.equal(publisher.droppedCount, 0);
    stalled.close();
  });
});

describe("zmq wire: libzmq publishes", () => {
  it("one frame or two, which the wire counts as sent; others are dropped and counted", async () => {
    const stranger = new XPublisher({ context });
    await stranger.bind("tcp://127.0.0.1:*");
    let sentCount = 0;
    const inbox = new Inbox<readonly [string | undefined, number | undefined]>();
    const activity = {
      sent: (count: number) => {
        sentCount += count;
      },
    };
    await using subscriber = new ZmqSubscriber({ security: undefined, activity }, (frame, at) =>
      inbox.push([fromUtf8(frame), at]),
    );
    subscriber.connect(`plain+${stranger.lastEndpoint ?? ""}`);
    assert.deepEqual(await stranger.receive(), [Buffer.of(1)]);
    await stranger.send("plain");
    await stranger.send(["stamped", secondsStamp()]);
    await stranger.send(["a", "b", "c"]);
    await stranger.send(["no stamp", "seven.."]);
    await stranger.send(["no time", Buffer.alloc(8, 0xff)]);
    assert.deepEqual(await inbox.take(4), [
      ["plain", undefined],
      ["stamped", STAMP],
      ["no stamp", undefined],
      ["no time", undefined],
    ]);
    assert.equal(subscriber.malformedCount, 1);
    assert.equal(sentCount, 4);
    stranger.close();
  });

  it("is not read from while the subscriber pauses, and not lost", async () => {
    const stranger = new Publisher({ context, sendHighWaterMark: 0 });
    await stranger.bind("tcp://127.0.0.1:*");
    const inbox = new Inbox<string | undefined>();
    await using subscriber = wire.subscriber((frame) => inbox.push(fromUtf8(frame)));
    subscriber.connect(`plain+${stranger.lastEndpoint ?? ""}`);
    await eventually(clock, () => {
      void stranger.send("greeting");
      return inbox.waiting > 0;
    });
    subscriber.pause();
    const before = inbox.waiting;
    for (let count = 0; count < 1000; count += 1) await stranger.send(String(count));
    assert.equal(inbox.waiting, before);
    subscriber.resume();
    await eventually(clock, () => inbox.waiting >= 1000 + before);
    const got = await inbox.take(inbox.waiting);
    assert.deepEqual(
      got.filter((text) => text !== "greeting"),
      Array.from({ length: 1000 }, (_, count) => String(count)),
    );
    stranger.close();
  });
});

describe("zmq wire: libzmq asks", () => {
  it("as REQ and as DEALER through a door; what is no request is counted", async () => {
    const door = await freeAddress();
    const heard: (number | undefined)[] = [];
    await using server = await ZmqServer.bind(
      loopback,
      ({ frame, sentUtcUs, reply, refuse }) => {
        heard.push(sentUtcUs);
        if (fromUtf8(frame) === "refuse") refuse();
        reply(frame, sentUtcUs);
        reply(utf8("a second reply"));
      },
      { door },
    );
    const asker = new Request({ context });
    asker.connect(door);
    await asker.send("plain");
    assert.deepEqual(await asker.receive(), [Buffer.from("plain")]);
    await asker.send(["stamped", secondsStamp()]);
    assert.deepEqual(await asker.receive(), [Buffer.from("stamped"), secondsStamp()]);
    asker.close();
    const dealer = new Dealer({ context });
    dealer.connect(server.endpoint);
    for (const wrong of [["one part"], ["no", "delimiter"], ["id", ""], ["id", "", "a", "b", "c"]])
      await dealer.send(wrong);
    await dealer.send(["", "refuse"]);
    await dealer.send(["two", "hops", "", "body"]);
    assert.deepEqual((await dealer.receive()).map(String), ["two", "hops", "", "body"]);
    assert.deepEqual(heard, [undefined, STAMP, undefined, undefined]);
    assert.deepEqual([server.malformedCount, server.droppedCount], [4, 1]);
    dealer.close();
  });
});

describe("zmq wire: libzmq answers", () => {
  it("as REP, and learns the stamp", async () => {
    const stranger = new Reply({ context });
    await stranger.bind("tcp://127.0.0.1:*");
    await using client = wire.client(`plain+${stranger.lastEndpoint ?? ""}`);
    const first = client.request(utf8("plain"), 5000);
    assert.deepEqual(await stranger.receive(), [Buffer.from("plain")]);
    await stranger.send("answer");
    assert.deepEqual(await first, {
      kind: "reply",
      frame: utf8("answer"),
      sentUtcUs: undefined,
    });
    const second = client.request(utf8("stamped"), 5000, STAMP);
    assert.deepEqual(await stranger.receive(), [Buffer.from("stamped"), secondsStamp()]);
    await stranger.send(["answer", secondsStamp()]);
    assert.deepEqual(await second, { kind: "reply", frame: utf8("answer"), sentUtcUs: STAMP });
    const third = client.request(utf8("to the end"), 600_000);
    await stranger.receive();
    stranger.close();
    assert.deepEqual(await third, { kind: "none", reason: "lost" });
  });

  it("but not what was asked: that is counted", async () => {
    const liar = new Router({ context });
    await liar.bind("tcp://127.0.0.1:*");
    await using client = new ZmqClient(liar.lastEndpoint ?? "");
    const pending = asked(client, utf8("q"), 5000);
    const [who, id] = (await liar.receive()) as [Buffer, Buffer];
    await liar.send([who, "x"]);
    await liar.send([who, id, "no delimiter"]);
    await liar.send([who, Buffer.from([9, 9, 9, 9]), "", "for another request"]);
    await liar.send([who, id, "", "true"]);
    assert.equal(fromUtf8(await pending), "true");
    assert.equal(client.strayCount, 3);
    liar.close();
  });
});

describe("zmq wire: libzmq and curve", () => {
  const [ourKeys, theirKeys] = [makeCurveKeys(), makeCurveKeys()];
  const secured = new ZmqWire({ host: "127.0.0.1", curve: ourKeys });
  const asClient = {
    curveServerKey: ourKeys.publicKey,
    curvePublicKey: theirKeys.publicKey,
    curveSecretKey: theirKeys.secretKey,
  };

  it("asks and subscribes where it knows the key", async () => {
    const door = await freeAddress();
    await using server = await secured.server(({ frame, reply }) => reply(frame), { door });
    assert(server.endpoint.endsWith(`#${ourKeys.publicKey}`));
    const asker = new Request({ context, ...asClient });
    asker.connect(door);
    for (const body of [Buffer.alloc(0), Buffer.from("x"), randomBytes(300_000)]) {
      await asker.send(body);
      assert.deepEqual(await asker.receive(), [body]);
    }
    asker.close();
    const security = readCurveKeys(ourKeys);
    await using publisher = await ZmqPublisher.bind({ host: "127.0.0.1", security });
    const stranger = new Subscriber({ context, ...asClient });
    stranger.subscribe();
    stranger.connect(publisher.endpoint.split("#")[0] ?? "");
    await untilHeard(publisher, stranger);
    publisher.offer(utf8("stamped"), STAMP);
    assert.deepEqual(await nextOf(stranger), [Buffer.from("stamped"), secondsStamp()]);
    stranger.close();
  });

  it("answers and publishes to who knows its key", async () => {
    const asServer = { curveServer: true, curveSecretKey: theirKeys.secretKey };
    const [answerer, publisher] = [
      new Reply({ context, ...asServer }),
      new Publisher({ context, ...asServer }),
    ];
    await answerer.bind("tcp://127.0.0.1:*");
    await publisher.bind("tcp://127.0.0.1:*");
    await using client = secured.client(
      `plain+${answerer.lastEndpoint ?? ""}#${theirKeys.publicKey}`,
    );
    const pending = asked(client, utf8("q"), 5000);
    assert.deepEqual(await answerer.receive(), [Buffer.from("q")]);
    await answerer.send(Buffer.alloc(100_000, 7));
    assert.deepEqual(await pending, new Uint8Array(100_000).fill(7));
    const inbox = new Inbox<Uint8Array>();
    await using subscriber = secured.subscriber(inbox.push);
    subscriber.connect(`plain+${publisher.lastEndpoint ?? ""}#${theirKeys.publicKey}`);
    await eventually(clock, () => {
      void publisher.send("greeting");
      return inbox.waiting > 0;
    });
    assert.equal(fromUtf8(await inbox.next()), "greeting");
    answerer.close();
    publisher.close();
  });

  it("nobody gets in without the right keys, or without being allowed", async () => {
    const told: string[] = [];
    const allowed = makeCurveKeys();
    const choosy = new ZmqWire({
      host: "127.0.0.1",
      curve: {
        ...ourKeys,
        allow: (key) => {
          told.push(key);
          return key === allowed.publicKey;
        },
      },
    });
    const door = await freeAddress();
    await using server = await choosy.server(({ frame, reply }) => reply(frame), { door });
    const [place = ""] = server.endpoint.split("#");
    const [other, friend] = [theirKeys, allowed].map(
      (curve) => new ZmqWire({ host: "127.0.0.1", curve }),
    );
    const lost = [
      wire.client(server.endpoint),
      wire.client(place),
      other?.client(server.endpoint),
      other?.client(`${place}#${theirKeys.publicKey}`),
      other?.client(place),
      friend?.client(`plain+${place}`),
    ];
    const answers = lost.map(async (client) => client?.request(utf8("x"), 200));
    const asFriend = {
      ...asClient,
      curvePublicKey: allowed.publicKey,
      curveSecretKey: allowed.secretKey,
    };
    const requests = [asClient, {}, asClient, {}].map(
      (options) => new Request({ context, ...options, linger: 0 }),
    );
    for (const [index, request] of requests.entries()) {
      request.connect(index < 2 ? place : door);
      await request.send("x");
    }
    const friendly = new Request({ context, ...asFriend });
    friendly.connect(door);
    await friendly.send("friend");
    assert.deepEqual(await friendly.receive(), [Buffer.from("friend")]);
    friendly.close();
    await using client = friend?.client(server.endpoint);
    assert(client !== undefined);
    assert.equal(fromUtf8(await asked(client, utf8("x"), 5000)), "x");
    for (const answer of await Promise.all(answers))
      assert.deepEqual(answer, { kind: "none", reason: "timeout" });
    assert.deepEqual(new Set(told), new Set([theirKeys.publicKey, allowed.publicKey]));
    for (const request of requests) {
      assert.equal(request.readable, false);
      request.close();
    }
    for (const each of lost) await each?.[Symbol.asyncDispose]();
  });
});

describe("zmq wire: doors", () => {
  it("that cannot be opened say so, and leave nothing bound", async () => {
    const door = await freeAddress();
    await using server = await wire.server(({ frame, reply }) => reply(frame), { door });
    assert.notEqual(server.endpoint, door);
    for (const wrong of [door, "nonsense", "mem://x/1", "ipc://@x", "tcp://127.0.0.1:0"]) {
      await assert.rejects(wire.publisher({ door: wrong }), hasCode("WIRE_DOOR_CLOSED"));
      await assert.rejects(
        wire.server(() => undefined, { door: wrong, reach: "process" }),
        hasCode("WIRE_DOOR_CLOSED"),
      );
    }
  });

  it("load libzmq only when one is opened; a thread or process may end with open ones", async () => {
    const child = fork(new URL("./foreign-child.contract.js", import.meta.url), [
      await freeAddress(),
    ]);
    assert.deepEqual(await once(child, "exit"), [0, null]);
  }).timeout(30_000);

  it("may be used by a wire of ours that is not to be known as one", async () => {
    const door = await freeAddress();
    await using publisher = await wire.publisher({ door });
    let sentCount = 0;
    const visiting = new ZmqWire({
      host: "127.0.0.1",
      activity: { sent: (count) => (sentCount += count) },
    });
    const inbox = new Inbox<number | undefined>();
    await using subscriber = visiting.subscriber((_, sentUtcUs) => inbox.push(sentUtcUs));
    subscriber.connect(`plain+${door}`);
    await eventually(clock, () => {
      assert.equal(publisher.offer(utf8("x"), STAMP), 0);
      return inbox.waiting > 0;
    });
    assert.equal(await inbox.next(), STAMP);
    assert.equal(publisher.subscriberCount, 0);
    assert.equal(sentCount, inbox.waiting + 1);
  });
});
