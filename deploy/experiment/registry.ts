import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Testbed } from "../testbed/testbed.ts";
import type { TellProgress } from "./discovery.ts";
import { type Done, RegistryNode, type Yardstick } from "./yardstick.ts";

/** How large the comparison is. */
export interface RegistryOptions {
  readonly hostCount: number;
  /** Keys that are listened to, put and looked up. */
  readonly keyCount: number;
  /** Share of the nodes that lose their power at once, 0 to below 1. */
  readonly killedShare: number;
  /** Of the choice of nodes. */
  readonly seed: number;
  /** When, after the kills, values are looked up again, in ms; default 10,000. */
  readonly laterMs?: number;
}

/** Share of values that are found, by whether the node that had put them is alive; NaN where there are none. */
export interface Found {
  readonly living: number;
  readonly dead: number;
}

/** What one registry gave. */
export interface RegistryRun {
  readonly name: string;
  readonly hostCount: number;
  readonly killedCount: number;
  /** From the call until the registry says that the value is kept, in ms. */
  readonly putMs: readonly number[];
  /** From the call of put until a listener on another node hears it, in ms. */
  readonly notifiedMs: readonly number[];
  readonly unheardCount: number;
  /** A lookup on a third node, in ms. */
  readonly lookupMs: readonly number[];
  readonly missedCount: number;
  /** After the kills: which share of the values a surviving node finds. */
  readonly foundAtOnce: Found;
  readonly foundLater: Found;
  /** Nodes that nobody killed, and that ended all the same: they find nothing. */
  readonly crashedCount: number;
  /** Lookups right after the kills, in ms. */
  readonly lookupAfterKillMs: readonly number[];
}

const ORDER_MS_MAX = 15_000;
const JOINED_ATTEMPTS_MAX = 100;
const LATER_MS = 10_000;

