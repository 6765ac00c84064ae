import { addr } from "micro-eth-signer";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { deferred } from "../../agent/core/waiting.ts";
import type { World } from "../../agent/core/world.ts";
import type { NodeMessage } from "../../agent/node/node-options.ts";
import { runTimeAuthority } from "../../agent/time/time-authority.ts";
import { type ProcessWorldOptions, processWorld } from "../process/process-world.ts";
import { type DayOptions, spanOf } from "./day-options.ts";
import { chainOptions, nodeOptions } from "./microgrid.ts";

/** What happens in the course of a run, for displays. */
export interface RunEvents {
  /** The ledger can be reached. */
  ledgerReady(url: string): void;
  actorsActive(count: number): void;
  /** Cluster time has moved. */
  advanced(utcUs: number): void;
}

const BEACON_UDP_PORT = 15_670;

/** The microgrid as processes of this machine, one an agent, one an actor, one the ledger. */
export async function runProcesses(
  day: DayOptions,
  base: Omit<ProcessWorldOptions, "logicalUtcUs">,
  events: RunEvents,
  signal: AbortSignal,
): Promise<void> {
  const { startUtcUs, endUtcUs } = spanOf(day);
  const { world, time } = processWorld("day", { ...base, logicalUtcUs: startUtcUs });
  if (time === undefined) throw new Error("a day runs on logical time");
  const treasuryKey: Hex = `0x${Buffer.from(world.random.bytes(32)).toString("hex")}`;
  const ledger = await startLedger(world, addr.fromPrivateKey(treasuryKey) as Hex);
  events.ledgerReady(ledger.url);
  const nodes = await nodeOptions(world.assets, day, {
    url: ledger.url.replace("http", "ws"),
    cluster: Buffer.from(world.random.bytes(6)).toString("hex"),
    beaconUdpPort: BEACON_UDP_PORT,
    beaconIntervalMs: 1_000,
    treasuryKey,
  });
  const active = new Set<string>();
  const boards = nodes.map((options) => {
    const child = world.spawner.spawn({ program: "node", name: options.board, options });
    child.channel.receive((raw) => {
      const message = raw as NodeMessage;
      if (message.kind === "actor-active") active.add(message.actor);
      if (message.kind === "actor-ended") active.delete(message.actor);
      events.actorsActive(active.size);
    });
    return child;
  });
  await runTimeAuthority(
    time.tree,
    world.clock,
    { startUtcUs, endUtcUs, advanced: (utcUs) => events.advanced(utcUs) },
    signal,
  );
  await Promise.all(boards.map(stopped));
  await stopped(ledger.child);
}

async function stopped(child: Child): Promise<void> {
  child.stop();
  await child.exited;
}

async function startLedger(
  world: World,
  treasury: Hex,
): Promise<{ readonly child: Child; readonly url: string }> {
  const child = world.spawner.spawn({
    program: "chain",
    name: "ledger",
    options: chainOptions(treasury, 0),
  });
  const ready = deferred<string>();
  child.channel.receive((message) => ready.resolve((message as { url: string }).url));
  void child.exited.then(({ reason }) => ready.reject(new Error(`the ledger ended: ${reason}`)));
  return { child, url: await ready.promise };
}
