// Goal: links are slow, lossy, clogged, cut in one direction or parted by segments as a test says, and
// nothing else of the network changes for it.
// Method: numbered datagrams and frames between a few hosts; the bounds of what depends on chance are
// those of some hundreds of draws.
// Seed: 1, and 1 to 5 for rates.
import assert from "node:assert/strict";
import type { DatagramSocket } from "../core/lan.ts";
import { bytes, fromUtf8, never, utf8 } from "../core/run-in-world.contract.ts";
import type { NetworkOptions } from "./network.ts";
import { Simulation } from "./simulation.ts";

const UDP_PORT = 9;

interface Heard {
  readonly text: string;
  readonly from: string;
  readonly atMs: number;
}

/** A host with one socket, and all that it heard. */
async function listener(
  sim: Simulation,
  name: string,
): Promise<{ readonly socket: DatagramSocket; readonly heard: Heard[]; texts: () => string[] }> {
  const heard: Heard[] = [];
  const startUs = sim.utcUs;
  const socket = await sim
    .host(name)
    .openWorld("w")
    .lan.bind(({ payload, from }) => {
      heard.push({ text: fromUtf8(payload) ?? "", from, atMs: (sim.utcUs - startUs) / 1000 });
    }, UDP_PORT);
  return { socket, heard, texts: () => heard.map(({ text }) => text) };
}

/** Delays in ms of `count` datagrams from a to b, 10 ms apart; undefined for lost ones. */
async function delays(
  options: NetworkOptions,
  count: number,
  seed = 1,
): Promise<(number | undefined)[]> {
  const sim = new Simulation({ seed, network: options });
  const a = await listener(sim, "a");
  const b = await listener(sim, "b");
  for (let number = 0; number < count; number += 1) {
    a.socket.send(`b:${UDP_PORT}`, utf8(String(number)));
    await sim.runFor(10);
  }
  await sim.runFor(100_000);
  return Array.from({ length: count }, (_, number) => {
    const found = b.heard.find(({ text }) => text === String(number));
    return found === undefined ? undefined : found.atMs - 10 * number;
  });
}

describe("simulated links", function () {
  this.timeout(30_000);
  it("have a heavy tail where they are asked for one, cut off where it is said", async () => {
    const options = { delayUsMin: 1000, delayUsMax: 2000, tailRate: 0.3, tailUsMax: 50_000 };
    const times = (await delays(options, 500)).map((each) => each ?? 0);
    const late = times.filter((each) => each > 2);
    assert(Math.abs(late.length - 150) < 45, `${late.length} of 500 in the tail`);
    // Pareto of shape 2: a quarter of the tail beyond twice its start.
    const far = late.filter((each) => each > 4).length;
    assert(Math.abs(far / late.length - 0.25) < 0.12, `${far} of ${late.length}`);
    assert(Math.max(...times) <= 50);
    assert(Math.min(...times) >= 1);
  });

  for (let seed = 1; seed <= 5; seed += 1)
    it(`lose datagrams in bursts, as often and as long as the rates say (seed ${seed})`, async () => {
      const options = { burstStartRate: 0.02, burstEndRate: 0.2, burstLossRate: 1 };
      const lost = (await delays(options, 2000, seed)).map((each) => each === undefined);
      const lostCount = lost.filter(Boolean).length;
      const burstCount = lost.filter((each, at) => each && lost[at - 1] !== true).length;
      const share = 0.02 / (0.02 + 0.2);
      assert(Math.abs(lostCount / 2000 - share) < 0.05, `${lostCount} of 2000 lost`);
      assert(Math.abs(lostCount / burstCount - 5) < 2.5, `${lostCount} in ${burstCount} bursts`);
    });

  it("carry so many bytes a second, queue up to a bound, and drop beyond it", async () => {
    const sim = new Simulation({ seed: 1 });
    const [a, b] = [await listener(sim, "a"), await listener(sim, "b")];
    const end = sim.setLink("a", "b", { bytesPerSecond: 10_000, queueBytesMax: 3_000 });
    // 1,000 bytes with their headers take 100 ms each.
    for (let count = 0; count < 10; count += 1) a.socket.send(`b:${UDP_PORT}`, new Uint8Array(934));
    await sim.runFor(5_000);
    assert.equal(b.heard.length, 4);
    const gapsMs = b.heard.slice(1).map(({ atMs }, at) => atMs - (b.heard[at]?.atMs ?? 0));
    for (const gapMs of gapsMs) assert(Math.abs(gapMs - 100) < 2, String(gapMs));
    b.socket.send(`a:${UDP_PORT}`, new Uint8Array(934));
    await sim.runFor(2);
    assert.equal(a.heard.length, 1, "the other direction is as it was");
    end();
    for (let count = 0; count < 10; count += 1) a.socket.send(`b:${UDP_PORT}`, bytes(1));
    await sim.runFor(2);
    assert.equal(b.heard.length, 14);
  });

  it("delay frames of connections by what a slow link carries, and lose none", async () => {
    const sim = new Simulation({ seed: 1 });
    const publisher = await sim.host("a").openWorld("p").wire.publisher();
    const times: number[] = [];
    const subscriber = sim
      .host("b")
      .openWorld("s")
      .wire.subscriber(() => times.push(sim.utcUs));
    subscriber.connect(publisher.endpoint);
    await sim.runFor(50);
    sim.setLink("a", "b", { bytesPerSecond: 10_000, queueBytesMax: 100 });
    for (let count = 0; count < 10; count += 1) publisher.offer(new Uint8Array(934));
    await sim.runFor(2_000);
    assert.equal(times.length, 10);
    assert(Math.abs((times[9]! - times[0]!) / 1000 - 900) < 5);
  });

  it("hold back what is sent where they are clogged, and let all of it go, in its order", async () => {
    const sim = new Simulation({ seed: 1, network: { delayUsMin: 500, delayUsMax: 500 } });
    const [a, b] = [await listener(sim, "a"), await listener(sim, "b")];
    const free = sim.clog("a", ["b"]);
    for (const text of ["1", "2", "3"]) a.socket.send(`b:${UDP_PORT}`, utf8(text));
    b.socket.send(`a:${UDP_PORT}`, utf8("back"));
    await sim.runFor(60_000);
    assert.deepEqual([a.texts(), b.texts()], [["back"], []]);
    free();
    free();
    await sim.runFor(1);
    assert.deepEqual(b.texts(), ["1", "2", "3"]);
    sim.clog("all", "all");
    a.socket.send(`b:${UDP_PORT}`, utf8("4"));
    sim.heal();
    await sim.runFor(1);
    assert.deepEqual(b.texts(), ["1", "2", "3", "4"]);
  });
});

