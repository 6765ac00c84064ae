import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { AgentError } from "../core/errors.ts";

/** A key pair as text in Z85, and who may connect. */
export interface CurveKeys {
  readonly publicKey: string;
  readonly secretKey: string;
  /** Whether whoever has this public key may connect, and be connected to; default: whoever knows our public key. */
  readonly allow?: (clientPublicKey: string) => boolean;
}

/** The same, as bytes. */
export interface CurveIdentity {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
  readonly allow: (clientPublicKey: string) => boolean;
}

/** @throws AgentError WIRE_KEY_INVALID for a key that is not 40 characters of Z85, or a pair that is none. */
export function readCurveKeys({ publicKey, secretKey, allow }: CurveKeys): CurveIdentity {
  const shown = decodeZ85(publicKey);
  const kept = decodeZ85(secretKey);
  if (shown === undefined || kept === undefined || !publicOf(kept).equals(shown))
    throw new AgentError("WIRE_KEY_INVALID", { publicKey });
  return { publicKey: shown, secretKey: kept, allow: allow ?? (() => true) };
}

/** Bytes of a key. */
export const KEY_BYTES = 32;

/** A fresh key pair, as zmq_curve_keypair makes it. */
export function makeCurveKeys(): { readonly publicKey: string; readonly secretKey: string } {
  const { publicKey, secretKey } = makeRawKeys();
  return { publicKey: encodeZ85(publicKey), secretKey: encodeZ85(secretKey) };
}

/** A fresh key pair of 32 bytes each. */
export function makeRawKeys(): { readonly publicKey: Buffer; readonly secretKey: Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const rawOf = (key: KeyObject, name: "x" | "d"): Buffer =>
    Buffer.from(key.export({ format: "jwk" })[name] ?? "", "base64url");
  return { publicKey: rawOf(publicKey, "x"), secretKey: rawOf(privateKey, "d") };
}

/** The public key of a secret one: its product with the base point, 9. */
function publicOf(secretKey: Buffer): Buffer {
  const basePoint = Buffer.alloc(KEY_BYTES);
  basePoint[0] = 9;
  return sharedSecret(secretKey, basePoint) ?? Buffer.alloc(0);
}

/** The X25519 secret of two keys; undefined for a public key that yields none (RFC 7748, section 6.1). */
export function sharedSecret(secretKey: Buffer, publicKey: Buffer): Buffer | undefined {
  const base = { kty: "OKP", crv: "X25519", x: publicKey.toString("base64url") };
  const jwk = { ...base, d: secretKey.toString("base64url") };
  try {
    return diffieHellman({
      privateKey: createPrivateKey({ key: jwk, format: "jwk" }),
      publicKey: createPublicKey({ key: base, format: "jwk" }),
    });
  } catch {
    // The library has no other way to say that a peer's key is a point of low order.
    return undefined;
  }
}

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** 32 bytes as 40 characters. Source: RFC 32/Z85. */
export function encodeZ85(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4) {
    const value = bytes.readUInt32BE(at);
    for (let divisor = 85 ** 4; divisor >= 1; divisor /= 85)
      text += Z85[Math.floor(value / divisor) % 85] ?? "";
  }
  return text;
}

/** The 32 bytes of a key; undefined when `text` is none. */
export function decodeZ85(text: string): Buffer | undefined {
  if (text.length !== 40) return undefined;
  const key = Buffer.alloc(KEY_BYTES);
  for (let at = 0; at < 8; at += 1) {
    let value = 0;
    for (const character of text.slice(5 * at, 5 * at + 5)) {
      const digit = Z85.indexOf(character);
      if (digit < 0) return undefined;
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) return undefined;
    key.writeUInt32BE(value, 4 * at);
  }
  return key;
}
