import { addr } from "micro-eth-signer";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { RpcClient } from "../../agent/core/rpc.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { hexOf } from "../../agent/ledger/hex.ts";
import { runTimeAuthority } from "../../agent/logical-time/time-authority.ts";
import { type ProcessWorldOptions, processWorld } from "../process/process-world.ts";
import { type DayOptions, spanOf } from "./day-options.ts";
import { KillSchedule } from "./kill-schedule.ts";
import { LedgerKeeper } from "./ledger-keeper.ts";
import { nodeOptions } from "./microgrid.ts";
import { DayRecorder } from "./record-chain.ts";
import { ActorCount, followLedger, type RunEvents } from "./run-events.ts";

const BEACON_UDP_PORT = 15_670;
const DISCOVERY_PACE = 5;
const LEDGER_POLL_MS = 2_000;

/**
 * The microgrid as processes of this machine: one an agent, one an actor, one the ledger. Resolves with
 * what was recorded when the day is over or `signal` aborts; everything it started has then ended.
 * Rejects when an agent fails, or the ledger twice in a second.
 */
export async function runProcesses(
  day: DayOptions,
  base: Omit<ProcessWorldOptions, "logicalUtcUs">,
  events: RunEvents,
  signal: AbortSignal,
): Promise<DayRecorder> {
  const { startUtcUs, endUtcUs } = spanOf(day);
  const { world, time } = processWorld("day", { ...base, logicalUtcUs: startUtcUs });
  if (time === undefined) throw new Error("a day runs on logical time");
  const treasuryKey = hexOf(world.random.bytes(32));
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  events.stage("starting the ledger");
  const ledger = new LedgerKeeper(world, addr.fromPrivateKey(treasuryKey) as Hex);
  const url = await ledger.start();
  const ledgerWs = url.replace("http", "ws");
  const connect = (): Promise<RpcClient> => world.rpc.connect(ledgerWs, stop);
  const recorder = new DayRecorder(await connect(), (progress) => events.progressed(progress));
  events.stage("starting eleven agents and their actors");
  const nodes = await nodeOptions(world.assets, day, {
    ...{ url: ledgerWs, cluster: hexOf(world.random.bytes(6)), treasuryKey },
    ...{ beaconUdpPort: BEACON_UDP_PORT, pace: DISCOVERY_PACE },
    ledgerPollMs: LEDGER_POLL_MS,
  });
  const actors = new ActorCount(events);
  const boards = nodes.map((options) => {
    const child = world.spawner.spawn({ program: "node", name: options.board, options });
    actors.watch(child);
    return child;
  });
  const kills = new KillSchedule(day.kills);
  const advanced = (utcUs: number): void => {
    for (const program of kills.due(utcUs)) {
      const pid = program === "ledger" ? ledger.pid : actors.pidOf(program);
      if (pid !== undefined) process.kill(pid, "SIGKILL");
    }
    events.advanced(utcUs);
  };
  const options = {
    startUtcUs,
    endUtcUs,
    advanced,
    ...(day.speed === undefined ? {} : { speed: day.speed }),
  };
  try {
    await Promise.race([
      runTimeAuthority(time.tree, world.clock, options, stop),
      failureOf(boards),
      followLedger(recorder, connect, stop),
    ]);
    await recorder.catchUp();
  } finally {
    over.abort();
    await Promise.all(boards.map(stopped));
    await ledger.stop();
  }
  return recorder;
}

async function stopped(child: Child): Promise<void> {
  child.stop();
  await child.exited;
}

/** Rejects as soon as one of the boards' agents ends: none should. */
async function failureOf(boards: readonly Child[]): Promise<never> {
  const ends = boards.map(async ({ name, exited }) => `${name}: ${(await exited).reason}`);
  throw new Error(`an agent ended: ${await Promise.race(ends)}`);
}
