import { addr } from "micro-eth-signer";
import { openHighs } from "../../actors/transax/rules/highs-solver.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { Assets } from "../../agent/core/assets.ts";
import type { RpcClient } from "../../agent/core/rpc.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { hexOf } from "../../agent/ledger/hex.ts";
import { openCrypto } from "../../agent/ledger/ledger-crypto.ts";
import { loadPrograms } from "../../agent/main.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { type DayOptions, spanOf } from "./day-options.ts";
import { KillSchedule } from "./kill-schedule.ts";
import { chainOptions, nodeOptions } from "./microgrid.ts";
import { DayRecorder } from "./record-chain.ts";
import { ActorCount, followLedger, ledgerUrl, type RunEvents } from "./run-events.ts";

const BEACON_UDP_PORT = 15_670;
/** Boards that share one process have nothing to gain from hearing each other every second of a day. */
const DISCOVERY_PACE = 1_000;
const LEDGER_POLL_MS = 3_600_000;
/** Nor can an event loop of theirs hang while another turns. */
const WATCH = { pingIntervalMs: Number.POSITIVE_INFINITY };
const MACHINE = "machine";
const LEDGER_PORT = 8_545;
const STEP_US = 60_000_000;

/** A simulated day: its record, and the hash of all that happened. */
export interface SimulatedDay {
  readonly recorder: DayRecorder;
  readonly transcriptHash: string;
  /** How often things happened, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

/**
 * The microgrid in one process on virtual time: the same programs, the same deployment, the same
 * trades. A function of `day`; rejects when an agent or the ledger fails.
 */
export async function runSimulated(
  day: DayOptions,
  assets: Assets,
  events: RunEvents,
  signal: AbortSignal,
): Promise<SimulatedDay> {
  // Compiling WebAssembly takes real time, which virtual time cannot see.
  await Promise.all([openCrypto(), openHighs()]);
  const { startUtcUs } = spanOf(day);
  const programs = await loadPrograms();
  const sim = new Simulation({ seed: day.seed, startUtcUs, programs, assets });
  const machine = sim.host(MACHINE);
  const treasuryKey = hexOf(new SeededRandom(`${day.seed} treasury`).bytes(32));
  const chain = chainOptions(addr.fromPrivateKey(treasuryKey) as Hex, LEDGER_PORT);
  const startLedger = (): Child => {
    return machine.start({ program: "chain", name: "ledger", options: chain });
  };
  const url = await within(sim, ledgerUrl(startLedger()));
  const { rpc } = machine.openWorld("recorder");
  const connect = (): Promise<RpcClient> => rpc.connect(url, signal);
  const recorder = new DayRecorder(await within(sim, connect()), (progress) =>
    events.progressed(progress),
  );
  void followLedger(recorder, connect, signal);
  const actors = new ActorCount(events);
  const launch = {
    ...{ url: url.replace("http", "ws"), cluster: "microgrid", treasuryKey },
    watch: WATCH,
    ...{
      beaconUdpPort: BEACON_UDP_PORT,
      pace: DISCOVERY_PACE,
      ledgerPollMs: LEDGER_POLL_MS,
    },
  };
  const nodes = await nodeOptions(assets, day, launch);
  const failures: string[] = [];
  for (const options of nodes) {
    const node = machine.start({ program: "node", name: options.board, options });
    actors.watch(node);
    void node.exited.then(({ reason }) => failures.push(`${options.board}: ${reason}`));
  }
  const kill = (program: string): void => {
    if (program !== "ledger") for (const { board } of nodes) machine.kill(`${board}/${program}`);
    else if (machine.kill(program)) startLedger();
  };
  await runThrough({ sim, day, events, kill, failures }, signal);
  await within(sim, recorder.catchUp());
  return { recorder, transcriptHash: sim.transcriptHash(), counters: sim.counters };
}

interface Running {
  readonly sim: Simulation;
  readonly day: DayOptions;
  readonly events: RunEvents;
  readonly kill: (program: string) => void;
  /** Agents that ended: none should. */
  readonly failures: readonly string[];
}

/** Lets the day pass, a minute of cluster time at a time, with the kills that are due. */
async function runThrough(
  { sim, day, events, kill, failures }: Running,
  signal: AbortSignal,
): Promise<void> {
  const { endUtcUs } = spanOf(day);
  const kills = new KillSchedule(day.kills);
  while (sim.utcUs < endUtcUs && !signal.aborted) {
    await sim.runUntil(Math.min(endUtcUs, sim.utcUs + STEP_US));
    for (const program of kills.due(sim.utcUs)) kill(program);
    events.advanced(sim.utcUs);
    const [failure] = failures;
    if (failure !== undefined) throw new Error(`an agent failed: ${failure}`);
  }
}

/** Lets events happen until `work`, which needs them, is done. */
async function within<T>(sim: Simulation, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined); // told by the await below, also when events throw first
  await sim.runWhile(() => !isDone);
  return await done;
}
