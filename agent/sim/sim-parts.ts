import type { Datagram } from "../core/lan.ts";
import type { HostTime } from "./host-time.ts";
import type { Life } from "./life.ts";
import { Listeners } from "./listeners.ts";
import type { Network } from "./network.ts";
import type { Timeline } from "./timeline.ts";

/** An open socket on the LAN, as others see it. */
export interface LanReceiver {
  readonly udpPort: number;
  readonly host: string;
  readonly life: Life;
  /** The clock of its program. */
  monotonicMs(): number;
  /** Takes in one datagram. */
  arrived(datagram: Datagram): void;
}

/** An open socket for datagrams to it alone, as others see it. */
export interface DatagramReceiver {
  readonly life: Life;
  /** Takes in one datagram. */
  arrived(payload: Uint8Array, from: string): void;
}

/** What all programs of a simulation share. */
export interface Shared {
  readonly timeline: Timeline;
  readonly network: Network;
  /** All open sockets of the one LAN, in the order of their opening. */
  readonly lanSockets: Set<LanReceiver>;
  /** By address, host:port. */
  readonly datagramSockets: Map<string, DatagramReceiver>;
  /** Who listens at which endpoint of the wire. */
  readonly wireListeners: Listeners;
}

/** What the bodies of one program's world are made from. */
export interface SimParts {
  readonly shared: Shared;
  /** Name of the host, which is its address too. */
  readonly host: string;
  readonly life: Life;
  /** The host's clocks. */
  readonly time: HostTime;
  /** Numbers the endpoints of this host. */
  readonly nextNumber: () => number;
}

/** The shared part of a fresh simulation. */
export function sharedOf(timeline: Timeline, network: Network): Shared {
  return {
    ...{ timeline, network, lanSockets: new Set(), datagramSockets: new Map() },
    wireListeners: new Listeners(),
  };
}
