import type { Identity } from "../core/identity.ts";
import { cutChunks, hashOf } from "./chunks.ts";
import {
  ENVELOPE_BYTES_MAX,
  joined,
  openManifest,
  type SignedManifest,
  sealManifest,
} from "./envelope.ts";
import { type BundledFile, chunksOf, type Manifest } from "./manifest.ts";
import type { Refusal } from "./refusals.ts";

/** Everything of a bundle in memory: the signed manifest, and its chunks by hash. */
export interface Bundle extends SignedManifest {
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

const MAGIC = new TextEncoder().encode("HGB1");
const HEAD_BYTES = MAGIC.length + 4;

/** A file of a bundle, and its chunks by hash. */
export function bundledFile(
  path: string,
  bytes: Uint8Array,
  chunks: Map<string, Uint8Array>,
): BundledFile {
  const cut = cutChunks(bytes).map((chunk) => {
    const hash = hashOf(chunk);
    chunks.set(hash, chunk);
    return { hash, sizeBytes: chunk.byteLength };
  });
  return { path, sizeBytes: bytes.byteLength, chunks: cut };
}

/** The bytes of a .hgb file: HGB1, length of the envelope (32 bits, big endian), envelope, chunks in order. */
export function encodeBundle(
  manifest: Manifest,
  chunks: ReadonlyMap<string, Uint8Array>,
  signer: Pick<Identity, "publicKey" | "sign">,
): Uint8Array {
  const envelope = sealManifest(manifest, signer);
  const head = new Uint8Array(HEAD_BYTES);
  head.set(MAGIC);
  new DataView(head.buffer).setUint32(MAGIC.length, envelope.byteLength);
  const pieces = chunksOf(manifest).map(({ hash }) => chunks.get(hash) ?? new Uint8Array());
  return joined(head, envelope, ...pieces);
}

/** Reads a .hgb file; says why when it is none, or has been altered anywhere. */
export function decodeBundle(
  bytes: Uint8Array,
  verify: Identity["verify"],
): Bundle | Extract<Refusal, "BUNDLE_UNREADABLE" | "BUNDLE_ALTERED" | "BUNDLE_UNSIGNED"> {
  if (bytes.byteLength < HEAD_BYTES || MAGIC.some((byte, index) => bytes[index] !== byte))
    return "BUNDLE_UNREADABLE";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const envelopeBytes = view.getUint32(MAGIC.length);
  if (envelopeBytes === 0) return "BUNDLE_UNSIGNED";
  let place = HEAD_BYTES + envelopeBytes;
  if (envelopeBytes > ENVELOPE_BYTES_MAX || place > bytes.byteLength) return "BUNDLE_UNREADABLE";
  const signed = openManifest(bytes.slice(HEAD_BYTES, place), verify);
  if (typeof signed === "string") return signed;
  const chunks = new Map<string, Uint8Array>();
  for (const { hash, sizeBytes } of chunksOf(signed.manifest)) {
    const chunk = bytes.subarray(place, place + sizeBytes);
    if (hashOf(chunk) !== hash) return "BUNDLE_ALTERED";
    chunks.set(hash, chunk);
    place += sizeBytes;
  }
  return place === bytes.byteLength ? { ...signed, chunks } : "BUNDLE_ALTERED";
}
