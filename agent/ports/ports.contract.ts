// Goal: ports of every body of Wire deliver typed messages, drop noise, and survive the loss of a peer.
// Method: ports in a fresh world of each body; raw sockets beside them send what no port would.
// Seed: none.
import assert from "node:assert/strict";
import type { Activity } from "../core/activity.ts";
import {
  asked as ask,
  eventually,
  Inbox,
  never,
  type RunIn,
  utf8,
} from "../core/run-in-world.contract.ts";
import { hasCode } from "../core/store.contract.ts";
import { FRAME_BYTES_MAX } from "../core/wire.ts";
import { bytes, integer, record, unsigned64 } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import { ClientPort } from "./client-port.ts";
import { PublisherPort } from "./publisher-port.ts";
import { QueryPort } from "./query-port.ts";
import { RequestPort } from "./request-port.ts";
import { type ServedRequest, ServerPort } from "./server-port.ts";
import { SubscriberPort } from "./subscriber-port.ts";

const Reading = message("Reading", record({ netWh: integer(-10, 10), wei: unsigned64 }));
const Ask = message("Ask", record({ number: integer(0, 1000) }));
const Told = message("Told", record({ square: integer(0, 1_000_000) }));
const exchange = { request: Ask, reply: Told };

const nothing = (): void => undefined;

/** What the suites of ports need of a world. */
export type RunInPorts = RunIn<"wire" | "clock" | "random">;

function counted(): { sentCount: number; receivedCount: number; activity: Activity } {
  const counts = {
    sentCount: 0,
    receivedCount: 0,
    activity: {
      begin: nothing,
      end: nothing,
      sent: (count: number) => void (counts.sentCount += count),
      received: (count: number) => void (counts.receivedCount += count),
      reached: nothing,
    },
  };
  return counts;
}

export function portsContract(name: string, run: RunInPorts): void {
  describe(`ports contract: ${name}`, function () {
    this.timeout(30_000);
    describe("pub and sub", () => publishing(run));
    describe("clt and srv", () => asking(run));
    describe("clt without srv", () => waiting(run));
  });
}

