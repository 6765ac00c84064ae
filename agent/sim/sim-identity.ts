import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";

/**
 * A stand-in for signatures: whoever knows the public key could forge one, and nobody in a simulation
 * does unless a test wants it. A thousand times cheaper than Ed25519, and as picky about changed bytes.
 */
export class SimIdentity implements Identity {
  readonly publicKey: Uint8Array;

  /** @param name of the host and of the agent on it: one key each. */
  constructor(name: string) {
    this.publicKey = spread(fingerprint([new TextEncoder().encode(name)]), PUBLIC_KEY_BYTES);
  }

  sign(message: Uint8Array): Uint8Array {
    return signatureOf(this.publicKey, message);
  }

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.byteLength !== PUBLIC_KEY_BYTES || signature.byteLength !== SIGNATURE_BYTES)
      return false;
    const right = signatureOf(publicKey, message);
    for (let index = 0; index < SIGNATURE_BYTES; index += 1)
      if (right[index] !== signature[index]) return false;
    return true;
  }
}

function signatureOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return spread(fingerprint([publicKey, message]), SIGNATURE_BYTES);
}

/** FNV-1a over all bytes, twice with different starts. Source: RFC 9923. */
function fingerprint(parts: readonly Uint8Array[]): readonly [number, number] {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (const part of parts)
    for (const byte of part) {
      one = Math.imul(one ^ byte, 0x01000193);
      other = Math.imul(other ^ byte ^ 0x5a, 0x01000193);
    }
  return [one, other];
}

function spread([one, other]: readonly [number, number], byteCount: number): Uint8Array {
  let [x, y] = [one | 1, other];
  const bytes = new Uint8Array(byteCount);
  for (let index = 0; index < byteCount; index += 1) {
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + y;
    y = Math.imul(y ^ (y >>> 13), 0x297a2d39) ^ x;
    bytes[index] = x ^ (y >>> 16);
  }
  return bytes;
}
