import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { KEY_BYTES, sharedSecret } from "./curve-keys.ts";

/** What the authenticator adds to a box, in bytes. */
export const TAG_BYTES = 16;
const NONCE_BYTES = 24;
const SIGMA = Buffer.from("expand 32-byte k", "latin1");

/**
 * What two key pairs keep between them. Source: NaCl, crypto_box: X25519, XSalsa20 and Poly1305;
 * D. J. Bernstein, "Cryptography in NaCl", 2009.
 */
export class CurveBox {
  readonly #key: Uint8Array;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  private constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Undefined for a public key that makes no secret. */
  static between(secretKey: Buffer, publicKey: Buffer): CurveBox | undefined {
    const secret = sharedSecret(secretKey, publicKey);
    if (secret === undefined) return undefined;
    const key = new Uint32Array(KEY_BYTES / 4);
    hsalsa(words(SIGMA), words(secret), new Uint32Array(4), key);
    return new CurveBox(new Uint8Array(key.buffer));
  }

  /** `nonce`: the rest of it, after `prefix`; 24 bytes in all, and never twice. */
  seal(prefix: string, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    return xsalsa20poly1305(this.#key, this.#nonceOf(prefix, nonce)).encrypt(plain);
  }

  /** Undefined when it was not sealed so. */
  open(prefix: string, nonce: Uint8Array, sealed: Uint8Array): Buffer | undefined {
    if (sealed.byteLength < TAG_BYTES) return undefined;
    try {
      const plain = xsalsa20poly1305(this.#key, this.#nonceOf(prefix, nonce)).decrypt(sealed);
      return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
    } catch {
      // The library has no other way to say that the tag is wrong.
      return undefined;
    }
  }

  #nonceOf(prefix: string, rest: Uint8Array): Buffer {
    this.#nonce.write(prefix, "latin1");
    this.#nonce.set(rest, prefix.length);
    return this.#nonce;
  }
}

/** Little-endian words, as all machines that this runs on have them. */
function words(bytes: Buffer): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
