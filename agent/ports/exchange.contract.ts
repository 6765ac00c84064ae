// Goal: requests and queries of every body of Wire end exactly once, with their own answer or the reason for
// none; whoever asks too much, or too early, is told; stamps travel with what they belong to.
// Method: ports in a fresh world of each body; servers that hold, reorder, refuse or leave.
// Seed: none.
import assert from "node:assert/strict";
import { eventually, Inbox } from "../core/run-in-world.contract.ts";
import { hasCode } from "../core/store.contract.ts";
import { integer, record } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import { ClientPort, type StampedAnswer } from "./client-port.ts";
import type { RunInPorts } from "./ports.contract.ts";
import { PublisherPort } from "./publisher-port.ts";
import { QueryPort } from "./query-port.ts";
import { RequestPort } from "./request-port.ts";
import { type ServedRequest, ServerPort } from "./server-port.ts";
import { SubscriberPort } from "./subscriber-port.ts";

const Ask = message("Ask", record({ number: integer(0, 1000) }));
const Told = message("Told", record({ square: integer(0, 1_000_000) }));
const exchange = { request: Ask, reply: Told };
interface Told {
  readonly square: number;
}
type Outcome = StampedAnswer<Told>;
type Served = ServedRequest<Told>;

/** Requests that wait for the test to answer them. */
class Desk extends Inbox<{ readonly number: number; readonly served: Served }> {
  readonly put = ({ number }: { number: number }, served: Served): void =>
    this.push({ number, served });
}

const reply = (square: number) => ({ kind: "reply", reply: { square } });
const noReply = (reason: string) => ({ kind: "no-reply", reason });

export function exchangeContract(name: string, run: RunInPorts): void {
  describe(`exchange contract: ${name}`, function () {
    this.timeout(30_000);
    describe("req", () => requesting(run));
    describe("qry", () => querying(run));
    describe("rep and ans", () => serving(run));
    describe("timed ports", () => stamping(run));
  });
}

function requesting(run: RunInPorts): void {
  it("one request at a time; the next one when its outcome is being handled", () =>
    run(async (world) => {
      const desk = new Desk();
      await using server = await ServerPort.open(world, exchange, desk.put);
      const outcomes = new Inbox<Outcome>();
      await using port = new RequestPort(new ClientPort(world, exchange), outcomes.push);
      port.follow([server.endpoint]);
      assert.equal(port.request({ number: 3 }, 5000), "sent");
      assert.equal(port.request({ number: 4 }, 5000), "busy");
      const asked = await desk.next();
      assert.equal(asked.number, 3);
      asked.served.answer({ square: 9 });
      assert.deepEqual((await outcomes.next()).answer, reply(9));
      assert.equal(port.request({ number: 5 }, 5000), "busy");
      port.free();
      assert.equal(port.request({ number: 5 }, 5000), "sent");
      const next = await desk.next();
      assert.equal(next.number, 5);
      next.served.answer({ square: 25 });
      assert.deepEqual((await outcomes.next()).answer, reply(25));
      assert.equal(outcomes.waiting + desk.waiting, 0);
    }));

  it("a server that leaves ends what was asked of it, and another one answers", () =>
    run(async (world) => {
      const desk = new Desk();
      await using leaves = await ServerPort.open(world, exchange, desk.put);
      await using heir = await ServerPort.open(world, exchange, (_, asked) =>
        asked.answer({ square: 1 }),
      );
      const outcomes = new Inbox<Outcome>();
      await using port = new RequestPort(new ClientPort(world, exchange), outcomes.push);
      port.follow([leaves.endpoint]);
      port.request({ number: 3 }, 3_600_000);
      await desk.next();
      port.follow([heir.endpoint]);
      assert.deepEqual((await outcomes.next()).answer, noReply("lost"));
      port.free();
      assert.equal(port.request({ number: 1 }, 5000), "sent");
      assert.deepEqual((await outcomes.next()).answer, reply(1));
    }));

  it("no server, no answer in time: each is told, and the port is usable", () =>
    run(async (world) => {
      const desk = new Desk();
      await using server = await ServerPort.open(world, exchange, desk.put);
      const outcomes = new Inbox<Outcome>();
      await using port = new RequestPort(new ClientPort(world, exchange), outcomes.push);
      port.request({ number: 1 }, 10);
      assert.deepEqual((await outcomes.next()).answer, noReply("no-server"));
      port.free();
      port.follow([server.endpoint]);
      port.request({ number: 1 }, 50);
      assert.deepEqual((await outcomes.next()).answer, noReply("timeout"));
      port.free();
      assert.throws(() => port.request({ number: -1 }, 50), hasCode("MESSAGE_MALFORMED"));
      assert.equal(port.request({ number: 2 }, 50), "sent", "a mistake leaves it usable");
    }));

  it("what is outstanding when the port is closed is not delivered any more", () =>
    run(async (world) => {
      const outcomes = new Inbox<Outcome>();
      const port = new RequestPort(new ClientPort(world, exchange), outcomes.push);
      port.request({ number: 1 }, 3_600_000);
      await port[Symbol.asyncDispose]();
      await world.clock.sleep(1, new AbortController().signal);
      assert.equal(outcomes.waiting, 0);
    }));
}

