// Goal: a stream of bytes is cut into the frames it is made of, however it arrives; noise on a port costs its own connection only.
// Method: random frames in random pieces; raw TCP sockets that speak nonsense, too much, or nothing; timers that the test moves.
// Seed: fast-check prints the one that fails.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { asked, fromUtf8, Inbox, utf8 } from "../core/run-in-world.contract.ts";
import { FRAME_BYTES_MAX } from "../core/wire.ts";
import { encodeZ85, makeCurveKeys } from "./curve-keys.ts";
import type { LinkUser } from "./link.ts";
import { NullMechanism } from "./mechanism.ts";
import { SocketLink } from "./socket-link.ts";
import { ZmqWire } from "./zmq-wire.ts";
import { COMMAND, FrameReader, headBytes, MORE, writeHead } from "./zmtp-frames.ts";
import {
  decodeGreeting,
  decodeMetadata,
  encodeCommand,
  encodeGreeting,
  encodeMetadata,
} from "./zmtp-greeting.ts";

function encodeFrame(flags: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes(body.byteLength));
  writeHead(head, 0, flags, body.byteLength);
  return Buffer.concat([head, body]);
}

describe("zmtp frames", () => {
  const frame = fc.record({
    flags: fc.constantFrom(0, MORE, COMMAND),
    size: fc.oneof(fc.nat(300), fc.constantFrom(255, 256, 4095, 4096, 5000, 70_000)),
  });

  it("come out as they went in, whatever the pieces", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (frames, pieces, countMax) => {
          const sent = frames.map(({ flags, size }, index) => [flags, Buffer.alloc(size, index)]);
          const stream = Buffer.concat(
            sent.map(([flags, body]) => encodeFrame(flags as number, body as Buffer)),
          );
          const got: unknown[] = [];
          const reader = new FrameReader((flags, body) =>
            got.push([flags & ~2, Buffer.from(body)]),
          );
          for (let at = 0, turn = 0; at < stream.byteLength; turn += 1) {
            const size = pieces[turn % pieces.length] ?? 1;
            let state = reader.push(Buffer.from(stream.subarray(at, at + size)), countMax);
            while (state === "more") state = reader.goOn(countMax);
            assert.equal(state, "done");
            at += size;
          }
          assert.deepEqual(got, sent);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("that are none, or too large, end the stream before memory is taken for them", () => {
    const reader = (): FrameReader => new FrameReader(() => assert.fail("handed over"));
    assert.equal(reader().push(Buffer.of(8, 0)), "malformed");
    assert.equal(reader().push(Buffer.of(2, 1, 0, 0, 0, 0, 0, 0, 1)), "malformed");
    const head = Buffer.of(2, 0, 0, 0, 0, 0, 0, 0, 0);
    head.writeUInt32BE(FRAME_BYTES_MAX + 1025, 5);
    assert.equal(reader().push(head), "malformed");
  });

  it("are handed over no more once the reader is told to stop", () => {
    let count = 0;
    const reader = new FrameReader(() => {
      count += 1;
      reader.stopped = true;
    });
    assert.equal(
      reader.push(Buffer.concat([1, 2, 3].map(() => encodeFrame(0, utf8("x"))))),
      "done",
    );
    assert.equal(count, 1);
  });
});

describe("zmtp greeting", () => {
  it("is read from version 3 on, and of nobody else", () => {
    const greeting = encodeGreeting("CURVE", true);
    assert.deepEqual(decodeGreeting(greeting), { mechanism: "CURVE", minor: 1 });
    greeting[11] = 0;
    assert.deepEqual(decodeGreeting(greeting), { mechanism: "CURVE", minor: 0 });
    greeting[10] = 2;
    assert.equal(decodeGreeting(greeting), undefined);
    assert.equal(decodeGreeting(Buffer.alloc(64, "GET / HTTP/1.1")), undefined);
  });

  it("tells sockets that fit, and drops metadata that is cut off", () => {
    assert.deepEqual(decodeMetadata("PUB", encodeMetadata("SUB", true)), { isOurs: true });
    assert.deepEqual(decodeMetadata("ROUTER", encodeMetadata("DEALER", false)), { isOurs: false });
    assert.equal(decodeMetadata("PUB", encodeMetadata("DEALER", true)), undefined);
    const metadata = encodeMetadata("SUB", true);
    for (const end of [3, 14, 15, metadata.byteLength - 1])
      assert.equal(decodeMetadata("PUB", metadata.subarray(0, end)), undefined);
  });

  it("names keys as RFC 32 does", () => {
    assert.equal(encodeZ85(Buffer.from("864FD26FB559F75B", "hex")), "HelloWorld");
    assert.match(makeCurveKeys().publicKey, /^[!-~]{40}$/);
  });
});

describe("zmtp noise", () => {
  const greeting = encodeGreeting("NULL", false);
  const ready = encodeFrame(COMMAND, encodeCommand("READY", encodeMetadata("DEALER", false)));
  const noises: Readonly<Record<string, Buffer>> = {
    "a web browser": Buffer.from(`GET / HTTP/1.1\r\n${"x".repeat(64)}\r\n\r\n`),
    "another version": Buffer.concat([greeting.subarray(0, 10), Buffer.alloc(54, 1)]),
    "another mechanism": encodeGreeting("CURVE", false),
    "a message before the handshake": Buffer.concat([greeting, encodeFrame(0, utf8("x"))]),
    "another command": Buffer.concat([greeting, encodeFrame(COMMAND, encodeCommand("HELLO"))]),
    "a socket that does not fit": Buffer.concat([
      greeting,
      encodeFrame(COMMAND, encodeCommand("READY", encodeMetadata("SUB", false))),
    ]),
    "an empty command": Buffer.concat([greeting, ready, encodeFrame(COMMAND, Buffer.alloc(0))]),
    "flags of no meaning": Buffer.concat([greeting, ready, Buffer.of(64, 0)]),
    "too many parts": Buffer.concat([
      ...[greeting, ready],
      ...Array.from({ length: 100 }, () => encodeFrame(MORE, utf8("x"))),
    ]),
  };
  for (const [name, noise] of Object.entries(noises))
    it(`${name} is cut off, and nobody else`, async () => {
      const wire = new ZmqWire({ host: "127.0.0.1" });
      await using server = await wire.server(({ frame, reply }) => reply(frame));
      await using client = wire.client(server.endpoint);
      const socket = connect(Number(server.endpoint.split(":")[2]), "127.0.0.1");
      socket.write(noise);
      socket.resume();
      await once(socket, "close");
      assert.equal(fromUtf8(await asked(client, utf8("x"), 5000)), "x");
    });
});

describe("zmtp heartbeats", () => {
  /** Stands in for setInterval: its time is the test's. */
  class Beats implements Disposable {
    readonly #real = globalThis.setInterval;
    readonly #callbacks: (() => void)[] = [];

    constructor() {
      const callbacks = this.#callbacks;
      const standIn = (callback: () => void) => {
        callbacks.push(callback);
        return { unref: () => undefined };
      };
      globalThis.setInterval = standIn as unknown as typeof setInterval;
    }

    next(): void {
      for (const callback of this.#callbacks) callback();
    }

    [Symbol.dispose](): void {
      globalThis.setInterval = this.#real;
    }
  }

  interface Pair extends Disposable {
    readonly link: SocketLink;
    readonly told: Inbox<string>;
    readonly peer: Socket;
    readonly heard: Inbox<string>;
  }

  /** A link of ours, and a peer of which the test says every byte. */
  async function pair(minor: number): Promise<Pair> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [socket] = (await once(server, "connection")) as [Socket];
    const told = new Inbox<string>();
    const user: LinkUser = {
      message: ([part]) => told.push(fromUtf8(part) ?? ""),
      command: (name) => told.push(name),
      lost: () => told.push("lost"),
    };
    const link = new SocketLink(socket, {
      type: "PUB",
      mechanism: new NullMechanism(encodeMetadata("PUB", true)),
      isServer: true,
      showsOurs: true,
      open: () => {
        told.push("open");
        return user;
      },
      closed: () => undefined,
    });
    const heard = new Inbox<string>();
    const reader = new FrameReader((_, body) =>
      heard.push(Buffer.from(body).toString("latin1", 1)),
    );
    let greetingBytes = 64;
    peer.on("data", (chunk: Buffer) => {
      const rest = chunk.subarray(greetingBytes);
      greetingBytes = Math.max(0, greetingBytes - chunk.byteLength);
      reader.push(rest);
    });
    const greeting = encodeGreeting("NULL", false);
    greeting[11] = minor;
    peer.write(greeting);
    peer.write(encodeFrame(COMMAND, encodeCommand("READY", encodeMetadata("SUB", false))));
    assert.equal(await told.next(), "open");
    assert.match(await heard.next(), /^READY/);
    return {
      ...{ link, told, peer, heard },
      [Symbol.dispose]() {
        peer.destroy();
        server.close();
      },
    };
  }

  it("answers a ping with what it said", async () => {
    using ends = await pair(1);
    ends.peer.write(encodeFrame(COMMAND, encodeCommand("PING", Buffer.from("\0\0context"))));
    assert.equal(await ends.heard.next(), "PONGcontext");
    await ends.link.end();
  });

  it("asks a peer that is silent, gives it up when it stays so, and lives on when it does not", async () => {
    using beats = new Beats();
    using silent = await pair(1);
    using alive = await pair(1);
    for (let beat = 0; beat < 8; beat += 1) {
      alive.peer.write(encodeFrame(COMMAND, encodeCommand("PONG")));
      alive.peer.write(encodeFrame(COMMAND, encodeCommand(`TURN${beat}`)));
      assert.equal(await alive.told.next(), `TURN${beat}`);
      beats.next();
    }
    assert.equal(await silent.told.next(), "lost");
    assert.deepEqual(await silent.heard.take(3), ["PING\0\0", "PING\0\0", "PING\0\0"]);
    assert.equal(alive.told.waiting + alive.heard.waiting, 0);
    await alive.link.end();
  });

  it("never asks a peer of a version that knows no pings, nor gives it up", async () => {
    using beats = new Beats();
    using old = await pair(0);
    for (let beat = 0; beat < 20; beat += 1) beats.next();
    old.peer.write(encodeFrame(0, utf8("still here")));
    assert.equal(await old.told.next(), "still here");
    assert.equal(old.heard.waiting, 0);
    await old.link.end();
  });
});
