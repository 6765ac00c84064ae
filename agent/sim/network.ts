import { SeededRandom } from "./seeded-random.ts";
import type { Timeline } from "./timeline.ts";

/** How the simulated network treats what it carries between hosts. */
export interface NetworkOptions {
  /** Shortest and longest way, in µs; defaults 200 and 1000. */
  readonly delayUsMin?: number;
  readonly delayUsMax?: number;
  /** Share of datagrams that are lost, 0 to 1; default 0. */
  readonly lossRate?: number;
  /** Share of datagrams that arrive twice; default 0. */
  readonly duplicateRate?: number;
  /** Share of datagrams that take up to twenty times the longest way; default 0. */
  readonly reorderRate?: number;
}

/** Within a host, in µs. */
const LOCAL_DELAY_US_MIN = 20;
const LOCAL_DELAY_US_MAX = 60;
/** A connection whose other end is silent for so long is given up, in µs; agent/io has more patience. */
export const SILENCE_US_MAX = 6_000_000;

/** A connection, as the network sees it. */
export interface Watched {
  /** The network may have been cut between its ends. */
  silent(): void;
  /** The network may be whole again between them. */
  resume(): void;
}

/** Who reaches whom, and how long it takes. */
export class Network {
  options: Required<NetworkOptions>;
  readonly #timeline: Timeline;
  readonly #seed: string;
  readonly #randoms = new Map<string, SeededRandom>();
  readonly #unplugged = new Set<string>();
  readonly #connections = new Set<Watched>();
  readonly #onHeal = new Set<() => void>();
  #groupOf = new Map<string, number>();

  constructor(timeline: Timeline, seed: string, options: NetworkOptions) {
    this.#timeline = timeline;
    this.#seed = seed;
    this.options = {
      delayUsMin: 200,
      delayUsMax: 1000,
      lossRate: 0,
      duplicateRate: 0,
      reorderRate: 0,
      ...options,
    };
  }

  /** Takes `host` off the network. */
  unplug(host: string): void {
    this.#unplugged.add(host);
    this.#cut();
  }

  /** Puts `host` back. */
  plug(host: string): void {
    this.#unplugged.delete(host);
    this.#joined();
  }

  /** Hosts of one group reach each other and nobody else; hosts of no group are one more group. */
  partition(groups: readonly (readonly string[])[]): void {
    this.#groupOf = new Map(groups.flatMap((hosts, group) => hosts.map((host) => [host, group])));
    this.#cut();
    this.#joined();
  }

  /** Everybody reaches everybody. */
  heal(): void {
    this.#groupOf.clear();
    this.#unplugged.clear();
    this.#joined();
  }

  reaches(from: string, to: string): boolean {
    if (from === to) return true;
    if (this.#unplugged.has(from) || this.#unplugged.has(to)) return false;
    return this.#groupOf.get(from) === this.#groupOf.get(to);
  }

  /** How long one message takes, in µs. */
  delayUs(from: string, to: string): number {
    const { delayUsMin, delayUsMax } = this.options;
    const share = this.random(from, to).next();
    if (from === to)
      return Math.round(LOCAL_DELAY_US_MIN + share * (LOCAL_DELAY_US_MAX - LOCAL_DELAY_US_MIN));
    return Math.round(delayUsMin + share * (delayUsMax - delayUsMin));
  }

  /** When copies of one datagram arrive, in µs from now; none when it is lost. */
  datagramDelaysUs(from: string, to: string): readonly number[] {
    if (!this.reaches(from, to)) return [];
    if (from === to) return [this.delayUs(from, to)];
    const { lossRate, duplicateRate, reorderRate, delayUsMax } = this.options;
    const random = this.random(from, to);
    if (random.next() < lossRate) return [];
    const copyCount = random.next() < duplicateRate ? 2 : 1;
    return Array.from({ length: copyCount }, () => {
      const detourUs = random.next() < reorderRate ? random.next() * 20 * delayUsMax : 0;
      return this.delayUs(from, to) + Math.round(detourUs);
    });
  }

  /** The chance of one direction: a stream of its own, so that new hosts change nothing for others. */
  random(from: string, to: string): SeededRandom {
    const name = `${this.#seed} ${from}>${to}`;
    let random = this.#randoms.get(name);
    if (random === undefined) this.#randoms.set(name, (random = new SeededRandom(name)));
    return random;
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

  #cut(): void {
    for (const connection of this.#connections) connection.silent();
  }

  #joined(): void {
    for (const connection of this.#connections) connection.resume();
    for (const retry of [...this.#onHeal]) retry();
    this.#timeline.count("heals");
  }
}
