import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";
import { type Manifest, manifestText, readManifest } from "./manifest.ts";
import type { Refusal } from "./refusals.ts";

/** Most bytes of a manifest with its signature: it travels in one frame. */
export const ENVELOPE_BYTES_MAX = 2 * 1024 * 1024;

const MAGIC = new TextEncoder().encode("HGM1");
const KEY_END = MAGIC.length + PUBLIC_KEY_BYTES;
const TEXT_START = KEY_END + SIGNATURE_BYTES;
/** Nothing else that this key ever signs begins so. */
const DOMAIN = new TextEncoder().encode("hedgerow bundle manifest 1\n");

/** A manifest that is what its signer signed. */
export interface SignedManifest {
  readonly manifest: Manifest;
  /** Who signed it. */
  readonly publicKey: Uint8Array;
  /** As they travel and lie on the disk: HGM1, key, signature, text. */
  readonly envelope: Uint8Array;
}

/** Signs a manifest. */
export function sealManifest(
  manifest: Manifest,
  signer: Pick<Identity, "publicKey" | "sign">,
): Uint8Array {
  const { publicKey } = signer;
  const text = new TextEncoder().encode(manifestText(manifest));
  return joined(MAGIC, publicKey, signer.sign(joined(DOMAIN, publicKey, text)), text);
}

/** The manifest in an envelope, when its signature holds; else why not. Whose key it is, is another question. */
export function openManifest(
  envelope: Uint8Array,
  verify: Identity["verify"],
): SignedManifest | Extract<Refusal, "BUNDLE_UNREADABLE" | "BUNDLE_ALTERED"> {
  if (envelope.byteLength < TEXT_START || envelope.byteLength > ENVELOPE_BYTES_MAX)
    return "BUNDLE_UNREADABLE";
  if (MAGIC.some((byte, index) => envelope[index] !== byte)) return "BUNDLE_UNREADABLE";
  const publicKey = envelope.slice(MAGIC.length, KEY_END);
  const signature = envelope.slice(KEY_END, TEXT_START);
  const text = envelope.subarray(TEXT_START);
  if (!verify(publicKey, joined(DOMAIN, publicKey, text), signature)) return "BUNDLE_ALTERED";
  const manifest = readManifest(new TextDecoder().decode(text));
  return manifest === undefined ? "BUNDLE_UNREADABLE" : { manifest, publicKey, envelope };
}

/** Several pieces as one. */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.byteLength;
  }
  return whole;
}
