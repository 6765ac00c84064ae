// Goal: every body of Wire keeps order, counts what it drops, comes back after losses and never answers wrongly.
// Method: the same claims in a fresh world of each body; waiting is for events, never for a time to pass.
// Seed: none.
import assert from "node:assert/strict";
import { asked, eventually, fromUtf8, Inbox, type RunIn, utf8 } from "./run-in-world.contract.ts";
import { hasCode } from "./store.contract.ts";
import {
  FRAME_BYTES_MAX,
  FRAMES_QUEUED_MAX,
  type Reach,
  type Wire,
  type WirePublisher,
  type WireRequest,
  type WireSubscriber,
} from "./wire.ts";

class Listener extends Inbox<string> implements AsyncDisposable {
  readonly subscriber: WireSubscriber;

  constructor(wire: Wire, ...endpoints: string[]) {
    super();
    this.subscriber = wire.subscriber((frame) => this.push(fromUtf8(frame) ?? ""));
    for (const endpoint of endpoints) this.subscriber.connect(endpoint);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.subscriber[Symbol.asyncDispose]();
  }
}

function numbered(number: number): Uint8Array {
  const frame = new Uint8Array(512);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}

function numberIn(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0);
}

/** Offers numbered frames to one subscriber until `dropCount` of them were dropped. */
function flood(
  publisher: WirePublisher,
  dropCount: number,
): { readonly queued: number[]; readonly offeredCount: number } {
  const queued: number[] = [];
  let offeredCount = 0;
  const untilCount = publisher.droppedCount + dropCount;
  while (publisher.droppedCount < untilCount) {
    assert(offeredCount < 1_000_000, "nothing was ever dropped");
    if (publisher.offer(numbered(offeredCount)) === 1) queued.push(offeredCount);
    offeredCount += 1;
  }
  return { queued, offeredCount };
}

export function wireContract(name: string, run: RunIn<"wire" | "clock">): void {
  describe(`wire contract: ${name}`, function () {
    this.timeout(30_000);
    publishing(run);
    publishingFailures(run);
    asking(run);
    askingFailures(run);
    stamping(run);
    pausing(run);
    refusing(run);
    losing(run);
    telling(run);
    for (const reach of ["process", "board", "network"] as const) reaching(reach, run);
  });
}

function publishing(run: RunIn<"wire" | "clock">): void {
  it("hands over what was offered, in order, to all who are connected", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      assert.equal(publisher.offer(utf8("nobody hears")), 0);
      await using first = new Listener(wire, publisher.endpoint);
      await using second = new Listener(wire, publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 2);
      const sent = Array.from({ length: 3000 }, (_, index) => `${index} ${"x".repeat(index % 90)}`);
      for (const text of sent) assert.equal(publisher.offer(utf8(text)), 2);
      assert.deepEqual(await first.take(sent.length), sent);
      assert.deepEqual(await second.take(sent.length), sent);
      assert.equal(publisher.droppedCount, 0);
    }));

  it("a late subscriber hears what is offered from then on", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      await using first = new Listener(wire, publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      publisher.offer(utf8("early"));
      await using late = new Listener(wire, publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 2);
      publisher.offer(utf8("later"));
      assert.deepEqual(await first.take(2), ["early", "later"]);
      assert.equal(await late.next(), "later");
    }));

  it("carries empty, small and the largest frames, side by side", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      const inbox = new Inbox<Uint8Array>();
      await using subscriber = wire.subscriber(inbox.push);
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      const sizes = [0, 1, 0, 20_000, 3, FRAME_BYTES_MAX, 127, 128, 129, 65_536, 0];
      const frames = sizes.map((size, index) => new Uint8Array(size).fill(index));
      for (const frame of frames) publisher.offer(frame);
      for (const frame of frames) assert.deepEqual(await inbox.next(), frame);
      assert.throws(
        () => publisher.offer(new Uint8Array(FRAME_BYTES_MAX + 1)),
        hasCode("WIRE_FRAME_TOO_LARGE"),
      );
    }));

  it("follows several publishers, leaves one, and ignores repetition and unknown ones", () =>
    run(async ({ wire, clock }) => {
      await using first = await wire.publisher();
      await using second = await wire.publisher();
      await using listener = new Listener(wire, first.endpoint, second.endpoint, first.endpoint);
      await eventually(clock, () => first.subscriberCount === 1 && second.subscriberCount === 1);
      listener.subscriber.disconnect("tcp://127.0.0.1:1");
      listener.subscriber.disconnect(first.endpoint);
      listener.subscriber.disconnect(first.endpoint);
      await eventually(clock, () => first.subscriberCount === 0);
      assert.equal(first.offer(utf8("first")), 0);
      assert.equal(second.offer(utf8("second")), 1);
      assert.equal(await listener.next(), "second");
      listener.subscriber.connect(first.endpoint);
      await eventually(clock, () => first.subscriberCount === 1);
      first.offer(utf8("again"));
      assert.equal(await listener.next(), "again");
    }));

  it("a subscriber may be there before its publisher's endpoint means anything", () =>
    run(async ({ wire, clock }) => {
      await using listener = new Listener(wire, "", "no endpoint", "tcp://127.0.0.1:99999");
      await using publisher = await wire.publisher();
      listener.subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      publisher.offer(utf8("heard"));
      assert.equal(await listener.next(), "heard");
    }));
}

