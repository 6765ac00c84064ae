import type { CustomCrypto } from "@ethereumjs/common";
import { calculateSigRecovery, concatBytes, setLengthLeft } from "@ethereumjs/util";
import { createKeccak } from "hash-wasm";
import * as secp256k1 from "tiny-secp256k1";

/** Hashes bytes to 32 bytes. */
export type Hash = (message: Uint8Array) => Uint8Array;

type Recover = NonNullable<CustomCrypto["ecrecover"]>;

/** The primitives that cost most of a transaction, in WebAssembly: five to eight times faster than script. */
export interface ChainCrypto extends CustomCrypto {
  readonly keccak256: Hash;
  readonly ecrecover: Recover;
  readonly ecsign: NonNullable<CustomCrypto["ecsign"]>;
}

/**
 * The public key (64 bytes) that signed.
 * Source: Ethereum Yellow Paper, appendix F; `v` as in EIP-155.
 * @throws Error when no key can have made this signature: the library expects it.
 */
function recover(...[message, v, r, s, chainId]: Parameters<Recover>): Uint8Array {
  const recovery = calculateSigRecovery(v, chainId);
  if (recovery !== 0n && recovery !== 1n) throw new Error("invalid signature v value");
  const signature = concatBytes(setLengthLeft(r, 32), setLengthLeft(s, 32));
  const key = secp256k1.recover(message, signature, recovery === 0n ? 0 : 1, false);
  if (key === null) throw new Error("no key made this signature");
  return key.slice(1);
}

/** Signs deterministically (RFC 6979, low s): one byte of recovery id, then r and s. */
function sign(message: Uint8Array, privateKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const { signature, recoveryId } = secp256k1.signRecoverable(message, privateKey);
  return concatBytes(Uint8Array.of(recoveryId), signature);
}

const hasher = await createKeccak(256);

/**
 * Compiled when this module is loaded, so that a program that runs never waits for anything but the
 * World: a simulated run stays a pure function of its seed.
 */
export const chainCrypto: ChainCrypto = {
  keccak256: (message) => hasher.init().update(message).digest("binary"),
  ecrecover: recover,
  ecsign: sign,
};
