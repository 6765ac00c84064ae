import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { HostPlace } from "./plan.ts";
import type { Testbed } from "./testbed.ts";

/** Whatever starts programs on hosts. */
export type Starter = Pick<Testbed, "spawn">;

/** One datagram that arrived; the clock is common to all hosts. */
export interface Arrival {
  /** From 0, as they were sent. */
  readonly number: number;
  readonly delayUs: number;
}

/** What became of numbered datagrams. */
export interface Measured {
  /** What arrived, in the order of arrival; doubled ones twice. */
  readonly there: readonly Arrival[];
  /** Echoes of those that came back. */
  readonly back: readonly Arrival[];
}

/** What is sent. */
export interface MeasureOptions {
  readonly count: number;
  readonly intervalMs: number;
  /** Where to; default: the listener's address. */
  readonly address?: string;
}

const PROBE = new URL("./probe.js", import.meta.url).pathname;
const UDP_PORT = 9_077;

/** Sends numbered datagrams from one host to another and back. */
export async function measureWay(
  testbed: Starter,
  from: HostPlace,
  to: HostPlace,
  options: MeasureOptions,
): Promise<Measured> {
  const { there, back } = await measureWays(testbed, from, [to], {
    ...{ address: to.address, ...options },
  });
  return { there: there[0] ?? [], back };
}

/** The same to several listeners at once, as by broadcast. */
export async function measureWays(
  testbed: Starter,
  from: HostPlace,
  to: readonly HostPlace[],
  { count, intervalMs, address = from.broadcastAddress }: MeasureOptions,
): Promise<{ readonly there: readonly (readonly Arrival[])[]; readonly back: readonly Arrival[] }> {
  const listeners = to.map((host) => probe(testbed, host, ["listen", String(UDP_PORT)]));
  await Promise.all(listeners.map(({ child }) => once(child.stdout ?? child, "data")));
  const told = [address, UDP_PORT, count, intervalMs].map(String);
  const { said: back } = probe(testbed, from, ["send", ...told]);
  const returned = arrivalsIn(await back);
  for (const { child } of listeners) child.stdin?.end();
  const there = await Promise.all(listeners.map(async ({ said }) => arrivalsIn(await said)));
  return { there, back: returned };
}

function probe(
  testbed: Starter,
  host: HostPlace,
  words: readonly string[],
): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const command = [process.execPath, PROBE, ...words];
  const child = testbed.spawn(host, command, { stdio: ["pipe", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("a pipe was asked for");
  return { child, said: text(child.stdout) };
}

function arrivalsIn(said: string): readonly Arrival[] {
  const line = said.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("[")) throw new Error(`a probe ended without its result: ${line}`);
  const rows = JSON.parse(line) as readonly [number, number, number][];
  return rows.map(([number, sentUs, arrivedUs]) => ({ number, delayUs: arrivedUs - sentUs }));
}
