import type { MembershipEvent } from "./membership-event.ts";
import type { PacketBody } from "./packet.ts";

/** What the protocol does to the world. */
export interface ProtocolEffects {
  /** Sends to one address; news is added where there is room, unless `body` has updates of its own that fill it. */
  send(to: string, body: PacketBody): void;
  tell(event: MembershipEvent): void;
}

/** How a packet came. */
export interface Arrival {
  /** Where an answer goes. */
  readonly from: string;
  readonly isBroadcast: boolean;
  readonly nowMs: number;
}
