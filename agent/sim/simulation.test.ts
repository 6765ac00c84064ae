// Goal: a run is a pure function of its seed; faults act as they do on real boards; programs may be
// killed between any two events.
// Method: small clusters; every property that depends on chance is tried with several seeds.
// Seed: named in each test.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Program } from "../core/program.ts";
import { asked, bytes, fromUtf8, never, utf8 } from "../core/run-in-world.contract.ts";
import type { WireSubscriber } from "../core/wire.ts";
import { SeededRandom } from "./seeded-random.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

/** Beacons every 100 ms, and follows whoever is heard: frames both ways, requests, writes, a log. */
const gossip: Program = async (
  { lan, wire, clock, random, store, log },
  _options,
  _parent,
  signal,
) => {
  await using database = await store.open("gossip");
  await using socket = await lan.open(7);
  await using publisher = await wire.publisher();
  let heardCount = 0;
  await using subscriber = wire.subscriber((frame) => {
    heardCount += 1;
    database.transact((writer) => {
      writer.put("left", bytes(heardCount % 256), frame);
      writer.put("right", bytes(heardCount % 256), frame);
    });
  });
  const listen = async (): Promise<void> => {
    for await (const { payload } of socket.received(signal))
      subscriber.connect(fromUtf8(payload) ?? "");
  };
  const speak = async (): Promise<void> => {
    while (!signal.aborted) {
      socket.broadcast(utf8(publisher.endpoint));
      publisher.offer(random.bytes(8));
      log.write("info", "spoke", { heardCount });
      await clock.sleep(90 + 20 * random.next(), signal);
    }
  };
  await Promise.all([listen(), speak()]);
};

async function gossipRun(seed: number, hosts: readonly string[]): Promise<Simulation> {
  const sim = new Simulation({ seed, programs: { gossip } });
  for (const name of hosts) sim.host(name);
  for (const name of ["a", "b", "c"])
    sim.host(name).start({ program: "gossip", name: "g", options: 0 });
  await sim.runFor(2000);
  return sim;
}

