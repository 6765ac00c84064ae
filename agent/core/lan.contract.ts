// Goal: every body of Lan carries datagrams to all on the port, ourselves too, and cuts no goodbye off.
// Method: the same claims in a fresh world of each body, on a network that loses nothing.
// Seed: none.
import assert from "node:assert/strict";
import type { Datagram, LanSocket } from "./lan.ts";
import { DATAGRAM_BYTES_MAX } from "./lan.ts";
import { fromUtf8, Inbox, never, type RunIn, utf8 } from "./run-in-world.contract.ts";
import { hasCode } from "./store.contract.ts";

async function read(socket: LanSocket, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { payload, fromHost } of socket.received(never)) {
    assert.notEqual(fromHost, "");
    texts.push(new TextDecoder().decode(payload));
    if (texts.length === count) break;
  }
  return texts;
}

export function lanContract(name: string, udpPort: number, run: RunIn<"lan">): void {
  describe(`lan contract: ${name}`, function () {
    this.timeout(30_000);
    it("a broadcast reaches every socket on the port, the sender's own too, and no other port", () =>
      run(async ({ lan }) => {
        await using first = await lan.open(udpPort);
        await using second = await lan.open(udpPort);
        await using other = await lan.open(udpPort + 1);
        const heardByOther = new Inbox<Datagram>();
        const stop = new AbortController();
        const listening = (async () => {
          for await (const datagram of other.received(stop.signal)) heardByOther.push(datagram);
        })();
        first.broadcast(utf8("from first"));
        assert.deepEqual(await read(first, 1), ["from first"]);
        assert.deepEqual(await read(second, 1), ["from first"]);
        second.broadcast(utf8(""));
        assert.deepEqual(await read(first, 1), [""]);
        stop.abort();
        await listening;
        assert.equal(heardByOther.waiting, 0);
      }));

    it("takes datagrams up to the limit; the sender may reuse its bytes", () =>
      run(async ({ lan }) => {
        await using socket = await lan.open(udpPort);
        const payload = new Uint8Array(DATAGRAM_BYTES_MAX).fill(65);
        socket.broadcast(payload);
        payload.fill(0);
        assert.deepEqual(await read(socket, 1), ["A".repeat(DATAGRAM_BYTES_MAX)]);
        assert.throws(
          () => socket.broadcast(new Uint8Array(DATAGRAM_BYTES_MAX + 1)),
          hasCode("LAN_DATAGRAM_TOO_LARGE"),
        );
      }));

    it("disposal hands over what was accepted, then ignores, and twice is once", () =>
      run(async ({ lan }) => {
        await using stays = await lan.open(udpPort);
        const leaves = await lan.open(udpPort);
        leaves.broadcast(utf8("goodbye"));
        await Promise.all([leaves[Symbol.asyncDispose](), leaves[Symbol.asyncDispose]()]);
        leaves.broadcast(utf8("never"));
        stays.broadcast(utf8("still here"));
        assert.deepEqual((await read(stays, 2)).sort(), ["goodbye", "still here"]);
      }));

    it("a reader ends when it is aborted, and when its socket is disposed", () =>
      run(async ({ lan }) => {
        const socket = await lan.open(udpPort);
        const stop = new AbortController();
        const drain = async (signal: AbortSignal): Promise<string> => {
          for await (const { payload } of socket.received(signal)) assert.fail(String(payload));
          return "ended";
        };
        const aborted = drain(stop.signal);
        await assert.rejects(drain(never), /one reader/);
        stop.abort();
        assert.equal(await aborted, "ended");
        assert.equal(await drain(AbortSignal.abort()), "ended");
        const disposed = drain(never);
        await socket[Symbol.asyncDispose]();
        assert.equal(await disposed, "ended");
      }));

    it("a socket of its own gets what is sent to it alone, and answers where it came from", () =>
      run(async ({ lan }) => {
        const [inbox, answers] = [new Inbox<Datagram>(), new Inbox<Datagram>()];
        await using server = await lan.bind(inbox.push);
        await using client = await lan.bind(answers.push);
        await using third = await lan.bind(() => assert.fail("not for this one"));
        assert.notEqual(server.address, client.address);
        const payload = new Uint8Array(DATAGRAM_BYTES_MAX).fill(66);
        client.send(server.address, payload);
        payload.fill(0);
        const asked = await inbox.next();
        assert.equal(asked.from, client.address);
        assert.equal(asked.from.startsWith(`${asked.fromHost}:`), true);
        assert.deepEqual(asked.payload, new Uint8Array(DATAGRAM_BYTES_MAX).fill(66));
        server.send(asked.from, utf8("answer"));
        assert.equal(fromUtf8((await answers.next()).payload), "answer");
        for (const nowhere of ["", "nobody", "127.0.0.1:0", "127.0.0.1:1"])
          third.send(nowhere, payload);
        assert.throws(
          () => third.send(server.address, new Uint8Array(DATAGRAM_BYTES_MAX + 1)),
          hasCode("LAN_DATAGRAM_TOO_LARGE"),
        );
      }));

    it("an address belongs to one socket at a time, and is free after its disposal", () =>
      run(async ({ lan }) => {
        const first = await lan.bind(() => undefined);
        const port = Number(first.address.split(":").at(-1));
        await assert.rejects(
          lan.bind(() => undefined, port),
          hasCode("LAN_PORT_TAKEN"),
        );
        const heard = new Inbox<Datagram>();
        await using reader = await lan.bind(heard.push);
        first.send(reader.address, utf8("last"));
        await Promise.all([first[Symbol.asyncDispose](), first[Symbol.asyncDispose]()]);
        first.send(reader.address, utf8("never"));
        await using next = await lan.bind(() => undefined, port);
        assert.equal(next.address, first.address);
        next.send(reader.address, utf8("next"));
        assert.deepEqual((await heard.take(2)).map(({ payload }) => fromUtf8(payload)).sort(), [
          "last",
          "next",
        ]);
      }));
  });
}
