import type { Datagram } from "../core/lan.ts";
import type { Life } from "./life.ts";
import { Listeners } from "./listeners.ts";
import type { Network } from "./network.ts";
import type { Timeline } from "./timeline.ts";

/** An open socket on the LAN, as others see it. */
export interface LanReceiver {
  readonly udpPort: number;
  readonly host: string;
  readonly life: Life;
  /** Takes in one datagram. */
  arrived(datagram: Datagram): void;
}

/** What all programs of a simulation share. */
export interface Shared {
  readonly timeline: Timeline;
  readonly network: Network;
  /** All open sockets of the one LAN, in the order of their opening. */
  readonly lanSockets: Set<LanReceiver>;
  /** Who listens at which endpoint of the wire. */
  readonly wireListeners: Listeners;
}

/** What the bodies of one program's world are made from. */
export interface SimParts {
  readonly shared: Shared;
  /** Name of the host, which is its address too. */
  readonly host: string;
  readonly life: Life;
  /** Numbers the endpoints of this host. */
  readonly nextNumber: () => number;
}

/** The shared part of a fresh simulation. */
export function sharedOf(timeline: Timeline, network: Network): Shared {
  return { timeline, network, lanSockets: new Set(), wireListeners: new Listeners() };
}
