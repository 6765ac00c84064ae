import { createKeccak } from "hash-wasm";
import { isPrivate, pointFromScalar, signRecoverable } from "tiny-secp256k1";
import type { Hex } from "../component/ledger-service.ts";
import { hexOf } from "./hex.ts";

/** Hash and signature in WebAssembly: ten times faster than plain JavaScript, on every processor. */
export interface LedgerCrypto {
  /** Keccak-256 as Ethereum uses it (not NIST SHA-3). */
  readonly keccak256: (message: Uint8Array) => Uint8Array;
  /** Deterministic ECDSA over secp256k1 (RFC 6979), low s (EIP-2): 65 bytes recovery id, r, s. */
  readonly sign: (digest: Uint8Array, key: Uint8Array) => Uint8Array<ArrayBuffer>;
  /** The address of `key`, in lower case: last 20 bytes of the hash of the public key. */
  readonly addressOf: (key: Uint8Array) => Hex;
  /** Whether `key` is 32 bytes and within the group's order. */
  readonly isKey: (key: Uint8Array) => boolean;
}

let loading: Promise<LedgerCrypto> | undefined;

/**
 * Loads the WebAssembly modules, once a process.
 * A simulation loads them beforehand: compiling takes real time, which virtual time cannot see.
 */
export function openCrypto(): Promise<LedgerCrypto> {
  return (loading ??= load());
}

async function load(): Promise<LedgerCrypto> {
  const hasher = await createKeccak(256);
  const keccak256 = (message: Uint8Array): Uint8Array =>
    hasher.init().update(message).digest("binary");
  return {
    keccak256,
    sign(digest, key) {
      const { signature, recoveryId } = signRecoverable(digest, key);
      const bytes = new Uint8Array(65);
      bytes[0] = recoveryId;
      bytes.set(signature, 1);
      return bytes;
    },
    addressOf(key) {
      const point = pointFromScalar(key, false);
      if (point === null) throw new TypeError("not a private key");
      return hexOf(keccak256(point.subarray(1)).subarray(12));
    },
    isKey: (key) => key.length === 32 && isPrivate(key),
  };
}