function publishingFailures(run: RunIn<"wire" | "clock">): void {
  it("a new publisher at another endpoint is heard after the old one is gone", () =>
    run(async ({ wire, clock }) => {
      const old = await wire.publisher();
      await using listener = new Listener(wire, old.endpoint);
      await eventually(clock, () => old.subscriberCount === 1);
      old.offer(utf8("old"));
      await old[Symbol.asyncDispose]();
      assert.equal(await listener.next(), "old");
      await using fresh = await wire.publisher();
      assert.notEqual(fresh.endpoint, old.endpoint);
      listener.subscriber.connect(fresh.endpoint);
      await eventually(clock, () => fresh.subscriberCount === 1);
      fresh.offer(utf8("fresh"));
      assert.equal(await listener.next(), "fresh");
    }));

  it("counts a subscriber that left, and sends it nothing", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      await using stays = new Listener(wire, publisher.endpoint);
      const leaves = new Listener(wire, publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 2);
      await leaves[Symbol.asyncDispose]();
      await leaves[Symbol.asyncDispose]();
      await eventually(clock, () => publisher.subscriberCount === 1);
      assert.equal(publisher.offer(utf8("one copy")), 1);
      assert.equal(await stays.next(), "one copy");
      assert.equal(leaves.waiting, 0);
    }));

  it("drops new frames at a full queue, counts each, and delivers every other", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      const inbox = new Inbox<number>();
      await using subscriber = wire.subscriber((frame) => inbox.push(numberIn(frame)));
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      // In one go: nobody gets a turn to take anything out.
      const { queued, offeredCount } = flood(publisher, 10);
      assert.equal(queued.length + publisher.droppedCount, offeredCount);
      assert.deepEqual(await inbox.take(queued.length), queued);
      assert.equal(publisher.offer(numbered(7)), 1);
      assert.equal(await inbox.next(), 7);
    }));

  it("what was accepted before disposal leaves; then nothing is, and twice is once", () =>
    run(async ({ wire, clock }) => {
      const publisher = await wire.publisher();
      await using listener = new Listener(wire, publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      for (let index = 0; index < 500; index += 1) publisher.offer(utf8(String(index)));
      await Promise.all([publisher[Symbol.asyncDispose](), publisher[Symbol.asyncDispose]()]);
      await publisher[Symbol.asyncDispose]();
      assert.equal(publisher.offer(utf8("after")), 0);
      assert.equal((await listener.take(500)).at(-1), "499");
    }));
}

function asking(run: RunIn<"wire" | "clock">): void {
  it("answers requests, of many clients and of every size", () =>
    run(async ({ wire }) => {
      await using server = await wire.server((request) => request.reply(request.frame));
      await using first = wire.client(server.endpoint);
      await using second = wire.client(server.endpoint);
      const sizes = [0, 1, 127, 128, 129, 100_000, FRAME_BYTES_MAX];
      for (const [index, size] of sizes.entries()) {
        const frame = new Uint8Array(size).fill(index);
        const replies = await Promise.all([first, second].map((one) => asked(one, frame, 5000)));
        assert.deepEqual(replies, [frame, frame]);
      }
      await assert.rejects(
        asked(first, new Uint8Array(FRAME_BYTES_MAX + 1), 5000),
        hasCode("WIRE_FRAME_TOO_LARGE"),
      );
    }));

  it("requests arrive in the order in which they were made", () =>
    run(async ({ wire }) => {
      const heard: string[] = [];
      await using server = await wire.server(({ frame: request, reply }) => {
        heard.push(fromUtf8(request) ?? "");
        reply(request);
      });
      await using client = wire.client(server.endpoint);
      const sent = Array.from({ length: 200 }, (_, index) => String(index));
      const replies = await Promise.all(sent.map((text) => asked(client, utf8(text), 5000)));
      assert.deepEqual(replies.map(fromUtf8), sent);
      assert.deepEqual(heard, sent);
    }));

  it("two outstanding requests may be answered in reverse order, and only once each", () =>
    run(async ({ wire }) => {
      const held: WireRequest["reply"][] = [];
      await using server = await wire.server(({ frame: request, reply }) => {
        held.push(reply);
        if (held.length < 2) return;
        held[1]?.(utf8("to second"));
        held[1]?.(utf8("to second again"));
        held[0]?.(utf8("to first"));
        assert.equal(request.byteLength, 6);
      });
      await using client = wire.client(server.endpoint);
      const order: string[] = [];
      const ask = async (text: string): Promise<void> => {
        order.push(fromUtf8(await asked(client, utf8(text), 5000)) ?? "none");
      };
      await Promise.all([ask("first"), ask("second")]);
      assert.deepEqual(order, ["to second", "to first"]);
    }));
}

