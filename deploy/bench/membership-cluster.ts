import type { Clock } from "../../agent/core/clock.ts";
import type { DatagramSocket, Lan, LanSocket } from "../../agent/core/lan.ts";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { deferred } from "../../agent/core/waiting.ts";
import type { World } from "../../agent/core/world.ts";
import { Membership, type MembershipOptions } from "../../agent/membership/membership.ts";
import type { MembershipEvent } from "../../agent/membership/membership-event.ts";
import type { NetworkOptions } from "../../agent/sim/network.ts";
import { Simulation } from "../../agent/sim/simulation.ts";

/** IPv4 and UDP. */
const HEADER_BYTES = 28;

/** What disturbs one board, and what it has sent and received, in bytes with all headers. */
export class Fault {
  sentBytes = 0;
  receivedBytes = 0;
  /** It sends, and nothing leaves. */
  isMute = false;
  /** It hears nothing. */
  isDeaf = false;
  #resumed: ReturnType<typeof deferred<undefined>> | undefined;
  #piled: (() => void)[] = [];

  /** Stops the process, as SIGSTOP does. */
  pause(): void {
    this.#resumed ??= deferred();
  }

  /** Lets it go on: timers that are due fire, then it reads what has piled up. */
  resume(): void {
    const piled = this.#piled;
    this.#piled = [];
    this.#resumed?.resolve(undefined);
    this.#resumed = undefined;
    void Promise.resolve()
      .then(() => undefined)
      .then(() => {
        for (const receive of piled) receive();
      });
  }

  /** The parts of `world` with this fault in between. */
  disturb({ clock, lan }: Pick<World, "clock" | "lan">): Pick<World, "clock" | "lan"> {
    return { clock: this.#clock(clock), lan: this.#lan(lan) };
  }

  #clock(clock: Clock): Clock {
    return {
      monotonicMs: () => clock.monotonicMs(),
      utcUs: () => clock.utcUs(),
      reading: () => clock.reading(),
      sleepUntilUtc: (untilUtcUs, signal) => clock.sleepUntilUtc(untilUtcUs, signal),
      sleep: async (durationMs, signal) => {
        await clock.sleep(durationMs, signal);
        while (this.#resumed !== undefined) await this.#resumed.promise;
      },
    };
  }

  #arrives(payload: Uint8Array, receive: () => void): void {
    if (this.isDeaf) return;
    this.receivedBytes += payload.byteLength + HEADER_BYTES;
    if (this.#resumed === undefined) receive();
    else this.#piled.push(receive);
  }

  #leaves(payload: Uint8Array): boolean {
    this.sentBytes += payload.byteLength + HEADER_BYTES;
    return !this.isMute;
  }

  #lan(lan: Lan): Lan {
    return {
      open: async (udpPort) => this.#broadcasting(await lan.open(udpPort)),
      bind: async (receive, udpPort): Promise<DatagramSocket> => {
        const socket = await lan.bind(
          (datagram) => this.#arrives(datagram.payload, () => receive(datagram)),
          udpPort,
        );
        return {
          address: socket.address,
          send: (to, payload) => {
            if (this.#leaves(payload)) socket.send(to, payload);
          },
          [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
        };
      },
    };
  }

  #broadcasting(socket: LanSocket): LanSocket {
    const arrives = (payload: Uint8Array): Promise<boolean> => {
      const heard = deferred<boolean>();
      this.#arrives(payload, () => heard.resolve(true));
      if (this.isDeaf) heard.resolve(false);
      return heard.promise;
    };
    return {
      broadcast: (payload) => {
        if (this.#leaves(payload)) socket.broadcast(payload);
      },
      received: async function* (signal) {
        for await (const datagram of socket.received(signal))
          if (await arrives(datagram.payload)) yield datagram;
      },
      [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
    };
  }
}

/** One board of the cluster. */
export interface ClusterBoard {
  readonly name: string;
  readonly membership: Membership;
  readonly fault: Fault;
  readonly told: { readonly atMs: number; readonly event: MembershipEvent }[];
  /** Says goodbye. */
  stop(): Promise<void>;
}

/** Boards with nothing but membership on them, in the simulator. */
export class Cluster {
  readonly sim: Simulation;
  readonly boards = new Map<string, ClusterBoard>();

  constructor(seed: number | string, network: NetworkOptions = {}) {
    this.sim = new Simulation({ seed, network });
  }

  /** Virtual time since the start, in ms. */
  get nowMs(): number {
    return this.sim.utcUs / 1000 - 1_800_000_000_000;
  }

  /**
   * Starts the board `name`; it is a new incarnation if it ran before.
   * @param utcOffsetUs how far its clock is ahead.
   */
  async start(
    name: string,
    options: Partial<MembershipOptions> = {},
    utcOffsetUs = 0,
  ): Promise<ClusterBoard> {
    const world = this.sim.host(name).openWorld("agent");
    const fault = new Fault();
    const { clock, lan } = fault.disturb(world);
    const parts = { ...world, lan, clock: { ...clock, utcUs: () => clock.utcUs() + utcOffsetUs } };
    const switchboard = await openSwitchboard(parts.lan, 7001);
    const told: ClusterBoard["told"] = [];
    const trust = { kind: "open", keyOf: new Map<string, string>() } as const;
    const own = { boardId: name, cluster: "c", beaconUdpPort: 7000, trust, switchboard };
    const membership = new Membership(parts, { ...own, ...options }, (event) => {
      told.push({ atMs: this.nowMs, event });
    });
    const end = new AbortController();
    const running = membership.run(end.signal);
    const stop = async (): Promise<void> => {
      end.abort();
      await running;
      await switchboard[Symbol.asyncDispose]();
    };
    const board = { name, membership, fault, told, stop };
    this.boards.set(name, board);
    return board;
  }

  /** Starts `count` boards called b0, b1, …, within `spreadMs`. */
  async startMany(count: number, spreadMs = 0): Promise<ClusterBoard[]> {
    const boards: ClusterBoard[] = [];
    for (let number = 0; number < count; number += 1) {
      boards.push(await this.start(`b${number}`));
      if (spreadMs > 0) await this.sim.runFor(spreadMs / count);
    }
    return boards;
  }

  /** Kills all that runs on the board. */
  kill(name: string): void {
    this.sim.host(name).powerOff();
    this.boards.delete(name);
  }

  /** Whether every board has exactly the others. */
  isWhole(boards: readonly ClusterBoard[] = [...this.boards.values()]): boolean {
    return boards.every(({ membership }) => membership.members().length === boards.length - 1);
  }

  /** Runs until all have all; how long it took in ms, or infinity after `limitMs`. */
  async runUntilWhole(limitMs: number, boards?: readonly ClusterBoard[]): Promise<number> {
    const startMs = this.nowMs;
    while (!this.isWhole(boards)) {
      if (this.nowMs - startMs >= limitMs) return Number.POSITIVE_INFINITY;
      await this.sim.runFor(5);
    }
    return this.nowMs - startMs;
  }
}
