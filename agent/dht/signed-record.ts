import { hexOf } from "../core/hex.ts";
import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { ID_BYTES, type Id, idOfPublicKey } from "./ids.ts";

/** Most bytes of a value in UTF-8. */
export const VALUE_BYTES_MAX = 400;
/** Greatest sequence number: 48 bits, enough for milliseconds since 1970 for 8,900 years. */
export const SEQUENCE_MAX = 2 ** 48 - 1;

/**
 * What one owner says under one key: a value, or that there is none any more (a tombstone). Made by
 * `signRecord`, or by `decodeRecord` from bytes that anybody may have made: see `isAuthentic`.
 */
export interface SignedRecord {
  /** Of the key. */
  readonly key: Id;
  /** Of the owner. */
  readonly ownerId: Id;
  /** Which of the owner's records: an owner may have several under one key. */
  readonly slot: number;
  /** Of two records of an owner's slot the one with the greater sequence counts. */
  readonly sequence: number;
  /** All that the owner signed with a lesser sequence is void: what was recorded long ago stays dead. */
  readonly floor: number;
  /** For how long it counts from when it was signed, in s. */
  readonly ttlS: number;
  readonly isTombstone: boolean;
  /** "" in a tombstone. */
  readonly value: string;
  /** All of it, with the owner's public key and the signature, as it travels. */
  readonly bytes: Uint8Array;
}

/** What an owner decides on. */
export type RecordFacts = Pick<
  SignedRecord,
  "key" | "slot" | "sequence" | "floor" | "ttlS" | "isTombstone" | "value"
>;

const OWNER_AT = ID_BYTES;
const SIGNED_PREFIX = new TextEncoder().encode("hedgerow dht record ");
/** Key, owner, slot, sequence, floor, time to live, tombstone or not, length of the value; signature. */
const FIXED_BYTES = ID_BYTES + PUBLIC_KEY_BYTES + 4 + 6 + 6 + 2 + 1 + 2 + SIGNATURE_BYTES;

/** Most bytes of a record on the wire. */
export const RECORD_BYTES_MAX = FIXED_BYTES + VALUE_BYTES_MAX;

/** Signs `facts` for the boards of `network`. */
export function signRecord(identity: Identity, network: number, facts: RecordFacts): SignedRecord {
  const { key, slot, sequence, floor, ttlS, isTombstone, value } = facts;
  const valueBytes = new TextEncoder().encode(value);
  const writer = new ByteWriter().hex(key).bytes(identity.publicKey);
  writer.number(slot, 4).number(sequence, 6).number(floor, 6).number(ttlS, 2);
  writer
    .number(isTombstone ? 1 : 0, 1)
    .number(valueBytes.byteLength, 2)
    .bytes(valueBytes);
  const signature = identity.sign(signedBytes(network, writer.done()));
  return {
    ...facts,
    ownerId: idOfPublicKey(identity.publicKey),
    bytes: writer.bytes(signature).done(),
  };
}

/** The record that `bytes` are, which are copied; undefined when they are none. Says nothing of the signature. */
export function decodeRecord(bytes: Uint8Array): SignedRecord | undefined {
  if (bytes.byteLength > RECORD_BYTES_MAX) return undefined;
  const reader = new ByteReader(bytes);
  const key = reader.hex(ID_BYTES);
  const owner = reader.view(PUBLIC_KEY_BYTES);
  const [slot, sequence, floor] = [reader.number(4), reader.number(6), reader.number(6)];
  const [ttlS, mark, valueBytes] = [reader.number(2), reader.number(1), reader.number(2)];
  const value = reader.utf8(valueBytes);
  reader.view(SIGNATURE_BYTES);
  const isTombstone = mark === 1;
  const isSound = floor <= sequence && ttlS > 0 && mark <= 1 && isTombstone === (value === "");
  if (!reader.isDone || !isSound) return undefined;
  const ownerId = idOfPublicKey(owner);
  const copy = Uint8Array.from(bytes);
  return { key, ownerId, slot, sequence, floor, ttlS, isTombstone, value, bytes: copy };
}

/** Whether the owner has signed exactly this, for the boards of `network`. */
export function isAuthentic(identity: Identity, network: number, { bytes }: SignedRecord): boolean {
  const body = bytes.subarray(0, -SIGNATURE_BYTES);
  const signature = bytes.subarray(-SIGNATURE_BYTES);
  return identity.verify(ownerKeyOf(bytes), signedBytes(network, body), signature);
}

/** Where a record stands among those of its key: the beginning of its owner's id, then its slot. */
export function placeOf({ ownerId, slot }: Pick<SignedRecord, "ownerId" | "slot">): string {
  return ownerId.slice(0, 16) + slot.toString(16).padStart(8, "0");
}

/** Which record this is, in 8 bytes as hexadecimal digits: another for each renewal, the same on every board. */
export function markOf({ bytes }: SignedRecord): string {
  const start = bytes.byteLength - SIGNATURE_BYTES;
  return hexOf(bytes.subarray(start, start + 8));
}

function ownerKeyOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(OWNER_AT, OWNER_AT + PUBLIC_KEY_BYTES);
}

function signedBytes(network: number, body: Uint8Array): Uint8Array {
  return new ByteWriter().bytes(SIGNED_PREFIX).number(network, 4).bytes(body).done();
}
