import { openSwitchboard } from "../../agent/core/switchboard.ts";
import type { World } from "../../agent/core/world.ts";
import { Dht } from "../../agent/dht/dht.ts";
import type { DhtOptions } from "../../agent/dht/dht-options.ts";
import { idOfKey } from "../../agent/dht/ids.ts";
import { RecordStore } from "../../agent/dht/record-store.ts";
import { signRecord } from "../../agent/dht/signed-record.ts";
import { SimIdentity } from "../../agent/sim/sim-identity.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { type Figure, figure, percentile } from "./figures.ts";

/** Every link takes exactly this, in µs. */
const LINK_US = 1_000;
const SIZES = [8, 32, 128, 512, 1_000];
/** Values and listeners of each board when its idle traffic is measured. */
const IDLE_KEYS = 5;
const IDLE_MS = 300_000;

/** One board of a simulated cluster. */
interface Board {
  readonly dht: Dht;
  readonly world: World;
  readonly address: string;
}

/** The registry in simulated time, on links of 1 ms: latencies, idle traffic; and its memory on this machine. */
export async function benchDht(quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of quick ? SIZES.slice(0, 3) : SIZES) {
    process.stderr.write(`dht: ${size} boards\n`);
    figures.push(...(await notifiedFigures(size, quick ? 3 : 10)));
    figures.push(...(await lookupFigures(size)));
    if (size <= 128) figures.push(...(await idleFigures(size)));
  }
  figures.push(...memoryFigures());
  return figures;
}

async function clusterOf(
  size: number,
  options: DhtOptions,
): Promise<{ readonly sim: Simulation; readonly boards: readonly Board[] }> {
  const sim = new Simulation({ seed: 1, network: { delayUsMin: LINK_US, delayUsMax: LINK_US } });
  const boards: Board[] = [];
  for (let index = 0; index < size; index += 1) {
    const world = sim.host(`b${index}`).openWorld("agent");
    const port = await openSwitchboard(world.lan, 4000);
    const [first] = boards;
    const dht = new Dht({ ...world, port }, { ...options, seeds: first ? [first.address] : [] });
    void dht.run(new AbortController().signal);
    boards.push({ dht, world, address: port.address });
  }
  if (options.membersOnly !== false)
    for (const { dht } of boards)
      for (const { world, address } of boards)
        dht.addContact({ publicKey: world.identity.publicKey, address });
  return { sim, boards };
}

/** One board publishes, all others listen: from there to each of them, in ms. */
async function notifiedFigures(size: number, roundCount: number): Promise<Figure[]> {
  const { sim, boards } = await clusterOf(size, {});
  const tookMs: number[] = [];
  let startUtcUs = 0;
  for (let round = 0; round < roundCount; round += 1) {
    const publisher = boards[round % size];
    let toldCount = 0;
    const stops = boards
      .filter((board) => board !== publisher)
      .map(({ dht }) =>
        dht.listen(`k${round}`, (values) => {
          if (values.length === 0) return;
          tookMs.push((sim.utcUs - startUtcUs) / 1_000);
          toldCount += 1;
        }),
      );
    await sim.runFor(5_000);
    startUtcUs = sim.utcUs;
    const withdraw = publisher?.dht.publish(`k${round}`, "tcp://192.168.1.7:40123");
    await sim.runWhile(() => toldCount < size - 1 && sim.utcUs < startUtcUs + 10_000_000);
    withdraw?.();
    for (const stop of stops) stop();
  }
  return distribution(`registered to notified, ${size} boards`, tookMs);
}

/** Kademlia by itself: a value that one board has said is looked up by others, in ms. */
async function lookupFigures(size: number): Promise<Figure[]> {
  // Beyond, the way in of so many boards takes a simulator minutes.
  if (size > 128) return [];
  const { sim, boards } = await clusterOf(size, { membersOnly: false });
  await sim.runFor(20_000);
  const tookMs: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    boards[(7 * round) % size]?.dht.publish(`k${round}`, "tcp://192.168.1.7:40123");
    await sim.runFor(100);
    const startUtcUs = sim.utcUs;
    let isFound = false;
    void boards[(11 * round + 3) % size]?.dht.get(`k${round}`).then((values) => {
      if (values.length > 0) tookMs.push((sim.utcUs - startUtcUs) / 1_000);
      isFound = true;
    });
    await sim.runWhile(() => !isFound && sim.utcUs < startUtcUs + 10_000_000);
  }
  const found = figure("dht", `lookups that found it, ${size} boards`, tookMs.length, "of 50");
  return [...distribution(`looked up without membership, ${size} boards`, tookMs), found];
}

/** Each board has five values and listens to five keys of others; bytes with the headers of UDP and IPv4. */
async function idleFigures(size: number): Promise<Figure[]> {
  const { sim, boards } = await clusterOf(size, {});
  for (const [index, { dht }] of boards.entries())
    for (let key = 0; key < IDLE_KEYS; key += 1) {
      dht.publish(`k${IDLE_KEYS * index + key}`, "tcp://192.168.1.7:40123");
      dht.listen(`k${(IDLE_KEYS * index + 13 * (key + 1)) % (IDLE_KEYS * size)}`, () => undefined);
    }
  await sim.runFor(60_000);
  const before = boards.map(({ dht }) => sentOf(dht));
  await sim.runFor(IDLE_MS);
  const rates = boards.map(({ dht }, index) => {
    const perBoard = sentOf(dht) - (before[index] ?? 0);
    return (1_000 * perBoard) / IDLE_MS;
  });
  const name = `idle, 5 values and 5 listeners, ${size} boards`;
  return [
    figure("dht", `${name}, mean sent`, rates.reduce((sum, each) => sum + each, 0) / size, "B/s"),
    figure("dht", `${name}, busiest sent`, Math.max(...rates), "B/s"),
  ];
}

function sentOf(dht: Dht): number {
  const { sentBytes, sentCount } = dht.inspect().counters;
  const [tagBytes, headerBytes] = [4, 28];
  return sentBytes + sentCount * (tagBytes + headerBytes);
}

/** Heap and buffers of 1,000 values; exact only where the collector can be called. */
function memoryFigures(): Figure[] {
  const collect = (globalThis as { gc?: () => void }).gc;
  const used = (): number => {
    collect?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const identities = Array.from({ length: 100 }, (_, owner) => new SimIdentity(`o${owner}`));
  const limits = { recordsMax: 10_000, recordsPerOwnerMax: 1_024, recordsPerKeyMax: 4_096 };
  const store = new RecordStore(limits);
  const fill = (from: number): void => {
    for (let count = from; count < from + 5_000; count += 1) {
      const identity = identities[count % identities.length];
      if (identity === undefined) continue;
      const facts = { key: idOfKey(`k${count}`), slot: count, sequence: count + 1, floor: 0 };
      const value = "tcp://192.168.1.7:40123";
      const record = signRecord(identity, 1, { ...facts, ttlS: 300, isTombstone: false, value });
      store.put(record, 300_000);
    }
  };
  fill(0);
  const before = used();
  fill(5_000);
  const perThousandKb = (used() - before) / 5 / 1_024;
  const note = collect === undefined ? " (node --expose-gc for an exact figure)" : "";
  return [figure("dht", `memory of 1,000 values${note}`, perThousandKb, "KB")];
}

function distribution(name: string, tookMs: readonly number[]): Figure[] {
  return [
    figure("dht", `${name}, p50`, percentile(tookMs, 0.5), "ms"),
    figure("dht", `${name}, p99`, percentile(tookMs, 0.99), "ms"),
    figure("dht", `${name}, max`, Math.max(...tookMs), "ms"),
  ];
}
