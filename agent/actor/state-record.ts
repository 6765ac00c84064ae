import { AgentError } from "../core/errors.ts";
import { decodePlain, encodePlain, plainFault } from "../message/plain-data.ts";

/** A state larger than this would wear out the board's card, in bytes. */
export const STATE_BYTES_MAX = 1024 * 1024;

/** Tells our records from others, and this layout from later ones. */
const MARK = 0x5e01;
const HEAD_BYTES = 6;

/**
 * The state of a component as the bytes that the board keeps: mark, checksum, type and state.
 * @throws AgentError STATE_INVALID when it is no plain data, or too large.
 */
export function encodeState(componentType: string, state: unknown): Uint8Array {
  const fault = plainFault(state);
  if (fault !== undefined)
    throw new AgentError("STATE_INVALID", { component: componentType, fault });
  const body = encodePlain([componentType, state]);
  if (body.length > STATE_BYTES_MAX) {
    const large = `${body.length} bytes, at most ${STATE_BYTES_MAX}`;
    throw new AgentError("STATE_INVALID", { component: componentType, fault: large });
  }
  const bytes = new Uint8Array(HEAD_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MARK);
  view.setUint32(2, checksum(body));
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

/** What became of bytes that were kept. */
export type DecodedState =
  | { readonly kind: "state"; readonly state: unknown }
  | { readonly kind: "unusable"; readonly why: "foreign" | "damaged" | "of another component" };

/** The state in `bytes`, if they are whole and of a component of this type. */
export function decodeState(componentType: string, bytes: Uint8Array): DecodedState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || view.getUint16(0) !== MARK)
    return { kind: "unusable", why: "foreign" };
  const body = bytes.subarray(HEAD_BYTES);
  const decoded = view.getUint32(2) === checksum(body) ? decodePlain(body) : undefined;
  if (decoded === undefined) return { kind: "unusable", why: "damaged" };
  const [type, state] = decoded.value as readonly [string, unknown];
  return type === componentType
    ? { kind: "state", state }
    : { kind: "unusable", why: "of another component" };
}

/** FNV-1a, 32 bits, against accidents on the disk. Source: RFC 9923. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
