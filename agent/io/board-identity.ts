import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AgentError } from "../core/errors.ts";
import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";

/** Public keys that were read stay in mind: a cluster's boards speak again and again. */
const KEYS_KNOWN_MAX = 4_096;

/**
 * The key pair in a file (PKCS #8, PEM), made at the first use, readable by its owner alone; without a path
 * it is kept nowhere, and ends with the process.
 */
export class BoardIdentity implements Identity {
  readonly #path: string | undefined;
  readonly #known = new Map<string, KeyObject | undefined>();
  #keys: { readonly secret: KeyObject; readonly publicKey: Uint8Array } | undefined;

  constructor(path?: string) {
    this.#path = path;
  }

  /** @throws AgentError IDENTITY_UNREADABLE when the file holds something else. */
  get publicKey(): Uint8Array {
    return this.#own().publicKey;
  }

  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#own().secret));
  }

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.byteLength !== SIGNATURE_BYTES) return false;
    const key = this.#keyOf(publicKey);
    return key !== undefined && verify(null, message, key, signature);
  }

  #own(): { readonly secret: KeyObject; readonly publicKey: Uint8Array } {
    if (this.#keys === undefined) {
      const secret = loadOrMake(this.#path);
      const { x = "" } = createPublicKey(secret).export({ format: "jwk" });
      this.#keys = { secret, publicKey: new Uint8Array(Buffer.from(x, "base64url")) };
    }
    return this.#keys;
  }

  #keyOf(publicKey: Uint8Array): KeyObject | undefined {
    if (publicKey.byteLength !== PUBLIC_KEY_BYTES) return undefined;
    const x = Buffer.from(publicKey).toString("base64url");
    if (this.#known.has(x)) return this.#known.get(x);
    const key = publicKeyOf(x);
    if (this.#known.size >= KEYS_KNOWN_MAX) this.#known.clear();
    this.#known.set(x, key);
    return key;
  }
}

function publicKeyOf(x: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    // The library has no other way to say that these bytes are no key.
    return undefined;
  }
}

function loadOrMake(path: string | undefined): KeyObject {
  if (path === undefined) return generateKeyPairSync("ed25519").privateKey;
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const { privateKey } = generateKeyPairSync("ed25519");
    mkdirSync(dirname(path), { recursive: true });
    // Two programs of one board may come here at once: the first one's key stays.
    try {
      const text = privateKey.export({ type: "pkcs8", format: "pem" });
      writeFileSync(path, text, { mode: 0o600, flag: "wx" });
      return privateKey;
    } catch (raced) {
      if ((raced as NodeJS.ErrnoException).code !== "EEXIST") throw raced;
      pem = readFileSync(path, "utf8");
    }
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new AgentError("IDENTITY_UNREADABLE", { path }, { cause: error });
  }
}
