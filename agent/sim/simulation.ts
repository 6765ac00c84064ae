import type { Assets } from "../core/assets.ts";
import { AgentError } from "../core/errors.ts";
import type { Facts } from "../core/log.ts";
import type { ProgramTable } from "../core/program.ts";
import { Network, type NetworkOptions } from "./network.ts";
import { SimHost } from "./sim-host.ts";
import { type Shared, sharedOf } from "./sim-parts.ts";
import { type Counters, Timeline } from "./timeline.ts";
import type { Hosts } from "./topology.ts";

/** What a simulation is made of. */
export interface SimulationOptions {
  /** The run is a pure function of it, of the programs, and of what the test does. */
  readonly seed: number | string;
  /** The first instant, in µs since 1970; default 2027-01-15 08:00 UTC. */
  readonly startUtcUs?: number;
  readonly programs?: ProgramTable;
  /** Default: no files. */
  readonly assets?: Assets;
  readonly network?: NetworkOptions;
  /** Called with each line that a program logs or a test records, for people. */
  readonly onRecord?: (line: string) => void;
}

/**
 * A cluster in one process: hosts with disks and programs, a LAN between them, one virtual time.
 *
 * Nothing happens but within `run…` and `step`. Between two events all programs are at rest, and a
 * test may kill, cut, heal or look. Two runs with one seed have one `transcriptHash`.
 * A promise that a program forgot to catch fails that program, not the test.
 */