function askingFailures(run: RunIn<"wire" | "clock">): void {
  it("a request without a reply ends with undefined; a late reply answers nothing else", () =>
    run(async ({ wire, clock }) => {
      const held: WireRequest["reply"][] = [];
      await using server = await wire.server(({ frame: request, reply }) => {
        if (fromUtf8(request) === "hold") held.push(reply);
        else reply(request);
      });
      await using client = wire.client(server.endpoint);
      assert.equal(fromUtf8(await asked(client, utf8("ready"), 5000)), "ready");
      assert.equal(await asked(client, utf8("hold"), 30), undefined);
      await eventually(clock, () => held.length === 1);
      const next = asked(client, utf8("next"), 5000);
      held[0]?.(utf8("late"));
      assert.equal(fromUtf8(await next), "next");
      assert.equal(fromUtf8(await asked(client, utf8("after"), 5000)), "after");
    }));

  it("a request to nobody times out, and is never delivered to who comes later", () =>
    run(async ({ wire }) => {
      await using nowhere = wire.client("no endpoint");
      assert.equal(await asked(nowhere, utf8("x"), 20), undefined);
      const gone = await wire.server((request) => request.reply(request.frame));
      await gone[Symbol.asyncDispose]();
      await gone[Symbol.asyncDispose]();
      await using client = wire.client(gone.endpoint);
      assert.equal(await asked(client, utf8("x"), 20), undefined);
    }));

  it("disposal of a client ends its requests, and twice is once", () =>
    run(async ({ wire, clock }) => {
      let heardCount = 0;
      await using server = await wire.server(() => {
        heardCount += 1;
      });
      const client = wire.client(server.endpoint);
      const pending = asked(client, utf8("x"), 60_000);
      await eventually(clock, () => heardCount === 1);
      await client[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      assert.equal(await pending, undefined);
      assert.equal(await asked(client, utf8("x"), 60_000), undefined);
    }));

  it("a reply to a client that is gone harms nobody", () =>
    run(async ({ wire, clock }) => {
      const held: WireRequest["reply"][] = [];
      await using server = await wire.server(({ frame: request, reply }) => {
        if (fromUtf8(request) === "hold") held.push(reply);
        else reply(request);
      });
      const leaves = wire.client(server.endpoint);
      const pending = asked(leaves, utf8("hold"), 60_000);
      await eventually(clock, () => held.length === 1);
      await leaves[Symbol.asyncDispose]();
      assert.equal(await pending, undefined);
      held[0]?.(utf8("for nobody"));
      await using stays = wire.client(server.endpoint);
      assert.equal(fromUtf8(await asked(stays, utf8("x"), 5000)), "x");
    }));
}

/** The last µs before 2106, today, the first µs, and what no clock says. */
const STAMPS = [4_294_967_295_999_999, 1_800_000_000_123_457, 1, 0, Number.MAX_SAFE_INTEGER, -1];

function stamping(run: RunIn<"wire" | "clock">): void {
  it("carries the sender's time stamp to the µs, or none", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      const inbox = new Inbox<readonly [string | undefined, number | undefined]>();
      await using subscriber = wire.subscriber((frame, sentUtcUs) =>
        inbox.push([fromUtf8(frame), sentUtcUs]),
      );
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      for (const stamp of [...STAMPS, undefined]) publisher.offer(utf8("x"), stamp);
      for (const stamp of [...STAMPS, undefined])
        assert.deepEqual(await inbox.next(), ["x", stamp]);
    }));

  it("carries the time stamps of requests and replies", () =>
    run(async ({ wire }) => {
      const heard: (number | undefined)[] = [];
      await using server = await wire.server(({ frame, sentUtcUs, reply }) => {
        heard.push(sentUtcUs);
        reply(frame, sentUtcUs);
      });
      await using client = wire.client(server.endpoint);
      for (const stamp of [...STAMPS, undefined]) {
        const answer = await client.request(utf8("x"), 5000, stamp);
        assert.deepEqual(answer, { kind: "reply", frame: utf8("x"), sentUtcUs: stamp });
      }
      assert.deepEqual(heard, [...STAMPS, undefined]);
    }));
}

