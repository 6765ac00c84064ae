import type { Buffer } from "node:buffer";
import type { CurveIdentity } from "./curve-keys.ts";

/** The longest that a closed link goes on sending what it had accepted, in ms. */
export const LINGER_MS_MAX = 200;

/** What two ends of a link are to each other, in the names of ZeroMQ. */
export type SocketType = "PUB" | "SUB" | "DEALER" | "ROUTER";

/** Parts of one message. */
export type Parts = readonly Uint8Array[];

/** A connection to one peer, whatever carries it: ordered, and lossless until it is lost. */
export interface Link {
  /** Whether the peer is a Wire of ours: it stamps in µs and may be told to pause. Else plain ZeroMQ. */
  readonly isOurs: boolean;
  /** Messages, and bytes of them, that were sent here and have not left yet; the caller bounds them. */
  readonly queuedCount: number;
  readonly queuedBytes: number;
  /** Sends a message: at once when nothing waits. Its bytes must not be changed afterwards. */
  send(parts: Parts): void;
  /** Sends a command, before messages that wait. */
  command(name: string, body?: Uint8Array): void;
  /** Keeps messages here until `hold(false)`; commands still leave. */
  hold(isHeld: boolean): void;
  /** Ends the link; resolves when all that was sent has left, or after LINGER_MS_MAX. */
  end(): Promise<void>;
}

/** What a link does for its owner; nothing comes after `lost`, or after the owner has ended it. */
export interface LinkUser {
  message(parts: Parts): void;
  command(name: string, body: Buffer): void;
  lost(): void;
}

/** Takes over a link that is ready. */
export type OpenLink = (link: Link) => LinkUser;

/** How links of one process are secured; undefined: not at all. */
export type Security = CurveIdentity | undefined;
