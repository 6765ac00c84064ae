// Goal: hosts reach each other by themselves and by broadcast; two subnets meet through the router alone; loss is what was asked
// for; a cut is one-way; the switch delays by what was asked, loses, doubles and lets overtake; nothing stays behind.
// Method: numbered datagrams between probes on the hosts, counted and timed where they arrive; counts are fixed, and their
// bounds six standard deviations wide. Delay is bounded from below alone.
// Seed: the switch's is 1; the kernel's loss has none.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { measureWay, measureWays } from "./measure.ts";
import { existingNamespaces, pidsWithin, startOf, sweepStale } from "./owner.ts";
import { type LinkQuality, namespacesOf } from "./plan.ts";
import { switchObstacle } from "./switch-process.ts";
import { Testbed } from "./testbed.ts";
import { nftObstacle, testbedObstacle } from "./tools.ts";

const CLEAN: LinkQuality = {
  ...{ delayMs: 0, jitterMs: 0, lossShare: 0, duplicateShare: 0, reorderShare: 0 },
};

/** The first `count` hosts. */
function firstOf(testbed: Testbed): Testbed["hosts"][number][] {
  return [...testbed.hosts];
}

/** Asserts that `count` of `total` trials is what chance of `share` gives, within six standard deviations. */
function assertShare(count: number, total: number, share: number): void {
  const deviation = Math.sqrt(total * share * (1 - share));
  const isWithin = Math.abs(count - total * share) <= 6 * deviation;
  assert(isWithin, `${count} of ${total} are not a share of ${share}`);
}

function needs(title: string, obstacle: string | undefined, body: () => void): void {
  const why = obstacle === undefined ? "" : ` (${obstacle})`;
  const suite = obstacle === undefined ? describe : describe.skip;
  suite(`${title}${why}`, function (this: Mocha.Suite) {
    this.timeout(60_000);
    body();
  });
}

needs("a testbed of the kernel's bridge", testbedObstacle(), () => {
  it("lets hosts hear each other, and each other's broadcasts", async () => {
    await using testbed = await Testbed.make({ hostCount: 3 });
    const [a, ...others] = firstOf(testbed);
    assert(a !== undefined);
    const { there } = await measureWays(testbed, a, others, { count: 5, intervalMs: 1 });
    assert.deepEqual(
      there.map((each) => each.map(({ number }) => number)),
      [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4],
      ],
    );
  });

  it("connects two subnets through the router alone, and broadcasts stay in theirs", async () => {
    await using testbed = await Testbed.make({ hostCount: 4, subnetCount: 2 });
    const [a, b, c, d] = firstOf(testbed);
    assert(a !== undefined && b !== undefined && c !== undefined && d !== undefined);
    assert.deepEqual([a.subnet, b.subnet, c.subnet, d.subnet], [1, 1, 2, 2]);
    const { there } = await measureWays(testbed, a, [b, d], { count: 3, intervalMs: 1 });
    assert.deepEqual(
      there.map(({ length }) => length),
      [3, 0],
    );
    const across = await measureWay(testbed, a, d, { count: 3, intervalMs: 1 });
    assert.equal(across.back.length, 3);
    const { routerNamespace = "" } = testbed.plan;
    const off = "echo 0 > /proc/sys/net/ipv4/ip_forward";
    await testbed.run({ ...a, namespace: routerNamespace }, ["sh", "-c", off]);
    const without = await measureWay(testbed, a, d, { count: 3, intervalMs: 1 });
    assert.equal(without.there.length, 0);
  });

  it("removes namespaces and programs with itself, and twice is as once", async () => {
    const testbed = await Testbed.make({ hostCount: 2 });
    const [a] = testbed.hosts;
    assert(a !== undefined);
    const sleeper = testbed.spawn(a, ["sh", "-c", "sleep 1000 & exec sleep 1000"]);
    while ((await pidsWithin(a.namespace)).length < 2) await new Promise(setImmediate);
    const pids = await pidsWithin(a.namespace);
    await testbed[Symbol.asyncDispose]();
    await testbed[Symbol.asyncDispose]();
    assert.equal(sleeper.signalCode, "SIGKILL");
    const names = namespacesOf(testbed.plan);
    assert.deepEqual(
      existingNamespaces().filter((name) => names.includes(name)),
      [],
    );
    assert.deepEqual(pids.map(startOf), [undefined, undefined]);
  });

  it("sweeps what a killed process left", async () => {
    const testbedUrl = new URL("./testbed.js", import.meta.url).href;
    const code = `const { Testbed } = await import(${JSON.stringify(testbedUrl)});
      const testbed = await Testbed.make({ hostCount: 2 });
      console.log(testbed.plan.prefix);
      await new Promise(() => setInterval(() => undefined, 1000));`;
    const words = ["--input-type=module", "-e", code];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const prefix = said.toString().trim();
    const left = (): string[] =>
      existingNamespaces().filter((name) => name.startsWith(`${prefix}.`));
    await sweepStale();
    assert.equal(left().length, 3, "a living process keeps its own");
    child.kill("SIGKILL");
    await once(child, "exit");
    await sweepStale();
    assert.deepEqual(left(), []);
  });
});

