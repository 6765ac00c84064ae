import { sha256 } from "@noble/hashes/sha2.js";
import { hexOf } from "../core/hex.ts";

/**
 * A place in the space of 160 bits: ID_BYTES bytes as lower-case hexadecimal digits. Boards, owners and
 * keys have one. Text, because it is compared, sorted and looked up far more often than it is sent.
 */
export type Id = string;

/** Bytes of an Id. Source: Maymounkov, Mazieres, "Kademlia", IPTPS 2002, section 2. */
export const ID_BYTES = 20;
/** Bits of an Id; one bucket for each. */
export const ID_BITS = 8 * ID_BYTES;

/** The id of a board: nobody chooses one, but by making keys until one fits. */
export function idOfPublicKey(publicKey: Uint8Array): Id {
  return hexOf(sha256(publicKey).subarray(0, ID_BYTES));
}

/** Where what is known under the name `key` lies. */
export function idOfKey(key: string): Id {
  return hexOf(sha256(new TextEncoder().encode(`key ${key}`)).subarray(0, ID_BYTES));
}

/**
 * Negative when `one` is closer to `target` than `other`, positive when farther, 0 when they are the same:
 * the exclusive or of two ids, as a number, is their distance.
 */
export function compareDistance(target: Id, one: Id, other: Id): number {
  const place = firstDifference(one, other);
  if (place === target.length) return 0;
  return (
    (digitAt(one, place) ^ digitAt(target, place)) -
    (digitAt(other, place) ^ digitAt(target, place))
  );
}

/** How many leading bits two ids have in common: 0 to ID_BITS. */
export function commonBits(one: Id, other: Id): number {
  const place = firstDifference(one, other);
  if (place === one.length) return ID_BITS;
  return 4 * place + Math.clz32(digitAt(one, place) ^ digitAt(other, place)) - 28;
}

function firstDifference(one: Id, other: Id): number {
  let place = 0;
  while (place < one.length && one.charCodeAt(place) === other.charCodeAt(place)) place += 1;
  return place;
}

function digitAt(id: Id, place: number): number {
  const code = id.charCodeAt(place);
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
