// Boards of the registry in the simulator, and a naive registry in one place that says what they should know.
import assert from "node:assert/strict";
import { openSwitchboard, type Switchboard } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import type { NetworkOptions } from "../sim/network.ts";
import { Simulation } from "../sim/simulation.ts";
import { Dht } from "./dht.ts";
import type { DhtOptions } from "./dht-options.ts";

/** One board, as a test sees it. */
export class TestBoard {
  readonly name: string;
  readonly world: World;
  readonly port: Switchboard;
  readonly dht: Dht;
  readonly running: Promise<void>;
  /** What the listener of each key was told last. */
  readonly told = new Map<string, readonly string[]>();
  /** When it was told so, in µs of simulated time. */
  readonly toldUtcUs = new Map<string, number>();
  readonly #sim: Simulation;
  readonly #stop = new AbortController();

  constructor(
    sim: Simulation,
    place: { readonly name: string; readonly world: World; readonly port: Switchboard },
    options: DhtOptions,
  ) {
    this.#sim = sim;
    this.name = place.name;
    this.world = place.world;
    this.port = place.port;
    const { clock, random, identity } = place.world;
    this.dht = new Dht({ clock, random, identity, port: place.port }, options);
    this.running = this.dht.run(this.#stop.signal);
  }

  get contact(): { readonly publicKey: Uint8Array; readonly address: string } {
    return { publicKey: this.world.identity.publicKey, address: this.port.address };
  }

  /** Listens to `key`; see `told`. */
  listen(key: string): () => void {
    return this.dht.listen(key, (values) => {
      this.told.set(key, values.map(({ value }) => value).sort());
      this.toldUtcUs.set(key, this.#sim.utcUs);
    });
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.running;
  }
}

/** A cluster whose membership knows everything at once, or, without members, one seed. */
export class Cluster {
  readonly sim: Simulation;
  readonly boards = new Map<string, TestBoard>();
  readonly #options: DhtOptions;

  constructor(seed: number | string, options: DhtOptions = {}, network: NetworkOptions = {}) {
    this.sim = new Simulation({ seed, network });
    this.#options = options;
  }

  get isMembersOnly(): boolean {
    return this.#options.membersOnly ?? true;
  }

  /** Starts boards, one after the other; all are told of all. */
  async start(...names: readonly string[]): Promise<TestBoard[]> {
    const started: TestBoard[] = [];
    for (const name of names) {
      const world = this.sim.host(name).openWorld("agent");
      const port = await openSwitchboard(world.lan, 4000);
      const first = [...this.boards.values()][0];
      const seeds = this.isMembersOnly || first === undefined ? [] : [first.port.address];
      const board = new TestBoard(this.sim, { name, world, port }, { seeds, ...this.#options });
      if (this.isMembersOnly)
        for (const other of this.boards.values()) {
          other.dht.addContact(board.contact);
          board.dht.addContact(other.contact);
        }
      this.boards.set(name, board);
      started.push(board);
    }
    return started;
  }

  board(name: string): TestBoard {
    const board = this.boards.get(name);
    assert(board !== undefined, `no board ${name}`);
    return board;
  }

  /** The power of a board is gone; membership says so after a while, in ms. */
  async kill(name: string, noticedAfterMs = 0): Promise<void> {
    const board = this.board(name);
    this.boards.delete(name);
    this.sim.host(name).powerOff();
    await this.sim.runFor(noticedAfterMs);
    for (const other of this.boards.values()) other.dht.removeContact(board.contact);
  }

  /** Runs until `holds`, at most for `durationMs`; how long it took, in ms, or undefined. */
  async until(holds: () => boolean, durationMs: number): Promise<number | undefined> {
    const startUtcUs = this.sim.utcUs;
    const endUtcUs = startUtcUs + 1000 * durationMs;
    await this.sim.runWhile(() => !holds() && this.sim.utcUs < endUtcUs);
    return holds() ? (this.sim.utcUs - startUtcUs) / 1000 : undefined;
  }

  /** Boards that have a live record of `value`. */
  copiesOf(value: string): string[] {
    return [...this.boards.values()]
      .filter(({ dht }) =>
        dht.inspect().keys.some(({ records }) => records.some((each) => each.value === value)),
      )
      .map(({ name }) => name);
  }
}

/** Who publishes what, in one place. */
export class CentralRegistry {
  readonly #values = new Map<
    string,
    { readonly key: string; readonly owner: string; readonly value: string }
  >();
  #lastNumber = 0;

  publish(owner: string, key: string, value: string): () => void {
    this.#lastNumber += 1;
    const name = String(this.#lastNumber);
    this.#values.set(name, { key, owner, value });
    return () => this.#values.delete(name);
  }

  drop(owner: string): void {
    for (const [name, each] of this.#values) if (each.owner === owner) this.#values.delete(name);
  }

  valuesOf(key: string): string[] {
    const values = [...this.#values.values()].filter((each) => each.key === key);
    return values.map(({ value }) => value).sort();
  }
}

export const namesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `b${index}`);