describe("simulated cuts", function () {
  this.timeout(30_000);
  it("in one direction stop that direction's datagrams alone, also for groups, until they are mended", async () => {
    const sim = new Simulation({ seed: 1 });
    const hosts = await Promise.all(["a", "b", "c"].map((name) => listener(sim, name)));
    const [a, b, c] = hosts as [(typeof hosts)[0], (typeof hosts)[0], (typeof hosts)[0]];
    const all = async (round: string): Promise<void> => {
      for (const [at, { socket }] of hosts.entries())
        for (const name of ["a", "b", "c"])
          if ("abc"[at] !== name) socket.send(`${name}:${UDP_PORT}`, utf8(`${"abc"[at]}${round}`));
      await sim.runFor(10);
    };
    const mends = [sim.cut(["a", "b"], "c"), sim.cut("a", "c")];
    await all("1");
    assert.deepEqual(
      [a.texts().sort(), b.texts().sort(), c.texts()],
      [["b1", "c1"], ["a1", "c1"], []],
    );
    mends[0]!();
    await all("2");
    assert.deepEqual(c.texts(), ["b2"]);
    mends[1]!();
    await all("3");
    assert.deepEqual(c.texts().sort(), ["a3", "b2", "b3"]);
  });

  it("in one direction let a connection's other direction through, for as long as it lasts", async () => {
    const sim = new Simulation({ seed: 1 });
    const heard: string[] = [];
    const publisher = await sim.host("a").openWorld("p").wire.publisher();
    const back = await sim
      .host("a")
      .openWorld("s")
      .wire.server((request) => {
        heard.push(`server ${fromUtf8(request.frame)}`);
        request.reply(request.frame);
      });
    const { wire } = sim.host("b").openWorld("w");
    const subscriber = wire.subscriber((frame) => heard.push(`frame ${fromUtf8(frame)}`));
    subscriber.connect(publisher.endpoint);
    const client = wire.client(back.endpoint);
    await sim.runFor(50);
    const mend = sim.cut("a", "b");
    publisher.offer(utf8("1"));
    const answer = client.request(utf8("2"), 60_000);
    await sim.runFor(4_000);
    assert.deepEqual(heard, ["server 2"]);
    mend();
    await sim.runFor(10);
    assert.equal((await answer).kind, "reply");
    assert.deepEqual(heard.sort(), ["frame 1", "server 2"]);
    sim.cut("a", "b");
    await sim.runFor(7_000);
    assert.equal(publisher.subscriberCount, 0, "who hears nothing gives up");
    sim.heal();
    await sim.runFor(100);
    assert.equal(publisher.subscriberCount, 1);
  });
});

