import { DEFAULT_LINK, type NetworkOptions } from "./link-options.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { Timeline } from "./timeline.ts";
import { type Hosts, hasHost, Topology } from "./topology.ts";
import { Way } from "./way.ts";

export type { NetworkOptions } from "./link-options.ts";

/** Within a host, in µs. */
const LOCAL_DELAY_US_MIN = 20;
const LOCAL_DELAY_US_MAX = 60;
/** A connection whose other end is silent for so long is given up, in µs; agent/io has more patience. */
export const SILENCE_US_MAX = 6_000_000;
/** Datagrams that wait where a link is clogged; more are lost. */
const CLOGGED_MAX = 10_000;

/** A connection, as the network sees it. */
export interface Watched {
  /** The network may have been cut between its ends. */
  silent(): void;
  /** The network may be whole again between them. */
  resume(): void;
}

interface Override {
  readonly from: Hosts;
  readonly to: Hosts;
  readonly options: NetworkOptions;
}

interface Clog {
  readonly from: Hosts;
  readonly to: Hosts;
  readonly waiting: (() => void)[];
}

/** Who reaches whom, and how long it takes. */
export class Network {
  readonly topology = new Topology();
  readonly #timeline: Timeline;
  readonly #seed: string;
  readonly #ways = new Map<string, Map<string, Way>>();
  readonly #overrides = new Set<Override>();
  readonly #clogs = new Set<Clog>();
  readonly #connections = new Set<Watched>();
  readonly #onHeal = new Set<() => void>();
  #options: Required<NetworkOptions>;
  #version = 0;

  constructor(timeline: Timeline, seed: string, options: NetworkOptions) {
    this.#timeline = timeline;
    this.#seed = seed;
    this.#options = { ...DEFAULT_LINK, ...options };
  }

  get options(): Required<NetworkOptions> {
    return this.#options;
  }

  /** What holds everywhere where no link has options of its own. */
  set options(options: Required<NetworkOptions>) {
    this.#options = options;
    this.#version += 1;
  }

  /** From some hosts to others that holds instead, the newest first; returns what takes it back. */
  setLink(from: Hosts, to: Hosts, options: NetworkOptions): () => void {
    const override = { from, to, options };
    this.#overrides.add(override);
    this.#version += 1;
    return () => {
      this.#overrides.delete(override);
      this.#version += 1;
    };
  }

  /** Takes `host` off the network. */
  unplug(host: string): void {
    this.topology.setPlugged(host, false);
    this.#cut();
  }

  /** Puts `host` back. */
  plug(host: string): void {
    this.topology.setPlugged(host, true);
    this.#joined();
  }

  /** See Topology.partition. */
  partition(groups: readonly (readonly string[])[]): void {
    this.topology.partition(groups);
    this.#cut();
    this.#joined();
  }

  /** See Topology.cut. */
  cut(from: Hosts, to: Hosts): () => void {
    const mend = this.topology.cut(from, to);
    this.changed();
    return () => {
      mend();
      this.changed();
    };
  }

