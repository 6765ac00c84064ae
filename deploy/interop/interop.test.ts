// Goal: programs on libzmq in another language talk with ours, both ways, open and secured, as the README promises.
// Method: Python processes that say on stdout what they heard; skipped, with the reason, where pyzmq is missing.
// Seed: none.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fromUtf8, Inbox, utf8 } from "../../agent/core/run-in-world.contract.ts";
import { makeCurveKeys } from "../../agent/io/curve-keys.ts";
import { ZmqWire } from "../../agent/io/zmq-wire.ts";
import { Peer, type PeerOptions, pyzmqFault } from "./peer.ts";

const COUNT = 50;
const STAMP_S = 1_800_000_000.123457;
const STAMP_US = 1_800_000_000_123_457;

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `tcp://127.0.0.1:${port}`;
}

/** Our wire, what their program is told of keys, and how we name their address. */
interface Setting {
  readonly wire: ZmqWire;
  readonly connects: Partial<PeerOptions>;
  readonly binds: Partial<PeerOptions>;
  readonly endpointOf: (address: string) => string;
}

function open(): Setting {
  const wire = new ZmqWire({ host: "127.0.0.1" });
  return { wire, connects: {}, binds: {}, endpointOf: (address) => `plain+${address}` };
}

function secured(): Setting {
  const [ours, theirs] = [makeCurveKeys(), makeCurveKeys()];
  const allow = (key: string): boolean => key === theirs.publicKey;
  return {
    wire: new ZmqWire({ host: "127.0.0.1", curve: { ...ours, allow } }),
    connects: { ...theirs, serverKey: ours.publicKey },
    binds: theirs,
    endpointOf: (address) => `plain+${address}#${theirs.publicKey}`,
  };
}

describe("interop with pyzmq", function () {
  this.timeout(60_000);
  const fault = pyzmqFault();
  before(function () {
    if (fault === undefined) return;
    process.stderr.write(`skipped: ${fault}\n`);
    this.skip();
  });
  for (const [name, setting] of [
    ["open", open],
    ["with CURVE", secured],
  ] as const) {
    it(`SUB hears our publisher through its door (${name})`, () => subHears(setting()));
    it(`our subscriber follows PUB (${name})`, () => followsPub(setting()));
    it(`REQ asks our server through its door (${name})`, () => reqAsks(setting()));
    it(`our client asks REP (${name})`, () => asksRep(setting()));
  }
});

async function subHears({ wire, connects }: Setting): Promise<void> {
  const door = await freeAddress();
  await using publisher = await wire.publisher({ door });
  await using peer = new Peer("sub", { ...connects, address: door, count: 2 * COUNT });
  // Nobody counts a plain subscriber: it says itself when it hears.
  const greeted = peer.next();
  const turn = (): Promise<undefined> => new Promise((resolve) => setImmediate(resolve, undefined));
  while ((await Promise.race([greeted, turn()])) === undefined)
    assert.equal(publisher.offer(utf8("greeting")), 0);
  const expected: (readonly [string, number | null])[] = [];
  for (let number = 0; number < COUNT; number += 1) {
    publisher.offer(utf8(`plain ${number}`));
    publisher.offer(utf8(`stamped ${number}`), STAMP_US);
    expected.push([`plain ${number}`, null], [`stamped ${number}`, STAMP_S]);
  }
  assert.deepEqual(await peer.texts(2 * COUNT), expected);
}

async function followsPub({ wire, binds, endpointOf }: Setting): Promise<void> {
  await using peer = new Peer("pub", { ...binds, count: COUNT });
  const { address = "" } = await peer.next();
  const inbox = new Inbox<readonly [string | undefined, number | undefined]>();
  await using subscriber = wire.subscriber((frame, sentUtcUs) =>
    inbox.push([fromUtf8(frame), sentUtcUs]),
  );
  subscriber.connect(endpointOf(address));
  for (let number = 0; number < COUNT; number += 1) {
    assert.deepEqual(await inbox.next(), [`message ${number}`, undefined]);
    assert.deepEqual(await inbox.next(), [`stamped ${number}`, STAMP_US]);
  }
}

async function reqAsks({ wire, connects }: Setting): Promise<void> {
  const door = await freeAddress();
  await using server = await wire.server(
    ({ frame, sentUtcUs, reply }) => reply(utf8(`answer to ${fromUtf8(frame) ?? ""}`), sentUtcUs),
    { door },
  );
  assert.notEqual(server.endpoint, door);
  await using peer = new Peer("req", { ...connects, address: door, count: COUNT });
  assert.deepEqual(
    await peer.texts(COUNT),
    Array.from({ length: COUNT }, (_, number) => [
      `answer to question ${number}`,
      number % 2 === 1 ? STAMP_S : null,
    ]),
  );
}

async function asksRep({ wire, binds, endpointOf }: Setting): Promise<void> {
  await using peer = new Peer("rep", { ...binds, count: COUNT });
  const { address = "" } = await peer.next();
  await using client = wire.client(endpointOf(address));
  // All at once: a REP answers them one after the other.
  const answers = Array.from({ length: COUNT }, (_, number) => {
    const stamp = number % 2 === 1 ? STAMP_US : undefined;
    return client.request(utf8(`question ${number}`), 20_000, stamp);
  });
  for (const [number, answer] of (await Promise.all(answers)).entries())
    assert.deepEqual(answer, {
      kind: "reply",
      frame: utf8(`answer to question ${number}`),
      sentUtcUs: number % 2 === 1 ? STAMP_US : undefined,
    });
  const heard = await peer.texts(COUNT);
  assert.deepEqual(heard[1], ["question 1", STAMP_S]);
}