needs("a testbed with nftables", testbedObstacle() ?? nftObstacle(), () => {
  it("cuts one way, partitions, and heals", async () => {
    await using testbed = await Testbed.make({ hostCount: 3 });
    const [a, b, c] = firstOf(testbed);
    assert(a !== undefined && b !== undefined && c !== undefined);
    const burst = { count: 10, intervalMs: 1 };
    // Neighbours ask for each other's address before they are cut.
    await measureWay(testbed, a, b, { count: 1, intervalMs: 1 });
    await testbed.cut(b, a);
    const cut = await measureWay(testbed, a, b, burst);
    assert.deepEqual([cut.there.length, cut.back.length], [10, 0]);
    await testbed.partition([[a, b], [c]]);
    assert.equal((await measureWay(testbed, a, b, burst)).back.length, 10);
    assert.equal((await measureWay(testbed, a, c, burst)).there.length, 0);
    await testbed.heal();
    assert.equal((await measureWay(testbed, a, c, burst)).back.length, 10);
  });

  it("loses the share that was asked for, on the way in", async () => {
    await using testbed = await Testbed.make({ hostCount: 2 });
    const [a, b] = firstOf(testbed);
    assert(a !== undefined && b !== undefined);
    await testbed.lose(b, 0.3);
    const { there, back } = await measureWay(testbed, a, b, { count: 500, intervalMs: 1 });
    assertShare(500 - there.length, 500, 0.3);
    assert.equal(back.length, there.length);
  });
});

needs("a testbed of the switch", testbedObstacle() ?? switchObstacle(), () => {
  it("delays by at least what was asked, one way, and keeps the order", async () => {
    const link = { delayMs: 20, jitterMs: 5 };
    await using testbed = await Testbed.make({ hostCount: 2, link });
    const [a, b] = firstOf(testbed);
    assert(a !== undefined && b !== undefined);
    await testbed.setLink(b, a, CLEAN);
    const { there, back } = await measureWay(testbed, a, b, { count: 100, intervalMs: 1 });
    assert.deepEqual(
      there.map(({ number }) => number),
      Array.from({ length: 100 }, (_, number) => number),
    );
    const soonest = Math.min(...there.map(({ delayUs }) => delayUs));
    assert(soonest >= 15_000, `one came after ${soonest} us`);
    const returned = Math.min(...back.map(({ delayUs }) => delayUs));
    assert(returned < soonest, `the way back took ${returned} us`);
  });

  it("loses, doubles and lets overtake the shares that were asked for", async () => {
    await using testbed = await Testbed.make({ hostCount: 2, link: {}, seed: 1 });
    const [a, b] = firstOf(testbed);
    assert(a !== undefined && b !== undefined);
    // Neighbours know each other's addresses, so that the count below is of datagrams alone.
    await measureWay(testbed, a, b, { count: 1, intervalMs: 1 });
    const options = { count: 500, intervalMs: 1 };
    await testbed.setLink(a, b, { ...CLEAN, lossShare: 0.2 });
    const lost = await measureWay(testbed, a, b, options);
    assertShare(500 - lost.there.length, 500, 0.2);
    await testbed.setLink(a, b, { ...CLEAN, duplicateShare: 0.2 });
    const doubled = await measureWay(testbed, a, b, options);
    assertShare(doubled.there.length - 500, 500, 0.2);
    await testbed.setLink(a, b, { ...CLEAN, delayMs: 30, reorderShare: 0.2 });
    const mixed = await measureWay(testbed, a, b, options);
    assert.equal(mixed.there.length, 500);
    assertShare((await testbed.switchCounts())["overtaking"] ?? 0, 500, 0.2);
    assert.notDeepEqual(
      mixed.there.map(({ number }) => number),
      Array.from({ length: 500 }, (_, number) => number),
    );
  });

  it("joins two subnets, too", async () => {
    await using testbed = await Testbed.make({ hostCount: 2, subnetCount: 2, link: {} });
    const [a, b] = firstOf(testbed);
    assert(a !== undefined && b !== undefined);
    const { back } = await measureWay(testbed, a, b, { count: 3, intervalMs: 1 });
    assert.equal(back.length, 3);
    assert.equal((await testbed.switchCounts())["lost"], 0);
  });
});