  /** What is sent from some hosts to others waits until the returned function lets it go. */
  clog(from: Hosts, to: Hosts): () => void {
    const clog: Clog = { from, to, waiting: [] };
    this.#clogs.add(clog);
    this.changed();
    return () => {
      if (this.#clogs.delete(clog)) this.#release([clog]);
    };
  }

  /** Everybody reaches everybody; nothing is clogged. */
  heal(): void {
    const clogs = [...this.#clogs];
    this.#clogs.clear();
    this.topology.heal();
    this.#joined();
    this.#release(clogs);
  }

  /** To be called when the topology, or who stands still, has changed otherwise. */
  changed(): void {
    this.#cut();
    for (const connection of this.#connections) connection.resume();
    for (const retry of [...this.#onHeal]) retry();
  }

  /** Whether what is sent arrives without having to wait for a repair. */
  reaches(from: string, to: string): boolean {
    return this.topology.reaches(from, to) && this.#clogOf(from, to) === undefined;
  }

  /** How long one message of a connection takes, in µs. */
  delayUs(from: string, to: string, byteCount = 0): number {
    const way = this.#way(from, to);
    if (from === to) return this.#localUs(way);
    const { hopCount = 0 } = this.topology.route(from, to) ?? {};
    const delayUs = way.delayUs(hopCount);
    return delayUs + (way.queueUs(this.#timeline.nowUs, byteCount, true) ?? 0);
  }

  /**
   * Sends a datagram that can reach `to`: calls `launch` for each copy that arrives, with its way in µs;
   * now, or when what is clogged comes free. False when it is lost.
   * @param hopCount routers on its way
   */
  datagram(
    {
      from,
      to,
      hopCount,
    }: { readonly from: string; readonly to: string; readonly hopCount: number },
    byteCount: number,
    launch: (delayUs: number) => void,
  ): boolean {
    const way = this.#way(from, to);
    if (from === to) {
      launch(this.#localUs(way));
      return true;
    }
    const clog = this.#clogOf(from, to);
    if (clog !== undefined) {
      if (clog.waiting.length >= CLOGGED_MAX) return false;
      clog.waiting.push(() => {
        if (this.topology.reaches(from, to))
          this.datagram({ from, to, hopCount }, byteCount, launch);
      });
      return true;
    }
    const copyCount = way.copyCount();
    let isCarried = false;
    for (let copy = 0; copy < copyCount; copy += 1) {
      const delayUs = way.datagramDelayUs(hopCount);
      const queueUs = way.queueUs(this.#timeline.nowUs, byteCount, false);
      if (queueUs === undefined) continue;
      isCarried = true;
      launch(delayUs + queueUs);
    }
    return isCarried;
  }

  /** How many connections there are, and how many wait to make one. */
  get sizes(): { readonly connectionCount: number; readonly connectorCount: number } {
    return { connectionCount: this.#connections.size, connectorCount: this.#onHeal.size };
  }

  /** Watches over `connection` until the returned function is called. */
  watch(connection: Watched): () => void {
    this.#connections.add(connection);
    return () => this.#connections.delete(connection);
  }

  /** Calls `retry` whenever somebody may have become reachable, until the returned function is called. */
  onHeal(retry: () => void): () => void {
    this.#onHeal.add(retry);
    return () => this.#onHeal.delete(retry);
  }

  #localUs(way: Way): number {
    const share = way.share();
    return Math.round(LOCAL_DELAY_US_MIN + share * (LOCAL_DELAY_US_MAX - LOCAL_DELAY_US_MIN));
  }

  #way(from: string, to: string): Way {
    let ways = this.#ways.get(from);
    if (ways === undefined) this.#ways.set(from, (ways = new Map<string, Way>()));
    let way = ways.get(to);
    if (way === undefined) {
      way = new Way(new SeededRandom(`${this.#seed} ${from}>${to}`), this.#options);
      way.version = -1;
      ways.set(to, way);
    }
    if (way.version !== this.#version) {
      way.version = this.#version;
      way.options = this.#optionsOf(from, to);
    }
    return way;
  }

  #optionsOf(from: string, to: string): Required<NetworkOptions> {
    let options = this.#options;
    for (const override of this.#overrides)
      if (hasHost(override.from, from) && hasHost(override.to, to))
        options = { ...options, ...override.options };
    return options;
  }

  #clogOf(from: string, to: string): Clog | undefined {
    if (this.#clogs.size === 0 || from === to) return undefined;
    for (const clog of this.#clogs)
      if (hasHost(clog.from, from) && hasHost(clog.to, to)) return clog;
    return undefined;
  }

  #release(clogs: readonly Clog[]): void {
    this.changed();
    for (const { waiting } of clogs) for (const send of waiting.splice(0)) send();
  }

  #cut(): void {
    for (const connection of this.#connections) connection.silent();
  }

  #joined(): void {
    for (const connection of this.#connections) connection.resume();
    for (const retry of [...this.#onHeal]) retry();
    this.#timeline.count("heals");
  }
}
