import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** Most bytes of a board's name. */
export const BOARD_ID_BYTES_MAX = 100;
/** Most bytes that an owner may add to its announcement. */
export const META_BYTES_MAX = 200;
/** Most addresses of one board, the first of which is tried first; each up to ADDRESS_BYTES_MAX bytes. */
export const ADDRESSES_MAX = 4;
/** Most bytes of one address. */
export const ADDRESS_BYTES_MAX = 60;

/**
 * What a board says of itself, signed by it: whoever passes it on can change nothing.
 * The pair (incarnation, revision) orders all that a board ever says; the greater one holds.
 */
export interface Announcement {
  readonly boardId: string;
  readonly publicKey: Uint8Array;
  /** Another and greater one after every start of the board's agent. */
  readonly incarnation: number;
  /** Grows with every change, and with every objection to a false report. */
  readonly revision: number;
  /** A goodbye: the last word of this incarnation. */
  readonly isLeaving: boolean;
  /** host:port, 1 to ADDRESSES_MAX. */
  readonly addresses: readonly string[];
  readonly meta: Uint8Array;
}

/** An announcement with the bytes that travel: its own encoding and its signature. */
export interface SignedAnnouncement extends Announcement {
  readonly bytes: Uint8Array;
}

const BYTES_MAX =
  1 +
  BOARD_ID_BYTES_MAX +
  PUBLIC_KEY_BYTES +
  (8 + 4 + 1) +
  (1 + ADDRESSES_MAX * (1 + ADDRESS_BYTES_MAX)) +
  (1 + META_BYTES_MAX) +
  SIGNATURE_BYTES;

/** Signs `announcement` for boards of `cluster`. */
export function signAnnouncement(
  announcement: Announcement,
  cluster: string,
  identity: Identity,
): SignedAnnouncement {
  const { boardId, publicKey, incarnation, revision, isLeaving, addresses, meta } = announcement;
  const writer = new ByteWriter(new Uint8Array(BYTES_MAX))
    .text(boardId)
    .raw(publicKey)
    .u53(incarnation);
  writer
    .u32(revision)
    .u8(isLeaving ? 1 : 0)
    .u8(addresses.length);
  for (const address of addresses) writer.text(address);
  writer.short(meta);
  writer.raw(identity.sign(signedPart(writer.bytes(), "announcement", cluster)));
  return { ...announcement, bytes: writer.bytes().slice() };
}

/** Whether its owner signed it for `cluster`. Dear: see whether it is news first. */
export function isGenuine(
  { bytes, publicKey }: SignedAnnouncement,
  cluster: string,
  identity: Identity,
): boolean {
  const end = bytes.byteLength - SIGNATURE_BYTES;
  const message = signedPart(bytes.subarray(0, end), "announcement", cluster);
  return identity.verify(publicKey, message, bytes.subarray(end));
}

/** Reads one announcement at the reader's place; undefined, with `isBroken`, when there is none. */
export function readAnnouncement(
  reader: ByteReader,
  payload: Uint8Array,
): SignedAnnouncement | undefined {
  const from = reader.place;
  const boardId = reader.text(BOARD_ID_BYTES_MAX);
  const publicKey = reader.raw(PUBLIC_KEY_BYTES);
  const [incarnation, revision] = [reader.u53(), reader.u32()];
  const [leaving, addressCount] = [reader.u8(), reader.u8()];
  if (leaving > 1 || addressCount < 1 || addressCount > ADDRESSES_MAX) reader.isBroken = true;
  const addresses: string[] = [];
  for (let count = 0; count < addressCount && !reader.isBroken; count += 1)
    addresses.push(reader.text(ADDRESS_BYTES_MAX));
  const meta = reader.short(META_BYTES_MAX);
  reader.raw(SIGNATURE_BYTES);
  if (reader.isBroken) return undefined;
  const bytes = payload.slice(from, reader.place);
  const isLeaving = leaving === 1;
  return {
    ...{ boardId, publicKey, incarnation, revision, isLeaving },
    ...{ addresses, meta, bytes },
  };
}

/**
 * What is signed: the purpose and the whole name of the cluster come first, so that no signature can be
 * used for anything else, or elsewhere.
 */
export function signedPart(
  body: Uint8Array,
  purpose: "announcement" | "packet",
  cluster: string,
): Uint8Array {
  const prefix = prefixOf(purpose, cluster);
  const message = new Uint8Array(prefix.byteLength + body.byteLength);
  message.set(prefix);
  message.set(body, prefix.byteLength);
  return message;
}

const encoder = new TextEncoder();
/** Those of one cluster: a process is hardly ever in two. */
const prefixes = new Map<string, Uint8Array>();
const PREFIXES_MAX = 16;

function prefixOf(purpose: string, cluster: string): Uint8Array {
  const text = `hedgerow membership 1 ${purpose} ${cluster}\0`;
  let prefix = prefixes.get(text);
  if (prefix === undefined) {
    if (prefixes.size >= PREFIXES_MAX) prefixes.clear();
    prefixes.set(text, (prefix = encoder.encode(text)));
  }
  return prefix;
}

/** Where to send the `attempt`-th try: all its addresses in turn, the first one first. */
export function addressOf({ addresses }: Pick<Announcement, "addresses">, attempt = 0): string {
  return addresses[attempt % addresses.length] ?? "";
}

/** Negative when `one` is older than `other`, 0 when they are of one age. */
export function ageOrder(
  one: Pick<Announcement, "incarnation" | "revision">,
  other: Pick<Announcement, "incarnation" | "revision">,
): number {
  return one.incarnation - other.incarnation || one.revision - other.revision;
}