describe("simulated segments", function () {
  this.timeout(30_000);
  async function town(): Promise<{
    readonly sim: Simulation;
    readonly heard: Map<string, string[]>;
    readonly shout: (host: string) => Promise<void>;
  }> {
    const sim = new Simulation({ seed: 1 });
    sim.host("a").nics.attach("eth0", "north");
    sim.host("gw").nics.attach("eth0", "north");
    sim.host("gw").nics.attach("eth1", "south", "10.2.0.1");
    sim.host("b").nics.attach("eth0", "south");
    sim.host("c").nics.attach("eth0", "south");
    const heard = new Map<string, string[]>();
    const shouts = new Map<string, () => void>();
    for (const host of ["a", "gw", "b", "c"]) {
      const texts: string[] = [];
      heard.set(host, texts);
      const socket = await sim.host(host).openWorld("w").lan.open(7);
      shouts.set(host, () => socket.broadcast(utf8(host)));
      void (async () => {
        for await (const { fromHost, payload } of socket.received(never))
          texts.push(`${fromUtf8(payload)} at ${fromHost}`);
      })();
    }
    const shout = async (host: string): Promise<void> => {
      for (const texts of heard.values()) texts.length = 0;
      shouts.get(host)?.();
      await sim.runFor(10);
    };
    return { sim, heard, shout };
  }

  it("keep broadcasts to themselves; who is on two is heard on both, by its address there", async () => {
    const { heard, shout } = await town();
    await shout("a");
    assert.deepEqual(Object.fromEntries(heard), { a: ["a at a"], gw: ["a at a"], b: [], c: [] });
    await shout("gw");
    assert.deepEqual(Object.fromEntries(heard), {
      ...{ a: ["gw at gw"], gw: ["gw at gw"] },
      ...{ b: ["gw at 10.2.0.1"], c: ["gw at 10.2.0.1"] },
    });
  });

  it("are joined by routers alone, whose interfaces and cables count", async () => {
    const { sim } = await town();
    const [a, b] = [await listener(sim, "a"), await listener(sim, "b")];
    const gw = await listener(sim, "gw");
    const say = async (text: string): Promise<boolean> => {
      const before = b.heard.length;
      a.socket.send(`b:${UDP_PORT}`, utf8(text));
      await sim.runFor(10);
      return b.heard.length > before;
    };
    assert.equal(await say("no way"), false);
    sim.router("gw", ["north", "south"]);
    assert.equal(await say("by the gateway"), true);
    const { nics } = sim.host("gw");
    nics.set("eth1", false);
    assert.equal(await say("its other leg is down"), false);
    nics.set("eth1", true);
    assert.equal(await say("and up"), true);
    sim.unplug("gw");
    assert.equal(await say("the gateway is off"), false);
    sim.heal();
    sim.cut("gw", "b");
    assert.equal(await say("behind the gateway it is cut"), false);
    sim.heal();
    b.socket.send(`10.2.0.1:${UDP_PORT}`, utf8("to one address"));
    await sim.runFor(10);
    gw.socket.send(`b:${UDP_PORT}`, utf8("from it"));
    await sim.runFor(10);
    assert.deepEqual(gw.texts(), ["to one address"]);
    assert.equal(b.heard.at(-1)?.from, `10.2.0.1:${UDP_PORT}`);
    sim.router("gw", []);
    assert.equal(await say("it forwards no more"), false);
  });

  it("carry connections across routers; an interface that is down cuts them, also on the one LAN", async () => {
    const { sim } = await town();
    sim.host("x").nics.set("eth0", true);
    sim.router("r", ["north", "south"]);
    for (const [from, to, down] of [
      ["a", "b", "a"],
      ["x", "y", "x"],
    ] as const) {
      const publisher = await sim.host(from).openWorld("p").wire.publisher();
      const subscriber = sim
        .host(to)
        .openWorld("s")
        .wire.subscriber(() => undefined);
      subscriber.connect(publisher.endpoint);
      await sim.runFor(50);
      assert.equal(publisher.subscriberCount, 1);
      sim.host(down).nics.set("eth0", false);
      await sim.runFor(7000);
      assert.equal(publisher.subscriberCount, 0);
      sim.host(down).nics.set("eth0", true);
      await sim.runFor(50);
      assert.equal(publisher.subscriberCount, 1);
    }
  });
});
