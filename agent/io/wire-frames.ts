import { AgentError } from "../core/errors.ts";
import { FRAME_BYTES_MAX } from "../core/wire.ts";

const STAMP_BYTES = 8;
const US_PER_S = 1e6;

/** @throws AgentError WIRE_FRAME_TOO_LARGE beyond FRAME_BYTES_MAX. */
export function checkFrame(frame: Uint8Array): void {
  const frameBytes = frame.byteLength;
  if (frameBytes > FRAME_BYTES_MAX)
    throw new AgentError("WIRE_FRAME_TOO_LARGE", { frameBytes, frameBytesMax: FRAME_BYTES_MAX });
}

/** `bytes` as nothing but bytes: a Buffer would tempt readers to rely on it, and no other wire gives one. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The part that carries a time stamp: a double, little-endian. Among ours it is whole µs, exact; to
 * others it is seconds, as RIAPS 2.0 sends it after the payload of a `timed` port.
 */
export function encodeStamp(utcUs: number, isOurs: boolean): Uint8Array {
  const stamp = Buffer.allocUnsafe(STAMP_BYTES);
  stamp.writeDoubleLE(isOurs ? utcUs : utcUs / US_PER_S);
  return stamp;
}

/** Whole µs; undefined when there is no stamp, or none that can be. Seconds are exact to the µs until 2106. */
export function decodeStamp(part: Uint8Array | undefined, isOurs: boolean): number | undefined {
  if (part?.byteLength !== STAMP_BYTES) return undefined;
  const value = new DataView(part.buffer, part.byteOffset).getFloat64(0, true);
  const utcUs = isOurs ? value : Math.round(value * US_PER_S);
  return Number.isSafeInteger(utcUs) ? utcUs : undefined;
}

/** A payload, and its stamp when there is one. */
export function withStamp(
  frame: Uint8Array,
  sentUtcUs: number | undefined,
  isOurs: boolean,
): Uint8Array[] {
  return sentUtcUs === undefined ? [frame] : [frame, encodeStamp(sentUtcUs, isOurs)];
}