function publishing(run: RunInPorts): void {
  it("delivers messages in order, typed, and counts every copy on both sides", () =>
    run(async ({ wire, clock }) => {
      const counts = counted();
      const { activity } = counts;
      await using publisher = await PublisherPort.open({ wire, clock, activity }, Reading);
      const inbox = new Inbox<unknown>();
      await using subscriber = new SubscriberPort({ wire, activity }, Reading, inbox.push);
      subscriber.follow([publisher.endpoint]);
      await eventually(clock, () => {
        publisher.publish({ netWh: 0, wei: 0n });
        return inbox.waiting > 0;
      });
      const greetings = publisher.publishedCount;
      const sent = [-2, 7, 10].map((netWh) => ({ netWh, wei: 2n ** 63n }));
      for (const each of sent) publisher.publish(each);
      assert.equal(publisher.publishedCount, greetings + 3);
      await eventually(clock, () => counts.receivedCount === counts.sentCount);
      const got = await inbox.take(inbox.waiting);
      assert.deepEqual(got.slice(-3), sent);
      assert.equal(got.length, counts.receivedCount);
    }));

  it("counts and drops what is not of its type, and delivers what comes after", () =>
    run(async ({ wire, clock }) => {
      const counts = counted();
      await using raw = await wire.publisher();
      const inbox = new Inbox<unknown>();
      const parts = { wire, activity: counts.activity };
      await using subscriber = new SubscriberPort(parts, Reading, inbox.push);
      subscriber.follow([raw.endpoint]);
      await eventually(clock, () => raw.subscriberCount === 1);
      const noise = [utf8("nonsense"), new Uint8Array(), Ask.encode({ number: 1 })];
      for (const frame of noise) raw.offer(frame);
      raw.offer(Reading.encode({ netWh: 1, wei: 1n }));
      assert.deepEqual(await inbox.next(), { netWh: 1, wei: 1n });
      assert.equal(subscriber.malformedCount, 3);
      assert.equal(counts.receivedCount, 4);
    }));

  it("follows exactly whom it was told last", () =>
    run(async ({ wire, clock }) => {
      const parts = { wire, activity: counted().activity };
      await using one = await wire.publisher();
      await using two = await wire.publisher();
      const inbox = new Inbox<{ netWh: number }>();
      await using subscriber = new SubscriberPort(parts, Reading, inbox.push);
      subscriber.follow([one.endpoint, two.endpoint]);
      await eventually(clock, () => one.subscriberCount + two.subscriberCount === 2);
      subscriber.follow([two.endpoint, two.endpoint]);
      await eventually(clock, () => one.subscriberCount === 0);
      two.offer(Reading.encode({ netWh: 2, wei: 0n }));
      assert.equal((await inbox.next()).netWh, 2);
      subscriber.follow([]);
      await eventually(clock, () => two.subscriberCount === 0);
      subscriber.follow([one.endpoint]);
      await eventually(clock, () => one.subscriberCount === 1);
      one.offer(Reading.encode({ netWh: 1, wei: 0n }));
      assert.equal((await inbox.next()).netWh, 1);
    }));

  it("refuses the component's own mistakes before anything travels", () =>
    run(async ({ wire, clock }) => {
      const counts = counted();
      const parts = { wire, clock, activity: counts.activity };
      const Large = message("Large", bytes(FRAME_BYTES_MAX));
      await using reading = await PublisherPort.open(parts, Reading);
      await using large = await PublisherPort.open(parts, Large);
      assert.throws(() => reading.publish({ netWh: 11, wei: 0n }), hasCode("MESSAGE_MALFORMED"));
      assert.throws(
        () => large.publish(new Uint8Array(FRAME_BYTES_MAX)),
        hasCode("WIRE_FRAME_TOO_LARGE"),
      );
      assert.deepEqual([reading.publishedCount, large.publishedCount, counts.sentCount], [0, 0, 0]);
    }));

  it("disposal twice is once", () =>
    run(async (world) => {
      const parts = { ...world, activity: counted().activity };
      const ports: AsyncDisposable[] = [
        await PublisherPort.open(parts, Reading),
        new SubscriberPort(parts, Reading, nothing),
        await ServerPort.open(world, exchange, nothing),
        new ClientPort(world, exchange),
        new RequestPort(new ClientPort(world, exchange), nothing),
        new QueryPort(new ClientPort(world, exchange), nothing),
      ];
      for (const port of ports) {
        await port[Symbol.asyncDispose]();
        await port[Symbol.asyncDispose]();
      }
      assert.equal(ports.length, 6);
    }));
}

type Served = ServedRequest<{ square: number }>;

const squares = (request: { number: number }, served: Served): void =>
  served.answer({ square: request.number ** 2 });

function asking(run: RunInPorts): void {
  it("answers each request with its own reply", () =>
    run(async ({ wire, clock, random }) => {
      await using server = await ServerPort.open({ wire, clock, random }, exchange, squares);
      await using client = new ClientPort({ wire, clock }, exchange);
      client.follow([server.endpoint]);
      const asked = [3, 5, 7].map((number) => client.request({ number }, 5000));
      const replies = [9, 25, 49].map((square) => ({ kind: "reply", reply: { square } }));
      assert.deepEqual(await Promise.all(asked), replies);
    }));

  it("the server counts requests that are not of its type, and answers what comes after", () =>
    run(async ({ wire, clock, random }) => {
      await using server = await ServerPort.open({ wire, clock, random }, exchange, squares);
      await using raw = wire.client(server.endpoint);
      assert.equal(await ask(raw, utf8("nonsense"), 50), undefined);
      await using client = new ClientPort({ wire, clock }, exchange);
      client.follow([server.endpoint]);
      const answer = await client.request({ number: 2 }, 5000);
      assert.deepEqual(answer, { kind: "reply", reply: { square: 4 } });
      assert.equal(server.malformedCount, 1);
    }));

  it("a reply that is not of its type is no reply", () =>
    run(async ({ wire, clock }) => {
      await using server = await wire.server((request) => request.reply(utf8("nonsense")));
      await using client = new ClientPort({ wire, clock }, exchange);
      client.follow([server.endpoint]);
      const answer = await client.request({ number: 2 }, 5000);
      assert.deepEqual(answer, { kind: "no-reply", reason: "malformed" });
    }));

  it("a request of the wrong shape is the component's mistake", () =>
    run(async ({ wire, clock }) => {
      await using client = new ClientPort({ wire, clock }, exchange);
      await assert.rejects(client.request({ number: -1 }, 0), hasCode("MESSAGE_MALFORMED"));
    }));

  it("asks the first server it knows, whatever the order in which it was told", () =>
    run(async ({ wire, clock, random }) => {
      await using one = await ServerPort.open({ wire, clock, random }, exchange, (_, asked) =>
        asked.answer({ square: 1 }),
      );
      await using two = await ServerPort.open({ wire, clock, random }, exchange, (_, asked) =>
        asked.answer({ square: 2 }),
      );
      const firstSquare = one.endpoint < two.endpoint ? 1 : 2;
      await using client = new ClientPort({ wire, clock }, exchange);
      for (const endpoints of [
        [one.endpoint, two.endpoint],
        [two.endpoint, one.endpoint],
      ]) {
        client.follow([]);
        client.follow(endpoints);
        const answer = await client.request({ number: 0 }, 5000);
        assert.deepEqual(answer, { kind: "reply", reply: { square: firstSquare } });
      }
    }));
}

