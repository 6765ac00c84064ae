import { openSwitchboard, type Switchboard } from "../../agent/core/switchboard.ts";
import type { World } from "../../agent/core/world.ts";
import { type BoardEvent, Discovery } from "../../agent/discovery/discovery.ts";
import type { NetworkOptions } from "../../agent/sim/network.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { Simulation } from "../../agent/sim/simulation.ts";

/** Port of the beacons in this room. */
const BEACON_UDP_PORT = 7;
/** The program that every board runs. */
export const BOARD_PROGRAM = "agent";

/** One board, and what it was told. */
export interface NightBoard {
  readonly name: string;
  readonly discovery: Discovery;
  /** Its one socket, with the bytes that went through it. */
  readonly switchboard: Switchboard;
  readonly told: { readonly atMs: number; readonly event: BoardEvent }[];
}

/** Boards with nothing but discovery on them, as programs that the simulator's faults may befall. */
export class NightCluster {
  readonly sim: Simulation;
  /** Those that run. */
  readonly boards = new Map<string, NightBoard>();
  /** Called when a board's program begins, before it takes part. */
  readonly #onStart: (board: NightBoard) => void;
  readonly #startUs: number;

  constructor(
    seed: string,
    network: NetworkOptions = {},
    onStart: (board: NightBoard) => void = () => undefined,
  ) {
    const programs = {
      [BOARD_PROGRAM]: (world: World, options: unknown, _parent: unknown, signal: AbortSignal) =>
        this.#run(world, String(options), signal),
    };
    this.sim = new Simulation({ seed, network, programs });
    this.#onStart = onStart;
    this.#startUs = this.sim.utcUs;
  }

  /** Virtual time since the beginning, in ms. */
  get nowMs(): number {
    return (this.sim.utcUs - this.#startUs) / 1000;
  }

  /** Starts a board now; a new incarnation if it ran before. */
  start(name: string): void {
    this.sim.host(name).start({ program: BOARD_PROGRAM, name: BOARD_PROGRAM, options: name });
  }

  /** Whether every board that runs has exactly the others. */
  get isWhole(): boolean {
    const count = this.boards.size - 1;
    for (const { discovery } of this.boards.values())
      if (discovery.membership.memberCount !== count) return false;
    return true;
  }

  /** Bytes that the boards that run have sent to one another, without headers and broadcasts. */
  get sentBytes(): number {
    let sum = 0;
    for (const { switchboard } of this.boards.values()) sum += switchboard.counters.sentBytes;
    return sum;
  }

  /** What each board that runs has sent so far, broadcasts too; bytes with tags, without headers. */
  get traffic(): ReadonlyMap<string, { readonly sentBytes: number; readonly sentCount: number }> {
    return new Map(
      [...this.boards].map(([name, { switchboard, discovery }]) => {
        const { sentBytes, sentCount } = switchboard.counters;
        const { helloBytes, helloCount } = discovery.counters;
        return [name, { sentBytes: sentBytes + helloBytes, sentCount: sentCount + helloCount }];
      }),
    );
  }

  /** What the boards that run have counted, together. */
  get counters(): { readonly lostCount: number } {
    let lostCount = 0;
    for (const { discovery } of this.boards.values()) lostCount += discovery.counters.lostCount;
    return { lostCount };
  }

  /** Runs until `holds`; how long it took in ms, or infinity after `limitMs`. Looked at every 5 ms. */
  async until(holds: () => boolean, limitMs: number): Promise<number> {
    const startMs = this.nowMs;
    while (!holds()) {
      if (this.nowMs - startMs >= limitMs) return Number.POSITIVE_INFINITY;
      await this.sim.runFor(5);
    }
    return this.nowMs - startMs;
  }

  async #run(world: World, name: string, signal: AbortSignal): Promise<void> {
    await using switchboard = await openSwitchboard(world.lan, 7001);
    const told: NightBoard["told"] = [];
    const discovery = new Discovery(
      world,
      { boardId: name, cluster: "nightly", beaconUdpPort: BEACON_UDP_PORT, switchboard },
      (event) => told.push({ atMs: this.nowMs, event }),
    );
    const board = { name, discovery, switchboard, told };
    this.boards.set(name, board);
    this.#onStart(board);
    await discovery.run(signal);
  }
}

/** `items` in an order drawn by lot. Source: Fisher and Yates, as in Knuth, TAOCP 2, 3.4.2 P. */
export function shuffled<T>(random: SeededRandom, items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    const [one, two] = [result[last] as T, result[other] as T];
    result[last] = two;
    result[other] = one;
  }
  return result;
}

/** `b0`, `b1` and so on. */
export function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `b${index}`);
}
