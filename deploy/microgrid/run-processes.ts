import { addr } from "micro-eth-signer";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { runTimeAuthority } from "../../agent/time/time-authority.ts";
import { type ProcessWorldOptions, processWorld } from "../process/process-world.ts";
import { type DayOptions, spanOf } from "./day-options.ts";
import { KillSchedule } from "./kill-schedule.ts";
import { chainOptions, nodeOptions } from "./microgrid.ts";
import { DayRecorder } from "./record-chain.ts";
import { ActorCount, ledgerUrl, type RunEvents } from "./run-events.ts";

const BEACON_UDP_PORT = 15_670;

/**
 * The microgrid as processes of this machine: one an agent, one an actor, one the ledger. Resolves with
 * what was recorded when the day is over or `signal` aborts; everything it started has then ended.
 * Rejects when an agent or the ledger fails.
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
  const startLedger = (port: number): Child =>
    world.spawner.spawn({
      program: "chain",
      name: "ledger",
      options: chainOptions(addr.fromPrivateKey(treasuryKey) as Hex, port),
    });
  events.stage("starting the ledger");
  const started: Child[] = [];
  const failed = deferred<never>();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
}