describe("simulation", function () {
  this.timeout(30_000);
  it("the same seed gives the same transcript, another seed another one", async () => {
    const first = await gossipRun(1, []);
    const again = await gossipRun(1, []);
    const other = await gossipRun(2, []);
    assert((first.counters["framesDelivered"] ?? 0) > 50);
    assert.equal(first.transcriptHash(), again.transcriptHash());
    assert.deepEqual(first.counters, again.counters);
    assert.notEqual(first.transcriptHash(), other.transcriptHash());
  });

  it("the order in which hosts are made changes nothing", async () => {
    const first = await gossipRun(3, ["a", "b", "c"]);
    const second = await gossipRun(3, ["c", "unused", "b", "a"]);
    assert.equal(first.transcriptHash(), second.transcriptHash());
  });

  it("every host, and every way between two, has chance of its own", async () => {
    const random = (host: string): number =>
      new Simulation({ seed: 1 }).host(host).openWorld("w").random.next();
    assert.equal(random("a"), random("a"));
    assert.notEqual(random("a"), random("b"));
    const arrivals = async (chatter: boolean): Promise<number[]> => {
      const sim = new Simulation({ seed: 1 });
      const [sender, receiver, talker] = await Promise.all(
        ["a", "b", "c"].map((host, index) =>
          sim
            .host(host)
            .openWorld("w")
            .lan.open(index === 2 ? 2 : 1),
        ),
      );
      const other = await sim.host("b").openWorld("o").lan.open(2);
      const times: number[] = [];
      void (async () => {
        for await (const { fromHost } of receiver!.received(never))
          if (fromHost === "a") times.push(sim.utcUs);
      })();
      for (let count = 0; count < 20; count += 1) {
        if (chatter) talker!.broadcast(bytes(count));
        sender!.broadcast(bytes(count));
        await sim.runFor(2);
      }
      await other[Symbol.asyncDispose]();
      return times;
    };
    assert.equal((await arrivals(false)).length, 20);
    assert.deepEqual(await arrivals(true), await arrivals(false));
  });

  it("the transcript tells apart runs that differ in one byte carried", async () => {
    const hashOf = async (byte: number): Promise<string> => {
      const sim = new Simulation({ seed: 1 });
      const socket = await sim.host("a").openWorld("w").lan.open(1);
      socket.broadcast(bytes(byte));
      await sim.runToIdle();
      return sim.transcriptHash();
    };
    assert.equal(await hashOf(1), await hashOf(1));
    assert.notEqual(await hashOf(1), await hashOf(2));
  });

  it("the transcript tells apart what was recorded, and when", async () => {
    const hashes = new Set<string>();
    for (const [value, waitMs] of [
      [1, 0],
      [2, 0],
      [1, 1],
    ] as const) {
      const sim = new Simulation({ seed: 1 });
      await sim.runFor(waitMs);
      sim.record("fact", { value, text: "x".repeat(100_000) });
      hashes.add(sim.transcriptHash());
    }
    assert.equal(hashes.size, 3);
  });

  it("programs may be killed between any two events: databases stay whole and are free again", async () => {
    for (let count = 1; count <= 120; count += 1) {
      const sim = new Simulation({ seed: count, programs: { gossip } });
      const call = { program: "gossip", name: "g", options: 0 };
      const victim = sim.host("a").start(call);
      sim.host("b").start(call);
      await sim.step(count);
      victim.kill();
      victim.kill();
      assert.deepEqual(await victim.exited, { kind: "killed", reason: "killed" });
      const again = sim.host("a").start(call);
      await sim.runFor(500);
      again.stop();
      await sim.runFor(500);
      assert.equal((await again.exited).kind, "stopped", `killed after event ${count}`);
      const { store } = sim.host("a").openWorld("reader");
      await using database = await store.open("gossip");
      const left = database.scan("left", {});
      assert(left.length > 0);
      assert.deepEqual(left, database.scan("right", {}));
    }
  });

  it("a killed program hears, wakes and says nothing more, and its peers see it go", async () => {
    const sim = new Simulation({ seed: 1, programs: { gossip } });
    const victim = sim.host("a").start({ program: "gossip", name: "g", options: 0 });
    const { wire, lan } = sim.host("b").openWorld("peer");
    const publisher = await wire.publisher();
    const socket = await lan.open(7);
    socket.broadcast(utf8(publisher.endpoint));
    await sim.runFor(200);
    socket.broadcast(utf8(publisher.endpoint));
    await sim.runFor(50);
    assert.equal(publisher.subscriberCount, 1);
    victim.kill();
    const sentCount = sim.counters["datagramsSent"];
    await sim.runFor(1000);
    assert.equal(publisher.subscriberCount, 0);
    assert.equal(sim.counters["datagramsSent"], sentCount);
  });

  it("power cut kills a host's programs and their children; parents' ends stop children", async () => {
    const ends: string[] = [];
    const child: Program = async ({ clock }, _options, _parent, signal) => {
      await clock.sleep(1e9, signal);
      ends.push("child stopped");
    };
    const parent: Program = async ({ spawner, clock }, _options, _parent, signal) => {
      spawner.spawn({ program: "child", name: "child", options: 0 });
      await clock.sleep(1e9, signal);
    };
    const sim = new Simulation({ seed: 1, programs: { child, parent } });
    const call = { program: "parent", name: "parent", options: 0 };
    const first = sim.host("a").start(call);
    await sim.runFor(10);
    first.kill();
    await sim.runFor(10);
    assert.deepEqual(ends, ["child stopped"]);
    const second = sim.host("a").start(call);
    await sim.runFor(10);
    sim.host("a").powerOff();
    await sim.runFor(10_000);
    assert.deepEqual(await second.exited, { kind: "killed", reason: "power lost" });
    assert.deepEqual(ends, ["child stopped"]);
    assert.equal(sim.counters["killed"], 3);
  });

  it("a thread is gone in the instant in which its process ends, however that ends", async () => {
    const ends: string[] = [];
    const inner: Program = async ({ clock, store }, _options, _parent, signal) => {
      await using _ = await store.open("held");
      await clock.sleep(1e9, signal);
      ends.push("the thread was asked to stop");
    };
    const outer: Program = async ({ spawner }, options, _parent, signal) => {
      spawner.spawn({ in: "thread", program: "inner", name: "inner", options: 0 });
      if (options === "fails") throw new Error("too early");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const sim = new Simulation({ seed: 1, programs: { inner, outer } });
    const host = sim.host("a");
    for (const end of ["kill", "stop", "fails"] as const) {
      const child = host.start({ program: "outer", name: "outer", options: end });
      await sim.runFor(10);
      if (end !== "fails") child[end]();
      await sim.runFor(1);
      await child.exited;
      assert.equal(host.kill("inner"), false, `${end}: the thread is still there`);
      await (await host.openWorld("w").store.open("held"))[Symbol.asyncDispose]();
    }
    assert.deepEqual(ends, []);
  });

  it("time stands still while the world outside works", async () => {
    let text: string | undefined;
    const sim = new Simulation({
      seed: 1,
      assets: { text: async () => readFile(new URL(import.meta.url), "utf8") },
      programs: {
        async reader({ assets, clock }) {
          const startUtcUs = clock.utcUs();
          text = await assets.text("x");
          assert.equal(clock.utcUs(), startUtcUs);
        },
        async ticker({ clock }, _options, _parent, signal) {
          while (!signal.aborted) await clock.sleep(0.01, signal);
        },
      },
    });
    const reader = sim.host("a").start({ program: "reader", name: "r", options: 0 });
    sim.host("a").start({ program: "ticker", name: "t", options: 0 });
    await sim.runFor(1);
    assert.deepEqual(await reader.exited, { kind: "failed", reason: "ended by itself" });
    assert.match(text ?? "", /stands still/);
  });

  it("a program's forgotten promise and a receiver that throws fail that program alone", async () => {
    const forgets: Program = async ({ clock }, _options, parent, signal) => {
      parent.receive(() => {
        throw new Error("thrown in a receiver");
      });
      await clock.sleep(1e6, signal);
      void Promise.reject(new Error("forgotten"));
      await clock.sleep(1e6, signal);
    };
    const sim = new Simulation({ seed: 1, programs: { forgets, gossip } });
    const [first, second] = ["first", "second"].map((name) =>
      sim.host("a").start({ program: "forgets", name, options: 0 }),
    );
    const other = sim.host("b").start({ program: "gossip", name: "g", options: 0 });
    await sim.runFor(10);
    first?.channel.send(1);
    await sim.runFor(10);
    assert.match((await first!.exited).reason, /thrown in a receiver/);
    await sim.runFor(1.1e6);
    assert.match((await second!.exited).reason, /forgotten/);
    assert.equal(sim.counters["failed"], 2);
    other.kill();
  });

  it("one runs at a time, and one that never rests is stopped", async () => {
    const sim = new Simulation({ seed: 1, programs: { gossip } });
    sim.host("a").start({ program: "gossip", name: "g", options: 0 });
    const running = sim.runFor(10);
    await assert.rejects(new Simulation({ seed: 1 }).runFor(1), /one simulation runs at a time/);
    await running;
    await assert.rejects(sim.runToIdle(100), /not at rest after 100 events/);
    sim.host("a").powerOff();
    await sim.runToIdle();
    assert.deepEqual(process.listeners("unhandledRejection").length > 0, true);
  });
});

describe("simulated network", function () {
  this.timeout(30_000);
  interface Pair {
    readonly sim: Simulation;
    readonly heard: string[];
    readonly offer: (text: string) => number;
    readonly count: () => number;
    readonly subscriber: WireSubscriber;
  }

  async function pair(options: SimulationOptions): Promise<Pair> {
    const sim = new Simulation(options);
    const publisher = await sim.host("a").openWorld("p").wire.publisher();
    const heard: string[] = [];
    const subscriber = sim
      .host("b")
      .openWorld("s")
      .wire.subscriber((frame) => heard.push(fromUtf8(frame) ?? ""));
    subscriber.connect(publisher.endpoint);
    await sim.runFor(10);
    assert.equal(publisher.subscriberCount, 1);
    return {
      sim,
      heard,
      subscriber,
      offer: (text) => publisher.offer(utf8(text)),
      count: () => publisher.subscriberCount,
    };
  }

  for (const seed of [1, 2, 3]) {
    it(`a short cut delays frames and keeps their order (seed ${seed})`, async () => {
      const { sim, heard, offer, count } = await pair({ seed });
      offer("1");
      offer("2");
      sim.partition(["a"], ["b"]);
      offer("3");
      await sim.runFor(5000);
      assert.deepEqual(heard, []);
      assert.equal(count(), 1);
      offer("4");
      sim.heal();
      offer("5");
      await sim.runFor(100);
      assert.deepEqual(heard, ["1", "2", "3", "4", "5"]);
    });
  }

  it("a long cut loses the connection and what was in it; then it is made anew", async () => {
    const { sim, heard, offer, count } = await pair({ seed: 1 });
    sim.unplug("b");
    assert.equal(offer("lost"), 1);
    await sim.runFor(7000);
    assert.equal(count(), 0);
    assert.equal(offer("nobody there"), 0);
    sim.plug("b");
    await sim.runFor(100);
    assert.equal(count(), 1);
    offer("back");
    await sim.runFor(10);
    assert.deepEqual(heard, ["back"]);
  });

  it("a request into a cut times out, and its late reply answers nothing else", async () => {
    const sim = new Simulation({ seed: 1 });
    const server = await sim
      .host("a")
      .openWorld("s")
      .wire.server((request) => request.reply(request.frame));
    const { wire } = sim.host("b").openWorld("c");
    const client = wire.client(server.endpoint);
    await sim.runFor(10);
    sim.partition(["a"]);
    const replies: string[] = [];
    const ask = (text: string): void =>
      void asked(client, utf8(text), 1000).then((reply) =>
        replies.push(`${text}: ${fromUtf8(reply) ?? "none"}`),
      );
    ask("cut");
    await sim.runFor(2000);
    assert.deepEqual(replies, ["cut: none"]);
    sim.heal();
    ask("next");
    await sim.runFor(100);
    assert.deepEqual(replies, ["cut: none", "next: next"]);
  });

  it("datagrams are lost, doubled and overtaken as the rates say, never on one's own host", async () => {
    const sim = new Simulation({
      seed: 5,
      network: { lossRate: 0.3, duplicateRate: 0.2, reorderRate: 0.2 },
    });
    const sender = await sim.host("a").openWorld("x").lan.open(1);
    const heard = new Map<string, number[]>();
    for (const host of ["a", "b"]) {
      const numbers: number[] = [];
      heard.set(host, numbers);
      const socket = await sim.host(host).openWorld("y").lan.open(1);
      void (async () => {
        for await (const { payload } of socket.received(never))
          numbers.push((payload[0] ?? 0) * 256 + (payload[1] ?? 0));
      })();
    }
    for (let number = 0; number < 1000; number += 1) {
      sender.broadcast(bytes(number >> 8, number % 256));
      await sim.runFor(0.1);
    }
    await sim.runFor(1000);
    const numbers = heard.get("b") ?? [];
    const uniqueCount = new Set(numbers).size;
    assert(Math.abs(uniqueCount - 700) < 80, `${uniqueCount} of 1000 arrived`);
    assert(numbers.length > uniqueCount * 1.1);
    assert.notDeepEqual(
      numbers,
      [...numbers].sort((first, second) => first - second),
    );
    assert.equal(new Set(heard.get("a")).size, 1000);
    assert.equal(heard.get("a")?.length, 1000);
  });
});

describe("simulated disk", function () {
  this.timeout(30_000);
  it("fails, or kills before or after, the transaction that a test chooses", async () => {
    for (const [fate, kind, keptCount] of [
      ["fail", "failed", 2],
      ["kill-before", "killed", 2],
      ["kill-after", "killed", 3],
    ] as const) {
      let finallyCount = 0;
      const writes: Program = async ({ store, clock }, _options, parent, signal) => {
        const database = await store.open("d");
        try {
          for (let number = 1; number < 9; number += 1) {
            database.transact((writer) => writer.put("t", bytes(number), bytes(number)));
            await clock.sleep(1, signal);
          }
        } finally {
          finallyCount += 1;
          parent.send("a last word");
        }
      };
      const sim = new Simulation({ seed: 1, programs: { writes } });
      const host = sim.host("a");
      host.disk.writeFault = (_database, number) => (number === 3 ? fate : "durable");
      const child = host.start({ program: "writes", name: "w", options: 0 });
      const words: unknown[] = [];
      child.channel.receive((word) => words.push(word));
      await sim.runToIdle();
      assert.equal((await child.exited).kind, kind);
      assert.deepEqual(words, fate === "fail" ? ["a last word"] : []);
      assert.equal(finallyCount, 1);
      await using database = await host.openWorld("r").store.open("d");
      assert.equal(database.scan("t", {}).length, keptCount);
    }
  });
});

describe("seeded random", function () {
  this.timeout(30_000);
  it("streams are independent of each other and fixed for ever", () => {
    const draws = (seed: string): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 4 }, () => Math.floor(random.next() * 2 ** 32));
    };
    assert.deepEqual(draws("1 host a"), draws("1 host a"));
    assert.notDeepEqual(draws("1 host a"), draws("1 host b"));
    assert.notDeepEqual(draws("1 host a"), draws("2 host a"));
    // A change of these numbers would turn every seed in a bug report into another run.
    assert.deepEqual(draws("1 host a"), FIXED_DRAWS);
  });
});

const FIXED_DRAWS = [4_237_963_791, 2_032_159_225, 4_208_279_631, 2_975_258_025];