export class Simulation {
  readonly #timeline: Timeline;
  readonly #network: Network;
  readonly #shared: Shared;
  readonly #hosts = new Map<string, SimHost>();
  readonly #options: SimulationOptions;
  readonly #invariants: Invariant[] = [];
  #lastPid = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#timeline = new Timeline(options.startUtcUs ?? 1_800_000_000_000_000);
    if (options.onRecord !== undefined) this.#timeline.onRecord = options.onRecord;
    this.#network = new Network(this.#timeline, String(options.seed), options.network ?? {});
    this.#shared = sharedOf(this.#timeline, this.#network);
  }

  /** Virtual time, in µs since 1970. */
  get utcUs(): number {
    return this.#timeline.nowUs;
  }

  /** When something happens next, in µs since 1970; undefined: nothing is left to happen. */
  get nextUtcUs(): number | undefined {
    return this.#timeline.nextUs;
  }

  /** True time, whatever the clocks of the hosts show: the same as `utcUs`. */
  get trueUtcUs(): number {
    return this.#timeline.nowUs;
  }

  /** How often things happened: events, frames, datagrams, transactions, ends of programs. */
  get counters(): Readonly<Counters> {
    return this.#timeline.counters;
  }

  /** What is open at this moment, by kind: whatever grows from one quiet hour to the next is a leak. */
  get openCounts(): Readonly<Record<string, number>> {
    const { network, wireListeners, lanSockets, datagramSockets } = this.#shared;
    const hosts = [...this.#hosts.values()];
    return {
      programCount: hosts.reduce((sum, { programCount }) => sum + programCount, 0),
      eventCount: this.#timeline.plannedCount,
      lanSocketCount: lanSockets.size + datagramSockets.size,
      ...network.sizes,
      ...wireListeners.sizes,
    };
  }

  /** The host of this name, made when missing; in what order hosts are made does not matter. */
  host(name: string): SimHost {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      const { seed, programs = {}, assets = NO_ASSETS } = this.#options;
      host = new SimHost(name, {
        shared: this.#shared,
        seed: String(seed),
        programs,
        assets,
        nextPid: () => {
          this.#lastPid += 1;
          return this.#lastPid;
        },
      });
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** Lets everything happen that is due until `utcUs`, which it then is. */
  runUntil(utcUs: number): Promise<void> {
    return guarded(this.#timeline, async () => {
      await this.#timeline.drive(
        () => (this.#timeline.nextUs ?? Number.POSITIVE_INFINITY) <= utcUs,
      );
      this.#timeline.nowUs = Math.max(this.#timeline.nowUs, utcUs);
    });
  }

  runFor(durationMs: number): Promise<void> {
    return this.runUntil(this.utcUs + Math.round(durationMs * 1000));
  }

  /** Runs until nothing is left to happen. @throws Error after `eventsMax` events. */
  runToIdle(eventsMax = 10_000_000): Promise<void> {
    return this.runWhile(() => true, eventsMax);
  }

  /** Runs while `holds` and something is left to happen. @throws Error after `eventsMax` events. */
  runWhile(holds: () => boolean, eventsMax = 10_000_000): Promise<void> {
    return guarded(this.#timeline, () => {
      let count = 0;
      return this.#timeline.drive(() => {
        if (!holds()) return false;
        if (count >= eventsMax) throw new Error(`not at rest after ${eventsMax} events`);
        count += 1;
        return true;
      });
    });
  }

  /** Lets up to `count` events happen: to kill or look between any two of them. */
  step(count = 1): Promise<void> {
    return guarded(this.#timeline, () => {
      let left = count;
      return this.#timeline.drive(() => (left -= 1) >= 0);
    });
  }

  /** Takes a host off the network; `plug` or `heal` puts it back. */
  unplug(host: string): void {
    this.#network.unplug(host);
  }

  plug(host: string): void {
    this.#network.plug(host);
  }

  /** Hosts of one group reach only each other; those of no group are one more group. */
  partition(...groups: readonly (readonly string[])[]): void {
    this.#network.partition(groups);
  }

  /** Mends all cuts and partitions and plugs everybody in; links keep their options. */
  heal(): void {
    this.#network.heal();
  }

  /** Nothing gets from one to the other, while the other direction is as it was; returns what mends it. */
  cut(from: Hosts, to: Hosts): () => void {
    return this.#network.cut(from, to);
  }

  /** What is sent from one to the other waits until the returned function lets it go. */
  clog(from: Hosts, to: Hosts): () => void {
    return this.#network.clog(from, to);
  }

  /** Options for one direction between some hosts, instead of what holds everywhere; returns what ends it. */
  setLink(from: Hosts, to: Hosts, options: NetworkOptions): () => void {
    return this.#network.setLink(from, to, options);
  }

  /** A router joins segments (see NicBoard.attach); a host of this name forwards while it is up. */
  router(name: string, segments: readonly string[]): void {
    this.#network.topology.setRouter(name, segments);
    this.#network.changed();
  }

  /** Changes how the network behaves from now on. */
  setNetwork(options: NetworkOptions): void {
    this.#network.options = { ...this.#network.options, ...options };
  }

  /** Lets `action` happen after `delayMs`, as an event of its own, which the transcript names. */
  plan(delayMs: number, name: string, action: () => void): void {
    this.#timeline.plan(undefined, delayMs * 1000, { kind: name }, action);
  }

  /**
   * Whatever happens, `check` must pass: it is called after every event, or every `everyCount` of them,
   * and throws for what is broken. The run then ends with a BrokenInvariant.
   */
  invariant(name: string, check: () => void, everyCount = 1): void {
    this.#invariants.push({ name, check, everyCount });
    this.#timeline.onEvent = () => this.#checkInvariants();
  }

  /** How many events have happened: a place in the run. */
  get eventCount(): number {
    return this.#timeline.eventCount;
  }

  /** Runs until this many events have happened since the beginning, or nothing is left to happen. */
  runToEvent(eventCount: number): Promise<void> {
    return guarded(this.#timeline, () => this.#timeline.drive(() => this.eventCount < eventCount));
  }

  #checkInvariants(): void {
    const { eventCount } = this;
    for (const { name, check, everyCount } of this.#invariants) {
      if (eventCount % everyCount !== 0) continue;
      try {
        check();
      } catch (error) {
        throw new BrokenInvariant(name, { eventCount, utcUs: this.utcUs }, error);
      }
    }
  }

  /** Adds a line to the transcript. */
  record(kind: string, facts: Facts = {}): void {
    this.#timeline.record(kind, facts);
  }

  /** SHA-256 over all that happened so far, in hex. */
  transcriptHash(): string {
    return this.#timeline.transcript.digest();
  }
}

interface Invariant {
  readonly name: string;
  readonly check: () => void;
  readonly everyCount: number;
}

/** What must always hold does not, after an event of this number. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
  readonly invariant: string;
  readonly eventCount: number;

  constructor(
    invariant: string,
    { eventCount, utcUs }: { readonly eventCount: number; readonly utcUs: number },
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${invariant}, after event ${eventCount}, at ${utcUs}: ${reason}`, { cause });
    this.invariant = invariant;
    this.eventCount = eventCount;
  }
}

let running = false;

/** Runs `work` while a promise that nobody caught counts as the failure of the program that runs. */
async function guarded(timeline: Timeline, work: () => Promise<void>): Promise<void> {
  if (running)
    throw new Error("one simulation runs at a time, or nobody knows whose promise was forgotten");
  running = true;
  const others = process.listeners("unhandledRejection");
  const strays: unknown[] = [];
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => {
    if (timeline.current === undefined) strays.push(error);
    else timeline.current.fail(error);
  });
  try {
    await work();
  } finally {
    running = false;
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  }
  if (strays.length > 0) throw strays[0];
}

const NO_ASSETS: Assets = {
  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
  async text(path) {
    throw new AgentError("ASSET_MISSING", { path });
  },
};