function pausing(run: RunIn<"wire" | "clock">): void {
  it("a subscriber that pauses gets nothing; its publisher's queue fills, and nothing else is lost", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      await using other = await wire.publisher();
      const inbox = new Inbox<number>();
      await using subscriber = wire.subscriber((frame) => inbox.push(numberIn(frame)));
      subscriber.connect(publisher.endpoint);
      subscriber.connect(other.endpoint);
      await eventually(clock, () => publisher.subscriberCount + other.subscriberCount === 2);
      publisher.offer(numbered(1));
      assert.equal(await inbox.next(), 1);
      subscriber.pause();
      subscriber.pause();
      const { queued } = flood(publisher, 10);
      await using witness = wire.subscriber((frame) => inbox.push(-numberIn(frame)));
      witness.connect(other.endpoint);
      await eventually(clock, () => other.subscriberCount === 2);
      assert.equal(other.offer(numbered(5)), 2);
      // The witness has its copy: the one who pauses had the same time.
      assert.equal(await inbox.next(), -5);
      assert.equal(inbox.waiting, 0);
      subscriber.resume();
      subscriber.resume();
      const got = await inbox.take(queued.length + 1);
      assert.deepEqual(
        got.toSpliced(got.lastIndexOf(5), 1).filter((number, at) => number !== queued[at]),
        [],
      );
      assert.equal(publisher.offer(numbered(7)), 1);
      assert.equal(await inbox.next(), 7);
    }));

  it("while a subscriber pauses its publisher keeps, and drops, what comes, with all the time to send", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      const inbox = new Inbox<number>();
      await using subscriber = wire.subscriber((frame) => inbox.push(numberIn(frame)));
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      subscriber.pause();
      let offeredCount = 0;
      await eventually(clock, () => {
        for (let count = 0; count < 500; count += 1) publisher.offer(numbered((offeredCount += 1)));
        assert(offeredCount < 4 * FRAMES_QUEUED_MAX, "what came was not kept back");
        return publisher.droppedCount > 0;
      });
      assert(offeredCount > FRAMES_QUEUED_MAX);
      assert.equal(inbox.waiting, 0);
      subscriber.resume();
      const got = await inbox.take(offeredCount - publisher.droppedCount);
      assert.deepEqual([got.length, got.at(-1)], [got.length, got.length]);
    }));

  it("a subscriber may pause at any frame, go on, and leave while it pauses", () =>
    run(async ({ wire, clock }) => {
      await using publisher = await wire.publisher();
      const inbox = new Inbox<number>();
      await using subscriber = wire.subscriber((frame) => {
        subscriber.pause();
        inbox.push(numberIn(frame));
      });
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      for (let number = 0; number < 50; number += 1) publisher.offer(numbered(number));
      for (let number = 0; number < 40; number += 1) {
        assert.equal(await inbox.next(), number);
        assert.equal(inbox.waiting, 0);
        subscriber.resume();
      }
      assert.equal(await inbox.next(), 40);
      subscriber.disconnect(publisher.endpoint);
      subscriber.resume();
      await eventually(clock, () => publisher.subscriberCount === 0);
      assert.equal(inbox.waiting, 0);
      subscriber.pause();
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      publisher.offer(numbered(99));
      subscriber.resume();
      assert.equal(await inbox.next(), 99);
    }));
}

function refusing(run: RunIn<"wire" | "clock">): void {
  it("a refused request ends at once; only the first answer counts", () =>
    run(async ({ wire }) => {
      await using server = await wire.server(({ frame, reply, refuse }) => {
        if (fromUtf8(frame) === "reply first") reply(frame);
        refuse();
        refuse();
        reply(frame);
      });
      await using client = wire.client(server.endpoint);
      const refused = { kind: "none", reason: "refused" };
      assert.deepEqual(await client.request(utf8("x"), 60_000), refused);
      assert.equal(fromUtf8(await asked(client, utf8("reply first"), 60_000)), "reply first");
      assert.deepEqual(await client.request(new Uint8Array(), 60_000), refused);
    }));

  it("names each client by one text while it is connected", () =>
    run(async ({ wire }) => {
      await using server = await wire.server(({ client, reply }) => reply(utf8(client)));
      await using first = wire.client(server.endpoint);
      await using second = wire.client(server.endpoint);
      const names: (string | undefined)[] = [];
      for (const client of [first, second, first, second, first])
        names.push(fromUtf8(await asked(client, utf8("who am I"), 5000)));
      assert.equal(new Set(names).size, 2);
      assert.deepEqual([names[2], names[3], names[4]], [names[0], names[1], names[0]]);
    }));
}

