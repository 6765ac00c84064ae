import { decodeCommand, encodeCommand } from "./zmtp-greeting.ts";

/** What a handshake answers to a command: perhaps a command, perhaps the peer's metadata: then it is over. */
export interface HandshakeStep {
  readonly reply?: Buffer;
  readonly peerMetadata?: Buffer;
  /** The link ends when `reply` has left. */
  readonly isRefused?: boolean;
  /** The peer does not let us in. */
  readonly wasRefused?: boolean;
}

/** How two peers get to know each other, and perhaps keep to themselves what they say. */
export interface Mechanism {
  /** As the greeting names it. */
  readonly name: "NULL" | "CURVE";
  /** The command with which this side begins; undefined when the other side does. */
  begin(): Buffer | undefined;
  /** Takes a command of the handshake in; undefined when it is none. */
  take(command: Buffer): HandshakeStep | undefined;
  /** How messages are kept secret once the handshake is over; undefined: they are not. */
  readonly session: SecretSession | undefined;
}

/** Carries messages and commands in secret. */
export interface SecretSession {
  /** Body of the frame that carries a part. */
  seal(flags: number, body: Uint8Array): Uint8Array;
  /** The part that a frame carried; undefined when it is not from this peer, or a repetition. */
  unseal(body: Buffer): { readonly flags: number; readonly body: Uint8Array } | undefined;
}

/** Nothing is proven, and nothing is secret. Source: RFC 37/ZMTP, "The NULL Security Mechanism". */
export class NullMechanism implements Mechanism {
  readonly name = "NULL";
  readonly session = undefined;
  readonly #metadata: Buffer;

  /** `metadata`: what this side tells of itself. */
  constructor(metadata: Buffer) {
    this.#metadata = metadata;
  }

  begin(): Buffer {
    return encodeCommand("READY", this.#metadata);
  }

  take(command: Buffer): HandshakeStep | undefined {
    const ready = decodeCommand(command);
    return ready?.name === "READY" ? { peerMetadata: ready.body } : undefined;
  }
}