/** Runs one registry on hosts of its own: pushes, lookups, and what is left when nodes lose their power. */
export async function measureRegistry(
  yardstick: Yardstick,
  options: RegistryOptions,
  progress: TellProgress,
): Promise<RegistryRun> {
  const folder = mkdtempSync(join(tmpdir(), "registry-"));
  try {
    await using testbed = await Testbed.make({ hostCount: options.hostCount });
    const nodes: RegistryNode[] = [];
    const [first] = testbed.hosts;
    progress(`${yardstick.name}: ${options.hostCount} nodes start`);
    for (const host of testbed.hosts) {
      const seed = host === first ? undefined : first?.address;
      const node = new RegistryNode(yardstick, testbed, host, { seed, folder });
      await node.ready;
      nodes.push(node);
    }
    const choose = chooser(options.seed);
    await allJoined(nodes);
    progress(`${yardstick.name}: ${options.keyCount} keys are listened to, put and looked up`);
    const pushes = await pushAndLookUp(nodes, options.keyCount, choose);
    const killedCount = Math.floor(options.killedShare * nodes.length);
    progress(`${yardstick.name}: ${killedCount} nodes lose their power`);
    const { keyCount, laterMs = LATER_MS } = options;
    const churn = await killSome(nodes, { killedCount, keyCount, laterMs }, choose);
    const { name } = yardstick;
    return { name, hostCount: nodes.length, killedCount, ...pushes, ...churn };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every node finds what the first one put: so all belong to one registry. */
async function allJoined(nodes: readonly RegistryNode[]): Promise<void> {
  const key = "everybody is here";
  for (let attempt = 0; attempt < JOINED_ATTEMPTS_MAX; attempt += 1) {
    const put = await nodes[0]?.order({ operation: "put", key, value: "1" }, ORDER_MS_MAX);
    const found = await Promise.all(
      nodes.map((node) => node.order({ operation: "get", key }, ORDER_MS_MAX)),
    );
    if (put?.isKept === true && found.every((done) => done?.values.includes("1"))) return;
    await sleep(200);
  }
  throw new Error("the registry's nodes do not find each other");
}

async function pushAndLookUp(
  nodes: readonly RegistryNode[],
  keyCount: number,
  choose: (count: number) => number,
): Promise<
  Pick<RegistryRun, "putMs" | "notifiedMs" | "unheardCount" | "lookupMs" | "missedCount">
> {
  const putMs: number[] = [];
  const notifiedMs: number[] = [];
  const lookupMs: number[] = [];
  for (let number = 0; number < keyCount; number += 1) {
    const [listener, putter, reader] = threeOf(nodes, choose);
    const key = `push ${number}`;
    const value = `value ${number}`;
    let told: (atUs: number) => void = () => undefined;
    const heard = new Promise<number | undefined>((resolve) => {
      told = resolve;
      setTimeout(() => resolve(undefined), ORDER_MS_MAX).unref();
    });
    await listener.order({ operation: "listen", key }, ORDER_MS_MAX, (said, atUs) => {
      if (said === value) told(atUs);
    });
    const put = await putter.order({ operation: "put", key, value }, ORDER_MS_MAX);
    const atUs = await heard;
    if (put !== undefined) putMs.push(tookMs(put));
    if (put !== undefined && atUs !== undefined) notifiedMs.push((atUs - put.beganUs) / 1_000);
    const found = await reader.order({ operation: "get", key }, ORDER_MS_MAX);
    if (found?.values.includes(value) === true) lookupMs.push(tookMs(found));
  }
  const unheardCount = keyCount - notifiedMs.length;
  return { putMs, notifiedMs, unheardCount, lookupMs, missedCount: keyCount - lookupMs.length };
}

/** Which values, of living owners and of dead ones, are found by survivors at once and later. */
async function killSome(
  nodes: readonly RegistryNode[],
  {
    killedCount,
    keyCount,
    laterMs,
  }: Required<Pick<RegistryOptions, "keyCount" | "laterMs">> & {
    readonly killedCount: number;
  },
  choose: (count: number) => number,
): Promise<Pick<RegistryRun, "foundAtOnce" | "foundLater" | "lookupAfterKillMs" | "crashedCount">> {
  // The first one stays: it is where newcomers begin, and not what is measured.
  const alive = [...nodes];
  const killed = Array.from({ length: killedCount }, () =>
    alive.splice(1 + choose(alive.length - 1), 1),
  ).flat();
  const owners = { living: alive, dead: killed } as const;
  const kinds = (["living", "dead"] as const).filter((kind) => owners[kind].length > 0);
  const all = kinds.flatMap((kind) =>
    Array.from({ length: keyCount }, (_, number) => ({ kind, key: `${kind} ${number}` })),
  );
  for (const { kind, key } of all) {
    const owner = owners[kind][choose(owners[kind].length)];
    await owner?.order({ operation: "put", key, value: "1" }, ORDER_MS_MAX);
  }
  await Promise.all(killed.map((node) => node.kill()));
  const lookupAfterKillMs: number[] = [];
  const found = async (tookMsOf?: number[]): Promise<Found> => {
    const share = { living: 0, dead: kinds.includes("dead") ? 0 : Number.NaN };
    for (const { kind, key } of all) {
      const reader = alive[choose(alive.length)];
      const done = await reader?.order({ operation: "get", key }, ORDER_MS_MAX);
      if (done !== undefined) tookMsOf?.push(tookMs(done));
      if (done?.values.includes("1") === true) share[kind] += 1 / keyCount;
    }
    return share;
  };
  const foundAtOnce = await found(lookupAfterKillMs);
  await sleep(laterMs);
  const foundLater = await found();
  const crashedCount = alive.filter(({ isEnded }) => isEnded).length;
  return { foundAtOnce, foundLater, lookupAfterKillMs, crashedCount };
}

function tookMs({ beganUs, endedUs }: Done): number {
  return (endedUs - beganUs) / 1_000;
}

function threeOf(
  nodes: readonly RegistryNode[],
  choose: (count: number) => number,
): readonly [RegistryNode, RegistryNode, RegistryNode] {
  const rest = [...nodes];
  const take = (): RegistryNode => {
    const [node] = rest.splice(choose(rest.length), 1);
    if (node === undefined) throw new RangeError("a registry is measured on three hosts or more");
    return node;
  };
  return [take(), take(), take()];
}

/** Numbers below a count, a function of the seed: a linear congruential generator (Numerical Recipes). */
function chooser(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}