type QueryOutcome = readonly [answer: Outcome["answer"], queryId: number];

async function queries(
  world: Parameters<Parameters<RunInPorts>[0]>[0],
  body: (port: QueryPort<{ number: number }, Told>, got: Inbox<QueryOutcome>) => Promise<void>,
  outstandingMax?: number,
): Promise<void> {
  const got = new Inbox<QueryOutcome>();
  await using port = new QueryPort<{ number: number }, Told>(
    new ClientPort(world, exchange),
    ({ answer }, queryId) => got.push([answer, queryId]),
    outstandingMax,
  );
  await body(port, got);
}

function querying(run: RunInPorts): void {
  it("many outstanding, answered in any order, each with its own number", () =>
    run((world) =>
      queries(world, async (port, got) => {
        const desk = new Desk();
        await using server = await ServerPort.open(world, exchange, desk.put);
        port.follow([server.endpoint]);
        const numbers = [3, 5, 7, 9];
        const ids = numbers.map((number) => port.ask({ number }, 5000));
        assert.deepEqual(ids, [1, 2, 3, 4]);
        for (const { number, served } of (await desk.take(4)).reverse())
          served.answer({ square: number ** 2 });
        const byId = (await got.take(4)).sort(([, one], [, other]) => one - other);
        assert.deepEqual(
          byId,
          numbers.map((number, index) => [reply(number ** 2), index + 1]),
        );
      }),
    ));

  it("one query too many is refused, until an outcome is being handled", () =>
    run((world) =>
      queries(
        world,
        async (port, got) => {
          const desk = new Desk();
          await using server = await ServerPort.open(world, exchange, desk.put);
          port.follow([server.endpoint]);
          for (const number of [1, 2, 3]) port.ask({ number }, 5000);
          assert.deepEqual(await got.next(), [noReply("refused"), 3]);
          port.free();
          const [first] = await desk.take(2);
          first?.served.answer({ square: 1 });
          assert.deepEqual(await got.next(), [reply(1), 1]);
          port.free();
          port.ask({ number: 4 }, 5000);
          const fourth = await desk.next();
          assert.equal(fourth.number, 4);
          fourth.served.answer({ square: 16 });
          assert.deepEqual(await got.next(), [reply(16), 4]);
        },
        2,
      ),
    ));

  it("a server that dies ends all that was asked of it", () =>
    run((world) =>
      queries(world, async (port, got) => {
        const desk = new Desk();
        const server = await ServerPort.open(world, exchange, desk.put);
        port.follow([server.endpoint]);
        for (const number of [1, 2, 3]) port.ask({ number }, 3_600_000);
        await desk.take(3);
        await server[Symbol.asyncDispose]();
        const ends = await got.take(3);
        assert.deepEqual(
          ends.sort(([, one], [, other]) => one - other),
          [1, 2, 3].map((queryId) => [noReply("lost"), queryId]),
        );
      }),
    ));
}

