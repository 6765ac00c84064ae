import { sha256 } from "@noble/hashes/sha2.js";
import { hexOf } from "../core/hex.ts";

/** Sizes of chunks, in bytes: a frame of the wire holds many, a small change touches one or two. */
export const CHUNK_BYTES_MIN = 16 * 1024;
export /**
 *
 */
const CHUNK_BYTES_MAX = 256 * 1024;
/** A boundary about every 64 KiB, after the least size. */
const BOUNDARY_MASK = 0xffff;

/** One piece of a file. */
export interface Chunk {
  /** SHA-256 of its bytes, in hex. */
  readonly hash: string;
  readonly sizeBytes: number;
}

/** SHA-256, as 64 hexadecimal digits. Source: FIPS 180-4. */
export function hashOf(bytes: Uint8Array): string {
  return hexOf(sha256(bytes));
}

/** Whether `text` is what `hashOf` gives. */
export function isHash(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
}

/**
 * Cuts `bytes` where their content says so: what is put in or taken out moves no boundary but those next
 * to it. Source: Xia et al., "FastCDC", USENIX ATC 2016, section 3 (Gear hash).
 */
export function cutChunks(bytes: Uint8Array): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.byteLength; ) {
    const end = boundaryAfter(bytes, start);
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

function boundaryAfter(bytes: Uint8Array, start: number): number {
  const end = Math.min(bytes.byteLength, start + CHUNK_BYTES_MAX);
  let gear = 0;
  for (let place = start + CHUNK_BYTES_MIN; place < end; place += 1) {
    gear = ((gear << 1) + (GEARS[bytes[place] ?? 0] ?? 0)) | 0;
    if ((gear >>> 16) % (BOUNDARY_MASK + 1) === 0) return place + 1;
  }
  return end;
}

/** One number for every byte, without a pattern: splitmix32 from 1. Changing them changes every boundary. */
const GEARS = Uint32Array.from({ length: 256 }, (_, index) => {
  let mixed = Math.imul(index + 1, 0x9e3779b9);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
});