function losing(run: RunIn<"wire" | "clock">): void {
  it("requests under way are lost at once when their server is gone", () =>
    run(async ({ wire, clock }) => {
      let heardCount = 0;
      const server = await wire.server(({ frame, reply }) => {
        heardCount += 1;
        if (fromUtf8(frame) === "answered") reply(frame);
      });
      await using client = wire.client(server.endpoint);
      const lost = Array.from({ length: 3 }, () => client.request(utf8("held"), 60_000));
      const answered = asked(client, utf8("answered"), 60_000);
      await eventually(clock, () => heardCount === 4);
      await server[Symbol.asyncDispose]();
      for (const each of lost) assert.deepEqual(await each, { kind: "none", reason: "lost" });
      assert.equal(fromUtf8(await answered), "answered");
      assert.deepEqual(await client.request(utf8("after"), 30), {
        kind: "none",
        reason: "timeout",
      });
    }));
}

function telling(run: RunIn<"wire" | "clock">): void {
  it("tells how it stands with each endpoint: connected, not to be had, or no address", () =>
    run(async ({ wire, clock }) => {
      const publisher = await wire.publisher();
      const server = await wire.server(({ frame, reply }) => reply(frame));
      await using subscriber = wire.subscriber(() => undefined);
      await using client = wire.client(server.endpoint);
      assert.deepEqual(subscriber.links(), []);
      subscriber.connect(publisher.endpoint);
      subscriber.connect("nowhere");
      const stateOf = (endpoint: string): string =>
        subscriber.links().find((link) => link.endpoint === endpoint)?.state ?? "unknown";
      await eventually(clock, () => stateOf(publisher.endpoint) === "connected");
      await eventually(clock, () => client.link().state === "connected");
      assert.deepEqual(
        subscriber.links().find(({ endpoint }) => endpoint === "nowhere"),
        { endpoint: "nowhere", state: "failed", fault: "no-address" },
      );
      await publisher[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      const refused = { state: "failed", fault: "refused" } as const;
      await eventually(clock, () => subscriber.links()[0]?.fault === "refused");
      await eventually(clock, () => client.link().fault === "refused");
      assert.deepEqual(client.link(), { endpoint: server.endpoint, ...refused });
      subscriber.disconnect(publisher.endpoint);
      assert.equal(stateOf(publisher.endpoint), "unknown");
    }));
}

function reaching(reach: Reach, run: RunIn<"wire" | "clock">): void {
  it(`reach ${reach}: publishes in order, never at once, and counts what it drops`, () =>
    run(async ({ wire, clock }) => {
      const publisher = await wire.publisher({ reach });
      const inbox = new Inbox<number>();
      await using subscriber = wire.subscriber((frame) => inbox.push(numberIn(frame)));
      subscriber.connect(publisher.endpoint);
      await eventually(clock, () => publisher.subscriberCount === 1);
      const { queued, offeredCount } = flood(publisher, 10);
      assert.equal(inbox.waiting, 0);
      assert.equal(queued.length + publisher.droppedCount, offeredCount);
      assert.deepEqual(await inbox.take(queued.length), queued);
      publisher.offer(numbered(8));
      await publisher[Symbol.asyncDispose]();
      assert.equal(await inbox.next(), 8);
    }));

  it(`reach ${reach}: asks, answers, refuses and loses`, () =>
    run(async ({ wire, clock }) => {
      const held: string[] = [];
      const server = await wire.server(
        ({ frame, sentUtcUs, reply, refuse, client }) => {
          const text = fromUtf8(frame) ?? "";
          if (text === "refuse") refuse();
          else if (text === "hold") held.push(client);
          else reply(utf8(text.toUpperCase()), sentUtcUs);
        },
        { reach },
      );
      await using client = wire.client(server.endpoint);
      assert.deepEqual(await client.request(utf8("x"), 5000, 12_345), {
        kind: "reply",
        frame: utf8("X"),
        sentUtcUs: 12_345,
      });
      assert.deepEqual(await client.request(utf8("refuse"), 5000), {
        kind: "none",
        reason: "refused",
      });
      const pending = client.request(utf8("hold"), 60_000);
      await eventually(clock, () => held.length === 1);
      await server[Symbol.asyncDispose]();
      assert.deepEqual(await pending, { kind: "none", reason: "lost" });
    }));
}