function serving(run: RunInPorts): void {
  it("a request that is refused ends at once; answers after that are ignored", () =>
    run(async (world) => {
      await using server = await ServerPort.open(world, exchange, (_, served) => {
        served.refuse();
        served.answer({ square: 1 });
      });
      await using client = new ClientPort(world, exchange);
      client.follow([server.endpoint]);
      assert.deepEqual(await client.request({ number: 1 }, 3_600_000), noReply("refused"));
    }));

  it("only the first answer counts, and settling is told once", () =>
    run(async (world) => {
      let settledCount = 0;
      await using server = await ServerPort.open(world, exchange, (_, served) => {
        served.settled = () => (settledCount += 1);
        assert.equal(served.isSettled, false);
        assert.throws(() => served.answer({ square: -1 }), hasCode("MESSAGE_MALFORMED"));
        served.answer({ square: 1 });
        served.answer({ square: 2 });
        served.refuse();
        assert(served.isSettled);
      });
      await using client = new ClientPort(world, exchange);
      client.follow([server.endpoint]);
      assert.deepEqual(await client.request({ number: 1 }, 5000), reply(1));
      assert.deepEqual(await client.request({ number: 1 }, 5000), reply(1));
      assert.equal(settledCount, 2);
    }));

  it("names every request anew: for all clients, and after a restart of either side", () =>
    run(async (world) => {
      const ids = new Set<string>();
      let count = 0;
      for (let opening = 0; opening < 3; opening += 1) {
        await using server = await ServerPort.open(world, exchange, (_, served) => {
          ids.add(served.id);
          count += 1;
          served.answer({ square: 0 });
        });
        for (let each = 0; each < 2; each += 1) {
          await using client = new ClientPort(world, exchange);
          client.follow([server.endpoint]);
          for (const number of [1, 2]) await client.request({ number }, 5000);
        }
      }
      assert.equal(count, 12);
      assert.equal(ids.size, count);
    }));
}

function stamping(run: RunInPorts): void {
  it("a message carries its time, if its port is timed", () =>
    run(async (world) => {
      const nothing = (): void => undefined;
      const activity = { ...{ begin: nothing, end: nothing, sent: nothing }, received: nothing };
      const parts = { ...world, activity: { ...activity, reached: nothing } };
      await using timed = await PublisherPort.open(parts, Ask, { isTimed: true });
      await using plain = await PublisherPort.open(parts, Ask);
      const got = new Inbox<readonly [number, number | undefined]>();
      await using subscriber = new SubscriberPort(parts, Ask, ({ number }, sentUtcUs) =>
        got.push([number, sentUtcUs]),
      );
      for (const [number, publisher] of [timed, plain].entries()) {
        subscriber.follow([publisher.endpoint]);
        const beforeUtcUs = world.clock.utcUs();
        await eventually(world.clock, () => {
          publisher.publish({ number });
          return got.waiting > 0;
        });
        const [heard, sentUtcUs] = await got.next();
        assert.equal(heard, number);
        if (publisher === plain) assert.equal(sentUtcUs, undefined);
        else assert(sentUtcUs !== undefined && sentUtcUs >= beforeUtcUs);
        subscriber.follow([]);
        await got.take(got.waiting);
      }
    }));

  it("requests and replies carry theirs, if their ports are timed", () =>
    run(async (world) => {
      for (const isTimed of [true, false]) {
        const beforeUtcUs = world.clock.utcUs();
        const desk = new Desk();
        await using server = await ServerPort.open(world, exchange, desk.put, { isTimed });
        await using client = new ClientPort(world, exchange, { isTimed });
        client.follow([server.endpoint]);
        const asked = client.ask(client.encode({ number: 1 }), 5000);
        const { served } = await desk.next();
        served.answer({ square: 1 });
        const { sentUtcUs } = await asked;
        const stamps = [served.sentUtcUs, sentUtcUs];
        if (isTimed) assert(stamps.every((each) => each !== undefined && each >= beforeUtcUs));
        else assert.deepEqual(stamps, [undefined, undefined]);
      }
    }));
}
