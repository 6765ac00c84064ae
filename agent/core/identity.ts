/**
 * Who this board is: an Ed25519 key pair that was made on it and never leaves it.
 * Bodies: agent/io (node:crypto, a file of the agent's user) and agent/sim (a cheap stand-in).
 * Source: RFC 8032.
 */
export interface Identity {
  /** PUBLIC_KEY_BYTES bytes. */
  readonly publicKey: Uint8Array;
  /** The signature of this board over `message`: SIGNATURE_BYTES bytes. */
  sign(message: Uint8Array): Uint8Array;
  /** Whether `signature` is that of the owner of `publicKey` over `message`; false for bytes that are no key or no signature. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Bytes of a public key. */
export const PUBLIC_KEY_BYTES = 32;
/** Bytes of a signature. */
export const SIGNATURE_BYTES = 64;