function waiting(run: RunInPorts): void {
  it("no server known: waits for one within its time", () =>
    run(async ({ wire, clock, random }) => {
      await using server = await ServerPort.open({ wire, clock, random }, exchange, squares);
      await using client = new ClientPort({ wire, clock }, exchange);
      const asked = Promise.all([1, 2].map((number) => client.request({ number }, 5000)));
      await clock.sleep(20, never);
      client.follow([server.endpoint]);
      assert.deepEqual(
        (await asked).map((answer) => answer.kind),
        ["reply", "reply"],
      );
    }));

  it("no server in time: says so, and the next request waits anew", () =>
    run(async ({ wire, clock, random }) => {
      await using server = await ServerPort.open({ wire, clock, random }, exchange, squares);
      await using client = new ClientPort({ wire, clock }, exchange);
      const none = { kind: "no-reply", reason: "no-server" };
      assert.deepEqual(await client.request({ number: 1 }, 10), none);
      client.follow([server.endpoint]);
      client.follow([]);
      const startMs = clock.monotonicMs();
      assert.deepEqual(await client.request({ number: 1 }, 30), none);
      assert(clock.monotonicMs() - startMs >= 29, "it did not wait");
      client.follow([server.endpoint]);
      assert.equal((await client.request({ number: 1 }, 5000)).kind, "reply");
    }));

  it("a server that does not answer: timeout, and the port is usable at once", () =>
    run(async ({ wire, clock, random }) => {
      const held: (() => void)[] = [];
      await using server = await ServerPort.open(
        { wire, clock, random },
        exchange,
        (request, served) => {
          if (request.number === 0) held.push(() => served.answer({ square: 0 }));
          else squares(request, served);
        },
      );
      await using client = new ClientPort({ wire, clock }, exchange);
      client.follow([server.endpoint]);
      assert.equal((await client.request({ number: 1 }, 5000)).kind, "reply");
      const late = await client.request({ number: 0 }, 30);
      assert.deepEqual(late, { kind: "no-reply", reason: "timeout" });
      for (const answer of held) answer();
      const next = await client.request({ number: 9 }, 5000);
      assert.deepEqual(next, { kind: "reply", reply: { square: 81 } });
    }));

  it("a server that is gone: what was asked of it ends at once, and another one answers", () =>
    run(async ({ wire, clock, random }) => {
      let heardCount = 0;
      const dying = await ServerPort.open(
        { wire, clock, random },
        exchange,
        () => void (heardCount += 1),
      );
      await using heir = await ServerPort.open({ wire, clock, random }, exchange, squares);
      await using client = new ClientPort({ wire, clock }, exchange);
      client.follow([dying.endpoint]);
      const asked = client.request({ number: 1 }, 3_600_000);
      await eventually(clock, () => heardCount === 1);
      await dying[Symbol.asyncDispose]();
      client.follow([heir.endpoint]);
      assert.deepEqual(await asked, { kind: "no-reply", reason: "lost" });
      const answer = await client.request({ number: 3 }, 5000);
      assert.deepEqual(answer, { kind: "reply", reply: { square: 9 } });
    }));

  it("disposal ends what waits for a server", () =>
    run(async ({ wire, clock }) => {
      const client = new ClientPort({ wire, clock }, exchange);
      const asked = client.request({ number: 1 }, 3_600_000);
      await client[Symbol.asyncDispose]();
      assert.deepEqual(await asked, { kind: "no-reply", reason: "no-server" });
    }));
}
